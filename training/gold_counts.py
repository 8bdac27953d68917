"""How often two people are named, against a count that others made: the section `counts`.

Belongs here: mentions by name of Donald Trump and Hillary Clinton in PolNeAR against `trump_count`
and `clinton_count` of its metadata. Does not belong here: spans and scores.

What the metadata count is not documented; the texts tell. `trump_count` is how often the word
"Trump" stands in title and text (PolNeAR train: correlation 0.995), relatives and "Trump campaign"
included. `clinton_count` is how often "Clinton" stands there and not behind "Bill" (equal in 87% of
the articles, correlation 0.950): "Mr. Clinton" and "Clinton Foundation" count, and articles on her
e-mails have far less than they should. Leaving out "Mr. Clinton", who is Bill, lowers the
correlation to 0.934, and leaving out other Clintons and the foundation to 0.929: so telling Bill
from Hillary perfectly would miss 0.94, and one that misses a common name falls far below.

    python -m training.gold_counts

prints it for all of PolNeAR train (minutes) and dev.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from statistics import correlation

from etl.extract import get_extractor
from etl.model import Extraction
from training import identity_sample
from training.gold_bench import Bench, Table
from training.gold_readers import QuotedText, polnear

PEOPLE = (("Donald", "Trump", "trump_count"), ("Hillary", "Clinton", "clinton_count"))


def counts(bench: Bench) -> list[Table]:
    """Correlation by article, total, and how many of the surname's occurrences lie in a name."""
    texts = bench.run(polnear, "dev")
    named = {text.name: extraction for text, extraction in texts}
    result = [
        [*row, 100 * covered / max(1, places)]
        for row, (_, surname, _) in zip(agreement(named), PEOPLE, strict=True)
        for places, covered in (_covered(texts, surname),)
    ]
    header = ("", "correlation", "named", f"{'/'.join(c for *_, c in PEOPLE)}", "surname found, %")
    return [Table("Counts of two people: PolNeAR dev", header, result)]


def agreement(found: Mapping[str, Extraction]) -> list[list[str | int | None]]:
    """Name, correlation by article, mentions told and counted by the metadata, of each person.

    `found` has the extraction of each article of PolNeAR by its name.
    """
    about = identity_sample.polnear_metadata()
    rows: list[list[str | int | None]] = []
    for given, surname, column in PEOPLE:
        told = [_named(extraction, given, surname) for extraction in found.values()]
        gold = [int(about[name][column]) for name in found]
        varies = len(set(told)) > 1 and len(set(gold)) > 1
        shown = f"{correlation(told, gold):.3f}" if varies else None
        rows.append([f"{given} {surname}", shown, sum(told), sum(gold)])
    return rows


def actors_named(extraction: Extraction, given: str, surname: str) -> set[int]:
    """The actors of that name, or of the surname alone."""
    return {
        number
        for number, actor in enumerate(extraction.actors)
        if actor.type == "PERSON"
        and actor.name.split()[-1] == surname
        and (given.lower() in actor.name.lower().split() or actor.name == surname)
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


def main() -> None:
    """Print the agreement on train and dev."""
    for split in ("train", "dev"):
        texts = list(identity_sample.polnear(split))
        found = get_extractor().extract_many([text.article for text in texts])
        named = {t.document.partition("/")[2]: e for t, e in zip(texts, found, strict=True)}
        for person, r, told, gold in agreement(named):
            print(f"PolNeAR {split}, {len(texts)} articles: {person} r {r}, {told} named, {gold}")


if __name__ == "__main__":
    main()
