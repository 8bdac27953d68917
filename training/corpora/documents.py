"""Reads the training corpora as documents with labelled character spans.

Belongs here: reading each corpus of `../shared/corpora` in its own format, and mapping its labels
to ours. Does not belong here: gold annotations for scoring (`training.corpora.gold`), windows and
models (`training.model`). No text of a corpus enters the project.

Layers: "names" (PERSON, ORG, LOC, NORP, FAC; LOC is any place) and, from attributions, "source",
"cue" and "content". `skipped` holds spans with no label of ours (such as MISC, which includes
demonyms): they are neither right nor wrong. `links` connect the first characters of spans: a source
and a content to their cue, a pronoun to a name.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

Span = tuple[int, int, str]
Link = tuple[int, list[int], list[int] | None]
"""Offset of a span; offsets it links to (empty: none); offsets of the wrong choices (None: any
other word)."""
ATTRIBUTION_LAYERS = ("source", "cue", "content")
DEV_SHARE = 10
"""One Worldwide article in this many is held out for development, another for testing."""


class CorporaMissingError(FileNotFoundError):
    """The corpora are not in the expected folder; the message names it and the setting."""


@dataclass(frozen=True)
class Document:
    """A text with the spans of each layer that its corpus annotates, and offsets to cut it at."""

    name: str
    corpus: str
    text: str
    layers: dict[str, list[Span]]
    cuts: list[int]
    """Offsets at which a sentence or paragraph ends."""
    skipped: list[tuple[int, int]] = field(default_factory=list)
    links: dict[str, list[Link]] = field(default_factory=dict)


def corpora_folder() -> Path:
    """Return the folder of the corpora. Raises CorporaMissingError if it does not exist."""
    default = Path(__file__).resolve().parents[3] / "shared" / "corpora"
    folder = Path(os.environ.get("NEWSACTORS_CORPORA") or default)
    if not folder.is_dir():
        raise CorporaMissingError(
            f"{folder} does not exist; set NEWSACTORS_CORPORA to the folder of the corpora"
        )
    return folder


def _fold(name: str) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % DEV_SHARE


def _from_sentences(
    name: str, corpus: str, sentences: Iterable[list[tuple[str, str]]], labels: dict[str, str]
) -> Document:
    """Join tokens with BIO tags to a document; tags not in `labels` become skipped spans."""
    text, spans, cuts, skipped = "", [], [], []
    for sentence in sentences:
        start, kind = None, ""
        end = len(text)
        for word, tag in [*sentence, ("", "O")]:
            prefix, _, label = tag.partition("-")
            if start is not None and (prefix != "I" or label != kind):
                if kind in labels:
                    spans.append((start, end, labels[kind]))
                else:
                    skipped.append((start, end))
                start = None
            if not word:
                break
            if text and not text.endswith("\n"):
                text += " "
            if prefix in ("B", "I") and start is None:
                start, kind = len(text), label
            text += word
            end = len(text)
        text += "\n"
        cuts.append(len(text))
    return Document(name, corpus, text, {"names": spans}, cuts, skipped)


def _bio_sentences(
    lines: Iterable[str], separator: str | None = None, column: int = -1
) -> Iterator[list[tuple[str, str]]]:
    sentence: list[tuple[str, str]] = []
    for line in lines:
        fields = line.rstrip("\n").split(separator)
        if len(fields) < 2 or not fields[0].strip():
            if sentence:
                yield sentence
            sentence = []
        else:
            sentence.append((fields[0], fields[column]))
    if sentence:
        yield sentence


def _grouped(
    corpus: str,
    sentences: Iterable[list[tuple[str, str]]],
    labels: dict[str, str],
    size: int,
) -> Iterator[Document]:
    """Yield documents of `size` sentences, for corpora that do not mark where a text ends."""
    for number, group in groupby(enumerate(sentences), key=lambda pair: pair[0] // size):
        yield _from_sentences(f"{corpus}-{number}", corpus, (s for _, s in group), labels)


WORLDWIDE_LABELS = {
    "Person": "PERSON",
    "Organization": "ORG",
    "Location": "LOC",
    "NORP": "NORP",
    "Facility": "FAC",
}


def worldwide(split: str) -> Iterator[Document]:
    """Yield English Worldwide Newswire; `split` is train, dev or test, by article."""
    folder = corpora_folder() / "ner" / "worldwide" / "tags"
    for path in sorted(folder.glob("*.tsv")):
        fold = {0: "dev", 1: "test"}.get(_fold(path.stem), "train")
        if fold == split:
            lines = path.read_text(encoding="utf-8").splitlines()
            # Further columns hold nested names: "Harvard" in "Harvard University".
            document = _from_sentences(
                path.stem, "worldwide", _bio_sentences(lines, "\t", 1), WORLDWIDE_LABELS
            )
            # Dates, money and products are not names of ours: label them outside, not skipped.
            yield Document(
                document.name, document.corpus, document.text, document.layers, document.cuts
            )


def gmb() -> Iterator[Document]:
    """Yield the Groningen Meaning Bank, eight sentences per document; its gpe are demonyms."""
    path = corpora_folder() / "ner" / "gmb.csv"
    labels = {"per": "PERSON", "org": "ORG", "geo": "LOC", "gpe": "NORP"}

    def sentences() -> Iterator[list[tuple[str, str]]]:
        sentence: list[tuple[str, str]] = []
        with path.open(encoding="latin-1", newline="") as file:
            for row in csv.DictReader(file):
                if row["Sentence #"] and sentence:
                    yield sentence
                    sentence = []
                tag = row["Tag"] if row["Tag"][2:] in labels else "O"
                sentence.append((row["Word"], tag))
        yield sentence

    yield from _grouped("gmb", sentences(), labels, 8)


def _conll(corpus: str, file: str, size: int) -> Iterator[Document]:
    path = corpora_folder() / "ner" / corpus / "CONLL-format" / "data" / file
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    labels = {"PER": "PERSON", "ORG": "ORG", "LOC": "LOC"}
    yield from _grouped(corpus, _bio_sentences(lines), labels, size)


def wikigold() -> Iterator[Document]:
    """Yield Wikigold: Wikipedia sentences with PER, ORG, LOC; MISC is skipped."""
    return _conll("wikigold", "wikigold.conll.txt", 6)


def btc() -> Iterator[Document]:
    """Yield the mainstream news of the Broad Twitter Corpus, with PER, ORG, LOC."""
    return _conll("btc", "g.conll", 10)


_BRAT = re.compile(r"(T\d+)\t(\w+) ([\d; ]+)\t")
_SENTENCE_END = re.compile(r"\n+|[.!?][”\"’')]*\s")


def sentence_ends(text: str) -> list[int]:
    """Return the approximate ends of sentences, at which a window may be cut."""
    return [*(m.end() for m in _SENTENCE_END.finditer(text)), len(text)]


def polnear(split: str) -> Iterator[Document]:
    """Yield PolNeAR: sources, cues and contents of attributions by the first annotator.

    `split` is train, tune (one article in ten, held out of train for calibration) or dev.
    """
    folder = corpora_folder() / "quotes" / "polnear" / ("dev" if split == "dev" else "train")
    for path in sorted((folder / "text").glob("*.txt")):
        annotations = sorted((folder / "attributions").glob(f"{path.stem}_*.ann"))
        if not annotations or (split != "dev" and (_fold(path.stem) == 0) != (split == "tune")):
            continue
        text = path.read_text(encoding="utf-8")
        layers: dict[str, list[Span]] = {layer: [] for layer in ATTRIBUTION_LAYERS}
        links: dict[str, list[Link]] = {"source": [], "content": []}
        parts: dict[str, list[tuple[int, int]]] = {}
        lines = annotations[0].read_text(encoding="utf-8").splitlines()
        for line in lines:
            match = _BRAT.match(line)
            layer = match[2].lower() if match else ""
            if match and layer in layers:
                spans = [tuple(map(int, part.split())) for part in match[3].split(";")]
                parts[match[1]] = [(a, b) for a, b in spans]
                layers[layer] += [(a, b, layer) for a, b in spans]
        for line in lines:
            if line.startswith("E"):
                roles = [role.partition(":")[::2] for role in line.split()[1:]]
                cues = [t for kind, t in roles if kind.startswith("Cue")]
                targets = sorted(a for t in cues for a, _ in parts.get(t, []))[:1]
                for kind, t in roles:
                    layer = kind.rstrip("0123456789").lower()
                    if layer in links:
                        links[layer] += [(a, targets, None) for a, _ in parts.get(t, [])]
        yield Document(path.stem, "polnear", text, layers, sentence_ends(text), links=links)


def gap(split: str) -> Iterator[Document]:
    """Yield GAP: a pronoun and two names, at most one of which it refers to."""
    path = corpora_folder() / "coref" / "gap" / f"gap-{split}.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            text = row["Text"]
            right: list[int] = []
            wrong: list[int] = []
            for name in ("A", "B"):
                (right if row[f"{name}-coref"] == "TRUE" else wrong).append(
                    int(row[f"{name}-offset"])
                )
            links: dict[str, list[Link]] = {"pronoun": [(int(row["Pronoun-offset"]), right, wrong)]}
            yield Document(row["ID"], "gap", text, {}, sentence_ends(text), links=links)
