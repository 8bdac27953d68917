"""Assigns stories in the build database: takes new texts through sketch, lineage and grouping.

Belongs here: reading texts from schema `loaded`, finding candidates by a join over bands, writing
`article_stories` and `story_redirects`. Does not belong here: the rules (`lineage`, `grouping`),
locks and stages (`etl.pipeline`).

Articles are processed in the order in which they were first seen, and each is compared only with
earlier ones, so the result does not depend on batches. The cost of a run is proportional to the new
texts and to the days around them. An article without a date is a story of its own: it cannot be
shown to lie within the window, and series leave it out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etl.stories.grouping import Grouping, KeptStory, Match
from etl.stories.lineage import LEAST_PHRASES, WINDOW_DAYS, containment
from etl.stories.sketch import bands
from etl.stories.text import Fingerprint, fingerprint

STORIES_VERSION = "5"
"""Version of the rules. Stories of a build database of another version are assigned again."""

_TEXTS_AT_A_TIME = 1_000
_CANDIDATES_AT_A_TIME = 50_000
_FINGERPRINTS_KEPT = 8_000
"""About 10 kB each."""

_SIGNATURES = pa.schema(
    {
        "content_sha256": pa.string(),
        "article_id": pa.string(),
        "sequence": pa.int64(),
        "item": pa.int32(),
        "published_on": pa.date32(),
        "bands": pa.list_(pa.uint32()),
    }
)
_PENDING = """
create or replace temp table pending_texts as
with texts as (
  select content_sha256, min(struct_pack(sequence := sequence, item := item)) as seen
  from loaded.article_sources
  anti join bookkeeping.story_signatures using (content_sha256)
  group by content_sha256
)
select content_sha256, article_id, seen.sequence as sequence, seen.item as item, published_on,
  row_number() over (order by seen) - 1 as place
from texts join loaded.article_versions using (content_sha256)
"""
_CANDIDATES = f"""
with days as (
  select distinct unnest(generate_series(
    published_on - interval {WINDOW_DAYS} day, published_on + interval {WINDOW_DAYS} day,
    interval 1 day))::date as published_on
  from fresh_texts
),
signatures as (
  select rowid as number, * from bookkeeping.story_signatures semi join days using (published_on)
),
fresh as (
  select s.number, unnest(s.bands) as band
  from signatures s semi join fresh_texts using (content_sha256)
),
near as (select number, unnest(bands) as band from signatures),
-- Numbers, not hashes: a template with thousands of texts makes millions of pairs.
pairs as (
  select distinct fresh.number as fresh, near.number as near
  from fresh join near using (band) where fresh.number <> near.number
)
select fresh.content_sha256, near.content_sha256, near.article_id, near.sequence,
  near.item, abs(near.published_on - fresh.published_on) as days
from pairs
join signatures fresh on fresh.number = pairs.fresh
join signatures near on near.number = pairs.near
where near.article_id <> fresh.article_id
  and (near.sequence, near.item) < (fresh.sequence, fresh.item)
  and abs(near.published_on - fresh.published_on) <= {WINDOW_DAYS}
"""


@dataclass(frozen=True, slots=True)
class _Text:
    content_sha256: str
    article_id: str
    sequence: int
    item: int
    published_on: date | None
    outlet: str | None
    headline: str | None
    body: str


@dataclass(frozen=True, slots=True)
class _Compared:
    """What is compared of a text. The outlet is as read; corrections of it don't count."""

    outlet: str | None
    print: Fingerprint

    def containment(self, other: _Compared, days: int) -> float | None:
        is_same_outlet = self.outlet is not None and self.outlet == other.outlet
        return containment(self.print, other.print, days, is_same_outlet)


def clear_stories(con: duckdb.DuckDBPyConnection) -> None:
    """Delete all decisions, so that the next `assign_stories` starts over."""
    con.execute("begin")
    for table in ("loaded.article_stories", "loaded.story_redirects",
                  "bookkeeping.stories", "bookkeeping.story_signatures"):  # fmt: skip
        con.execute(f"delete from {table}")
    con.execute("commit")


def assign_stories(
    con: duckdb.DuckDBPyConnection,
    kept: Iterable[KeptStory] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Assign a story to every article without one; return the number of texts compared.

    `kept` are the stories of forgotten articles. A transaction covers a thousand texts: a killed
    run resumes after the last one, with the same result.
    """
    con.execute(_PENDING)
    total = _count(con, "pending_texts")
    by_article: dict[str, list[KeptStory]] = {}
    for story in kept:
        for article_id in story.article_ids:
            by_article.setdefault(article_id, []).append(story)
    known: OrderedDict[str, _Compared] = OrderedDict()
    for start in range(0, total, _TEXTS_AT_A_TIME):
        con.execute("begin")
        try:
            _assign(con, start, known, by_article)
        except BaseException:
            con.execute("rollback")
            raise
        con.execute("commit")
        while len(known) > _FINGERPRINTS_KEPT:
            known.popitem(last=False)
        progress(min(start + _TEXTS_AT_A_TIME, total), total)
    con.execute("drop table pending_texts")
    return total


def story_without(con: duckdb.DuckDBPyConnection, article_id: str) -> KeptStory | None:
    """Return what to keep of an article's story when it is forgotten; None if it is alone."""
    found = con.execute(
        """
        select story_id, sequence, item,
          (select list(article_id order by article_id) from loaded.article_stories o
           where o.story_id = s.story_id and article_id <> $article),
          (select list(old_story_id order by old_story_id) from loaded.story_redirects r
           where r.story_id = s.story_id)
        from loaded.article_stories s join bookkeeping.stories using (story_id)
        where article_id = $article
        """,
        {"article": article_id},
    ).fetchone()
    if found is None or not found[3]:
        return None
    story_id, sequence, item, others, former = found
    return KeptStory(story_id, sequence, item, tuple(others), tuple(former or ()))


def _assign(
    con: duckdb.DuckDBPyConnection,
    start: int,
    known: OrderedDict[str, _Compared],
    kept: Mapping[str, list[KeptStory]],
) -> None:
    texts = [
        _Text(*row)
        for row in con.execute(
            "select content_sha256, p.article_id, sequence, item, p.published_on, outlet, "
            "headline, body from pending_texts p "
            "join loaded.article_versions using (content_sha256) "
            "where place >= ? and place < ? order by place",
            [start, start + _TEXTS_AT_A_TIME],
        ).fetchall()
    ]
    for text in texts:
        known[text.content_sha256] = _Compared(text.outlet, fingerprint(text.headline, text.body))
    con.register("fresh_texts", _signatures(texts, known))
    con.execute("insert into bookkeeping.story_signatures by name select * from fresh_texts")
    candidates = _candidates(con, known)
    matches: dict[str, list[Match]] = {}
    for content, near, article_id, sequence, item, days in candidates:
        share = known[content].containment(known[near], days)
        if share is not None:
            matches.setdefault(content, []).append(Match(article_id, (sequence, item), share))
    con.unregister("fresh_texts")
    grouping = _load(con, texts, matches, kept)
    before = set(grouping.moved), set(grouping.first_seen)
    for text in texts:
        grouping.arrive(
            text.article_id, (text.sequence, text.item), matches.get(text.content_sha256, ())
        )
    _save(con, grouping, *before)


def _candidates(
    con: duckdb.DuckDBPyConnection, known: OrderedDict[str, _Compared]
) -> Iterator[tuple[Any, ...]]:
    """Yield the pairs to compare, in portions whose fingerprints are in memory.

    Held all at once they took 650 MB more for every nightly run of 2,000 texts of a few templates.
    """
    found = con.execute(_CANDIDATES)
    while portion := found.fetchmany(_CANDIDATES_AT_A_TIME):
        # A second connection: the first one is still being read from.
        _recall(con.cursor(), known, {near for _, near, *_ in portion})
        yield from portion


def _signatures(texts: Sequence[_Text], known: Mapping[str, _Compared]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "content_sha256": text.content_sha256,
                "article_id": text.article_id,
                "sequence": text.sequence,
                "item": text.item,
                "published_on": text.published_on,
                "bands": _bands(text, known[text.content_sha256].print),
            }
            for text in texts
        ],
        _SIGNATURES,
    )


def _bands(text: _Text, compared: Fingerprint) -> npt.NDArray[np.uint32]:
    """Return the bands of a text; none if it can't match: undated, or too short.

    Without that, 5,000 texts of one sentence were all compared: 118 s and 1.5 GB of memory.
    """
    can_match = text.published_on is not None and len(compared.phrases) >= LEAST_PHRASES
    return bands(compared.phrases if can_match else compared.phrases[:0])


def _recall(
    con: duckdb.DuckDBPyConnection, known: OrderedDict[str, _Compared], wanted: set[str]
) -> None:
    """Compute the missing fingerprints of earlier texts."""
    _register(con, "wanted", sorted(wanted - known.keys()))
    rows = con.execute(
        "select content_sha256, outlet, headline, body from loaded.article_versions "
        "semi join wanted using (content_sha256)"
    ).fetchall()
    con.unregister("wanted")
    for content, outlet, headline, body in rows:
        known[content] = _Compared(outlet, fingerprint(headline, body))


def _load(
    con: duckdb.DuckDBPyConnection,
    texts: Sequence[_Text],
    matches: Mapping[str, Sequence[Match]],
    kept: Mapping[str, list[KeptStory]],
) -> Grouping:
    """Load the grouping of the arriving articles and of the articles that they match."""
    articles = {text.article_id for text in texts}
    kept = {article_id: kept[article_id] for article_id in articles & kept.keys()}
    articles |= {match.article_id for found in matches.values() for match in found}
    _register(con, "wanted", sorted(articles), "article_id")
    story_of = dict(
        con.execute(
            "select article_id, story_id from loaded.article_stories semi join wanted "
            "using (article_id)"
        ).fetchall()
    )
    kept_ids = {s.story_id for found in kept.values() for s in found}
    kept_ids |= {former for found in kept.values() for s in found for former in s.former_ids}
    _register(con, "wanted", sorted(kept_ids), "old_story_id")
    moved = dict(
        con.execute(
            "select old_story_id, story_id from loaded.story_redirects semi join wanted "
            "using (old_story_id)"
        ).fetchall()
    )
    _register(con, "wanted", sorted({*story_of.values(), *kept_ids, *moved.values()}), "story_id")
    first_seen = {
        story_id: (sequence, item)
        for story_id, sequence, item in con.execute(
            "select story_id, sequence, item from bookkeeping.stories semi join wanted "
            "using (story_id)"
        ).fetchall()
    }
    con.unregister("wanted")
    return Grouping(story_of, first_seen, moved, kept)


def _save(
    con: duckdb.DuckDBPyConnection,
    grouping: Grouping,
    known_moved: set[str],
    known_stories: set[str],
) -> None:
    moved = {old: grouping.current(old) for old in grouping.moved.keys() - known_moved}
    con.register(
        "moved_stories",
        pa.table(
            {
                "old_story_id": pa.array(list(moved), pa.string()),
                "story_id": pa.array(list(moved.values()), pa.string()),
            }
        ),
    )
    for table in ("article_stories", "story_redirects"):
        con.execute(
            f"update loaded.{table} t set story_id = m.story_id from moved_stories m "
            "where t.story_id = m.old_story_id"
        )
    con.execute("insert into loaded.story_redirects by name select * from moved_stories")
    con.execute(
        "delete from bookkeeping.stories where story_id in (select old_story_id from moved_stories)"
    )
    con.unregister("moved_stories")
    stories = [s for s in grouping.first_seen if s not in known_stories and s not in moved]
    con.register(
        "new_stories",
        pa.table(
            {
                "story_id": pa.array(stories, pa.string()),
                "sequence": pa.array([grouping.first_seen[s][0] for s in stories], pa.int64()),
                "item": pa.array([grouping.first_seen[s][1] for s in stories], pa.int32()),
            }
        ),
    )
    con.execute("insert into bookkeeping.stories by name select * from new_stories")
    con.unregister("new_stories")
    rows = list(grouping.memberships.values())
    con.register(
        "new_memberships",
        pa.table(
            {
                "article_id": pa.array([r.article_id for r in rows], pa.string()),
                "story_id": pa.array([grouping.current(r.story_id) for r in rows], pa.string()),
                "method": pa.array([r.method for r in rows], pa.string()),
                "containment": pa.array([r.containment for r in rows], pa.float64()),
                "matched_article_id": pa.array([r.matched_article_id for r in rows], pa.string()),
            }
        ),
    )
    con.execute("insert into loaded.article_stories by name select * from new_memberships")
    con.unregister("new_memberships")


def _register(
    con: duckdb.DuckDBPyConnection, name: str, values: list[str], column: str = "content_sha256"
) -> None:
    con.register(name, pa.table({column: pa.array(values, pa.string())}))


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = con.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0
