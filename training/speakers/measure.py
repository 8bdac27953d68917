"""Scores who is meant by a source, on the gold of `training.speakers`.

Belongs here: reading the gold of speakers and acts, and comparing extractions with it. Does not
belong here: drawing the samples (`training.speakers.sample`), the rules of annotation
(`training/speakers/gold/README.md`), tables (`training.evaluation.report`).
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from etl.domain import Extraction, Part
from training.identity.sample import Text
from training.speakers.sample import kind_of

GOLD = Path(__file__).with_name("gold")
LABELS = {"he or she": "he, she", "pronoun": "they, it", "description": "descriptions"}


@dataclass(frozen=True)
class Source:
    """The source of a quote, and the place of a name of whom it means (None: nobody named)."""

    document: str
    sha256: str
    part: Part
    start: int
    end: int
    name: tuple[Part, int, int] | None

    def actor(self, extraction: Extraction) -> int | None:
        """Return the actor that an extraction gives for the source: as speaker, or as mention."""
        for quote in extraction.quotes:
            a, b = quote.speaker_char_start, quote.speaker_char_end
            if quote.part != self.part or quote.speaker is None or a is None or b is None:
                continue
            if a < self.end and self.start < b:
                return quote.speaker
        for mention in extraction.mentions:
            is_inside = self.start <= mention.char_start and mention.char_end <= self.end
            if mention.part == self.part and mention.kind != "name" and is_inside:
                return mention.actor
        return None

    def is_right(self, extraction: Extraction, actor: int | None) -> bool:
        """Whether an actor is named at the gold's place."""
        if self.name is None:
            return actor is None
        part, start, end = self.name
        return any(
            m.actor == actor and m.kind == "name" and m.part == part
            and m.char_start < end and start < m.char_end
            for m in extraction.mentions
        )  # fmt: skip


@dataclass
class Tally:
    """Sources by outcome; `named` is their number, `free` that of sources that name nobody."""

    named: int = 0
    answered: int = 0
    right: int = 0
    free: int = 0
    invented: int = 0


def read_speakers() -> list[Source]:
    """Return the annotated sources, without those left unsure."""
    found = []
    with (GOLD / "speakers.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["answer"] == "unsure":
                continue
            name = None
            if row["answer"] == "named":
                part = cast(Part, row["name_part"])
                name = (part, int(row["name_start"]), int(row["name_end"]))
            found.append(
                Source(
                    row["document"], row["sha256"], cast(Part, row["part"]),
                    int(row["char_start"]), int(row["char_end"]), name,
                )
            )  # fmt: skip
    return found


def read_acts() -> Iterator[tuple[Source, str]]:
    """Yield the annotated quotes, each as a place without a name, with its act."""
    with (GOLD / "acts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place = Source(
                row["document"], row["sha256"], cast(Part, row["part"]),
                int(row["char_start"]), int(row["char_end"]), None,
            )  # fmt: skip
            yield place, row["act"]


def act_counts(extractions: Mapping[str, Extraction]) -> Counter[tuple[str, str]]:
    """Count the annotated quotes by (their act, the act found).

    A quote that is now found as direct speech, or not at all, is left out.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for place, act in read_acts():
        overlaps = [
            (min(q.char_end, place.end) - max(q.char_start, place.start), q)
            for q in extractions[place.document].quotes
            if q.part == place.part and q.char_start < place.end and place.start < q.char_end
        ]
        best = max(overlaps, key=lambda pair: pair[0], default=None)
        if best is not None and best[1].kind != "direct":
            counts[act, best[1].act or "none"] += 1
    return counts


def tallies(
    texts: Mapping[str, Text], extractions: Mapping[str, Extraction]
) -> dict[Literal["he, she", "they, it", "descriptions"], Tally]:
    """Compare extractions, by document, with the gold. Raises ValueError if a text differs."""
    result: dict[str, Tally] = defaultdict(Tally)
    for source in read_speakers():
        text = texts[source.document]
        if text.sha256 != source.sha256:
            raise ValueError(f"{source.document}: the text is not the one that was annotated")
        words = text.article.text(source.part)[source.start : source.end]
        tally = result[LABELS[kind_of(words) or ""]]
        extraction = extractions[source.document]
        actor = source.actor(extraction)
        if source.name is None:
            tally.free += 1
            tally.invented += actor is not None
        else:
            tally.named += 1
            tally.answered += actor is not None
            tally.right += actor is not None and source.is_right(extraction, actor)
    return result  # type: ignore[return-value]
