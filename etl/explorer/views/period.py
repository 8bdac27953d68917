"""A period at a glance: most mentioned actors, unusual weeks, most reprinted stories."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from etl.explorer.blocks import (
    Chart,
    Column,
    Figure,
    Figures,
    Form,
    Link,
    Note,
    Page,
    Row,
    Section,
    Table,
)
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.filters import date_inputs
from etl.explorer.views.links import to_actor, to_story
from etl.explorer.views.news_volume import news_volume
from etl.explorer.views.periods import check_periods, grain_for, long_day, newest_day
from etl.explorer.views.spikes import spike_table
from etl.query.period import Period
from etl.query.timelines import top_actors

DEFAULT_DAYS = 30
MAX_ACTORS, MAX_STORIES, MAX_SPIKES = 40, 15, 15

_COUNTS = """
select count(*) as articles, count(distinct story_id) as stories, count(distinct outlet) as outlets,
  sum(quote_count)::bigint as quotes
from article_metadata where published_on between $since and $until
"""
_VOLUME = """
select period_start, article_count, story_count from publication_periods
where grain = $grain and period_start between date_trunc($grain, $since::date) and $until
order by 1
"""
_SPIKES = """
select s.entity_id, e.name, s.grain, s.period_start, s.story_count, s.expected_story_count,
  s.surprise, s.article_ids, s.headlines
from actor_spikes s join entities e using (entity_id)
where s.grain = 'week' and s.period_start between $since and $until
order by s.surprise desc, e.name limit $limit
"""
_STORIES = """
select s.story_id, s.headline, s.first_outlet, s.first_published_on, s.first_article_id,
  count(*) as article_count, count(distinct a.outlet) as outlet_count
from article_metadata a join stories s using (story_id)
where a.published_on between $since and $until
group by all having count(*) > 1
order by outlet_count desc, article_count desc, s.first_published_on, s.story_id limit $limit
"""


def period(request: ViewRequest) -> Page:
    """Return the page of the days from `from` to `to`, by default the last 30 with articles."""
    since, until = reported_days(request)
    title, parameters = f"{since} to {until}", {"from": since, "to": until}
    counts = request.rows(_COUNTS, since=since, until=until)[0]
    form = Form("period", date_inputs(since, until), "Show")
    if not counts["articles"]:
        empty = Note(f"No articles in this period.{_days(request)}", is_warning=True)
        return Page("period", title, [Section("", [form, empty])], parameters=parameters)
    figures = Figures(
        [
            Figure("articles", counts["articles"], link=Link("articles", parameters)),
            Figure("stories", counts["stories"], note="reprints counted once"),
            Figure("outlets", counts["outlets"]),
            Figure("quotes", counts["quotes"], link=Link("quotes", parameters)),
        ]
    )
    sections = [
        Section("", [form, figures]),
        Section("Who was in the news", [_actors(request, since, until)]),
        Section("Unusual weeks", [_spikes(request, since, until)], _ABOUT_SPIKES),
        Section("Most reprinted stories", [_stories(request, since, until)], _ABOUT_STORIES),
        Section("News volume", [_volume(request, since, until)]),
    ]
    return Page("period", title, sections, parameters=parameters)


def _days(request: ViewRequest) -> str:
    days = request.published_days()
    return f" They are from {days[0]} to {days[1]}." if days else ""


_ABOUT_SPIKES = (
    "Weeks with far more stories about an actor than its past coverage predicts (a chance of one "
    "in a thousand or less)."
)
_ABOUT_STORIES = "A story is one text with its copies and edited versions."


def reported_days(request: ViewRequest) -> tuple[date, date]:
    """Return the first and the last day. Raises RequestError for a reversed range."""
    since, until = request.date_range()
    until = until or max(filter(None, (newest_day(request), since)), default=date.today())
    return since or until - timedelta(days=DEFAULT_DAYS - 1), until


def _actors(request: ViewRequest, since: date, until: date) -> Table:
    rows = top_actors(request.con, Period(since, until), limit=MAX_ACTORS)

    def articles(how: str = "") -> Any:
        return lambda row: Link(
            "articles", {"actor": row["entity_id"], "from": since, "to": until, "how": how}
        )

    columns = [
        Column("rank", "Rank", "count"),
        Column("name", "Actor", link=to_actor),
        Column("type", "Type", "type"),
        Column("article_count", "Articles", "count", link=articles()),
        Column("share_of_articles", "Share of articles", "share"),
        Column("mention_count", "Mentions", "count"),
        Column("statement_count", "Statements", "count", link=articles("quoted")),
        Column("first_seen", "First mentioned", "day"),
    ]
    not_shown = ("weekly", "weekly_from", "actor_total", "utterance_count")
    shown = [{k: v for k, v in row.items() if k not in not_shown} for row in rows]
    return Table("actors", "Actors by number of articles", columns, shown, "No actors found.")


def _spikes(request: ViewRequest, since: date, until: date) -> Table:
    rows = request.rows(_SPIKES, limit=MAX_SPIKES, since=since, until=until)
    return spike_table(rows, "week", "Most surprising first", "No unusual weeks in this period.")


def _stories(request: ViewRequest, since: date, until: date) -> Table:
    rows = request.rows(_STORIES, limit=MAX_STORIES, since=since, until=until)
    columns = [
        Column("headline", "Story", "long", link=_first_article),
        Column("article_count", "Articles", "count", link=to_story),
        Column("outlet_count", "Outlets", "count"),
        Column("first_outlet", "First published by"),
        Column("first_published_on", "First published on", "day"),
    ]
    return Table(
        "stories", "Stories by number of outlets", columns, rows, "No story was reprinted."
    )


def _first_article(row: Row) -> Link:
    return Link("article", {"id": row["first_article_id"]})


def _volume(request: ViewRequest, since: date, until: date) -> Chart:
    grain = grain_for(since, until)
    check_periods(since, until, grain)
    rows = request.rows(_VOLUME, grain=grain, since=since, until=until)
    total = sum(row["article_count"] for row in rows)
    title = f"{total:,} articles from {long_day(since)} to {long_day(until)}"
    return news_volume(rows, grain, title)
