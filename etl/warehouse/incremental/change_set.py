"""What changed since the models were built: actors, articles, days and stories.

Belongs here: finding it in the build database, and the limits above which it is not worth using.
Does not belong here: which rows of a model become stale (`warehouse.incremental.row_filter`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from etl.warehouse import build_db, stage_markers
from etl.warehouse.incremental.outcome import Fallback

UNDATED = date.min
"""Stands for the day of articles without one."""

_MIN_ARTICLES_IN_FULL, _MAX_SHARE_BY_ROWS = 1_000, 0.1
"""If rows of more articles than this, and of more than this share of all, were replaced since the
tables were last filled in full, fill them in full. Replaced rows lie at the end of a table, not in
its order, which lets a timeline read few row groups."""
_MAX_ACTORS = 1_000
"""If more actors were corrected, fill tables in full: so long a list is no faster to filter by."""
_MAX_COOCCURRING = 10_000
"""If the corrected actors co-occur with more actors than this, as with somebody who is in most
articles, rebuild the co-occurrence models in full."""
_REPLACED_ARTICLES = "articles_filled_by_parts"
"""Property: the number of articles whose rows were replaced since tables were filled in full."""


@dataclass(frozen=True)
class ChangeSet:
    """What new articles and corrections touch."""

    actors: frozenset[str]
    """Actors that gained, lost or changed links in other articles than `articles`."""
    articles: frozenset[str] = frozenset()
    """Articles that are new or got another text, day or outlet, and those of their stories."""
    days: frozenset[date] = frozenset()
    """The days that these articles had before and have now; UNDATED for none."""
    mentioned_actors: frozenset[str] = frozenset()
    """The actors in these articles."""
    stories: frozenset[str] = frozenset()
    """The stories that these articles are or were in."""
    has_loaded_articles: bool = False
    """Whether articles were loaded; if not, corrections are all that changed."""
    cooccurring_actors: frozenset[str] | None = None
    """`actors` and all that co-occur with one of them; None if they are too many."""


def find_change_set(con: duckdb.DuckDBPyConnection) -> ChangeSet | Fallback:
    """What changed since the models were built; a fallback if tables are to be filled in full."""

    def column(sql: str) -> frozenset[Any]:
        return frozenset(value for (value,) in con.execute(sql).fetchall() if value is not None)

    con.execute(_STALE_FROM_ARTICLES)
    articles = column("from stale_articles")
    replaced = articles_replaced(con) + len(articles)
    limit = max(
        _MIN_ARTICLES_IN_FULL,
        int(_MAX_SHARE_BY_ROWS * build_db.count(con, "loaded.article_stories")),
    )
    if replaced > limit:
        return Fallback(
            f"rows of {replaced:,} articles would have been replaced since the tables were last "
            f"filled in full, more than {limit:,}"
        )
    has_loaded_articles = stage_markers.generation_seen(con, "modelled") != build_db.get_property(
        con, "generation"
    )
    if has_loaded_articles and not articles:
        return Fallback("the loaded data changed, but no article is recorded as changed")
    days = column("select coalesce(published_on, date '0001-01-01') from stale_days")
    if articles and not days:
        return Fallback("the changed articles are no longer loaded", is_expected=False)
    actors = column("select distinct entity_id from bookkeeping.unmodelled_actors")
    if len(actors) > _MAX_ACTORS:
        return Fallback(f"{len(actors):,} actors were corrected, more than {_MAX_ACTORS:,}")
    cooccurring: frozenset[Any] = frozenset()
    if actors:
        con.execute(_COOCCURRING)
        cooccurring = column("from stale_cooccurring_actors")
    return ChangeSet(
        actors=actors,
        articles=articles,
        days=days,
        mentioned_actors=column("select distinct entity_id from stale_links"),
        stories=column("from stale_stories"),
        has_loaded_articles=has_loaded_articles,
        cooccurring_actors=cooccurring if len(cooccurring) <= _MAX_COOCCURRING else None,
    )


def articles_replaced(con: duckdb.DuckDBPyConnection) -> int:
    """The number of articles whose rows were replaced since tables were filled in full."""
    return int(build_db.get_property(con, _REPLACED_ARTICLES) or 0)


def set_articles_replaced(con: duckdb.DuckDBPyConnection, articles: int) -> None:
    """Record that number."""
    build_db.set_property(con, _REPLACED_ARTICLES, str(articles))


# Step by step: as one statement it joins all links with all text actors.
_STALE_FROM_ARTICLES = """
create or replace temp table stale_articles as
with stories as (
  select distinct story_id from loaded.article_stories
  where article_id in (select article_id from bookkeeping.unmodelled_articles)
)
select article_id from loaded.article_stories semi join stories using (story_id)
union
select article_id from bookkeeping.unmodelled_articles;

create or replace temp table stale_stories as
with current as (
  select story_id from loaded.article_stories semi join stale_articles using (article_id)
)
from current
union
select old_story_id from loaded.story_redirects semi join current using (story_id);

create or replace temp table stale_versions as
select content_sha256, published_on, article_id
from loaded.article_versions semi join stale_articles using (article_id);

create or replace temp table stale_days as
select published_on from stale_versions
union
select coalesce(o.published_on, v.published_on)
from stale_versions v left join loaded.article_overrides o using (article_id)
union
select published_on from bookkeeping.unmodelled_articles where published_on is not null;

create or replace temp table stale_text_actors as
select text_actor_id from loaded.text_actors semi join stale_versions using (content_sha256);

create or replace temp table stale_links as
select entity_id from loaded.actor_links semi join stale_text_actors using (text_actor_id);
"""

_COOCCURRING = """
create or replace temp table stale_text_actors as
select text_actor_id from loaded.actor_links
where entity_id in (select entity_id from bookkeeping.unmodelled_actors);

create or replace temp table stale_versions as
select distinct content_sha256
from loaded.text_actors semi join stale_text_actors using (text_actor_id);

create or replace temp table stale_text_actors as
select text_actor_id from loaded.text_actors semi join stale_versions using (content_sha256);

create or replace temp table stale_cooccurring_actors as
select distinct entity_id from loaded.actor_links semi join stale_text_actors using (text_actor_id);
"""
"""Actors that co-occurred with a merged actor now co-occur with its replacement, so their rows are
stale too."""
