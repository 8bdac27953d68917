"""The numbers that databases give to the documents of an export: "2 of 3".

Belongs here: deciding from the numbers which documents are whole and which are missing. Does not
belong here: how a heading with a number looks, what stands below it.

If the heading of a document is lost, its text seems to belong to the document before. The numbers
show it. So a document is whole only if the next number follows, or if it is the last one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from etl.readers.base import Rejected, Rejection
from etl.readers.exports.entries import unsplittable

_AGAIN = "export the documents again, and ingest the new file"
_MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Numbers:
    """`doubtful`: positions of documents after which one is missing; `missing`: what to report."""

    doubtful: frozenset[int] = frozenset()
    missing: tuple[str, ...] = ()


def examine(
    headings: Sequence[tuple[int, int]], database: str, selected: frozenset[int] = frozenset()
) -> Numbers:
    """Return which documents are doubtful, from each heading's number and total.

    `selected` are the numbers that a cover page announces. A file may hold several exports, one
    after the other. Raises Rejected ('unsupported') if the numbers are out of order.
    """
    doubtful: set[int] = set()
    missing: list[str] = []
    announced = sorted(selected)
    start = 0
    for at, (number, total) in enumerate(headings):
        following = headings[at + 1] if at + 1 < len(headings) else None
        if following is not None and following[1] == total and following[0] != 1:
            if following[0] <= number:
                raise unsplit(
                    database,
                    f"document {following[0]:,} of {total:,} comes after document {number:,}",
                )
            after = bisect_right(announced, number)
            is_next = after < len(announced) and announced[after] == following[0]
            if following[0] > number + 1 and not is_next:
                doubtful.add(at)
                missing.append(_range(number + 1, following[0] - 1, total))
            continue
        if len(selected) not in (at + 1 - start, len(headings)):
            if headings[start][0] > 1:
                missing.append(_range(1, headings[start][0] - 1, total))
            if number < total:
                doubtful.add(at)
                missing.append(_range(number + 1, total, total))
        start = at + 1
    return Numbers(frozenset(doubtful), tuple(missing))


def _range(first: int, last: int, total: int) -> str:
    numbers = f"document {first:,}" if first == last else f"documents {first:,} to {last:,}"
    return f"{numbers} of {total:,}"


def unsplit(database: str, why: str) -> Rejected:
    """Return the rejection of a file that can't be divided into its documents with certainty."""
    found = unsplittable(database, f"it can't be divided into its articles: {why}", _AGAIN)
    return Rejected(found.reason, found.detail, found.remedy)


def doubt(database: str, where: str, why: str) -> Rejection:
    """Return the rejection of one document whose text may hold another's."""
    return unsplittable(database, why, _AGAIN).at(where)


def absent(database: str, missing: Sequence[str]) -> Rejection:
    """Return the report of documents that the headings count but the file doesn't hold."""
    return unsplittable(
        database,
        f"not in this file: {'; '.join(missing[:_MAX_SHOWN])}",
        "nothing, if another file holds them; else export them again",
    )
