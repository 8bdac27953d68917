"""Up to six actors in one chart, over time and by outlet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from etl.explorer import charts
from etl.explorer.blocks import (
    Chart,
    Choice,
    Column,
    Form,
    Input,
    Link,
    Note,
    Page,
    Row,
    Section,
    Table,
    UrlFor,
)
from etl.explorer.view_request import RequestError, ViewRequest
from etl.explorer.views.filters import date_inputs
from etl.explorer.views.links import to_period_articles
from etl.explorer.views.periods import (
    GRAINS,
    midpoint,
    newest_day,
    period_name,
    series_start,
)
from etl.explorer.views.series_options import SeriesOptions, series_choices, series_options
from etl.query.timelines import timeline

MAX_ACTORS, MAX_OUTLETS = 6, 12
_OUTLETS = """
select outlet, entity_id, count(*) filter (mention_count > 0) as article_count
from actor_articles semi join (select unnest($ids::varchar[]) as entity_id) using (entity_id)
where outlet is not null and ($since::date is null or published_on >= $since::date)
  and ($until::date is null or published_on <= $until::date)
group by all
"""


def compare(request: ViewRequest) -> Page:
    """Return the comparison; `actor` and `name` may occur several times in the URL."""
    values = request.values("actor") + request.values("name")
    if len(values) > MAX_ACTORS:
        raise RequestError(f"at most {MAX_ACTORS} actors can be compared, not {len(values)}")
    found = (request.find_actor(value) for value in values)
    entities: dict[str, Row] = {row["entity_id"]: row for row in found}
    first_days = (row["first_seen"] for row in entities.values() if row["first_seen"])
    options = series_options(request, min(first_days, default=None), newest_day(request))
    since, until = request.date_range()
    parameters: dict[str, Any] = {
        "actor": list(entities),
        **options.parameters,
        "from": since,
        "to": until,
    }
    blocks: list[Any] = [_form(entities, parameters)]
    if not entities:
        blocks.append(
            Note("Add two to six actors: start typing a name, then choose from the list.")
        )
        return Page("compare", "Compare", [Section("", blocks)], parameters=parameters)
    blocks.append(_removals(entities, parameters))
    blocks += series_choices(options, lambda other: Link("compare", parameters | other))
    names = _names(entities)
    series = _series(request, entities, names, options, since, until)
    if not series:
        blocks.append(Note("No dated articles mention these actors in this period."))
        return Page("compare", "Compare", [Section("", blocks)], parameters=parameters)
    blocks.append(_over_time(series, names, options))
    by_outlet = _by_outlet(request, names, since, until)
    *others, last = names.values()
    title = f"{', '.join(others)} and {last}" if others else last
    sections = [Section("Over time", blocks), Section("By outlet", [by_outlet])]
    return Page("compare", title, sections, parameters=parameters)


def _names(entities: dict[str, Row]) -> dict[str, str]:
    """Return display names by id. Actors that share a name get their id appended."""
    names = [row["name"] for row in entities.values()]
    return {
        i: row["name"] if names.count(row["name"]) == 1 else f"{row['name']} ({i})"
        for i, row in entities.items()
    }


def _form(entities: dict[str, Row], parameters: dict[str, Any]) -> Form:
    hidden = [Input("actor", "", entity_id, "hidden") for entity_id in entities]
    hidden += [
        Input(name, "", str(parameters[name]), "hidden")
        for name in ("by", "of", "as")
        if parameters[name]
    ]
    inputs = date_inputs(parameters["from"], parameters["to"])
    if len(entities) < MAX_ACTORS:
        inputs.insert(0, Input("name", "Add an actor", kind="actor"))
    return Form("compare", [*hidden, *inputs], "Show")


def _removals(entities: dict[str, Row], parameters: dict[str, Any]) -> Choice:
    """Return a link for each actor to the same page without that actor."""

    def without(entity_id: str) -> Link:
        return Link("compare", parameters | {"actor": [i for i in entities if i != entity_id]})

    return Choice("Remove", [(row["name"], without(i), False) for i, row in entities.items()])


def _series(
    request: ViewRequest,
    entities: dict[str, Row],
    names: dict[str, str],
    options: SeriesOptions,
    since: date | None,
    until: date | None,
) -> list[Row]:
    first_days = (row["first_seen"] for row in entities.values() if row["first_seen"])
    first, last = min(first_days, default=None), until or newest_day(request)
    if last:
        first = series_start(since, first, last, options.grain)
    series = []
    for entity_id, row in entities.items():
        periods = timeline(request.con, row, options.grain, first, until)  # type: ignore[arg-type]
        series += [
            {
                "period_start": period["period_start"],
                "period": period_name(period["period_start"], options.grain),
                "entity_id": entity_id,
                "name": names[entity_id],
                options.column: period[options.column],
            }
            for period in periods
        ]
    return series


def _over_time(series: Sequence[Row], names: dict[str, str], options: SeriesOptions) -> Chart:
    key, label, grain = options.column, options.label, options.grain

    def articles(row: Row, entity_id: str) -> Link:
        return to_period_articles(row["period_start"], grain, actor=entity_id)

    def draw(url_for: UrlFor) -> dict[str, Any]:
        points = [
            row
            | {
                "at": midpoint(row["period_start"], grain),
                "href": url_for(articles(row, row["entity_id"])),
            }
            for row in series
        ]
        return charts.lines(
            points, key, label=label, names=list(names.values()), is_share=options.is_share
        )

    by_period: dict[Any, Row] = {}
    for row in series:
        period = {"period_start": row["period_start"], "period": row["period"]}
        by_period.setdefault(row["period_start"], period)[row["entity_id"]] = row[key]
    columns = [
        Column("period", grain.capitalize()),
        *(
            Column(i, name, options.kind, link=lambda row, i=i: articles(row, i))  # type: ignore[misc]
            for i, name in names.items()
        ),
    ]
    caption = f"{label.capitalize()} {GRAINS[grain]}"
    rows = sorted(by_period.values(), key=lambda row: row["period_start"], reverse=True)
    title = _title(series, names, options)
    return Chart(draw, title, Table("compare", caption, columns, rows), caption)


def _title(series: Sequence[Row], names: dict[str, str], options: SeriesOptions) -> str:
    """Return who has most, or for shares, whose are compared."""
    if options.is_share or len(names) < 2:
        return f"{', '.join(names.values())}: {options.label}"
    key = options.column
    totals = {i: sum(r[key] or 0 for r in series if r["entity_id"] == i) for i in names}
    (first, most), *others = sorted(totals.items(), key=lambda item: -item[1])
    rest = ", ".join(f"{names[i]} {total:,}" for i, total in others)
    return f"{names[first]} leads with {most:,} {options.label}: {rest}"


def _by_outlet(
    request: ViewRequest, names: dict[str, str], since: date | None, until: date | None
) -> Chart | Note:
    by_outlet: dict[str, Row] = {}
    for row in request.rows(_OUTLETS, ids=list(names), since=since, until=until):
        zeros = {"outlet": row["outlet"], **dict.fromkeys(names, 0)}
        by_outlet.setdefault(row["outlet"], zeros)[row["entity_id"]] = row["article_count"]
    rows = sorted(by_outlet.values(), key=lambda r: (-sum(r[i] for i in names), r["outlet"]))
    if not rows:
        return Note("No outlet is known for these articles.")

    def articles(row: Row, entity_id: str) -> Link:
        parameters = {"actor": entity_id, "outlet": row["outlet"], "from": since, "to": until}
        return Link("articles", parameters)

    columns = [
        Column("outlet", "Outlet"),
        *(
            Column(i, name, "count", link=lambda row, i=i: articles(row, i))  # type: ignore[misc]
            for i, name in names.items()
        ),
    ]

    def draw(url_for: UrlFor) -> dict[str, Any]:
        return charts.bars(rows[:MAX_OUTLETS], "outlet", list(names.items()), label="articles")

    title = f"{rows[0]['outlet']} mentions them most often"
    table = Table("outlets", "Articles by outlet", columns, rows)
    return Chart(draw, title, table, "Articles by outlet")
