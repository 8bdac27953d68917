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

So each person has two rows: mentions of the actor, which is what users want, and mentions by that
definition, whoever they are linked to, which is what can be compared. The difference between the
two is told by its parts.

    python -m training.evaluation.counts

prints it for all of PolNeAR train (minutes) and dev.
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
"""What the metadata count, as far as the texts tell."""


def counts(runner: CorpusRunner) -> list[Table]:
    """Correlation by article, total, and how many of the surname's occurrences lie in a name."""
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
    """Correlation by article, mentions told and counted by the metadata: two rows a person.

    The first row counts mentions of the actor, the second mentions by the metadata's definition.
    `found` has the extraction of each article of PolNeAR by its name.
    """
    about = sample.polnear_metadata()
    rows: list[list[str | int | None]] = []
    for given, surname, column in PEOPLE:
        gold = [int(about[name][column]) for name in found]
        ways = {
            f"{given} {surname}": [_named(e, given, surname) for e in found.values()],
            f"{surname}, as counted there": [_by_definition(e, surname) for e in found.values()],
        }
        for what, told in ways.items():
            varies = len(set(told)) > 1 and len(set(gold)) > 1
            shown = f"{correlation(told, gold):.3f}" if varies else None
            rows.append([what, shown, sum(told), sum(gold)])
    return rows


def differences(found: Iterable[Extraction], given: str, surname: str) -> Counter[str]:
    """Mentions by name that only one of the two ways counts, by what they are."""
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
                    parts["surname, no person"] += named
                elif role in ("mr", "mr.", "president", "former president"):
                    parts["surname, another person behind Mr. or President"] += named
                else:
                    parts["surname, another person"] += named
            elif named > 1:
                parts["surname more than once in a name"] += named - 1
    return parts


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


def _by_definition(extraction: Extraction, surname: str) -> int:
    """How often the metadata's word stands in a mention by name, whoever that is of."""
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
    """Print the agreement on train and dev, and what the two ways of counting differ in."""
    for split in ("train", "dev"):
        texts = list(sample.polnear(split))
        found = get_extractor().extract_many([text.article for text in texts])
        named = {t.document.partition("/")[2]: e for t, e in zip(texts, found, strict=True)}
        for person, r, told, gold in agreement(named):
            print(f"PolNeAR {split}, {len(texts)} articles: {person} r {r}, {told} named, {gold}")
        for given, surname, _ in PEOPLE:
            print(f"  {surname}:", dict(differences(named.values(), given, surname).most_common()))


if __name__ == "__main__":
    main()
