"""The rule for a text lineage: whether two texts are versions of one text.

Belongs here: the rule and its numbers. Besides the texts it uses the number of days between them,
and whether one outlet has both. Does not belong here: fingerprints (`text`), and what a match does
to stories (`grouping`).

In copies, cuts, reprints under another lead and updates of a running report, the longer text
contains the shorter one. Two other kinds come close and must not match: another notice from the
same template, and a follow-up that repeats the background of the day before. The numbers below were
chosen on pairs of Reuters-21578 and of press releases (`training/stories/gold`), and on edits of
other articles than those of `docs/quality.md`.
"""

from __future__ import annotations

import math

import numpy as np

from etl.stories.text import Fingerprint, common, found

WINDOW_DAYS = 14
"""Two texts are compared if at most this many days lie between them."""

SHORT_PHRASES, LONG_PHRASES = 40, 80
SHORT_CONTAINMENT, LONG_CONTAINMENT = 0.8, 0.58
"""Share of the shorter text's phrases that the longer must contain: the first up to SHORT_PHRASES
(about 65 words), the second from LONG_PHRASES (about 130 words), linear in between. A short text is
mostly template: at 50 phrases, eurobonds of two issuers share up to 0.7."""
LEAST_PHRASES = 12
LEAST_COVERAGE = 0.15
"""Least share of the longer text: a digest is not one story with each of its items."""
NEAR_DAYS, LATER_CONTAINMENT = 1, 0.95
"""After NEAR_DAYS, a text below LONG_PHRASES must reappear nearly word for word, and one below
SHORT_PHRASES never matches: markets, tenders and rates are reported by one template every few
days."""

REWORDED_PHRASES, REWORDED_CONTAINMENT = 60, 0.25
REWORDED_TITLE_SHARE, RETITLED_CONTAINMENT = 0.75, 0.36
REWORDED_DAYS, RETITLED_DAYS = 3, 0
SEGMENTS, UNEVENNESS = 8, 0.2
LEAD_PHRASES, LEAD_CONTAINMENT = 15, 0.6
"""A text reworded throughout shares fewer phrases: with every third word replaced half of them
stay. Follow-ups and second reports share as few, but in other places. A rewording keeps about as
much of each eighth of the text, or at least the lead; a follow-up leads with its news and repeats
whole paragraphs. In draws 1 to 3 were 19 pairs that share too little to be cuts, and 17 of them
were follow-ups: among these the shares of the eighths deviate by 0.16 to 0.37, all but two by over
0.2, and none has over 0.53 of the other's lead. With every third word replaced the median is 0.1.
An unknown headline counts as not shared."""

AGREEMENT = 0.75
"""Least share of the common slots with equal fillings; in templates it is below 0.7."""
SLOTS_TO_TELL, NUMBERS_TO_TELL = 3, 2
"""Fewer shared slots are no evidence. In a long text one wrong number is none either."""
TABLE_NUMBERS, TABLE_AGREEMENT = 0.3, 0.9
"""A text with this share of numbers is a table. Its numbers and its phrases must be those of the
other: the same rates reappear for other terms."""
PHRASES_TO_STAND, FACTS_TO_STAND = 25, 4
TITLE_SHARE, SAME_TITLE_SHARE = 0.5, 0.85
"""A text below LONG_PHRASES must name the subject of the other, unless the headlines agree. A text
below PHRASES_TO_STAND, or one that agrees in fewer than FACTS_TO_STAND facts, could be about
anybody ("Div 25 cts vs 25 cts. Pay April 15. Record March 31."): TITLE_SHARE of the shorter
headline must be in the other, and of texts that short one must contain all facts of the other."""
COPY_COVERAGE = 0.85
"""A text of which the other contains this share, and the reverse, is a copy if neither replaces a
fact of the other. A word before it ("EXCLUSIVE", "(MW)") is no other subject, whatever the headline
says. In two notices from one template each has a fact of its own."""
COPY_NUMBERS = 0.1
"""Up to this share of numbers, a text that an outlet has twice on one day is one story whatever the
headlines say. Above it, it may be a notice about two companies ("Div 25 cts vs 25 cts")."""
OWN_FACTS = 3
UNTITLED_OWN_FACTS, UNTITLED_CONTAINMENT = 1, 0.98
"""An outlet repeats, cuts, extends and corrects its own text. It also fills its own templates, at
length and with other words around them (grants to two towns, bills that pass two chambers). So of
two texts of one outlet, one may replace at most OWN_FACTS facts of the other. Without a shared
headline the text must reappear word for word. Of 40 pairs of press releases by one member,
proposed by the rule without this, 32 were not one story; in the median they replace 6. Of 806 right
pairs of Reuters 789 replace 3 at most."""


def containment(
    one: Fingerprint, other: Fingerprint, days: int = 0, is_same_outlet: bool = False
) -> float | None:
    """Return the share of the shorter text found in the longer, 0 to 1; None if no lineage.

    `days` is the time between their publication. `is_same_outlet` means that both outlets are known
    and equal. Symmetric.
    """
    shorter, longer = sorted((one, other), key=lambda f: (len(f.phrases), int(f.phrases.sum())))
    size = len(shorter.phrases)
    shared = common(shorter.phrases, longer.phrases)
    if size < LEAST_PHRASES or shared < LEAST_COVERAGE * len(longer.phrases):
        return None
    if is_same_outlet and days == 0 and _is_same_prose(one, other):
        return 1.0
    share = shared / size
    is_enough = share >= _least_containment(size, days) or _is_reworded(
        shorter, longer, share, days
    )
    if (
        not is_enough
        or _is_another_issue(one, other, size)
        or (is_same_outlet and not _is_new_take(one, other, share))
        or _is_template(one, other, size)
        or _could_be_anybodys(one, other, size)
    ):
        return None
    return round(share, 4)


def _least_containment(phrases: int, days: int) -> float:
    if phrases < LONG_PHRASES and days > NEAR_DAYS:
        return LATER_CONTAINMENT if phrases >= SHORT_PHRASES else math.inf
    part = min(max((phrases - SHORT_PHRASES) / (LONG_PHRASES - SHORT_PHRASES), 0.0), 1.0)
    return SHORT_CONTAINMENT + part * (LONG_CONTAINMENT - SHORT_CONTAINMENT)


def _is_reworded(text: Fingerprint, other: Fingerprint, share: float, days: int) -> bool:
    """Whether a text that is not short shares phrases evenly over its length, or its lead."""
    is_retitled = not _has_same_title(text, other, REWORDED_TITLE_SHARE)
    if (
        len(text.phrases) < REWORDED_PHRASES
        or share < (RETITLED_CONTAINMENT if is_retitled else REWORDED_CONTAINMENT)
        or days > (RETITLED_DAYS if is_retitled else REWORDED_DAYS)
    ):
        return False
    is_shared = found(text.running, other.phrases)
    parts = [part.mean() for part in np.array_split(is_shared, SEGMENTS)]
    leads = is_shared[:LEAD_PHRASES], found(other.running[:LEAD_PHRASES], text.phrases)
    begins_alike = min(lead.mean() for lead in leads) >= LEAD_CONTAINMENT
    return bool(begins_alike or np.std(parts) <= UNEVENNESS)


def _is_another_issue(one: Fingerprint, other: Fingerprint, size: int) -> bool:
    """Whether the headlines differ only in numbers and times: two issues of one notice.

    Long prose is exempt: its headline counts an event in progress ("Quake kills 12", "kills 15").
    """
    is_table = min(one.number_share, other.number_share) >= TABLE_NUMBERS
    if (size >= LONG_PHRASES and not is_table) or not np.array_equal(one.notice, other.notice):
        return False
    return common(one.issue, other.issue) < min(len(one.issue), len(other.issue))


def _is_new_take(one: Fingerprint, other: Fingerprint, share: float) -> bool:
    """Whether an outlet publishes its own text again, perhaps cut or extended."""
    replaced = min(len(one.facts), len(other.facts)) - common(one.facts, other.facts)
    if len(one.title) and np.array_equal(one.title, other.title):
        return True
    if _has_same_title(one, other, TITLE_SHARE):
        return replaced <= OWN_FACTS
    return replaced <= UNTITLED_OWN_FACTS and share >= UNTITLED_CONTAINMENT


def _is_template(one: Fingerprint, other: Fingerprint, size: int) -> bool:
    """Whether the texts fill common slots differently, or are tables of different numbers."""
    if min(one.number_share, other.number_share) >= TABLE_NUMBERS:
        for mine, theirs in ((one.numbers, other.numbers), (one.phrases, other.phrases)):
            if common(mine, theirs) < TABLE_AGREEMENT * min(len(mine), len(theirs)):
                return True
    slots, fillings = common(one.slots, other.slots), common(one.fillings, other.fillings)
    if slots >= SLOTS_TO_TELL and fillings < AGREEMENT * slots:
        return True
    numbers = common(one.number_slots, other.number_slots)
    same = common(one.number_fillings, other.number_fillings)
    is_exempt = size >= LONG_PHRASES and numbers - same <= 1
    return numbers >= NUMBERS_TO_TELL and same < AGREEMENT * numbers and not is_exempt


def _could_be_anybodys(one: Fingerprint, other: Fingerprint, size: int) -> bool:
    """Whether what the texts share is too little to tell whose it is."""
    names_both = found(one.subject, other.facts).all() and found(other.subject, one.facts).all()
    is_sure = names_both or _is_copy(one, other) or _shares_title(one, other, SAME_TITLE_SHARE)
    if size < LONG_PHRASES and not is_sure:
        return True
    if size < PHRASES_TO_STAND:
        facts = common(one.facts, other.facts)
        if facts < min(len(one.facts), len(other.facts)):
            return True
    elif common(one.fillings, other.fillings) >= FACTS_TO_STAND:
        return False
    return not _shares_title(one, other, TITLE_SHARE)


def _is_copy(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether each text contains nearly all of the other and all facts of one are in the other."""
    least = COPY_COVERAGE * max(len(one.phrases), len(other.phrases))
    facts = common(one.facts, other.facts)
    return common(one.phrases, other.phrases) >= least and facts == min(
        len(one.facts), len(other.facts)
    )


def _is_same_prose(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two bodies are the same word for word, and not a notice of numbers."""
    return (
        one.number_share <= COPY_NUMBERS
        and np.array_equal(one.running, other.running)
        and np.array_equal(one.facts, other.facts)
    )


def _has_same_title(one: Fingerprint, other: Fingerprint, share: float) -> bool:
    """Like `_shares_title`, but an unknown headline counts as not shared."""
    return bool(len(one.title) and len(other.title)) and _shares_title(one, other, share)


def _shares_title(one: Fingerprint, other: Fingerprint, share: float) -> bool:
    least = min(len(one.title), len(other.title))
    return not least or common(one.title, other.title) >= share * least
