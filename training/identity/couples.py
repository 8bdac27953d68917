"""Scores how well couples with one surname are separated: `python -m training.identity.couples`.

Belongs here: drawing mentions of the Clintons and the Trumps to annotate, and scoring the resolver
against the annotation. Does not belong here: linking in general (`training.identity.linking`),
annotation rules (`gold/README.md`).

    python -m training.identity.couples --draw FOLDER

writes, outside the repository, `couples.csv` (positions, no texts) and `couples.md` (texts, for the
annotator). Of the articles of PolNeAR train that name both members of a couple, MENTIONS_PER_COUPLE
are drawn, and in each one word, uniformly among those that may name either. No extractor is used.
If there are fewer such articles, they are drawn from again for other words.

A mention is right if the resolver, in a warehouse of these articles, links it to the actor with the
annotated full name; or, if it names somebody else, to none of the four.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.identity.linking import GoldMention, check_texts, linked, warehouse
from training.identity.sample import Text, polnear

GOLD = Path(__file__).with_name("gold") / "couples.csv"
HEADER = ("mention_key", "document", "part", "char_start", "char_end", "sha256")
SEED = 20161108
MENTIONS_PER_COUPLE = 50
BEFORE, AFTER = 700, 250

COUPLES = {
    "clinton": (r"\bBill\s+Clinton\b", r"\bHillary\b", r"\bClintons?\b"),
    "trump": (r"\bMelania\b", r"\bDonald\b", r"\b(?:Trumps?|Melania)\b"),
}
"""By couple, patterns of one member, of the other (an article must have both), and of the words to
draw."""

NAMES = {
    "bill-clinton": "Bill Clinton",
    "hillary-clinton": "Hillary Clinton",
    "donald-trump": "Donald Trump",
    "melania-trump": "Melania Trump",
}
"""The full name by which the resolver's actor of each person is found."""


@dataclass(frozen=True)
class Word:
    """A word of an article, by its position."""

    text: Text
    part: str
    start: int
    end: int

    @property
    def order(self) -> tuple[str, bool, int]:
        """Return a sort key: document, headline first, then position."""
        return (self.text.document, self.part != "headline", self.start)

    @property
    def row(self) -> tuple[str | int, ...]:
        """Return its row in the gold, without the key."""
        return (self.text.document, self.part, self.start, self.end, self.text.sha256)


def draw(texts: Sequence[Text]) -> list[Word]:
    """Return MENTIONS_PER_COUPLE words of each couple, in document order."""
    rng = random.Random(SEED)
    chosen: list[Word] = []
    for one, other, pattern in COUPLES.values():
        both = [t for t in texts if all(re.search(p, _whole(t)) for p in (one, other))]
        rng.shuffle(both)
        remaining = {t.document: _words(t, pattern) for t in both}
        count = 0
        while count < MENTIONS_PER_COUPLE:
            for words in remaining.values():
                if words and count < MENTIONS_PER_COUPLE:
                    chosen.append(words.pop(rng.randrange(len(words))))
                    count += 1
    return sorted(chosen, key=lambda word: word.order)


def _whole(text: Text) -> str:
    return f"{text.article.headline}\n{text.article.body}"


def _words(text: Text, pattern: str) -> list[Word]:
    return [
        Word(text, part, *match.span())
        for part in ("headline", "body")
        for match in re.finditer(pattern, text.article.text(part))
    ]


def write_sample(chosen: Sequence[Word], folder: Path) -> None:
    """Write `couples.csv`, without any text, and `couples.md`, with the context of each word."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "couples.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(HEADER)
        rows.writerows((f"c{n:03}", *word.row) for n, word in enumerate(chosen, 1))
    with (folder / "couples.md").open("w", encoding="utf-8") as file:
        for n, word in enumerate(chosen, 1):
            text = word.text.article.text(word.part)
            before, after = text[: word.start][-BEFORE:], text[word.end :][:AFTER]
            file.write(
                f"## c{n:03} {word.text.document}: {word.text.article.headline}\n"
                f"{before}[[[{text[word.start : word.end]}]]]{after}\n\n"
            )


def read_gold() -> dict[str, tuple[GoldMention, str]]:
    """Return, by key, the mention with its annotated person, and the evidence for it."""
    with GOLD.open(encoding="utf-8", newline="") as file:
        return {
            row["mention_key"]: (GoldMention.of(row, row["who"]), row["reading"])
            for row in csv.DictReader(file)
        }


def judged() -> dict[str, tuple[str, str, str]]:
    """Return, by key, the annotated person, the evidence, and the resolver's person.

    The last is 'other' for none of the four. Raises ValueError if a text differs from the one that
    was annotated.
    """
    gold = read_gold()
    documents = {mention.document for mention, _ in gold.values()}
    texts = [text for text in polnear("train") if text.document in documents]
    check_texts(texts, GOLD)
    con = warehouse(texts)
    found = linked(con, [mention for mention, _ in gold.values()])
    rows = con.execute(
        "select distinct a.name, l.entity_id from loaded.text_actors a "
        "join loaded.text_links l using (text_actor_id) where a.type = 'PERSON'"
    ).fetchall()
    entities = dict(rows)
    people = {entities.get(name, name): who for who, name in NAMES.items()}
    return {
        key: (mention.referent, reading, people.get(found[key], "other"))
        for key, (mention, reading) in gold.items()
    }


def main() -> None:
    """Draw the sample, or print the scores by couple and by evidence, and the confusions."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draw", type=Path, help="write the sample into this folder and exit")
    options = parser.parse_args()
    if options.draw:
        write_sample(draw(list(polnear("train"))), options.draw)
        return
    counts: dict[str, Counter[str]] = {}
    wrong: Counter[str] = Counter()
    for who, evidence, found in judged().values():
        gold = who if who in NAMES else "other"
        couple = next((name for name in COUPLES if name in who), "other")
        for group in ("all", couple, evidence):
            counts.setdefault(group, Counter())["right" if found == gold else "wrong"] += 1
        if found != gold:
            wrong[f"{who} taken for {found}"] += 1
    print(json.dumps({"mentions": counts, "confused": wrong}, indent=1))


if __name__ == "__main__":
    main()
