"""Generates any number of small fictional articles, each from its number.

Belongs here: texts in the seed format, with people, organisations, places and quotations that the
extractors find. The same number always yields the same text. As in news, a few actors appear in
many articles and most in few. Does not belong here: writing files.
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
    """Return a name; there are 2,560."""
    first = _FIRST[number % len(_FIRST)]
    rest = number // len(_FIRST)
    return f"{first} {_ONSETS[rest % len(_ONSETS)]}{_CODAS[rest // len(_ONSETS) % len(_CODAS)]}"


def published_on(number: int, a_day: int = 50) -> date:
    """Return the day of an article, at `a_day` articles a day."""
    return FIRST_DAY + timedelta(days=number // a_day)


def article(number: int, *, a_day: int = 50, edition: int = 1) -> str:
    """Return an article of about 60 words; editions above 1 have one more paragraph."""
    chance = random.Random(number)

    def random_person() -> str:
        return person(int(chance.paretovariate(0.7)) % 2560)

    one, other = random_person(), random_person()
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
