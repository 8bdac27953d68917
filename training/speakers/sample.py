"""Draws the quotes behind the gold of speakers and of acts, always the same ones.

Belongs here: the sampling rules, and rendering the texts for annotators. Does not belong here:
annotation rules and decisions (`training/speakers/gold/`), scores (`training.speakers.measure`).

    python -m training.speakers.sample --out FOLDER

writes, outside the repository, `speakers.csv` and `acts.csv` (positions, no texts) and, for the
annotators, `speakers.md` and `acts.md` (texts). The sampling rules:

Speakers: sources that are a pronoun ("he", "she", "they", "it") or a description (a phrase in lower
case that begins with "the", "this", "that" or a possessive pronoun).

1. PolNeAR dev: the annotated sources of attributions. All "they", "it" and descriptions, and 120 of
   the "he" and "she", drawn uniformly.
2. Wikinews: the sources that the shipped extractor found for its utterances, 60 pronouns and 60
   descriptions drawn uniformly. An utterance whose source was not found is not in this half.

Acts: indirect quotes that the shipped extractor found, 100 of PolNeAR dev, 100 of Wikinews and 100
of Reuters-21578, from 3,000 consecutive items, drawn uniformly.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from etl.domain import Article, Extraction, Part, Quote
from etl.extract import get_extractor
from training.corpora import gold
from training.corpora.reuters import items
from training.identity.sample import Text, polnear, wikinews

SEED = 20261130
HE_OR_SHE, WIKINEWS_EACH, ACTS_EACH = 120, 60, 100
_REUTERS_ITEMS = slice(5000, 8000)
_AFTER = 800
"""Characters that annotators see after the last source of an article."""
_PRONOUNS = frozenset({"he", "she", "they", "it"})
_DESCRIPTION = re.compile(
    r"(?:the|this|that|his|her|its|their|[Tt]he|This|His|Her|Its|Their) [^A-Z]+"
)


@dataclass(frozen=True, order=True)
class Place:
    """Characters `start`:`end` of a part of a document, with their words."""

    document: str
    part: Part
    start: int
    end: int
    words: str


@dataclass(frozen=True, order=True)
class Reported:
    """A quote that the extractor found, with its source and cue."""

    place: Place
    source: tuple[int, int] | None
    cue: str | None


def kind_of(words: str) -> str | None:
    """Return "he or she", "pronoun", "description", or None for another source."""
    if words.lower() in _PRONOUNS:
        return "he or she" if words.lower() in ("he", "she") else "pronoun"
    return "description" if _DESCRIPTION.fullmatch(words) else None


def draw_speakers(annotated: Iterable[Place], found: Iterable[Place]) -> list[Place]:
    """Return the sample of sources in document order, by the rule in the module docstring."""
    rng = random.Random(SEED)
    by_kind = _by_kind(annotated)
    he_or_she = by_kind.pop("he or she")
    chosen = [*rng.sample(he_or_she, HE_OR_SHE), *(p for ps in by_kind.values() for p in ps)]
    by_kind = _by_kind(found)
    chosen += rng.sample(sorted(by_kind["he or she"] + by_kind["pronoun"]), WIKINEWS_EACH)
    chosen += rng.sample(by_kind["description"], WIKINEWS_EACH)
    return sorted(chosen)


def _by_kind(places: Iterable[Place]) -> dict[str, list[Place]]:
    by_kind: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(set(places)):
        if kind := kind_of(place.words):
            by_kind[kind].append(place)
    return by_kind


def annotated_sources(texts: Iterable[Text]) -> Iterator[Place]:
    """Yield the sources of PolNeAR dev, as offsets in their part."""
    by_name = {text.document.partition("/")[2]: text for text in texts}
    for annotated in gold.polnear("dev"):
        text = by_name[annotated.name]
        for attribution in annotated.attributions:
            for start, end in attribution.source[:1]:
                for part in ("headline", "body"):
                    at, _ = annotated.span(part, 0, 0)
                    words = annotated.text[start:end]
                    if text.article.text(part)[start - at : end - at] == words and start >= at:
                        yield Place(text.document, part, start - at, end - at, words)
                        break


def found_sources(text: Text, extraction: Extraction) -> Iterator[Place]:
    """Yield the sources that the extractor found, once each."""
    for quote in extraction.quotes:
        if (source := _source(quote)) is not None:
            words = text.article.text(quote.part)[slice(*source)]
            yield Place(text.document, quote.part, *source, words)


def indirect(text: Text, extraction: Extraction) -> Iterator[Reported]:
    """Yield the first piece of each indirect utterance."""
    seen: set[int] = set()
    for quote in extraction.quotes:
        if quote.kind == "indirect" and quote.utterance not in seen:
            seen.add(quote.utterance)
            place = Place(text.document, quote.part, quote.char_start, quote.char_end, quote.text)
            yield Reported(place, _source(quote), quote.cue)


def _source(quote: Quote) -> tuple[int, int] | None:
    if quote.speaker_char_start is None or quote.speaker_char_end is None:
        return None
    return quote.speaker_char_start, quote.speaker_char_end


def reuters() -> Iterator[Text]:
    """Yield the items of Reuters-21578 from which acts are drawn."""
    for item in islice(items(), _REUTERS_ITEMS.start, _REUTERS_ITEMS.stop):
        yield Text(f"reuters/{item.number}", Article(item.headline, item.body))


def marked(text: str, marks: Sequence[tuple[int, int, str, str]]) -> str:
    """Return the text with each (start, end, before, after) marked."""
    edges = sorted(
        [(start, 1, before) for start, _, before, _ in marks]
        + [(end, 0, after) for _, end, _, after in marks]
    )
    pieces, at = [], 0
    for offset, _, mark in edges:
        pieces += [text[at:offset], mark]
        at = offset
    return "".join([*pieces, text[at:]])


def _render_speakers(places: Sequence[Place], texts: dict[str, Text]) -> Iterator[str]:
    numbers = {place: number for number, place in enumerate(places, 1)}
    for document in dict.fromkeys(place.document for place in places):
        article = texts[document].article
        yield f"\n\n######## {document}\n"
        for part in ("headline", "body"):
            marks = [
                (p.start, p.end, f"[[{numbers[p]}: ", "]]")
                for p in places
                if (p.document, p.part) == (document, part)
            ]
            whole = article.text(part)
            last = max((end for _, end, *_ in marks), default=0) + _AFTER
            yield marked(whole[:last], marks) + ("\n" if last >= len(whole) else " […]\n")


def _render_acts(chosen: Sequence[Reported], texts: dict[str, Text]) -> Iterator[str]:
    for number, one in enumerate(chosen, 1):
        text = texts[one.place.document].article.text(one.place.part)
        first = text.rfind("\n", 0, min(one.place.start, *(one.source or (one.place.start,)))) + 1
        last = text.find("\n", one.place.end)
        last = last if last >= 0 else len(text)
        first = max(first, one.place.start - 500)
        last = min(last, one.place.end + 300)
        marks = [(one.place.start, one.place.end, "⟦", "⟧")]
        if one.source and first <= one.source[0] and one.source[1] <= last:
            marks.append((*one.source, "{", "}"))
        shifted = [(a - first, b - first, x, y) for a, b, x, y in marks]
        yield f"\n{number}. cue: {one.cue or '-'}\n{marked(text[first:last], shifted)}\n"


def _write_csv(path: Path, places: Sequence[Place]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["number", "document", "part", "char_start", "char_end"])
        for number, place in enumerate(places, 1):
            writer.writerow([number, place.document, place.part, place.start, place.end])


def main() -> int:
    """Write the samples; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder outside the repository")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    by_corpus = {"polnear": list(polnear("dev")), "wikinews": list(wikinews())}
    by_corpus["reuters"] = list(reuters())
    texts = {text.document: text for texts in by_corpus.values() for text in texts}
    extractor = get_extractor()
    rng = random.Random(SEED)
    reported: list[Reported] = []
    sources: list[Place] = []
    for corpus, read in by_corpus.items():
        pairs = list(zip(read, extractor.extract_many([t.article for t in read]), strict=True))
        pool = sorted(one for pair in pairs for one in indirect(*pair))
        reported += rng.sample(pool, ACTS_EACH)
        if corpus == "wikinews":
            sources = [place for pair in pairs for place in found_sources(*pair)]
    places = draw_speakers(annotated_sources(by_corpus["polnear"]), sources)
    _write_csv(out / "speakers.csv", places)
    _write_csv(out / "acts.csv", [one.place for one in reported])
    (out / "speakers.md").write_text("".join(_render_speakers(places, texts)), "utf-8")
    (out / "acts.md").write_text("".join(_render_acts(reported, texts)), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
