"""Time series of one actor, with its interval and its spikes.

Belongs here: the first section of an actor's page. Does not belong here: the other sections
(`etl.explorer.views.actor`), several actors in one chart (`etl.explorer.views.compare`).
"""

from __future__ import annotations

from typing import Any

from etl.explorer import charts
from etl.explorer.blocks import Block, Chart, Column, Form, Input, Link, Note, Row, Table, UrlFor
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.filters import date_inputs
from etl.explorer.views.links import to_period_articles
from etl.explorer.views.periods import (
    GRAINS,
    midpoint,
    newest_day,
    period_name,
    series_start,
)
from etl.explorer.views.series_options import SeriesOptions, series_choices
from etl.explorer.views.spikes import spike_table, with_main_story
from etl.query.display import counted
from etl.query.timelines import timeline

_SPIKES = """
select entity_id, period_start, story_count, expected_story_count, ratio, surprise, article_ids,
  headlines
from actor_spikes where entity_id = $id and grain = $grain
  and ($since::date is null or period_start >= $since::date)
  and ($until::date is null or period_start <= $until::date)
order by period_start desc
"""


def over_time(
    request: ViewRequest, entity: Row, parameters: dict[str, Any], options: SeriesOptions
) -> list[Block]:
    """Return the section; `parameters` are those of the page."""
    grain, since = options.grain, parameters["from"]
    until = parameters["to"] or newest_day(request)
    if until:
        since = series_start(since, entity["first_seen"], until, grain)
    rows = timeline(request.con, entity, grain, since, until)  # type: ignore[arg-type]
    hidden = [
        Input(name, "", str(value), "hidden")
        for name, value in parameters.items()
        if value and name not in ("from", "to")
    ]
    dates = date_inputs(parameters["from"], parameters["to"])
    blocks: list[Block] = [
        *series_choices(options, lambda other: Link("actor", parameters | other)),
        Form("actor", [*hidden, *dates], "Show"),
    ]
    if not rows:
        note = Note(f"No dated articles mention {entity['name']} in this period.", is_warning=True)
        return [*blocks, note]
    spikes = _spikes(request, parameters, grain)
    by_start = {row["period_start"]: row for row in spikes}
    series = [
        {
            **row,
            "period": period_name(row["period_start"], grain),
            "spike": _spike_label(by_start.get(row["period_start"]), grain),
        }
        for row in rows
    ]
    blocks.append(_chart(entity, series, options, len(spikes)))
    if spikes:
        caption = f"Unusual {grain}s and their main stories"
        blocks.append(spike_table(spikes, grain, caption, with_names=False))
    elif grain != "month":
        blocks.append(Note(f"No unusual {grain}s in this period."))
    return blocks


def _spikes(request: ViewRequest, parameters: dict[str, Any], grain: str) -> list[Row]:
    """Return the actor's spikes; there are none by month."""
    if grain == "month":
        return []
    since, until = parameters["from"], parameters["to"]
    return request.rows(_SPIKES, id=parameters["id"], grain=grain, since=since, until=until)


def _chart(entity: Row, series: list[Row], options: SeriesOptions, spike_count: int) -> Chart:
    key, grain = options.column, options.grain

    def articles(row: Row) -> Link:
        how = {"said": "quoted", "headlines": "headline"}.get(options.measure)
        return to_period_articles(row["period_start"], grain, actor=entity["entity_id"], how=how)

    def draw(url_for: UrlFor) -> dict[str, Any]:
        points = []
        for row in series:
            low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
            points.append(
                {
                    "at": midpoint(row["period_start"], grain),
                    "period": row["period"],
                    key: row[key],
                    f"{key}_low": low,
                    f"{key}_high": high,
                    "interval": _interval(low, high, options.is_share),
                    "spike": row["spike"],
                    "href": url_for(articles(row)),
                }
            )
        return charts.timeline(points, key, label=options.label, is_share=options.is_share)

    label, kind = options.label, options.kind
    columns = [
        Column("period", grain.capitalize(), link=articles),
        Column("period_start", "First day", "day"),
        Column(key, label.capitalize(), kind, link=articles),
        Column(f"{key}_low", "Lower bound", kind, tooltip="Lower end of the 90% interval"),
        Column(f"{key}_high", "Upper bound", kind, tooltip="Upper end of the 90% interval"),
        Column("article_total", "All articles", "count"),
        Column("spike", "Spike"),
    ]
    caption = f"{entity['name']}, {label} {GRAINS[grain]}"
    peak = max(series, key=lambda row: row[key] or 0)
    alt = (
        f"{label.capitalize()} {GRAINS[grain]} from {series[0]['period_start']} to "
        f"{series[-1]['period_start']}. Peak: {peak['period']}. {counted(spike_count, 'spike')}. "
        "The shaded band is the 90% interval. The table shows the numbers."
    )
    return Chart(draw, alt, Table("timeline", caption, columns, series[::-1]))


def _interval(low: float | None, high: float | None, is_share: bool) -> str | None:
    if low is None or high is None:
        return None
    return f"{low:.1%} to {high:.1%}" if is_share else f"{low:,} to {high:,}"


def _spike_label(spike: Row | None, grain: str) -> str | None:
    """Return the tooltip of a spike: its size and its main story."""
    if spike is None:
        return None
    label = f"{spike['ratio']:.1f} times as many stories as expected"
    headline = with_main_story(spike, grain)["headline"]
    return f"{label}: {headline}" if headline else label
