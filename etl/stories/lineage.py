"""Whether two texts are one lineage.

Belongs here: the rule and its numbers. Does not belong here: what of a text is compared (`text`),
and what becomes of stories when two texts match (`grouping`).

Copies, cuts, reprints under another lead, updates of a running report: the shorter text lies in the
longer one. What must not match lies in it nearly as well: another notice from the same template,
and a follow-up that repeats the background of the day before. The numbers below were chosen on
2,000 pairs of Reuters-21578 that are not among those of `training/gold_stories`, and on edits of
articles with another seed than those of `docs/quality.md`.
"""

from __future__ import annotations

import numpy as np

from etl.stories.text import Fingerprint, common, found

WINDOW_DAYS = 14
"""Two texts are compared where their days are at most so many apart."""

SHORT_PHRASES, LONG_PHRASES = 40, 80
SHORT_CONTAINMENT, LONG_CONTAINMENT = 0.8, 0.55
"""Share of the shorter text's phrases that the longer must hold, for a text of so many phrases
(that is about 65 and 130 words); between them it falls evenly. In a short text the template is most
of what there is: at 50 phrases, eurobonds of two issuers share up to 0.7."""
LEAST_PHRASES = 12
LEAST_COVERAGE = 0.15
"""Share of the longer text that must be shared: a digest is not the story of each of its items."""

SCATTERED_CONTAINMENT = 0.32
SEGMENTS, SEGMENT_CONTAINMENT, SEGMENTS_SHARED = 8, 0.1, 7
"""A reworded text shares fewer phrases, but everywhere: with every third word replaced half of them
stay, in all eighths of the text. A follow-up shares as many in one or two paragraphs. Said of long
texts only: in eighths of a shorter one there is too little to tell by."""

AGREEMENT = 0.75
"""Of the slots that two texts share, so many are filled alike; in templates less than 0.7."""
SLOTS_TO_TELL, NUMBERS_TO_TELL = 3, 2
"""So many shared slots are evidence; fewer say nothing. One wrong number is none in a long text."""
PHRASES_TO_STAND, FACTS_TO_STAND = 25, 4
TITLE_SHARE = 0.5
"""A shorter text, or one that agrees in fewer facts, could be anybody's ("Div 25 cts vs 25 cts. Pay
April 15. Record March 31."): so much of the shorter headline must be in the other."""


def containment(one: Fingerprint, other: Fingerprint) -> float | None:
    """The share of the shorter text found in the longer, 0 to 1; None where they are no lineage.

    Symmetric: it does not matter which comes first.
    """
    shorter, longer = sorted((one, other), key=lambda f: (len(f.phrases), int(f.phrases.sum())))
    size = len(shorter.phrases)
    shared = common(shorter.phrases, longer.phrases)
    if size < LEAST_PHRASES or shared < LEAST_COVERAGE * len(longer.phrases):
        return None
    share = shared / size
    if share < _least_containment(size) and not (
        size >= LONG_PHRASES and share >= SCATTERED_CONTAINMENT and _is_scattered(shorter, longer)
    ):
        return None
    slots, fillings = common(one.slots, other.slots), common(one.fillings, other.fillings)
    if slots >= SLOTS_TO_TELL and fillings < AGREEMENT * slots:
        return None
    numbers = common(one.number_slots, other.number_slots)
    same = common(one.number_fillings, other.number_fillings)
    is_excused = size >= LONG_PHRASES and numbers - same <= 1
    if numbers >= NUMBERS_TO_TELL and same < AGREEMENT * numbers and not is_excused:
        return None
    is_anybodys = size < PHRASES_TO_STAND or fillings < FACTS_TO_STAND
    if is_anybodys and not _is_same_title(one, other):
        return None
    return round(share, 4)


def _least_containment(phrases: int) -> float:
    part = min(max((phrases - SHORT_PHRASES) / (LONG_PHRASES - SHORT_PHRASES), 0.0), 1.0)
    return SHORT_CONTAINMENT + part * (LONG_CONTAINMENT - SHORT_CONTAINMENT)


def _is_scattered(text: Fingerprint, other: Fingerprint) -> bool:
    """Whether nearly every part of a text shares phrases with the other."""
    is_shared = found(text.running, other.phrases)
    parts = [part.mean() >= SEGMENT_CONTAINMENT for part in np.array_split(is_shared, SEGMENTS)]
    return sum(parts) >= SEGMENTS_SHARED


def _is_same_title(one: Fingerprint, other: Fingerprint) -> bool:
    least = min(len(one.title), len(other.title))
    return not least or common(one.title, other.title) >= TITLE_SHARE * least
