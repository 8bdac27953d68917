"""Merging the tagger's speech with the quotes in marks that rules find.

Belongs here: which of two findings counts. Does not belong here: finding either.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

from etl.extract.speech import Speech, deduplicate

_SURE_METHODS = ("cue_after", "cue_inverted", "cue_before", "cue_colon")
"""Of quotes whose cue stands beside their marks."""


def merge_speech(tagger_quotes: list[Speech], rule_quotes: Sequence[Speech]) -> list[Speech]:
    """Merge the tagger's quotes with the quotes in marks that it missed.

    In a long quote the tagger may only find speech reported inside. If such pieces cover less than
    half of the quote, the whole quote replaces them. Where the rules find the cue and source of a
    quote for which the tagger lacks one, theirs count.
    """
    pieces_of: defaultdict[int, list[Speech]] = defaultdict(list)
    for quote in tagger_quotes:
        pieces_of[quote.utterance].append(quote)
    utterance_count = 1 + max(pieces_of, default=-1)
    ends = [quote.end for quote in tagger_quotes]  # ascending, because they do not overlap
    added: list[Speech] = []
    dropped: set[int] = set()
    found_by_tagger: dict[int, Speech] = {}  # by utterance of the rules
    for quote in rule_quotes:
        low = bisect_right(ends, quote.start)
        high = low
        while high < len(tagger_quotes) and tagger_quotes[high].start < quote.end:
            high += 1
        contained = range(low, high)
        if not all(_is_within(tagger_quotes[i], quote) for i in contained):
            continue
        covered = sum(tagger_quotes[i].end - tagger_quotes[i].start for i in contained)
        if 2 * covered < quote.end - quote.start:
            dropped.update(contained)
            added.append(quote)
            continue
        for found in tagger_quotes[low:high]:
            found_by_tagger.setdefault(quote.utterance, found)
            is_incomplete = found.cue is None or found.source is None
            if is_incomplete and quote.method in _SURE_METHODS and quote.source is not None:
                for piece in pieces_of[found.utterance]:
                    _complete(piece, quote)
    for quote in added:
        same = found_by_tagger.get(quote.utterance)
        quote.utterance += utterance_count
        if same is not None:
            quote.utterance = same.utterance
            _copy_attribution(same, quote)
    kept = [quote for i, quote in enumerate(tagger_quotes) if i not in dropped]
    return deduplicate([*kept, *added])


def _complete(piece: Speech, quote: Speech) -> None:
    """Give a quote the attribution of another, but keep a longer source: "the mayor, Ann Lee"."""
    if piece.source is not None and quote.source is not None:
        (start, end), (other_start, other_end) = piece.source, quote.source
        if start <= other_start and other_end <= end:
            piece.cue, piece.cue_end = quote.cue, quote.cue_end
            return
    _copy_attribution(quote, piece)


def _copy_attribution(quote: Speech, to: Speech) -> None:
    to.cue, to.cue_end = quote.cue, quote.cue_end
    to.source, to.speaker = quote.source, quote.speaker
    to.speaker_confidence = quote.speaker_confidence


def _is_within(inner: Speech, outer: Speech) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
