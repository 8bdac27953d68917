"""Whether couples of one surname are told apart: `python -m training.identity.couples`.

Belongs here: drawing mentions of the Clintons and the Trumps to be read, and the score of the
linker against the reading. Does not belong here: who everybody is across articles (`identity`),
rules of reading (`gold/README.md`).

    python -m training.identity.couples --draw FOLDER

writes, outside the repository, `couples.csv` (places, no texts) and `couples.md` (texts, for the
reader): of the articles of PolNeAR train that name both of a couple FIFTY are drawn, and in each
one word uniformly among those that may name one of the two. No extractor is asked. Where there
are fewer such articles they are gone through again, for other words.

A mention is right when the actor that the linker gives it, in a warehouse of these articles, is the
actor of the full name that was read there, or, where somebody else is named, none of the four.
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
FIFTY = 50
BEFORE, AFTER = 700, 250

COUPLES = {
    "clinton": (r"\bBill\s+Clinton\b", r"\bHillary\b", r"\bClintons?\b"),
    "trump": (r"\bMelania\b", r"\bDonald\b", r"\b(?:Trumps?|Melania)\b"),
}
"""Of each couple, what must stand in an article: one of the two, the other, and what is drawn."""

NAMES = {
    "bill-clinton": "Bill Clinton",
    "hillary-clinton": "Hillary Clinton",
    "donald-trump": "Donald Trump",
    "melania-trump": "Melania Trump",
}
"""The full name by which the linker's actor of each is found."""


@dataclass(frozen=True)
class Place:
    """A word of an article."""

    text: Text
    part: str
    start: int
    end: int

    @property
    def order(self) -> tuple[str, bool, int]:
        """By document, headline first, then by place."""
        return (self.text.document, self.part != "headline", self.start)

    @property
    def row(self) -> tuple[str | int, ...]:
        """As it stands in the gold, but for the key."""
        return (self.text.document, self.part, self.start, self.end, self.text.sha256)


def drawn(texts: Sequence[Text]) -> list[Place]:
    """FIFTY words of each couple, in the order of documents."""
    rng = random.Random(SEED)
    chosen: list[Place] = []
    for one, other, word in COUPLES.values():
        both = [t for t in texts if all(re.search(p, _whole(t)) for p in (one, other))]
        rng.shuffle(both)
        left = {t.document: _places(t, word) for t in both}
        count = 0
        while count < FIFTY:
            for places in left.values():
                if places and count < FIFTY:
                    chosen.append(places.pop(rng.randrange(len(places))))
                    count += 1
    return sorted(chosen, key=lambda place: place.order)


def _whole(text: Text) -> str:
    return f"{text.article.headline}\n{text.article.body}"


def _places(text: Text, word: str) -> list[Place]:
    return [
        Place(text, part, *match.span())
        for part in ("headline", "body")
        for match in re.finditer(word, text.article.text(part))
    ]


def write_sample(chosen: Sequence[Place], folder: Path) -> None:
    """`couples.csv` without a word of the texts, `couples.md` with those around each word."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "couples.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(HEADER)
        rows.writerows((f"c{n:03}", *place.row) for n, place in enumerate(chosen, 1))
    with (folder / "couples.md").open("w", encoding="utf-8") as file:
        for n, place in enumerate(chosen, 1):
            text = place.text.article.text(place.part)
            before, after = text[: place.start][-BEFORE:], text[place.end :][:AFTER]
            file.write(
                f"## c{n:03} {place.text.document}: {place.text.article.headline}\n"
                f"{before}[[[{text[place.start : place.end]}]]]{after}\n\n"
            )


def read_gold() -> dict[str, tuple[GoldMention, str]]:
    """By key the mention with the person read there, and by what it was read."""
    with GOLD.open(encoding="utf-8", newline="") as file:
        return {
            row["mention_key"]: (GoldMention.of(row, row["who"]), row["reading"])
            for row in csv.DictReader(file)
        }


def judged() -> dict[str, tuple[str, str, str]]:
    """By key who was read, by what, and who the linker says ('other' for nobody of the four).

    Raises ValueError where a text is not the one that was read.
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
    """Draw, or score: right of all, by couple and by what told the reader; what was confused."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draw", type=Path, help="write the sample into this folder")
    options = parser.parse_args()
    if options.draw:
        write_sample(drawn(list(polnear("train"))), options.draw)
        return
    counts: dict[str, Counter[str]] = {}
    wrong: Counter[str] = Counter()
    for who, reading, told in judged().values():
        gold = who if who in NAMES else "other"
        couple = next((name for name in COUPLES if name in who), "other")
        for group in ("all", couple, reading):
            counts.setdefault(group, Counter())["right" if told == gold else "wrong"] += 1
        if told != gold:
            wrong[f"{who} taken for {told}"] += 1
    print(json.dumps({"mentions": counts, "confused": wrong}, indent=1))


if __name__ == "__main__":
    main()
