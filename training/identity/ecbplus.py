"""Scores who is one person in several articles: `python -m training.identity.ecbplus`.

Belongs here: the named people of ECB+, and pairs of them across documents. Does not belong here:
the gold of PolNeAR and Wikinews (`training.identity.linking`), reading ECB+ (`training.corpora`).

ECB+ marks people (HUMAN_PART_PER) and links them across the documents of a topic. All documents of
a split are linked as one warehouse, without dates or outlets, which ECB+ lacks. A mention is named
if it has a capitalised word that no document of its topic also writes in lower case: "Driver" in a
headline is not a name. People who are marked in one document only are left out, since nothing says
whether two of them are one. Each named mention is matched with the found name that overlaps it
most. A mention that is not found, or has no actor, is a singleton. Only pairs of mentions in two
different documents count.

`--split train` has the topics on which the ranker of antecedents was trained. Tune on it only;
`test` is the default, with `dev` the topics that nothing was trained on.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from etl.extract import get_extractor
from training.corpora.gold import ECB_TOPICS, EcbText, ecbplus
from training.identity.linking import GoldMention, linked, warehouse
from training.identity.sample import Text

_PRONOUNS = frozenset(
    {"he", "she", "him", "her", "his", "hers", "they", "them", "their", "we", "us", "our", "you"}
    | {"your", "who", "i'm", "i'd", "i've", "he's", "he'd", "she's", "she'd"}
)


@dataclass(frozen=True)
class PairScores:
    """Precision and recall of pairs across documents, in percent, and what they are based on."""

    precision: float
    recall: float
    gold_pairs: int
    found_pairs: int
    mentions: int
    found: int


def named_people(texts: Sequence[EcbText]) -> list[GoldMention]:
    """Return the named mentions of people."""
    in_lower_case: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        in_lower_case[text.topic] |= set(re.findall(r"\b[a-z]+\b", text.text))
    return [
        GoldMention(f"{text.name}:{start}-{end}", text.name, "body", start, end, person)
        for text in texts
        for (start, end), person in text.people
        if any(
            word[0].isupper() and word.lower() not in in_lower_case[text.topic] | _PRONOUNS
            for word in re.findall(r"[\w'’-]{2,}", text.text[start:end])
        )
    ]


def scores(gold: Sequence[GoldMention], found: Mapping[str, str]) -> PairScores:
    """Score the pairs of mentions in two documents; `found` maps mentions to actors."""
    gold_pairs = _pairs_across((g.referent, g.document) for g in gold)
    found_pairs = _pairs_across((found[g.key], g.document) for g in gold)
    right = _pairs_across(((g.referent, found[g.key]), g.document) for g in gold)
    return PairScores(
        precision=round(100 * right / max(1, found_pairs), 1),
        recall=round(100 * right / max(1, gold_pairs), 1),
        gold_pairs=gold_pairs,
        found_pairs=found_pairs,
        mentions=len(gold),
        found=sum(found[g.key] != g.key for g in gold),
    )


def _pairs_across(members: Iterable[tuple[Hashable, str]]) -> int:
    """Count the pairs of one group whose documents differ."""
    by_group: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for group, document in members:
        by_group[group][document] += 1
    return sum(
        (sum(counts.values()) ** 2 - sum(n * n for n in counts.values())) // 2
        for counts in by_group.values()
    )


def main() -> None:
    """Print the scores; with --errors, also the wrong groups."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--split", action="append", choices=tuple(ECB_TOPICS))
    parser.add_argument("--extractor", default="tagger")
    parser.add_argument("--errors", action="store_true", help="also print wrong groups")
    options = parser.parse_args()
    texts = [text for split in options.split or ("dev", "test") for text in ecbplus(split)]
    gold = named_people(texts)
    read = [Text(text.name, text.article) for text in texts]
    extracted = get_extractor(options.extractor).extract_many([text.article for text in read])
    found = linked(warehouse(read, extracted), gold)
    print(json.dumps(asdict(scores(gold, found)), indent=1))
    if options.errors:
        _print_errors(texts, gold, found)


def _print_errors(
    texts: Sequence[EcbText], gold: Sequence[GoldMention], found: Mapping[str, str]
) -> None:
    """Print each person in several groups and each group of several people, by surface."""
    bodies = {text.name: text.text for text in texts}
    people: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    groups: dict[str, set[str]] = defaultdict(set)
    for g in gold:
        is_found = found[g.key] != g.key
        surface = bodies[g.document][g.start : g.end].replace("\n", " ")
        people[g.referent][found[g.key] if is_found else "not found"][surface] += 1
        groups[found[g.key]].add(g.referent)
    for person, of_person in people.items():
        if len(of_person) > 1:
            print("split", person, {group: dict(c) for group, c in of_person.items()})
    for group, members in groups.items():
        if len(members) > 1:
            print("joined", group, {m: dict(people[m][group]) for m in members})


if __name__ == "__main__":
    main()
