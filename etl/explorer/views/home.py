"""First page: what is new, who rises or falls, who is heard, and the state of the data.

Belongs here: the order of the sections, and the short ones. Does not belong here: who rises and
falls (`etl.explorer.views.movers`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from etl.explorer.blocks import (
    Block,
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
from etl.explorer.views.links import titled, to_actor, to_story
from etl.explorer.views.movers import (
    MAX_ROWS,
    OF_TYPE,
    TYPE_GROUPS,
    Window,
    add_sparks,
    movers,
    window,
    window_choices,
)
from etl.explorer.views.news_volume import news_volume
from etl.explorer.views.periods import grain_for, long_day
from etl.explorer.views.spikes import spike_table
from etl.query.display import counted

VOLUME_DAYS = 365
_COUNTS = """
select (select count(*) from article_metadata where published_on is null) as undated,
  (select count(*) from entities) as actors,
  (select coalesce(sum(quote_count), 0)::bigint from article_metadata) as quotes,
  (select count(*) from quarantine) as quarantined
"""
_SINCE_VISIT = """
select count(*) as article_count, count(distinct outlet) as outlet_count,
  (select count(*) from entities where first_seen > (
    select max(published_on) from article_metadata where ingested_at <= $visit
  )) as actor_count
from article_metadata where ingested_at > $visit
"""
_RUNS = """
select run_id, kind, status, started_at, finished_at, articles_new, quarantined, error
from ingest_runs order by started_at desc limit 6
"""
_VOLUME = """
select period_start, article_count, story_count, outlet_count from publication_periods
where grain = $grain and period_start > $until::date - $days::integer and period_start <= $until
order by period_start
"""
_SPIKES = f"""
select s.entity_id, e.name, s.period_start, s.story_count, s.expected_story_count, s.surprise,
  s.article_ids, s.headlines
from actor_spikes s join entities e using (entity_id)
where s.grain = 'week' and s.period_start <= $until and {OF_TYPE}
order by s.period_start desc, s.surprise desc, e.name limit $limit
"""
_QUOTED = f"""
select entity_id, e.name, sum(c.statement_count)::bigint as statement_count,
  count(*) filter (c.statement_count > 0)::bigint as article_count
from actor_articles c join entities e using (entity_id)
where c.published_on between $since and $until and {OF_TYPE}
group by 1, 2 having sum(c.statement_count) > 0 order by 3 desc, 4 desc, 2 limit $limit
"""
_UNHEARD = f"""
select entity_id, e.name, count(distinct c.story_id)::bigint as story_count,
  count(*) filter (c.mention_count > 0)::bigint as article_count
from actor_articles c join entities e using (entity_id)
where c.published_on between $since and $until and {OF_TYPE}
group by 1, 2 having sum(c.statement_count) = 0 and story_count > 1
order by 3 desc, 4 desc, 2 limit $limit
"""
_STORIES = """
select story_id, headline, outlet_count, article_count, first_published_on
from stories where last_published_on between $since and $until
order by outlet_count desc, article_count desc, first_published_on desc, headline limit $limit
"""
_ABOUT_SPIKES = (
    "Weeks with far more stories about an actor than its past coverage predicts: a chance of one "
    "in a thousand or less."
)


def home(request: ViewRequest) -> Page:
    """Return the first page; `until` is the last day to look at, by default the newest."""
    counts = request.totals() | request.rows(_COUNTS)[0]
    search = Form("actor", [Input("name", "Who are you looking for?", kind="actor")], "Show")
    top: list[Block] = [search, *_since_visit(request), *_warnings(request, counts)]
    sections = [Section("", top, anchor="search", layout="plain")]
    parameters: dict[str, Any] = {}
    if counts["last_day"]:
        newest = _until(request)
        actor_type = request.one_of("type", list(TYPE_GROUPS))
        chosen = window(request, counts["first_day"], newest or counts["last_day"])
        parameters = {"until": newest, "type": actor_type, "days": request.text("days") or None}
        choices = window_choices(chosen, actor_type, parameters)
        sections.append(Section("In these days", [*choices], layout="plain"))
        sections += movers(request, chosen, actor_type)
        sections += _voices(request, chosen, actor_type)
        sections += [
            Section("Stories in most outlets", [_stories(request, chosen)], layout="half"),
            Section(
                "Unusual weeks",
                [_spikes(request, chosen, actor_type)],
                _ABOUT_SPIKES,
                layout="half",
            ),
            Section("How much news there is", [_volume(request, chosen)]),
        ]
    elif counts["articles"]:
        text = "No article has a date, so changes over time cannot be shown."
        sections.append(Section("", [Note(text, is_warning=True)]))
    sections.append(Section("The data", [_figures(counts), _state(request), _runs(request)]))
    return Page("home", "Who is in the news?", sections, _lead(counts), parameters)


def _until(request: ViewRequest) -> date | None:
    """Return the requested last day, within the days that have articles."""
    until, days = request.day("until"), request.published_days()
    return min(max(until, days[0]), days[1]) if until and days else None


def _lead(counts: Row) -> str:
    if not counts["last_day"]:
        return ""
    return (
        f"{counted(counts['articles'], 'article')} of {counted(counts['outlets'], 'outlet')}, "
        f"{long_day(counts['first_day'])} to {long_day(counts['last_day'])}: "
        f"{counted(counts['actors'], 'actor')} and {counted(counts['quotes'], 'quote')}."
    )


def _since_visit(request: ViewRequest) -> list[Note]:
    """Return what came in since the reader was here last."""
    if request.last_visit is None:
        return []
    row = request.rows(_SINCE_VISIT, visit=request.last_visit)[0]
    if not row["article_count"]:
        return []
    text = (
        f"Since your last visit on {long_day(request.last_visit.date())}: "
        f"{counted(row['article_count'], 'new article')} of "
        f"{counted(row['outlet_count'], 'outlet')}, {counted(row['actor_count'], 'new actor')}."
    )
    return [
        Note(
            text, links=[("See them", Link("articles", {"added": request.last_visit.isoformat()}))]
        )
    ]


def _warnings(request: ViewRequest, counts: Row) -> list[Note]:
    notes = []
    if not counts["articles"]:
        notes.append(Note("No articles yet. Add some:", True, code="newsactors ingest YOUR_FOLDER"))
    if counts["undated"]:
        notes.append(
            Note(
                f"{counts['undated']:,} articles have no date. They appear in searches, but not in "
                "charts over time."
            )
        )
    return notes


def _voices(request: ViewRequest, chosen: Window, actor_type: str) -> list[Section]:
    """Return who is quoted most, and who is only talked about."""
    query = {
        "since": chosen.since,
        "until": chosen.until,
        "type": actor_type,
        "limit": MAX_ROWS,
    }
    quoted, unheard = request.rows(_QUOTED, **query), request.rows(_UNHEARD, **query)
    add_sparks(request, [*quoted, *unheard], chosen)
    days = {"from": chosen.since, "to": chosen.until}

    def statements(row: Row) -> Link:
        return Link("quotes", {"speaker": row["entity_id"], "act": "statement", **days})

    def articles(row: Row) -> Link:
        return Link("articles", {"actor": row["entity_id"], **days})

    actor = [Column("name", "Actor", link=to_actor), Column("spark", "Trend", "spark")]
    return [
        Section(
            "Quoted most",
            [
                Table(
                    "quoted",
                    "Statements in these days",
                    [
                        *actor,
                        Column("statement_count", "Statements", "count", link=statements),
                        Column("article_count", "Articles", "count"),
                    ],
                    quoted,
                    "Nobody is quoted in these days.",
                )
            ],
            layout="half",
        ),
        Section(
            "In the news, not quoted",
            [
                Table(
                    "unheard",
                    "Mentioned in these days, without a statement of their own",
                    [
                        *actor,
                        Column("story_count", "Stories", "count"),
                        Column("article_count", "Articles", "count", link=articles),
                    ],
                    unheard,
                    "Everyone who is mentioned in several stories is quoted as well.",
                )
            ],
            layout="half",
        ),
    ]


def _stories(request: ViewRequest, chosen: Window) -> Table:
    rows = request.rows(_STORIES, since=chosen.since, until=chosen.until, limit=MAX_ROWS)
    columns = [
        Column("headline", "Story", "long", link=to_story),
        Column("outlet_count", "Outlets", "count"),
        Column("article_count", "Articles", "count", link=to_story),
        Column("first_published_on", "First", "day"),
    ]
    rows = [titled(row) for row in rows]
    return Table("stories", "Stories of these days", columns, rows, "No stories in these days.")


def _spikes(request: ViewRequest, chosen: Window, actor_type: str) -> Table:
    rows = request.rows(_SPIKES, until=chosen.until, type=actor_type, limit=MAX_ROWS)
    empty = (
        "No unusual weeks yet. A week is judged by the year before it, so young archives have none."
    )
    return spike_table(rows, "week", "Newest first", empty, is_narrow=True)


def _volume(request: ViewRequest, chosen: Window) -> Chart:
    first = (request.published_days() or (chosen.since, chosen.until))[0]
    since = max(first, chosen.until - timedelta(days=VOLUME_DAYS))
    grain = grain_for(since, chosen.until)
    rows = request.rows(_VOLUME, grain=grain, until=chosen.until, days=VOLUME_DAYS)
    total = sum(row["article_count"] for row in rows)
    busiest = max(rows, key=lambda row: row["article_count"], default=None)
    title = f"{counted(total, 'article')} up to {long_day(chosen.until)}"
    if busiest:
        title += f", at most {busiest['article_count']:,} in one {grain}"
    return news_volume(rows, grain, title, Column("outlet_count", "Outlets", "count"))


def _figures(counts: Row) -> Figures:
    return Figures(
        [
            Figure("articles", counts["articles"], link=Link("articles")),
            Figure("actors", counts["actors"], link=Link("actor")),
            Figure("quotes", counts["quotes"], link=Link("quotes")),
            Figure("in quarantine", counts["quarantined"], note="newsactors quarantine list"),
        ]
    )


def _state(request: ViewRequest) -> Note:
    """Return in one line how fresh the data is."""
    info = {row["property"]: row["value"] for row in request.rows("from warehouse_info")}
    text = f"Published {_as_time(info.get('published_at', ''))}."
    if days := request.published_days():
        age = (date.today() - days[1]).days
        text += f" The newest article is from {long_day(days[1])}"
        text += f", {counted(age, 'day')} ago." if age > request.settings.fresh_days else "."
    return Note(text)


def _as_time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text or "at an unknown time"
    return f"on {long_day(moment.date())} at {moment:%H:%M}"


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
    return Table("runs", "Latest runs, up to the last publish", columns, rows, "No runs recorded.")
