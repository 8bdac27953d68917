"""Running the network: from texts to spans and links.

Belongs here: loading and verifying the weights, calling the network, and turning spans of words
into spans of characters. Does not belong here: what a span means for an article.

Each call takes one window. The int8 weights take their scale from the whole input, so windows in a
batch would change each other's logits, and the rows of an article would depend on its neighbours.
Calls run in parallel threads instead, which does not affect their results.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.errors import NewsactorsError
from etl.extract.anaphors import may_refer
from etl.extract.tagger.decode import Chain, TagSpan, decode_spans
from etl.extract.tagger.pieces import Window, load_tokenizer, windows
from etl.extract.tagger.tags import NO_LINKS, LinkScores, References, Span, Tags, WindowLinks
from etl.settings import available_cores

WEIGHTS = Path(__file__).with_name("weights")
"""The weights of the default extractor, created by `training/`."""
FAST_WEIGHTS = Path(__file__).with_name("fast")
"""A network distilled from the default one, with a thirtieth of its multiplications."""
WINDOWS_AT_ONCE = 128
"""Windows whose logits and link vectors are in memory at once: 128 take at most 80 MB."""
_LINK_ENDS = {"source": ("source", "cue"), "content": ("content", "cue")}
"""By kind of link: the head whose spans it starts from, and the head it points to."""
REFERENCE = "pronoun"
"""The kind of link that reaches through a whole text, from an anaphor to a name."""


class WeightsError(NewsactorsError):
    """A file of the network is missing or damaged; the message names it and says what to do."""


class Tagger:
    """A shipped network. Stateless between texts and safe to share between threads.

    Raises WeightsError if a file is missing, damaged or does not match the stamp.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        # Since 1.32 it reports use to Microsoft and keeps a device id in ~/.cache, unless this is
        # set before the import.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # Otherwise waiting threads spin, which slows down the working one.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Otherwise sums of int8 products overflow silently on processors without VNNI. With this
        # option and the weights as `training.model.portable` prepared them, all processors return
        # the same bits.
        options.add_session_config_entry("session.x64quantprecision", "1")
        with _as_weights_error(folder / "tags.json") as file:
            settings: dict[str, Any] = json.loads(file.read_text("utf-8"))
            self.stamp: str = settings.pop("stamp")
            if stamp_of(settings) != self.stamp:
                raise ValueError(f"its content does not match its stamp {self.stamp}")
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
            self._links: list[str] = settings["links"]
        with _as_weights_error(folder / "tokenizer.json") as file:
            self._tokenizer = load_tokenizer(_verified_bytes(file, digests))
        with _as_weights_error(folder / "model.onnx") as file:
            self._session = onnxruntime.InferenceSession(
                _verified_bytes(file, digests), options, providers=["CPUExecutionProvider"]
            )
        self._threads = threads or available_cores()

    def tag(self, texts: Sequence[str], sentence_ends: Sequence[Sequence[int]]) -> list[Tags]:
        """Return the tags of each text; `sentence_ends`: ascending character offsets per text."""
        results = [Tags({head: [] for head in self._chains}, [], References()) for _ in texts]
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
        """Map a confidence in names, quotes or speakers to how often it was right; 0..1."""
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
        """Return the spans of each window by head, from the results of `_run`."""
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
            links = self._link(words, spans_by_head, vectors)
            results[text_number]._windows.append(WindowLinks(words[0][0], links))
            anaphors, named = reference_words(texts[text_number], words, spans_by_head)
            rows = sorted({*anaphors, *named})
            queries, keys = self._vectors(REFERENCE, vectors)
            results[text_number].references.add(
                [words[i][0] for i in rows], queries[rows], keys[rows]
            )

    def _vectors(self, kind: str, vectors: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the queries and the keys of a kind of link, (words, width) each."""
        by_kind = np.split(vectors, len(self._links), axis=1)
        return np.split(by_kind[self._links.index(kind)], 2, axis=1)

    def _link(
        self,
        words: Sequence[tuple[int, int]],
        spans: dict[str, list[TagSpan]],
        vectors: NDArray[np.float32],
    ) -> dict[str, LinkScores]:
        """Return the scores of all possible links in a window, by kind."""
        found = {}
        for kind, (head, target) in _LINK_ENDS.items():
            sources = [span.first for span in spans[head]]
            targets = [i for span in spans[target] for i in range(span.first, span.last)]
            found[kind] = NO_LINKS
            if sources and targets:
                queries, keys = self._vectors(kind, vectors)
                # einsum, because the sums of a BLAS product depend on its number of threads.
                scores = np.einsum("id,jd->ij", queries[sources], keys[targets], dtype=np.float64)
                found[kind] = LinkScores(
                    [words[i][0] for i in sources],
                    [words[i][0] for i in targets],
                    (scores / queries.shape[1] ** 0.5).astype(np.float32),
                )
        return found


def reference_words(
    text: str, words: Sequence[tuple[int, int]], spans: Mapping[str, Sequence[TagSpan]]
) -> tuple[list[int], list[int]]:
    """Return which words of a window may be anaphors, and which belong to a name."""
    anaphors = [i for i, (a, b) in enumerate(words) if may_refer(text[a:b].lower())]
    return anaphors, [i for span in spans["names"] for i in range(span.first, span.last)]


def stamp_of(settings: Mapping[str, Any]) -> str:
    """Return a fingerprint of the settings and the files whose digests they hold."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]


def read_stamp(folder: Path = WEIGHTS) -> str:
    """Return the fingerprint of the weights in a folder, without loading them."""
    with _as_weights_error(folder / "tags.json") as file:
        stamp: str = json.loads(file.read_text("utf-8"))["stamp"]
    return stamp


@contextmanager
def _as_weights_error(file: Path) -> Iterator[Path]:
    """Turn any error while reading a file of the weights into a WeightsError."""
    try:
        yield file
    # The errors that the libraries raise for a damaged file have no common class.
    except Exception as error:
        what = "cannot be used" if file.exists() else "is missing"
        raise WeightsError(
            f"{file} {what} ({error}). It belongs to the weights of the trained extractor, which "
            f"ship with the package: restore the folder {file.parent} from the repository "
            "(`git restore`) or reinstall the package."
        ) from error


def _verified_bytes(file: Path, digests: Mapping[str, str]) -> bytes:
    """Return the bytes of a file. Raises ValueError unless its digest is the recorded one.

    The stamp stored beside every row covers that digest.
    """
    data, digest = file.read_bytes(), digests[file.name]
    if (found := hashlib.sha256(data).hexdigest()) != digest:
        raise ValueError(f"its digest {found[:8]}… is not the {digest[:8]}… in tags.json")
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
    """Return the network with the weights of a folder, loaded once per process."""
    return Tagger(folder)
