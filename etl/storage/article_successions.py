"""What became of articles when archived bytes were read in another way: ids kept or redirected.

An article's id is a hash of its first text, so a reader that finds a better headline would give the
same article another id. A reread records in the manifest which ids stay, and which articles hold
the text of those that went. A rebuild therefore leads to the same ids (docs/adr/0038).

Belongs here: these records. Does not belong here: deciding which article is which
(`etl.pipeline.match_articles`), applying them to loaded rows (`etl.warehouse.load_batch`,
`etl.warehouse.article_redirects`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from etl.storage.archive import RawArchive


@dataclass
class Successions:
    """Ids that were kept, ids that were given up, and what must not be read.

    `kept` maps the id that a text would get (`article_ids.article_id`) to the one that it keeps.
    `parts` maps a given-up id and the content_sha256 of a text that holds some of the article to
    the share of the article's text found there. `released` lists ids of places
    (`article_ids.place_id`) that a tombstone names and that hold another text now. `withheld` are
    ids of articles that may be parts of a forgotten one (as in `Entry.forgets`). `settled` are
    readings of files (`article_ids.reading_id`) of which it was decided what is withheld.
    """

    kept: dict[str, str] = field(default_factory=dict)
    parts: dict[tuple[str, str], float] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)

    def update(self, other: Successions) -> None:
        self.kept |= other.kept
        self.parts |= other.parts
        self.released |= other.released
        self.withheld |= other.withheld
        self.settled |= other.settled


def recorded(archive: RawArchive) -> Successions:
    """Return all that rereads recorded in the manifest."""
    found = Successions()
    for entry in archive.rereads():
        for record in entry.rereads:
            if "as" in record:
                found.kept[record["as"]] = record["id"]
            elif "part" in record:
                found.parts[record["id"], record["part"]] = record["share"]
            elif "releases" in record:
                found.released.add(record["releases"])
            elif "withholds" in record:
                found.withheld.add(record["withholds"])
            elif "settles" in record:
                found.settled.add(record["settles"])
    return found


@dataclass(frozen=True)
class Tombstones:
    """What the manifest says of forgotten articles.

    `forgets` are all ids of tombstones, also of places released since. `named` has the ids that
    rereads withhold as well. `settled` is that of `Successions`. `last` is the last line that named
    any of them: bytes that first arrived later hold none.
    """

    forgets: frozenset[str]
    named: frozenset[str]
    settled: frozenset[str]
    last: int


def tombstones(archive: RawArchive) -> Tombstones:
    """Return what the manifest says of forgotten articles."""
    lines, rereads = archive.tombstones(), archive.rereads()
    forgets = frozenset(name for entry in lines for name in entry.forgets)
    found = recorded(archive)
    last = max((entry.sequence for entry in (*lines, *rereads)), default=0)
    return Tombstones(forgets, forgets | found.withheld, frozenset(found.settled), last)


def record(archive: RawArchive, new: Successions, run_id: str) -> None:
    """Append what is not recorded yet. The caller holds the intake lock."""
    known = recorded(archive)
    forgotten = archive.forgotten()
    archive.note_rereads(
        [
            *_records({"id": kept, "as": text} for text, kept in new.kept.items()
                      if known.kept.get(text) != kept),
            *_records({"id": gone, "part": content, "share": round(share, 3)}
                      for (gone, content), share in new.parts.items()
                      if (gone, content) not in known.parts),
            *_records({"releases": place} for place in new.released & forgotten),
            *_records({"withholds": name} for name in new.withheld - forgotten),
            *_records({"settles": reading} for reading in new.settled - known.settled),
        ],
        run_id,
    )  # fmt: skip


def _records(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda r: tuple(map(str, r.values())))
