"""Start page: how fresh the data is, and which actors rise or fall."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from etl.explorer.blocks import (
    Block,
    Chart,
    Choice,
    Column,
    Figure,
    Figures,
    Form,
    Input,
    Link,
    Note,
    Page,
    Row,
    Section,
    Table,
)
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.links import to_actor, to_main_article
from etl.explorer.views.news_volume import news_volume
from etl.explorer.views.periods import period_name
from etl.explorer.views.spikes import NO_HEADLINE, spike_table

MAX_ROWS = 12
WEEKS_BEFORE = 4
TYPE_GROUPS = {
    "": "people and organisations",
    "PERSON": "people",
    "ORG": "organisations",
    "GPE": "places",
}
"""Labels of the actor types to choose from. The first is the default."""

_COUNTS = """
select (select count(*) from article_metadata) as articles,
  (select count(*) from article_metadata where published_on is null) as undated,
  (select count(*) from entities) as actors,
  (select coalesce(sum(quote_count), 0)::bigint from article_metadata) as quotes,
  (select count(*) from quarantine) as quarantined,
  (select max(published_on) from article_metadata) as last_day,
  (select count(*) from article_metadata
    where ingested_at >= now() - interval 1 day) as new_articles
"""
_RUNS = """
select run_id, kind, status, started_at, finished_at, articles_new, quarantined, error
from ingest_runs order by started_at desc limit 6
"""
_VOLUME = """
select period_start, article_count, story_count, outlet_count from publication_periods
where grain = 'week' and period_start > $until::date - interval 26 week and period_start <= $until
order by period_start
"""
_SPIKES = """
select s.entity_id, e.name, s.period_start, s.story_count, s.expected_story_count, s.surprise,
  s.article_ids, s.headlines
from actor_spikes s join entities e using (entity_id)
where s.grain = 'week' and s.period_start <= $until
  and case when $type = '' then e.type in ('PERSON', 'ORG') else e.type = $type end
order by s.period_start desc, s.surprise desc, e.name limit $limit
"""
_LAST_SPIKE = "select max(period_start) as week from actor_spikes where grain = 'week'"
_MOVERS = """
with counted as (
  select entity_id,
    count(distinct story_id) filter (published_on >= $since)::bigint as story_count,
    count(*) filter (published_on >= $since)::bigint as article_count,
    count(distinct story_id) filter (published_on < $since) / $weeks as usual
  from actor_articles
  where mention_count > 0
    and published_on between $since::date - 7 * $weeks::integer and $until
  group by 1
),
moved as (
  select *, story_count - usual as change, (story_count - usual) / sqrt(usual + 1) as surprise
  from counted
)
select entity_id, name, type, moved.story_count, moved.article_count, usual, change
from moved join entities as e using (entity_id)
where {which} and case when $type = '' then e.type in ('PERSON', 'ORG') else e.type = $type end
order by surprise {order}, name limit $limit
"""
_RISING = _MOVERS.format(which="change > 0 and story_count >= 2", order="desc")
_FALLING = _MOVERS.format(which="change < 0 and usual >= 1", order="asc")
_MAIN_STORIES = """
select entity_id, arg_max(story_id, weight) as story_id, arg_max(headline, weight) as headline,
  arg_max(article_id, weight) as article_id
from (
  select c.entity_id, c.story_id, a.headline, a.article_id,
    (c.headline_mention_count > 0)::integer * 1000 + c.mention_count as weight
  from actor_articles c join article_metadata a using (article_id)
  where c.published_on between $since and $until
    and c.entity_id in (select unnest($ids::varchar[]))
) group by 1
"""


def today(request: ViewRequest) -> Page:
    """Return the state of the warehouse, and changes over seven days, by default the newest."""
    counts = request.rows(_COUNTS)[0]
    info = {row["property"]: row["value"] for row in request.rows("from warehouse_info")}
    sections = [Section("", [_figures(counts, info)]), Section("", _warnings(request, counts))]
    parameters: dict[str, Any] = {}
    if counts["last_day"]:
        until = _until(request) or counts["last_day"]
        actor_type = request.one_of("type", list(TYPE_GROUPS))
        parameters = {"until": _until(request), "type": actor_type}
        sections += _movers(request, until, actor_type, parameters)
        spikes = _spikes(request, until, actor_type)
        sections.append(Section("Latest unusual weeks", [spikes], _ABOUT_SPIKES))
        sections.append(Section("News volume", [_volume(request, until)]))
    else:
        text = "No article has a date, so changes over time cannot be shown."
        sections.append(Section("", [Note(text, is_warning=True)]))
    sections.append(Section("Recent runs", [_runs(request)]))
    return Page("today", "Today", sections, parameters=parameters)


def _until(request: ViewRequest) -> date | None:
    """Return the requested last day, within the days that have articles."""
    until, days = request.day("until"), request.published_days()
    return min(max(until, days[0]), days[1]) if until and days else None


def _figures(counts: Row, info: dict[str, str]) -> Figures:
    return Figures(
        [
            Figure(
                "articles",
                counts["articles"],
                link=Link("articles"),
                note=f"{counts['new_articles']:,} added in the last 24 hours",
            ),
            Figure("actors", counts["actors"], link=Link("actor")),
            Figure("quotes", counts["quotes"], link=Link("quotes")),
            Figure("newest article", counts["last_day"], "day"),
            Figure("published", _as_time(info.get("published_at", "")), "time"),
            Figure("in quarantine", counts["quarantined"], note="newsactors quarantine list"),
        ]
    )


def _as_time(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text or "unknown"


def _warnings(request: ViewRequest, counts: Row) -> list[Note]:
    notes = []
    if not counts["articles"]:
        notes.append(Note("No articles yet. Add some:", True, code="newsactors ingest YOUR_FOLDER"))
    elif counts["last_day"]:
        age = (date.today() - counts["last_day"]).days
        if age > request.settings.fresh_days:
            notes.append(Note(f"The newest article is {age:,} days old."))
    if counts["undated"]:
        notes.append(
            Note(
                f"{counts['undated']:,} articles have no date. They appear in searches, but not in "
                "charts over time."
            )
        )
    if counts["quarantined"]:
        notes.append(
            Note(
                f"{counts['quarantined']:,} items could not be read and are in quarantine.",
                code="newsactors quarantine list",
            )
        )
    return notes


_ABOUT_SPIKES = (
    "Weeks with far more stories about an actor than its past coverage predicts (a chance of one "
    "in a thousand or less)."
)
_ABOUT_MOVERS = (
    f"Stories in these seven days, compared with the weekly average of the {WEEKS_BEFORE} weeks "
    "before. A text that many outlets print counts as one story."
)


def _movers(
    request: ViewRequest, until: date, actor_type: str, parameters: dict[str, Any]
) -> list[Section]:
    since = until - timedelta(days=6)
    query = {
        "since": since,
        "until": until,
        "weeks": WEEKS_BEFORE,
        "type": actor_type,
        "limit": MAX_ROWS,
    }
    rising, falling = request.rows(_RISING, **query), request.rows(_FALLING, **query)
    _add_main_stories(request, rising, since, until)
    before = since - timedelta(days=1)
    _add_main_stories(request, falling, since - timedelta(weeks=WEEKS_BEFORE), before)
    search = Form("actor", [Input("name", "Name", kind="actor")], "Show")
    rising_blocks: list[Block] = [
        *_choices(since, until, actor_type, parameters),
        _mover_table("rising", rising, since, until),
        *_last_spike(request, rising, parameters),
    ]
    return [
        Section("Find an actor", [search]),
        Section("Rising", rising_blocks, _ABOUT_MOVERS),
        Section("Falling", [_mover_table("falling", falling, since, until)]),
    ]


def _choices(since: date, until: date, actor_type: str, parameters: dict[str, Any]) -> list[Choice]:
    def shifted(days: int) -> Link:
        return Link("today", parameters | {"until": until + timedelta(days=days)})

    is_newest = parameters["until"] is None
    newest = Link("today", parameters | {"until": None})
    days = [("previous 7 days", shifted(-7), False), ("newest", newest, is_newest)]
    if not is_newest:
        days.insert(1, ("next 7 days", shifted(7), False))
    types = [
        (label, Link("today", parameters | {"type": key}), key == actor_type)
        for key, label in TYPE_GROUPS.items()
    ]
    return [Choice(f"{since} to {until}", days), Choice("Show", types)]


def _last_spike(request: ViewRequest, rising: list[Row], parameters: dict[str, Any]) -> list[Note]:
    """If no actor is rising, return a link to the latest week in which one had a spike."""
    week = None if rising else request.rows(_LAST_SPIKE)[0]["week"]
    if week is None:
        return []
    days = Link("today", parameters | {"until": week + timedelta(days=6)})
    return [Note("The latest unusual week is the", links=[(period_name(week, "week"), days)])]


def _spikes(request: ViewRequest, until: date, actor_type: str) -> Table:
    rows = request.rows(_SPIKES, until=until, type=actor_type, limit=MAX_ROWS)
    return spike_table(rows, "week", "Newest first", "No unusual weeks up to this date.")


def _add_main_stories(request: ViewRequest, rows: list[Row], since: date, until: date) -> None:
    """Add to each actor's row the story that is most about the actor."""
    ids = [row["entity_id"] for row in rows]
    found = request.rows(_MAIN_STORIES, ids=ids, since=since, until=until)
    stories = {row["entity_id"]: row for row in found}
    for row in rows:
        story = stories.get(row["entity_id"], {})
        row["headline"] = story.get("headline") or (NO_HEADLINE if story else None)
        row["article_id"] = story.get("article_id")


def _mover_table(name: str, rows: list[Row], since: date, until: date) -> Table:
    def articles(row: Row) -> Link:
        return Link("articles", {"actor": row["entity_id"], "from": since, "to": until})

    is_rising = name == "rising"
    average = f"Stories per week, average of the {WEEKS_BEFORE} weeks before"
    columns = [
        Column("name", "Actor", link=to_actor),
        Column("story_count", "Stories", "count", link=articles),
        Column("article_count", "Articles", "count", link=articles),
        Column("usual", "Average before", "number", tooltip=average),
        Column("change", "Change", "number"),
        Column(
            "headline",
            "Main story" if is_rising else "Main story before",
            "long",
            link=to_main_article,
        ),
    ]
    caption = f"{'More' if is_rising else 'Fewer'} stories than before, most unusual change first"
    return Table(name, caption, columns, rows, f"No {name} actors in these seven days.")


def _volume(request: ViewRequest, until: date) -> Chart:
    rows = request.rows(_VOLUME, until=until)
    total = sum(row["article_count"] for row in rows)
    alt = f"Articles and stories by week: {len(rows)} weeks, {total:,} articles in total."
    return news_volume(rows, "week", alt, Column("outlet_count", "Outlets", "count"))


def _runs(request: ViewRequest) -> Table:
    columns = [
        Column("started_at", "Started", "time"),
        Column("kind", "Kind"),
        Column("status", "Status"),
        Column("articles_new", "New articles", "count"),
        Column("quarantined", "Quarantined", "count"),
        Column("error", "Error", "long"),
    ]
    rows = request.rows(_RUNS)
    return Table("runs", "As of the last publish", columns, rows, "No runs recorded.")
