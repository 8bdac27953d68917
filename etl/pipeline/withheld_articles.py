"""Which articles of a file that is read again may be parts of a forgotten one, and stay unread.

A tombstone holds hashes of the forgotten article and of its place in the file, never its text. If
today's readers split the file otherwise, neither may match. So of a file that held a forgotten
article only texts are read that its other articles held. The rest is withheld.

Belongs here: this rule. Does not belong here: recording it (`etl.storage.article_successions`),
tombstones (`etl.pipeline.tombstone_article`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from etl.pipeline.match_articles import COVERED_SHARE
from etl.pipeline.read_archived import forgettable_ids, places
from etl.storage import article_ids
from etl.storage.archive import Entry
from etl.storage.article_successions import Successions
from etl.storage.staged_tables import ReadArticle
from etl.storage.staging import index_in_member

_PROBED = 1000
"""Places looked at beyond the last article of a file: a tombstone names places by hashes, so each
has to be tried (3 ms for a file, and only if anything was ever forgotten)."""

Indexed = tuple[int, ReadArticle]
"""An article with its index in its file or member."""


def forgotten_places(
    entry: Entry,
    loaded: Iterable[Mapping[str, Any]],
    articles: Iterable[Indexed],
    forgotten: Collection[str],
) -> set[str]:
    """Return the ids of a file's places that tombstones name.

    `loaded` are the file's rows of `loaded.article_sources`, `articles` what is read today.
    """
    if not forgotten:
        return set()
    addresses: dict[str, set[str]] = defaultdict(set)
    last: dict[str, int] = defaultdict(int)
    for index, read in articles:
        member = read.source_path.removeprefix(entry.source_path)
        addresses[member].add(read.source_key)
        last[member] = max(last[member], index)
    for row in loaded:
        member = row["source_path"].removeprefix(entry.source_path)
        addresses[member].add(row["source_key"])
        at = index_in_member(row["source_path"], row["source_key"], row["item"])
        last[member] = max(last[member], at or 0)
    return {
        place
        for member in addresses.keys() | {""}
        for key in (*addresses[member], *range(last[member] + _PROBED))
        if (place := article_ids.place_id(entry.sha256, member, key)) in forgotten
    }


def is_forgotten(item: Indexed, forgotten: Collection[str], tried: Collection[str]) -> bool:
    """Whether an article's own text is forgotten or withheld, wherever in the file it is."""
    return any(i in forgotten and i not in tried for i in forgettable_ids(item[1], item[0]))


def withhold(
    articles: Sequence[Indexed],
    dropped: Collection[int],
    covered: Mapping[int, float],
    tried: Collection[str],
    new: Successions,
) -> set[int]:
    """Return the numbers of the articles to withhold, and record them and the places to release.

    `dropped` are the numbers of forgotten articles, `covered` the share of each other text that is
    not loaded as it is, by number, which loaded articles of the file held. `tried` are the file's
    places that tombstones name: those that a text which may be read has now are released.
    """
    withheld = {n for n, share in covered.items() if n not in dropped and share < COVERED_SHARE}
    unread = withheld.union(dropped)
    of_read = {i for n, (index, read) in enumerate(articles) if n not in unread
               for i in forgettable_ids(read, index)}  # fmt: skip
    of_unread = {i for n in unread for i in places(articles[n][1], articles[n][0])}
    new.released |= {place for place in tried if place in of_read and place not in of_unread}
    for n in withheld:
        index, read = articles[n]
        new.withheld |= forgettable_ids(read, index) - of_read
    return withheld
