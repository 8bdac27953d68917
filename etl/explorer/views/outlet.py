"""Page of one outlet: whom it names and quotes more than others, its reprints; and the list of all.

Belongs here: what one outlet writes, beside all others. Does not belong here: one actor by outlet
(`etl.explorer.views.actor_coverage`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etl.explorer.blocks import Column, Figure, Figures, Link, Page, Row, Section, Table
from etl.explorer.view_request import NotFoundError, ViewRequest
from etl.explorer.views.links import titled, to_actor, to_story
from etl.explorer.views.news_volume import news_volume
from etl.explorer.views.periods import grain_for, long_day

MAX_ROWS, PAGE_ROWS = 12, 100
_OUTLETS = """
select outlet, count(*) as article_count, count(distinct story_id) as story_count,
  count(*) filter (is_reprint) as reprint_count, min(published_on) as first_day,
  max(published_on) as last_day, count(*) over () as outlet_total
from article_metadata where outlet is not null and ($outlet = '' or outlet = $outlet)
group by 1 order by 2 desc, 1 limit $limit offset $offset
"""
_VOLUME = """
select date_trunc($grain, published_on)::date as period_start, count(*)::bigint as article_count,
  count(distinct story_id)::bigint as story_count
from article_metadata where outlet = $outlet and published_on is not null group by 1 order by 1
"""
_MORE_THAN_OTHERS = """
with totals as (
  select count(*) filter (outlet = $outlet) as own, count(*) filter (outlet <> $outlet) as others
  from article_metadata where outlet is not null and published_on is not null
),
counted as (
  select entity_id, sum({count}) filter (outlet = $outlet)::bigint as own_count,
    coalesce(sum({count}) filter (outlet <> $outlet), 0) as others_count
  from actor_outlet_monthly where outlet is not null group by 1 having own_count > 1
),
expected as (
  select entity_id, own_count, others_count / greatest(others, 1) * own as expected_count
  from counted cross join totals
)
select entity_id, e.name, e.type, own_count, expected_count
from expected join entities e using (entity_id)
where own_count > expected_count and e.type in ('PERSON', 'ORG')
order by (own_count - expected_count) / sqrt(expected_count + 1) desc, e.name limit $limit
"""
_REPRINTS = """
with own as (select distinct story_id from article_metadata where outlet = $outlet)
select s.story_id, s.headline, s.first_outlet, s.first_published_on, s.outlet_count,
  s.article_count
from stories s semi join own using (story_id)
where s.outlet_count > 1 and (s.first_outlet = $outlet) = $given
order by s.outlet_count desc, s.first_published_on desc, s.headline limit $limit
"""
_ABOUT_EXPECTED = (
    "Expected: what the outlet would have if it treated the actor as the other outlets together do."
)


def outlet(request: ViewRequest) -> Page:
    """Return the page of the outlet `name`, or the list of outlets if none is given."""
    name = request.text("name")
    if not name:
        return _outlet_list(request)
    found = request.rows(_OUTLETS, outlet=name, limit=1, offset=0)
    if not found:
        raise NotFoundError(f"there is no outlet {name!r}; the list of outlets is at /outlet")
    row = found[0]
    sections = [
        Section("", [_figures(row)], layout="plain"),
        *_volume(request, row),
        Section(
            "Named more than elsewhere",
            [_more_than_others(request, name, "named", "article_count", "Articles")],
            _ABOUT_EXPECTED,
            layout="half",
        ),
        Section(
            "Quoted more than elsewhere",
            [_more_than_others(request, name, "quoted", "statement_count", "Statements")],
            _ABOUT_EXPECTED,
            layout="half",
        ),
        Section("Printed first, then by others", [_reprints(request, name, True)], layout="half"),
        Section("Printed after others", [_reprints(request, name, False)], layout="half"),
    ]
    return Page("outlet", name, sections, _lead(row), {"name": name})


def to_outlet(row: Row) -> Link | None:
    """Link to a row's outlet."""
    return Link("outlet", {"name": row["outlet"]}) if row.get("outlet") else None


def _outlet_list(request: ViewRequest) -> Page:
    page = request.page()
    rows = request.rows(
        _OUTLETS,
        outlet="",
        limit=request.row_limit(PAGE_ROWS),
        offset=(page - 1) * PAGE_ROWS,
    )
    total = rows[0]["outlet_total"] if rows else 0
    columns = [
        Column("outlet", "Outlet", link=to_outlet),
        Column("article_count", "Articles", "count", link=_to_articles),
        Column("story_count", "Stories", "count"),
        Column("reprint_count", "Reprints", "count", tooltip="Articles with the text of another"),
        Column("first_day", "First", "day"),
        Column("last_day", "Last", "day"),
    ]
    table = Table(
        "outlets",
        "Outlets by number of articles",
        columns,
        rows,
        "No outlet is known.",
        total=total,
        more=Link("outlet", {"page": page + 1}) if page * PAGE_ROWS < total else None,
    )
    return Page("outlet", "Outlets", [Section("", [table])])


def _to_articles(row: Row) -> Link:
    return Link("articles", {"outlet": row["outlet"]})


def _lead(row: Row) -> str:
    if row["first_day"] is None:
        return "no dated articles"
    return f"{long_day(row['first_day'])} to {long_day(row['last_day'])}"


def _figures(row: Row) -> Figures:
    return Figures(
        [
            Figure("articles", row["article_count"], link=_to_articles(row)),
            Figure("stories", row["story_count"], note="one text with its copies and versions"),
            Figure("reprints", row["reprint_count"], note="articles with the text of another"),
        ]
    )


def _volume(request: ViewRequest, row: Row) -> list[Section]:
    if row["first_day"] is None:
        return []
    grain = grain_for(row["first_day"], row["last_day"])
    rows = request.rows(_VOLUME, grain=grain, outlet=row["outlet"])
    busiest = max(rows, key=lambda period: period["article_count"])
    title = (
        f"{row['outlet']}: {row['article_count']:,} articles, at most "
        f"{busiest['article_count']:,} in one {grain}"
    )
    chart = news_volume(rows, grain, title, outlet=row["outlet"])
    return [Section("How much it writes", [chart])]


def _more_than_others(request: ViewRequest, name: str, table: str, count: str, label: str) -> Table:
    rows = request.rows(_MORE_THAN_OTHERS.format(count=count), outlet=name, limit=MAX_ROWS)
    link: Callable[[Row], Link] = _to_actors_articles(name, "quoted" if table == "quoted" else "")
    columns = [
        Column("name", "Actor", link=to_actor),
        Column("own_count", label, "count", link=link),
        Column("expected_count", "Expected", "number"),
    ]
    caption = f"{label} beyond what the other outlets would have, by how unusual it is"
    return Table(table, caption, columns, rows, "Nobody stands out.")


def _to_actors_articles(name: str, how: str) -> Callable[[Row], Link]:
    return lambda row: Link("articles", {"actor": row["entity_id"], "outlet": name, "how": how})


def _reprints(request: ViewRequest, name: str, given: bool) -> Table:
    rows = request.rows(_REPRINTS, outlet=name, given=given, limit=MAX_ROWS)
    columns: list[Any] = [
        Column("headline", "Story", "long", link=to_story),
        *([] if given else [Column("first_outlet", "First in")]),
        Column("first_published_on", "First", "day"),
        Column("outlet_count", "Outlets", "count"),
    ]
    rows = [titled(row) for row in rows]
    return Table(
        "given" if given else "taken",
        "Stories in several outlets",
        columns,
        rows,
        "No story of this outlet is in another." if given else "No story came from another outlet.",
    )
