"""Small articles of a world that does not exist, as many as are wanted, each by its number.

Belongs here: texts in the form of the seeds, with people, organisations, places and quotations
that the extractors find; the same number always gives the same text. Few actors are in many
articles and many in few, as in news. Does not belong here: writing files.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

FIRST_DAY = date(2025, 1, 1)
_FIRST = ("Anna", "Bertil", "Carla", "David", "Edda", "Falk", "Greta", "Henrik", "Ilse", "Jonas",
          "Karin", "Lucas", "Marta", "Nadia", "Oskar", "Petra")  # fmt: skip
_ONSETS = ("Bel", "Cor", "Dal", "Fen", "Gar", "Hol", "Kel", "Lor", "Mar", "Nor", "Ral", "Sel",
           "Tor", "Ver", "Wen", "Zan")  # fmt: skip
_CODAS = ("bach", "berg", "dane", "feld", "holt", "mond", "rick", "stad", "ström", "wick")
_PLACES = ("Aldhaven", "Brenmouth", "Velmark", "Keldane", "Ostrand")
_OUTLETS = ("Harbour Courier", "Velmark Today", "Meridian Wire", "Brenmouth Gazette")
_TITLES = ("Mayor", "Minister", "Senator", "Professor")
_TOPICS = ("the harbour", "the new bridge", "the school budget", "the water works", "the treaty")
_VERBS = ("opened", "questioned", "defended", "postponed", "praised")


def person(number: int) -> str:
    """A name; 2,560 differ."""
    first = _FIRST[number % len(_FIRST)]
    rest = number // len(_FIRST)
    return f"{first} {_ONSETS[rest % len(_ONSETS)]}{_CODAS[rest // len(_ONSETS) % len(_CODAS)]}"


def published_on(number: int, a_day: int = 50) -> date:
    """The day of an article, where so many come a day."""
    return FIRST_DAY + timedelta(days=number // a_day)


def article(number: int, *, a_day: int = 50, edition: int = 1) -> str:
    """An article of some 60 words; another edition is the same with a paragraph more."""
    chance = random.Random(number)

    def somebody() -> str:
        return person(int(chance.paretovariate(0.7)) % 2560)

    one, other = somebody(), somebody()
    title, place, topic = (chance.choice(c) for c in (_TITLES, _PLACES, _TOPICS))
    verb = chance.choice(_VERBS)
    bank = f"{chance.choice(_PLACES)} {chance.choice(('Bank', 'University', 'Council'))}"
    paragraphs = [
        f"{title} {one} {verb} {topic} of {place} on case {number}. {other} of {bank} was there.",
        f"“Number {number} of {topic} will be settled by {chance.randint(2, 90)} people,” "
        f"{one.split()[1]} said. {other.split()[1]} did not agree and left for "
        f"{chance.choice(_PLACES)} after {chance.randint(2, 59)} minutes.",
        *([f"The {bank} said later that edition {edition} was right."] if edition > 1 else []),
    ]
    return (
        f" date {published_on(number, a_day)} {place} Hears of {topic.title()}, Case {number}\n\n"
        f"By {person(number % 12)} – {chance.choice(_OUTLETS)}\n\n" + "\n\n".join(paragraphs) + "\n"
    )
