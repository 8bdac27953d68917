"""Who rises and who falls: stories of a few days, compared with the days before them.

Belongs here: the comparison, its tables, the choice of its days. Does not belong here: spikes,
which compare an actor with its own past by a model (`etl.explorer.views.spikes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from etl.explorer.blocks import Choice, Column, Link, Parameters, Row, Section, Table
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.links import NO_HEADLINE, to_actor, to_main_article
from etl.explorer.views.periods import long_day

MAX_ROWS = 8
WINDOWS = ("7", "28", "91")
"""Days to compare, as in URLs."""
WINDOWS_BEFORE = 4
"""The days before are this many times as long, unless the first article is newer."""
ENOUGH_ARTICLES = 10
"""By default, the shortest window with this many articles is shown."""
SPARK_WINDOWS = 12
TYPE_GROUPS: Mapping[str, str] = {
    "": "people and organisations",
    "PERSON": "people",
    "ORG": "organisations",
    "GPE": "places",
}
"""Labels of the actor types to choose from. The first is the default."""
OF_TYPE = "case when $type = '' then e.type in ('PERSON', 'ORG') else e.type = $type end"
"""Condition on `entities e`."""

_ARTICLES = """
select count(*) as article_count from article_metadata
where published_on between $since and $until
"""
_MOVERS = """
with counted as (
  select entity_id,
    count(distinct story_id) filter (published_on >= $since)::bigint as story_count,
    count(*) filter (published_on >= $since)::bigint as article_count,
    count(distinct story_id) filter (published_on < $since) * $days / $days_before as usual
  from actor_articles
  where mention_count > 0 and published_on between $before and $until
  group by 1
),
moved as (
  select *, story_count - usual as change, (story_count - usual) / sqrt(usual + 1) as surprise
  from counted
)
select entity_id, name, type, moved.story_count, moved.article_count, usual, change
from moved join entities as e using (entity_id)
where {which} and {of_type}
order by surprise {order}, name limit $limit
"""
_RISING = _MOVERS.format(which="change > 0 and story_count >= 2", order="desc", of_type=OF_TYPE)
_FALLING = _MOVERS.format(which="change < 0 and usual >= 1", order="asc", of_type=OF_TYPE)
_MAIN_STORIES = """
select entity_id, arg_max(headline, weight) as headline, arg_max(article_id, weight) as article_id
from (
  select c.entity_id, a.headline, a.article_id,
    (c.headline_mention_count > 0)::integer * 1000 + c.mention_count as weight
  from actor_articles c join article_metadata a using (article_id)
  where c.published_on between $since and $until
    and c.entity_id in (select unnest($ids::varchar[]))
) group by 1
"""
_SPARKS = """
select entity_id, ($until::date - published_on) // $days as windows_ago,
  count(distinct story_id)::bigint as story_count
from actor_articles
where mention_count > 0 and entity_id in (select unnest($ids::varchar[]))
  and published_on > $until::date - $days::integer * $count::integer and published_on <= $until
group by 1, 2
"""


@dataclass(frozen=True)
class Window:
    """The days that are looked at, and the days before them."""

    since: date
    until: date
    before: date
    """First of the days before."""

    @property
    def days(self) -> int:
        """Number of days looked at."""
        return (self.until - self.since).days + 1

    @property
    def days_before(self) -> int:
        """Number of the days before."""
        return max(1, (self.since - self.before).days)


def window(request: ViewRequest, first: date, until: date) -> Window:
    """Return the requested window up to `until`; by default the shortest with enough articles."""
    wanted = request.one_of("days", ["", *WINDOWS])
    for days in [wanted] if wanted else WINDOWS:
        since = until - timedelta(days=int(days) - 1)
        counted = request.rows(_ARTICLES, since=since, until=until)[0]["article_count"]
        if counted >= ENOUGH_ARTICLES:
            break
    before = max(first, since - WINDOWS_BEFORE * timedelta(days=int(days)))
    return Window(since, until, min(before, since))


def window_choices(chosen: Window, actor_type: str, parameters: Parameters) -> list[Choice]:
    """Return links to other windows and types; `parameters` are those of the home page."""

    def home(**changed: object) -> Link:
        return Link("home", {**parameters, **changed})

    step = timedelta(days=chosen.days)
    is_newest = parameters.get("until") is None
    days = [("earlier", home(until=chosen.until - step), False)]
    if not is_newest:
        days.append(("later", home(until=chosen.until + step), False))
        days.append(("newest", home(until=None), False))
    lengths = [(f"{n} days", home(days=n), int(n) == chosen.days) for n in WINDOWS]
    types = [(label, home(type=key), key == actor_type) for key, label in TYPE_GROUPS.items()]
    span = f"{long_day(chosen.since)} to {long_day(chosen.until)}"
    return [Choice(span, [*lengths, *days]), Choice("Show", types)]


def movers(request: ViewRequest, chosen: Window, actor_type: str) -> list[Section]:
    """Return the two sections: who rises, and who falls."""
    query = {
        "since": chosen.since,
        "until": chosen.until,
        "before": chosen.before,
        "days": chosen.days,
        "days_before": chosen.days_before,
        "type": actor_type,
        "limit": MAX_ROWS,
    }
    rising, falling = request.rows(_RISING, **query), request.rows(_FALLING, **query)
    _add_main_stories(request, rising, chosen.since, chosen.until)
    _add_main_stories(request, falling, chosen.before, chosen.since - timedelta(days=1))
    add_sparks(request, [*rising, *falling], chosen)
    return [
        Section("Rising", [_table("rising", rising, chosen)], layout="half"),
        Section("Falling", [_table("falling", falling, chosen)], layout="half"),
    ]


def add_sparks(request: ViewRequest, rows: list[Row], chosen: Window) -> None:
    """Add to each actor's row its stories in each of the last windows of this length."""
    ids = [row["entity_id"] for row in rows]
    found = request.rows(
        _SPARKS, ids=ids, until=chosen.until, days=chosen.days, count=SPARK_WINDOWS
    )
    by_actor: dict[str, list[int]] = {i: [0] * SPARK_WINDOWS for i in ids}
    for row in found:
        by_actor[row["entity_id"]][SPARK_WINDOWS - 1 - row["windows_ago"]] = row["story_count"]
    for row in rows:
        row["spark"] = by_actor[row["entity_id"]]


def _add_main_stories(request: ViewRequest, rows: list[Row], since: date, until: date) -> None:
    """Add to each actor's row the story that is most about the actor."""
    ids = [row["entity_id"] for row in rows]
    found = request.rows(_MAIN_STORIES, ids=ids, since=since, until=until)
    stories = {row["entity_id"]: row for row in found}
    for row in rows:
        story = stories.get(row["entity_id"], {})
        row["headline"] = story.get("headline") or (NO_HEADLINE if story else None)
        row["article_id"] = story.get("article_id")


def _table(name: str, rows: list[Row], chosen: Window) -> Table:
    def articles(row: Row) -> Link:
        days = {"from": chosen.since, "to": chosen.until}
        return Link("articles", {"actor": row["entity_id"], **days})

    average = f"Stories in {chosen.days} days, average of the {chosen.days_before} days before"
    span = f"Stories in each of the last {SPARK_WINDOWS} times {chosen.days} days"
    main_story = "Main story" if name == "rising" else "Main story before"
    columns = [
        Column("name", "Actor", link=to_actor),
        Column("spark", "Trend", "spark", tooltip=span),
        Column("story_count", "Stories", "count", link=articles),
        Column("usual", "Before", "number", tooltip=average),
        Column("headline", main_story, "long", link=to_main_article),
    ]
    more = "More" if name == "rising" else "Fewer"
    caption = f"{more} stories than in the {chosen.days_before} days before, by how unusual it is"
    return Table(name, caption, columns, rows, f"Nobody is {name} in these {chosen.days} days.")
