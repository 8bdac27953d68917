"""What an analyst opens first: how fresh it all is, who rises and falls, and why."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from etl.explorer.blocks import (
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
from etl.explorer.views.links import TYPES, to_actor, to_told
from etl.explorer.views.news_volume import news_volume
from etl.explorer.views.periods import period_name
from etl.explorer.views.spikes import NO_HEADLINE, spike_table

MOVERS = 12
WEEKS_BEFORE = 4
TYPES = {
    "": "people and organisations",
    "PERSON": "people",
    "ORG": "organisations",
    "GPE": "places",
}

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
_LAST_JUMP = "select max(period_start) as week from actor_spikes where grain = 'week'"
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
_MOVERS_STORY = """
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
    """The state of the warehouse, and the movers of seven days, by default the newest."""
    counts = request.rows(_COUNTS)[0]
    properties = {r["property"]: r["value"] for r in request.rows("from warehouse_info")}
    last = counts["last_day"]
    sections = [
        Section("", [_figures(counts, properties)]),
        Section("", _freshness(request, counts)),
    ]
    here: dict[str, Any] = {}
    if last:
        until = request.day("until") or last
        kind = request.one_of("type", list(TYPES))
        here = {"until": request.day("until"), "type": kind}
        sections += _movers(request, until, kind, here)
        sections.append(Section("Latest spikes", [_spikes(request, until, kind)], _ABOUT_SPIKES))
        sections.append(Section("How much news", [_volume(request, until)]))
    else:
        why = "No article has a date, so that nobody can rise or fall."
        sections.append(Section("", [Note(why, is_warning=True)]))
    sections.append(Section("Last runs", [_runs(request)]))
    return Page("today", "Today", sections, parameters=here)


def _figures(counts: Row, properties: dict[str, str]) -> Figures:
    published = properties.get("published_at", "")
    return Figures(
        [
            Figure(
                "articles",
                counts["articles"],
                link=Link("articles"),
                note=f"{counts['new_articles']:,} came in the last 24 hours",
            ),
            Figure("actors", counts["actors"], link=Link("actor")),
            Figure("quotes", counts["quotes"], link=Link("quotes")),
            Figure("newest article", counts["last_day"], "day"),
            Figure("published", _as_time(published), "time"),
            Figure("in quarantine", counts["quarantined"], note="newsactors quarantine list"),
        ]
    )


def _as_time(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text or "unknown"


def _freshness(request: ViewRequest, counts: Row) -> list[Note]:
    notes = []
    if not counts["articles"]:
        notes.append(
            Note("There is no article yet. Bring some:", True, code="newsactors ingest YOUR_FOLDER")
        )
    elif counts["last_day"]:
        age = (date.today() - counts["last_day"]).days
        if age > request.settings.fresh_days:
            notes.append(Note(f"The newest article is {age:,} days old."))
    if counts["undated"]:
        notes.append(
            Note(f"{counts['undated']:,} articles have no date: found by search, in no series.")
        )
    if counts["quarantined"]:
        notes.append(
            Note(
                f"{counts['quarantined']:,} items could not be read and wait in quarantine.",
                code="newsactors quarantine list",
            )
        )
    return notes


_ABOUT_SPIKES = (
    "Weeks in which an actor was in more stories than its own past makes likely, by a chance of "
    "one in a thousand or less."
)


def _movers(request: ViewRequest, until: date, kind: str, here: dict[str, Any]) -> list[Section]:
    since = until - timedelta(days=6)

    def ends(days: int) -> Link:
        return Link("today", here | {"until": until + timedelta(days=days)})

    choices: list[Any] = [
        Choice(
            f"{since} to {until}",
            [
                ("seven days before", ends(-7), False),
                *([("seven days after", ends(7), False)] if here["until"] else []),
                ("newest", Link("today", here | {"until": None}), here["until"] is None),
            ],
        ),
        Choice(
            "Show",
            [(label, Link("today", here | {"type": t}), t == kind) for t, label in TYPES.items()],
        ),
    ]
    asked = {
        "since": since,
        "until": until,
        "weeks": WEEKS_BEFORE,
        "type": kind,
        "limit": MOVERS,
    }
    rising, falling = request.rows(_RISING, **asked), request.rows(_FALLING, **asked)
    _tell(request, rising, since, until)
    _tell(request, falling, since - timedelta(weeks=WEEKS_BEFORE), since - timedelta(days=1))
    about = (
        f"Stories of seven days against a week of the {WEEKS_BEFORE} before; a text that many "
        "outlets print is one story."
    )
    return [
        Section("Find an actor", [Form("actor", [Input("name", "Name", kind="actor")], "Show")]),
        Section(
            "Rising",
            [
                *choices,
                _mover_table("rising", rising, since, until),
                *_last_jump(request, rising, here),
            ],
            about,
        ),
        Section("Falling", [_mover_table("falling", falling, since, until)]),
    ]


def _last_jump(request: ViewRequest, rising: list[Row], here: dict[str, Any]) -> list[Note]:
    """Where nobody rises: the way to the last days in which somebody did."""
    week = None if rising else request.rows(_LAST_JUMP)[0]["week"]
    if week is None:
        return []
    days = Link("today", here | {"until": week + timedelta(days=6)})
    name = period_name(week, "week")
    return [Note("Somebody’s coverage last jumped in the", links=[(name, days)])]


def _spikes(request: ViewRequest, until: date, kind: str) -> Table:
    rows = request.rows(_SPIKES, until=until, type=kind, limit=MOVERS)
    return spike_table(rows, "week", "Newest first", "None: all is within chance.")


def _tell(request: ViewRequest, rows: list[Row], since: date, until: date) -> None:
    """Put the story that is most about each actor beside it."""
    ids = [row["entity_id"] for row in rows]
    found = {
        row["entity_id"]: row
        for row in request.rows(_MOVERS_STORY, ids=ids, since=since, until=until)
    }
    for row in rows:
        told = found.get(row["entity_id"], {})
        row["headline"] = told.get("headline") or (NO_HEADLINE if told else None)
        row["article_id"] = told.get("article_id")


def _mover_table(name: str, rows: list[Row], since: date, until: date) -> Table:
    def articles(row: Row) -> Link:
        return Link("articles", {"actor": row["entity_id"], "from": since, "to": until})

    columns = [
        Column("name", "Actor", link=to_actor),
        Column("story_count", "Stories", "count", link=articles),
        Column("article_count", "Articles", "count", link=articles),
        Column("usual", "Usual", "number", about="Stories in a week of the four before"),
        Column("change", "Change", "number"),
        Column(
            "headline",
            "The story most about it" if name == "rising" else "What it was about before",
            "long",
            link=to_told,
        ),
    ]
    more = "More" if name == "rising" else "Less"
    caption = f"{more} than in the weeks before, what is least likely by chance first"
    return Table(name, caption, columns, rows, "Nobody, in these days.")


def _volume(request: ViewRequest, until: date) -> Chart:
    rows = request.rows(_VOLUME, until=until)
    total = sum(row["article_count"] for row in rows)
    alt = f"Articles and stories by week, {len(rows)} weeks, {total:,} articles in all."
    caption = "Articles and stories by week"
    outlets = Column("outlet_count", "Outlets", "count")
    return news_volume(rows, "week", "Week", caption, alt, outlets)


def _runs(request: ViewRequest) -> Table:
    columns = [
        Column("started_at", "Started", "time"),
        Column("kind", "Kind"),
        Column("status", "Status"),
        Column("articles_new", "New articles", "count"),
        Column("quarantined", "Set aside", "count"),
        Column("error", "Error", "long"),
    ]
    return Table("runs", "As of this publish", columns, request.rows(_RUNS), "No run is recorded.")
