"""Which articles of a file that is read again may be parts of a forgotten one, and stay unread.

A tombstone holds hashes of the forgotten article and of its place in the file, never its text. As
long as its text is read there as it was, no other article of the file can hold a part of it. If it
is read otherwise, only texts are read that the file's other articles held. The rest is withheld.

Belongs here: this rule. Does not belong here: when a file is looked at (`etl.pipeline.reread_plan`,
`etl.pipeline.keep_forgotten`), recording the decision (`etl.storage.article_successions`),
tombstones (`etl.pipeline.tombstone_article`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from etl.pipeline.match_articles import COVERED_SHARE
from etl.pipeline.read_archived import candidate_id, forgettable_ids, places
from etl.storage import article_ids
from etl.storage.archive import Entry
from etl.storage.article_successions import Successions, Tombstones
from etl.storage.staged_tables import ReadArticle

_PROBED = 1000
"""Places looked at beyond the last article of a file: a tombstone names places by hashes, so each
has to be tried (3 ms for a file, and only if anything was ever forgotten)."""

Indexed = tuple[int, ReadArticle]
"""An article with its index in its file or member."""


@dataclass(frozen=True)
class HeldForgotten:
    """What a file held of forgotten articles.

    `places` are the ids of their places, and of those that were withheld. `is_whole`: each
    forgotten text is read today as it was. `reading` is the id of what is read in the file.
    """

    places: frozenset[str]
    is_whole: bool
    reading: str


def find_forgotten(
    entry: Entry, articles: Iterable[Indexed], told: Tombstones, last: Mapping[str, int]
) -> HeldForgotten:
    """Return what a file held of forgotten articles. `articles` are those that are read today.

    `last` has by member the index of the last article that is known from before.
    """
    if not told.named:
        return HeldForgotten(frozenset(), True, "")
    found: set[str] = set()
    is_whole = True
    ends: dict[str, int] = defaultdict(int, last)
    read_whole, members = set[str](), {""}

    def texts() -> Iterable[tuple[str, int, str]]:
        nonlocal is_whole
        for index, read in articles:
            member = read.source_path.removeprefix(entry.source_path)
            members.add(member)
            ends[member] = max(ends[member], index)
            text = article_ids.text_id(entry.sha256, read.article.body)
            is_as_it_was = not told.forgets.isdisjoint(
                (read.content_sha256, candidate_id(read), text)
            )
            here = places(read, index) & told.named
            found.update(here)
            is_whole = is_whole and (is_as_it_was or not here)
            if is_as_it_was:
                read_whole.add(member)
            yield member, index, read.article.body

    reading = article_ids.reading_id(entry.sha256, texts())
    for member in members | ends.keys():
        unread = {
            place
            for index in range(ends[member] + _PROBED)
            if (place := article_ids.place_id(entry.sha256, member, index)) in told.named
        }
        holds = article_ids.place_id(entry.sha256, member, article_ids.ANYWHERE)
        is_lost = holds in told.forgets and member not in read_whole
        if unread - found or is_lost:
            is_whole = False
            found |= unread
    return HeldForgotten(frozenset(found), is_whole, reading)


def unread_articles(
    articles: Sequence[Indexed],
    covered: Mapping[int, float],
    held: HeldForgotten,
    forgotten: Collection[str],
    new: Successions,
) -> tuple[set[int], set[int]]:
    """Return the numbers of the forgotten articles of a file, and of those to withhold.

    `covered` is the share of each text that was not read before, by number, which the file's other
    articles held. What is withheld is recorded in `new`. A place that a text which may be read has
    now is released, so a place decides only if its text is whole.
    """
    tried = frozenset[str]() if held.is_whole else held.places
    dropped = {
        n
        for n, (index, read) in enumerate(articles)
        if any(i in forgotten and i not in tried for i in forgettable_ids(read, index))
    }
    if held.is_whole:
        return dropped, set()
    withheld = {n for n, share in covered.items() if n not in dropped and share < COVERED_SHARE}
    unread = withheld.union(dropped)
    of_read = {i for n, (index, read) in enumerate(articles) if n not in unread
               for i in forgettable_ids(read, index)}  # fmt: skip
    of_unread = {i for n in unread for i in places(articles[n][1], articles[n][0])}
    new.released |= {place for place in tried if place in of_read and place not in of_unread}
    for n in withheld:
        index, read = articles[n]
        new.withheld |= forgettable_ids(read, index) - of_read
    new.settled.add(held.reading)
    return dropped, withheld
