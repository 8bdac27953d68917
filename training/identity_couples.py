"""Whether couples of one surname are told apart: `python -m training.identity_couples`.

Belongs here: drawing mentions of the Clintons and the Trumps to be read, and the score of the
linker against the reading. Does not belong here: who everybody is across articles (`identity`),
rules of reading (`gold_identity/README.md`).

    python -m training.identity_couples --draw FOLDER

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

from training.identity import GoldMention, linked, warehouse
from training.identity_sample import Text, polnear

GOLD = Path(__file__).with_name("gold_identity") / "couples.csv"
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
            row["mention_key"]: (
                GoldMention(
                    row["mention_key"],
                    row["document"],
                    row["part"],
                    int(row["char_start"]),
                    int(row["char_end"]),
                    row["who"],
                ),
                row["reading"],
            )
            for row in csv.DictReader(file)
        }


def polnear_train() -> list[Text]:
    """The articles that the couples are drawn from."""
    return list(polnear("train"))


def who_is_who(read: Sequence[Text]) -> dict[str, tuple[str, str, str]]:
    """By key of a gold mention: who was read there, by what, and who the linker says it is.

    The linker's answer is one of NAMES where its actor is the one that most mentions of that full
    name have, "another" where it is not, "nobody" where no mention was found.
    """
    gold = read_gold()
    con = warehouse(read)
    found = linked(con, [mention for mention, _ in gold.values()])
    bearers: dict[str, str] = {}
    for who, name in NAMES.items():
        row = con.execute(
            "select mode(l.entity_id) from loaded.text_links l "
            "join loaded.text_actors a using (text_actor_id) where a.name = ?",
            [name],
        ).fetchone()
        if row and row[0]:
            bearers[row[0]] = who
    return {
        key: (
            mention.referent,
            reading,
            "nobody" if found[key] == key else bearers.get(found[key], "another"),
        )
        for key, (mention, reading) in gold.items()
    }


def is_right(read: str, told: str) -> bool:
    """Whether one of the four was told, or for anybody else none of them."""
    return read == told if read in NAMES else told not in NAMES


def main() -> None:
    """Print how many mentions are right, by couple and by what tells them; `--draw` draws them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draw", type=Path, metavar="FOLDER", help="write a sample to be read")
    parser.add_argument("--errors", action="store_true", help="mentions that are wrong, by key")
    options = parser.parse_args()
    read = polnear_train()
    if options.draw:
        write_sample(drawn(read), options.draw)
        return
    told = who_is_who(read)
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for who, reading, found in told.values():
        couple = "trumps" if "trump" in who else "clintons"
        for group in ("all", couple, f"{couple}, {reading}"):
            total[group] += 1
            right[group] += is_right(who, found)
    print(json.dumps({g: f"{right[g]} of {total[g]}" for g in sorted(total)}, indent=1))
    if options.errors:
        for key, (who, reading, found) in told.items():
            if not is_right(who, found):
                print(key, who, f"({reading}):", found)


if __name__ == "__main__":
    main()
