"""Silver labels of names in PolNeAR, which annotates none, as the current extractor finds them.

Belongs here: silver labels of names. Does not belong here: annotated corpora
(`training.corpora.documents`).

Without them the network learns no names on the texts that train its other heads, and those heads
make it forget names such as "Clinton" and "Trump" there: weights that reach 85.8 on Worldwide dev
missed two in five of PolNeAR's 4,000 "Clinton". The labels are the extractor's confident names, and
the same words elsewhere. Other capitalised words stay unlabelled, so that training does not repeat
what the extractor missed.

    python -m training.corpora.silver --out names.json

writes the names that the current extractor finds; `training.model.train --silver names.json` reads
them.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from etl.domain import Article
from etl.extract import get_extractor
from etl.extract.lexicon import load_lexicon
from training.corpora import documents as corpora
from training.corpora.documents import Document, Span

Found = tuple[int, int, str, float]
"""Start, end, label, confidence."""
MIN_CONFIDENCE = 0.85
"""A name of at least this confidence becomes a label by itself."""
MAX_WORDS = 5
"""The longest names, in words, that are also labelled elsewhere."""
_WORD = re.compile(r"\w+(?:[-.’'](?!s\b)\w+)*")


def found_names(documents: Sequence[Document]) -> dict[str, list[Found]]:
    """Return the names that the current extractor finds, by document."""
    extractor = get_extractor()
    result: dict[str, list[Found]] = {}
    for at in range(0, len(documents), 32):
        group = documents[at : at + 32]
        extractions = extractor.extract_many([Article(None, d.text) for d in group])
        for document, extraction in zip(group, extractions, strict=True):
            result[document.name] = [
                (m.char_start, m.char_end, _label(m.type), round(m.confidence, 3))
                for m in extraction.mentions
                if m.kind == "name" and m.type != "OTHER"
            ]
    return result


def _label(type_: str) -> str:
    return "LOC" if type_ == "GPE" else type_


def named(documents: Sequence[Document], names: Mapping[str, list[Found]]) -> Iterator[Document]:
    """Yield the documents with a layer of names, under the guidelines of the extractor's names.

    Their corpus becomes "worldwide", on whose guidelines the extractor was trained.
    """
    known = _known(documents, names)
    for document in documents:
        spans = _spans(document.text, names[document.name], known)
        taken = {i for a, b, _ in spans for i in range(a, b)}
        skipped = [
            (m.start(), m.end())
            for m in _WORD.finditer(document.text)
            if m.start() not in taken and _may_be_name(document.text, m)
        ]
        layers = {**document.layers, "names": spans}
        yield replace(document, corpus="worldwide", layers=layers, skipped=skipped)


def _known(documents: Sequence[Document], names: Mapping[str, list[Found]]) -> dict[str, str]:
    """Return the forms on whose label the whole corpus agrees, with that label."""
    weights: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for document in documents:
        for a, b, label, confidence in names[document.name]:
            weights[document.text[a:b]][label] += confidence
    known = {}
    for form, votes in weights.items():
        label, most = max(votes.items(), key=lambda vote: vote[1])
        least = 2.0 if " " in form else 5.0
        if most >= least and most >= 0.9 * sum(votes.values()) and form[0].isupper():
            known[form] = label
    return known


def _spans(text: str, names: Sequence[Found], known: Mapping[str, str]) -> list[Span]:
    """Return the labels of a text: confident names, known forms, lone surnames of its people."""
    spans: list[Span] = []
    taken: set[int] = set()

    def add(start: int, end: int, label: str) -> None:
        if taken.isdisjoint(range(start, end)):
            spans.append((start, end, label))
            taken.update(range(start, end))

    for a, b, label, confidence in names:
        if known.get(text[a:b], label) == label and (
            confidence >= MIN_CONFIDENCE or text[a:b] in known
        ):
            add(a, b, label)
    words = list(_WORD.finditer(text))
    people = {
        text[a:b].split()[-1] for a, b, label in spans if label == "PERSON" and " " in text[a:b]
    }
    for i, first in enumerate(words):
        if not first[0][:1].isupper():
            continue
        for last in reversed(words[i : i + MAX_WORDS]):
            form = text[first.start() : last.end()]
            if form in known:
                if " " in form or _stands_alone(text, words, i):
                    add(first.start(), last.end(), known[form])
                break
        if first[0] in people and _stands_alone(text, words, i):
            add(first.start(), first.end(), "PERSON")
    return sorted(spans)


def _stands_alone(text: str, words: Sequence[re.Match[str]], i: int) -> bool:
    """Whether no adjacent word can belong to the same name. A title before it cannot."""
    after = words[i + 1] if i + 1 < len(words) else None
    if after and after[0][0].isupper() and text[words[i].end() : after.start()] in (" ", "-"):
        return False
    before = words[i - 1] if i else None
    if before is None or not before[0][0].isupper():
        return True
    between = text[before.end() : words[i].start()]
    return between not in (" ", "-") or before[0].lower() in load_lexicon().titles


def _may_be_name(text: str, word: re.Match[str]) -> bool:
    """Whether a word has a capital that the start of a sentence does not explain."""
    lexicon, lower = load_lexicon(), word[0].lower()
    if not word[0][0].isupper() or lower in lexicon.calendar_words or lower in lexicon.titles:
        return False
    before = text[: word.start()].rstrip(" \t“\"'‘(")
    begins = not before or before[-1] in '.?!:\n”"—'
    return not (begins and lexicon.is_ordinary(lower))


def read(file: Path) -> dict[str, list[Found]]:
    """Read the result of `found_names` from a file."""
    loaded: dict[str, list[Found]] = {
        name: [(a, b, label, sure) for a, b, label, sure in rows]
        for name, rows in json.loads(file.read_text("utf-8")).items()
    }
    return loaded


def main() -> None:
    """Write the names that the current extractor finds in PolNeAR train."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.write_text(json.dumps(found_names(list(corpora.polnear("train")))), "utf-8")


if __name__ == "__main__":
    main()
