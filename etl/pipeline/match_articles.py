"""Which article of today's reading of a file is which article of the former reading.

The key comes first: the same address, or the same place in the file with a similar text, is the
same article. Then the text decides: an article whose text is found in several articles now was
several, read as one.

Belongs here: this decision, on texts and keys alone. Does not belong here: reading files
(`etl.pipeline.reread_plan`), recording the decision (`etl.storage.article_successions`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from etl.storage.article_ids import SAME_ARTICLE_SHARE, shingles

COVERED_SHARE = 0.8
"""From this share of its text on, an article holds only what the former articles held. The rest may
be three-word runs over the seams: two at each line that a reader leaves out."""
_HOLDERS = 16
"""Former articles that are looked at for a run of three words. One in more is furniture, and tells
none of them apart."""


@dataclass(frozen=True, slots=True)
class Text:
    """An article of either reading: its key, whether that is an address, and its body."""

    key: str
    is_address: bool
    body: str


@dataclass
class Matches:
    """For each former article, by number, what it became; and how much of today's is old text."""

    same: dict[int, int] = field(default_factory=dict)
    """By former article the one that it still is."""
    parts: dict[int, dict[int, float]] = field(default_factory=dict)
    """By former article those that hold its text, and the share of it."""
    covered: list[float] = field(default_factory=list)
    """For each of today's articles, the share of its text that former articles held."""


def match(former: Sequence[Text], today: Sequence[Text], *, is_whole: bool) -> Matches:
    """Decide what each former article of a file became.

    `is_whole`: nothing in the file is rejected today. Then a text at the same place of which less
    than half is left is the same article too: labels and a cover page were read as its text.

    Time and memory grow with the length of the texts, not with the number of pairs.
    """
    old = [shingles(text.body) for text in former]
    holders: dict[int, list[int]] = defaultdict(list)
    for number, marks in enumerate(old):
        for mark in marks:
            holders[mark].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    found, sizes = Matches(), []
    for number, text in enumerate(today):
        marks = shingles(text.body)  # not kept: a file may be a gigabyte
        sizes.append(len(marks))
        found.covered.append(sum(mark in holders for mark in marks) / len(marks))
        for mark in marks:
            for holder in holders.get(mark, ())[:_HOLDERS]:
                shared[holder, number] += 1
    by_address = _same_address(former, today)
    best = {number: (True, 0, -holder) for number, holder in by_address.items()}
    for (holder, number), count in shared.items():
        enough = SAME_ARTICLE_SHARE * min(len(old[holder]), sizes[number])
        if number not in by_address and count >= enough:
            is_same_key = former[holder].key == today[number].key
            best[number] = max(best.get(number, (False, 0, 0)), (is_same_key, count, -holder))
        if count >= SAME_ARTICLE_SHARE * len(old[holder]):
            found.parts.setdefault(holder, {})[number] = count / len(old[holder])
    assigned: dict[int, list[int]] = defaultdict(list)
    for number, (_, _, negative) in best.items():
        assigned[-negative].append(number)
    for holder, numbers in assigned.items():
        shares = {number: shared[holder, number] / len(old[holder]) for number in numbers}
        found.parts[holder] = found.parts.get(holder, {}) | shares
        first = numbers[0]
        is_rest = (
            is_whole
            and former[holder].key == today[first].key
            and found.covered[first] >= COVERED_SHARE
        )
        is_same = first in by_address or shares[first] >= SAME_ARTICLE_SHARE or is_rest
        if len(numbers) == 1 and is_same:
            found.same[holder] = first
    return found


def _same_address(former: Sequence[Text], today: Sequence[Text]) -> dict[int, int]:
    """Return by article of today the former one of its address, where both are the only ones."""
    old = _by_address(former)
    return {
        numbers[0]: old[address][0]
        for address, numbers in _by_address(today).items()
        if len(numbers) == 1 and len(old.get(address, ())) == 1
    }


def _by_address(texts: Sequence[Text]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        if text.is_address:
            found[text.key].append(number)
    return found
