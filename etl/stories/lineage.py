"""Whether two texts are one lineage.

Belongs here: the rule and its numbers. Does not belong here: what of a text is compared (`text`),
and what becomes of stories when two texts match (`grouping`).

Copies, cuts, reprints under another lead, updates of a running report: the shorter text lies in the
longer one. What must not match lies in it nearly as well: another notice from the same template,
and a follow-up that repeats the background of the day before. The numbers below were chosen on
pairs of Reuters-21578 (draws 1 and 2 of `training/gold_stories`; the third was the test), and on
edits of other articles than those of `docs/quality.md`.
"""

from __future__ import annotations

import math

import numpy as np

from etl.stories.text import Fingerprint, common, found

WINDOW_DAYS = 14
"""Two texts are compared where their days are at most so many apart."""

SHORT_PHRASES, LONG_PHRASES = 40, 80
SHORT_CONTAINMENT, LONG_CONTAINMENT = 0.8, 0.58
"""Share of the shorter text's phrases that the longer must hold, for a text of so many phrases
(that is about 65 and 130 words); between them it falls evenly. In a short text the template is most
of what there is: at 50 phrases, eurobonds of two issuers share up to 0.7."""
LEAST_PHRASES = 12
LEAST_COVERAGE = 0.15
"""Share of the longer text that must be shared: a digest is not the story of each of its items."""
NEAR_DAYS, LATER_CONTAINMENT = 1, 0.95
"""Later than that, a text that is not long must come again nearly word for word, and a short one is
news: markets, tenders and rates are reported by one template every few days."""

REWORDED_CONTAINMENT, REWORDED_TITLE_SHARE, RETITLED_CONTAINMENT = 0.27, 0.75, 0.36
SEGMENTS, SEGMENT_CONTAINMENT, SEGMENTS_SHARED = 8, 0.1, 7
REWORDED_DAYS, RETITLED_DAYS = 3, 0
"""A reworded text shares fewer phrases, but everywhere: with every third word replaced half of them
stay, in all eighths of the text. So do follow-ups, if seldom: of twelve such pairs in a draw of 300
none was one lineage, and one had the same headline; under another only the same day counts. Said of
long texts only: in eighths of a shorter one there is too little to tell by."""

AGREEMENT = 0.75
"""Of the slots that two texts share, so many are filled alike; in templates less than 0.7."""
SLOTS_TO_TELL, NUMBERS_TO_TELL = 3, 2
"""So many shared slots are evidence; fewer say nothing. One wrong number is none in a long text."""
TABLE_NUMBERS, TABLE_AGREEMENT = 0.3, 0.9
"""A text in which so many words are numbers is a table; its numbers must be the other's."""
PHRASES_TO_STAND, FACTS_TO_STAND = 25, 4
TITLE_SHARE, SAME_TITLE_SHARE = 0.5, 0.85
"""A text that is not long must name what the other begins with, unless the headline is the same. A
shorter one, or one that agrees in fewer facts, could be anybody's ("Div 25 cts vs 25 cts. Pay
April 15. Record March 31."): so much of the shorter headline must be in the other, and of texts
that short one must hold all facts of the other."""


def containment(one: Fingerprint, other: Fingerprint, days: int = 0) -> float | None:
    """The share of the shorter text found in the longer, 0 to 1; None where they are no lineage.

    `days` lie between their publication. Symmetric: it does not matter which comes first.
    """
    shorter, longer = sorted((one, other), key=lambda f: (len(f.phrases), int(f.phrases.sum())))
    size = len(shorter.phrases)
    shared = common(shorter.phrases, longer.phrases)
    if size < LEAST_PHRASES or shared < LEAST_COVERAGE * len(longer.phrases):
        return None
    share = shared / size
    is_enough = share >= _least_containment(size, days) or _is_reworded(
        shorter, longer, share, days
    )
    if not is_enough or _is_template(one, other, size) or _is_anybodys(one, other, size):
        return None
    return round(share, 4)


def _least_containment(phrases: int, days: int) -> float:
    if phrases < LONG_PHRASES and days > NEAR_DAYS:
        return LATER_CONTAINMENT if phrases >= SHORT_PHRASES else math.inf
    part = min(max((phrases - SHORT_PHRASES) / (LONG_PHRASES - SHORT_PHRASES), 0.0), 1.0)
    return SHORT_CONTAINMENT + part * (LONG_CONTAINMENT - SHORT_CONTAINMENT)


def _is_reworded(text: Fingerprint, other: Fingerprint, share: float, days: int) -> bool:
    """Whether nearly every part of a long text shares phrases with the other."""
    if len(text.phrases) < LONG_PHRASES or share < REWORDED_CONTAINMENT or days > REWORDED_DAYS:
        return False
    is_retitled = not _shares_title(text, other, REWORDED_TITLE_SHARE)
    if is_retitled and (share < RETITLED_CONTAINMENT or days > RETITLED_DAYS):
        return False
    is_shared = found(text.running, other.phrases)
    parts = [part.mean() >= SEGMENT_CONTAINMENT for part in np.array_split(is_shared, SEGMENTS)]
    return bool(sum(parts) >= SEGMENTS_SHARED)


def _is_template(one: Fingerprint, other: Fingerprint, size: int) -> bool:
    """Whether the texts share slots and fill them otherwise, or are tables of other numbers."""
    if min(one.number_share, other.number_share) >= TABLE_NUMBERS:
        least = min(len(one.numbers), len(other.numbers))
        if common(one.numbers, other.numbers) < TABLE_AGREEMENT * least:
            return True
    slots, fillings = common(one.slots, other.slots), common(one.fillings, other.fillings)
    if slots >= SLOTS_TO_TELL and fillings < AGREEMENT * slots:
        return True
    numbers = common(one.number_slots, other.number_slots)
    same = common(one.number_fillings, other.number_fillings)
    is_excused = size >= LONG_PHRASES and numbers - same <= 1
    return numbers >= NUMBERS_TO_TELL and same < AGREEMENT * numbers and not is_excused


def _is_anybodys(one: Fingerprint, other: Fingerprint, size: int) -> bool:
    """Whether there is too little in what the texts share to say whose it is."""
    names_both = found(one.subject, other.facts).all() and found(other.subject, one.facts).all()
    if size < LONG_PHRASES and not names_both and not _shares_title(one, other, SAME_TITLE_SHARE):
        return True
    if size < PHRASES_TO_STAND:
        facts = common(one.facts, other.facts)
        if facts < min(len(one.facts), len(other.facts)):
            return True
    elif common(one.fillings, other.fillings) >= FACTS_TO_STAND:
        return False
    return not _shares_title(one, other, TITLE_SHARE)


def _shares_title(one: Fingerprint, other: Fingerprint, share: float) -> bool:
    least = min(len(one.title), len(other.title))
    return not least or common(one.title, other.title) >= share * least
