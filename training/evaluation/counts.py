"""Counts mentions of two people against PolNeAR's metadata: the section `counts`.

Belongs here: mentions by name of Donald Trump and Hillary Clinton in PolNeAR, against `trump_count`
and `clinton_count` of its metadata. Does not belong here: spans and scores
(`training.evaluation.scores`).

The metadata do not document what they count, but the texts show it. `trump_count` is the number of
times the word "Trump" occurs in title and text (PolNeAR train: correlation 0.995), including
relatives and "Trump campaign". `clinton_count` is the number of times "Clinton" occurs there, but
not after "Bill" (equal in 87% of the articles, correlation 0.950): "Mr. Clinton" and "Clinton
Foundation" count, and articles on her e-mails have far too few. Leaving out "Mr. Clinton", who is
Bill, lowers the correlation to 0.934; leaving out other Clintons and the foundation lowers it to
0.929. So a system that separates Bill from Hillary perfectly would stay below 0.94, and one that
misses a common name far below that.

Each person therefore has two rows: mentions of the actor, which is what users want, and mentions by
the metadata's definition, whatever actor they are linked to, which is what can be compared. The
difference between the two is broken down.

    python -m training.evaluation.counts

prints both for all of PolNeAR train (minutes) and dev.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import correlation

from etl.domain import Extraction
from etl.extract import get_extractor
from training.corpora.gold import QuotedText, polnear
from training.evaluation.report import Table
from training.evaluation.runner import CorpusRunner
from training.identity import sample

PEOPLE = (("Donald", "Trump", "trump_count"), ("Hillary", "Clinton", "clinton_count"))


_NAMED = {
    "Trump": re.compile(r"\bTrump\b"),
    "Clinton": re.compile(r"(?<!\bBill )\bClinton\b"),
}
"""What the metadata count, as far as the texts show."""


def counts(runner: CorpusRunner) -> list[Table]:
    """Return correlations, totals and surname coverage for each person.

    Coverage is the percentage of the surname's occurrences that lie inside a mention by name.
    """
    texts = runner.run(polnear, "dev")
    named = {text.name: extraction for text, extraction in texts}
    found = {
        f"{given} {surname}": 100 * covered / max(1, places)
        for given, surname, _ in PEOPLE
        for places, covered in (_covered(texts, surname),)
    }
    result = [[*row, found.get(str(row[0]))] for row in agreement(named)]
    header = ("", "correlation", "named", f"{'/'.join(c for *_, c in PEOPLE)}", "surname found, %")
    return [Table("Counts of two people: PolNeAR dev", header, result)]


def agreement(found: Mapping[str, Extraction]) -> list[list[str | int | None]]:
    """Return two rows per person: label, correlation by article, mentions found, metadata count.

    The first row counts mentions of the actor, the second mentions by the metadata's definition.
    `found` holds the extraction of each article of PolNeAR by its name.
    """
    metadata = sample.polnear_metadata()
    rows: list[list[str | int | None]] = []
    for given, surname, column in PEOPLE:
        gold = [int(metadata[name][column]) for name in found]
        counts_by_label = {
            f"{given} {surname}": [_named(e, given, surname) for e in found.values()],
            f"{surname}, as the metadata count": [
                _by_definition(e, surname) for e in found.values()
            ],
        }
        for label, counted in counts_by_label.items():
            varies = len(set(counted)) > 1 and len(set(gold)) > 1
            shown = f"{correlation(counted, gold):.3f}" if varies else None
            rows.append([label, shown, sum(counted), sum(gold)])
    return rows


def differences(found: Iterable[Extraction], given: str, surname: str) -> Counter[str]:
    """Count the mentions by name that only one of the two rows counts, by kind."""
    parts: Counter[str] = Counter()
    for extraction in found:
        actors = actors_named(extraction, given, surname)
        for mention in extraction.mentions:
            if mention.kind != "name":
                continue
            is_actor, named = mention.actor in actors, len(_NAMED[surname].findall(mention.surface))
            if is_actor and not named:
                has_surname = re.search(rf"\b{surname}", mention.surface)
                parts["the actor, " + ("plural or Bill" if has_surname else "no surname")] += 1
            elif named and not is_actor:
                role = (mention.role or "").lower()
                if mention.type != "PERSON":
                    parts["surname, not a person"] += named
                elif role in ("mr", "mr.", "president", "former president"):
                    parts["surname, another person after Mr. or President"] += named
                else:
                    parts["surname, another person"] += named
            elif named > 1:
                parts["surname more than once in a name"] += named - 1
    return parts


def actors_named(extraction: Extraction, given: str, surname: str) -> set[int]:
    """Return the actors with that name, or with the surname alone."""
    return {
        number
        for number, actor in enumerate(extraction.actors)
        if actor.type == "PERSON"
        and actor.name.split()[-1] == surname
        and (given.lower() in actor.name.lower().split() or actor.name == surname)
    }


def _named(extraction: Extraction, given: str, surname: str) -> int:
    """Count the mentions by name of the actors with that name, or with the surname alone."""
    actors = actors_named(extraction, given, surname)
    return sum(m.kind == "name" and m.actor in actors for m in extraction.mentions)


def _by_definition(extraction: Extraction, surname: str) -> int:
    """Count the metadata's word in mentions by name, whatever their actor."""
    return sum(
        len(_NAMED[surname].findall(m.surface)) for m in extraction.mentions if m.kind == "name"
    )


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
    """Print the agreement on train and dev, and how the two ways of counting differ."""
    for split in ("train", "dev"):
        texts = list(sample.polnear(split))
        found = get_extractor().extract_many([text.article for text in texts])
        named = {t.document.partition("/")[2]: e for t, e in zip(texts, found, strict=True)}
        for person, r, count, gold in agreement(named):
            print(f"PolNeAR {split}, {len(texts)} articles: {person} r {r}, {count} named, {gold}")
        for given, surname, _ in PEOPLE:
            print(f"  {surname}:", dict(differences(named.values(), given, surname).most_common()))


if __name__ == "__main__":
    main()
