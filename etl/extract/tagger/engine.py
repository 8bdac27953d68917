"""Running the network: texts in, spans and links out.

Belongs here: loading the weights, one call of the network per window, spans of words as spans of
characters. Does not belong here: what a span means for an article.

One window a call: the int8 weights take their scale from the whole input, so windows of one batch
would change each other's figures (and the rows of an article would depend on its neighbours).
Calls run side by side in threads instead, which changes nothing in what each gives.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.errors import NewsactorsError
from etl.extract.pronouns import PRONOUNS
from etl.extract.tagger.decode import Chain, TagSpan, decode_spans
from etl.extract.tagger.pieces import Window, load_tokenizer, windows
from etl.extract.tagger.tags import NO_LINKS, LinkScores, Span, Tags, WindowLinks
from etl.settings import available_cores

WEIGHTS = Path(__file__).with_name("weights")
"""What ships with the package; made by `training/`."""
FAST_WEIGHTS = Path(__file__).with_name("fast")
"""A network of a thirtieth of the products, which learned from the other one."""
WINDOWS_AT_ONCE = 128
"""Windows whose scores and vectors are held at the same time: 128 take at most 80 MB."""
_LINK_ENDS: dict[str, tuple[str | None, str]] = {
    "source": ("source", "cue"),
    "content": ("content", "cue"),
    "pronoun": (None, "names"),
}
"""From the spans of which head to those of which; pronouns are told by the word alone."""


class WeightsError(NewsactorsError):
    """The files of the network are missing or damaged; the message says which and what to do."""


class Tagger:
    """The shipped network; safe to share between threads, and without state between texts."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # Without it a thread waits spinning, at the cost of the one that works.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Without it sums of int8 products overflow, silently, on processors without VNNI. With it,
        # and with what `training.model.portable` did to the weights, all give the same bits.
        options.add_session_config_entry("session.x64quantprecision", "1")
        with _as_weights_error(folder / "tags.json") as file:
            settings: dict[str, Any] = json.loads(file.read_text("utf-8"))
            self.stamp: str = settings.pop("stamp")
            if stamp_of(settings) != self.stamp:
                raise ValueError(f"it is not what its stamp {self.stamp} was made from")
            digests: dict[str, str] = settings["digests"]
            self._calibration: dict[str, tuple[list[float], list[float]]] = settings.get(
                "calibration", {}
            )
            self._chains = {
                head: Chain(
                    tuple(head_settings["tags"]), np.array(head_settings["transitions"], np.float64)
                )
                for head, head_settings in settings["heads"].items()
            }
            self._links = {kind: _LINK_ENDS[kind] for kind in settings["links"]}
        with _as_weights_error(folder / "tokenizer.json") as file:
            self._tokenizer = load_tokenizer(_verified_bytes(file, digests))
        with _as_weights_error(folder / "model.onnx") as file:
            self._session = onnxruntime.InferenceSession(
                _verified_bytes(file, digests), options, providers=["CPUExecutionProvider"]
            )
        self._threads = threads or available_cores()

    def tag(self, texts: Sequence[str], sentence_ends: Sequence[Sequence[int]]) -> list[Tags]:
        """The spans of each text; `cuts` are, for each, the offsets where sentences end."""
        results = [Tags({head: [] for head in self._chains}, []) for _ in texts]
        with ThreadPoolExecutor(self._threads) as pool:
            for batch in _batches(
                (text_number, window)
                for text_number, (text, ends) in enumerate(zip(texts, sentence_ends, strict=True))
                for window in windows(text, ends, self._tokenizer)
            ):
                inputs = [window for _, window in batch]
                is_single_threaded = self._threads == 1
                scores = list(
                    map(self._run, inputs) if is_single_threaded else pool.map(self._run, inputs)
                )
                self._decode(texts, batch, scores, results)
        return results

    def calibrated(self, kind: str, confidence: float) -> float:
        """What a confidence in names, quotes or speakers is worth: how often it was right."""
        if kind not in self._calibration:
            return confidence
        return float(np.interp(confidence, *self._calibration[kind]))

    def _run(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        tags, links = self._session.run(
            None, {"ids": np.array([window.ids]), "shapes": np.array([window.shapes])}
        )
        return tags[0][window.firsts], links[0][window.firsts]

    def _spans(
        self, scores: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]
    ) -> dict[str, list[list[TagSpan]]]:
        """By head, the spans of each window, from what `_run` gave."""
        begin, emissions = 0, []
        for chain in self._chains.values():
            end = begin + len(chain.tags)
            emissions.append([tags[:, begin:end].astype(np.float64) for tags, _ in scores])
            begin = end
        found = decode_spans(list(self._chains.values()), emissions)
        return dict(zip(self._chains, found, strict=True))

    def _decode(
        self,
        texts: Sequence[str],
        batch: Sequence[tuple[int, Window]],
        scores: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
        results: Sequence[Tags],
    ) -> None:
        found = self._spans(scores)
        for i, ((text_number, window), (_, vectors)) in enumerate(zip(batch, scores, strict=True)):
            words, spans_by_head = window.words, {head: spans[i] for head, spans in found.items()}
            for head, spans in spans_by_head.items():
                results[text_number].spans[head] += [
                    Span(words[span.first][0], words[span.last - 1][1], span.label, span.confidence)
                    for span in spans
                ]
            links = self._link(texts[text_number], words, spans_by_head, vectors)
            results[text_number]._windows.append(WindowLinks(words[0][0], links))

    def _link(
        self,
        text: str,
        words: Sequence[tuple[int, int]],
        spans: dict[str, list[TagSpan]],
        vectors: NDArray[np.float32],
    ) -> dict[str, LinkScores]:
        """The scores of all links that a window may have, by kind."""
        parts = np.split(vectors, 2 * len(self._links), axis=1)
        found = {}
        for n, (kind, (head, target)) in enumerate(self._links.items()):
            if head is None:
                sources = [i for i, (a, b) in enumerate(words) if text[a:b].lower() in PRONOUNS]
            else:
                sources = [span.first for span in spans[head]]
            # A title may be cut off a name later, so each of its words may be where it starts.
            targets = [i for span in spans[target] for i in range(span.first, span.last)]
            found[kind] = NO_LINKS
            if sources and targets:
                queries, keys = parts[2 * n][sources], parts[2 * n + 1][targets]
                # einsum and not a product of BLAS, whose sums depend on its threads.
                scores = np.einsum("id,jd->ij", queries, keys, dtype=np.float64)
                found[kind] = LinkScores(
                    [words[i][0] for i in sources],
                    [words[i][0] for i in targets],
                    (scores / queries.shape[1] ** 0.5).astype(np.float32),
                )
        return found


def stamp_of(settings: Mapping[str, Any]) -> str:
    """What tells these settings, and the files whose digests they hold, from all others."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]


def read_stamp(folder: Path = WEIGHTS) -> str:
    """What tells these weights from others, without loading them."""
    with _as_weights_error(folder / "tags.json") as file:
        stamp: str = json.loads(file.read_text("utf-8"))["stamp"]
    return stamp


@contextmanager
def _as_weights_error(file: Path) -> Iterator[Path]:
    """Tell whatever a file of the weights is unfit for as a WeightsError."""
    try:
        yield file
    # What the libraries raise for a damaged file has no class in common.
    except Exception as error:
        what = "cannot be used" if file.exists() else "is missing"
        raise WeightsError(
            f"{file} {what} ({error}). It is one of the weights of the trained extractor, which "
            f"ship with the package: restore the folder {file.parent} from the repository "
            "(`git restore`) or install the package again."
        ) from error


def _verified_bytes(file: Path, digests: Mapping[str, str]) -> bytes:
    """The file's bytes, if they are those that belong to the stamp stored beside every row."""
    data, digest = file.read_bytes(), digests[file.name]
    if (found := hashlib.sha256(data).hexdigest()) != digest:
        raise ValueError(f"its digest {found[:8]}… is not {digest[:8]}…, which tags.json names")
    return data


def _batches(windows: Iterator[tuple[int, Window]]) -> Iterator[list[tuple[int, Window]]]:
    batch: list[tuple[int, Window]] = []
    for pair in windows:
        batch.append(pair)
        if len(batch) == WINDOWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


@lru_cache(maxsize=2)
def load_tagger(folder: Path = WEIGHTS) -> Tagger:
    """The network with the weights of a folder, loaded once."""
    return Tagger(folder)
