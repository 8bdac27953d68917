"""How often two people are named, against a count that others made: the section `counts`.

Belongs here: mentions by name of Donald Trump and Hillary Clinton in PolNeAR against `trump_count`
and `clinton_count` of its metadata. Does not belong here: spans and scores.

What the metadata count is not documented. On PolNeAR train `trump_count` is how often the word
"Trump" stands in title and text (correlation 0.995), relatives and "Trump campaign" included, and
`clinton_count` the same for "Clinton" in four articles of five, less in those on her e-mails.
So a perfect extractor would not reach 1; one that misses a common name falls far below it.
"""

from __future__ import annotations

import csv
import re
from statistics import correlation

from etl.model import Extraction
from training.corpora import corpora_folder
from training.gold_bench import Bench, Table
from training.gold_readers import QuotedText, polnear

PEOPLE = (("Donald", "Trump", "trump_count"), ("Hillary", "Clinton", "clinton_count"))


def metadata() -> dict[str, dict[str, str]]:
    """PolNeAR's metadata by the name of the text."""
    path = corpora_folder() / "quotes" / "polnear" / "metadata.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["filename"]: row for row in rows}


def counts(bench: Bench) -> list[Table]:
    """Correlation by article, total, and how many of the surname's occurrences lie in a name."""
    about = metadata()
    texts = bench.run(polnear, "dev")
    result = []
    for given, surname, column in PEOPLE:
        told = [_named(extraction, given, surname) for _, extraction in texts]
        gold = [int(about[text.name][column]) for text, _ in texts]
        places, covered = _covered(texts, surname)
        varies = len(set(told)) > 1 and len(set(gold)) > 1
        result.append(
            [
                f"{given} {surname}",
                f"{correlation(told, gold):.3f}" if varies else None,
                sum(told),
                sum(gold),
                100 * covered / max(1, places),
            ]
        )
    header = ("", "correlation", "named", f"{'/'.join(c for *_, c in PEOPLE)}", "surname found, %")
    return [Table("Counts of two people: PolNeAR dev", header, result)]


def actors_named(extraction: Extraction, given: str, surname: str) -> set[int]:
    """The actors of that name, or of the surname alone."""
    return {
        number
        for number, actor in enumerate(extraction.actors)
        if actor.type == "PERSON"
        and actor.name.split()[-1] == surname
        and (given in actor.name.split() or actor.name == surname)
    }


def _named(extraction: Extraction, given: str, surname: str) -> int:
    """Mentions by name of the actor of that name, or of the surname alone."""
    actors = actors_named(extraction, given, surname)
    return sum(m.kind == "name" and m.actor in actors for m in extraction.mentions)


def _covered(texts: list[tuple[QuotedText, Extraction]], surname: str) -> tuple[int, int]:
    places = covered = 0
    for text, extraction in texts:
        spans = [
            text.span(m.part, m.char_start, m.char_end)
            for m in extraction.mentions
            if m.kind == "name"
        ]
        for match in re.finditer(rf"\b{surname}\b", text.text):
            places += 1
            covered += any(start <= match.start() < end for start, end in spans)
    return places, covered
