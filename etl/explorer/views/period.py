"""Some days at a glance: who was in the news, whose coverage jumped, what was printed most."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from etl.explorer.blocks import (
    Chart,
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
from etl.explorer.views.links import to_actor, to_story
from etl.explorer.views.parts import newest_day, volume
from etl.explorer.views.spikes import spike_table
from etl.query.period import Period
from etl.query.timelines import top_actors

DAYS = 30
MOST_ACTORS, MOST_STORIES, MOST_SPIKES = 40, 15, 15

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


def period(ask: ViewRequest) -> Page:
    """The days from `from` to `to`; without them, the last thirty that have articles."""
    since, until = days(ask)
    asked = {"since": since, "until": until}
    counts = ask.rows(_COUNTS, **asked)[0]
    here = {"from": since, "to": until}
    form = Form(
        "period",
        [
            Input("from", "From", str(since), "date"),
            Input("to", "To", str(until), "date"),
        ],
        "Show",
    )
    if not counts["articles"]:
        empty = Note("No article is of these days.", is_warning=True)
        return Page("period", f"{since} to {until}", [Section("", [form, empty])], parameters=here)
    figures = Figures(
        [
            Figure("articles", counts["articles"], link=Link("articles", here)),
            Figure("stories", counts["stories"], note="texts, however often they were printed"),
            Figure("outlets", counts["outlets"]),
            Figure("quotes", counts["quotes"], link=Link("quotes", here)),
        ]
    )
    sections = [
        Section("", [form, figures]),
        Section("Who was in the news", [_actors(ask, since, until)]),
        Section("Whose coverage jumped", [_spikes(ask, asked)], _ABOUT_SPIKES),
        Section("Printed most", [_stories(ask, asked)], _ABOUT_STORIES),
        Section("How much news", [_volume(ask, since, until)]),
    ]
    return Page("period", f"{since} to {until}", sections, parameters=here)


_ABOUT_SPIKES = "Weeks that an actor's own past makes unlikely, by one in a thousand or less."
_ABOUT_STORIES = "A story is one text with its copies and edits."


def days(ask: ViewRequest) -> tuple[date, date]:
    """The first and the last day. Raises RequestError where they are the wrong way round."""
    since, until = ask.days()
    until = until or max(filter(None, (newest_day(ask), since)), default=date.today())
    return since or until - timedelta(days=DAYS - 1), until


def _actors(ask: ViewRequest, since: date, until: date) -> Table:
    rows = top_actors(ask.con, Period(since, until), limit=MOST_ACTORS)

    def articles(how: str = "") -> Any:
        return lambda row: Link(
            "articles", {"actor": row["entity_id"], "from": since, "to": until, "how": how}
        )

    columns = [
        Column("rank", "", "count"),
        Column("name", "Actor", link=to_actor),
        Column("type", "Type", "type"),
        Column("article_count", "Articles", "count", link=articles()),
        Column("share_of_articles", "Of all", "share"),
        Column("mention_count", "Mentions", "count"),
        Column("utterance_count", "Utterances", "count", link=articles("quoted")),
        Column("first_seen", "First seen", "day"),
    ]
    shown = [
        {k: v for k, v in row.items() if k not in ("weekly", "weekly_from", "actor_total")}
        for row in rows
    ]
    return Table("actors", "Those in most articles", columns, shown, "Nobody was found.")


def _spikes(ask: ViewRequest, asked: dict[str, Any]) -> Table:
    rows = ask.rows(_SPIKES, limit=MOST_SPIKES, **asked)
    return spike_table(rows, "week", "The most surprising first", "None beyond chance.")


def _stories(ask: ViewRequest, asked: dict[str, Any]) -> Table:
    rows = ask.rows(_STORIES, limit=MOST_STORIES, **asked)
    columns = [
        Column(
            "headline",
            "Story",
            "long",
            link=_first_article,
        ),
        Column("article_count", "Articles", "count", link=to_story),
        Column("outlet_count", "Outlets", "count"),
        Column("first_outlet", "First in"),
        Column("first_published_on", "On", "day"),
    ]
    return Table("stories", "Printed more than once", columns, rows, "No text was printed twice.")


def _first_article(row: Row) -> Link:
    return Link("article", {"id": row["first_article_id"]})


def _volume(ask: ViewRequest, since: date, until: date) -> Chart:
    grain = "day" if (until - since).days <= 92 else "week"
    rows = ask.rows(_VOLUME, grain=grain, since=since, until=until)
    total = sum(row["article_count"] for row in rows)
    alt = f"Articles and stories by {grain}, {total:,} articles in all."
    return volume(rows, grain, grain.capitalize(), f"By {grain}", alt)
