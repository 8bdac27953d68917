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
    last_day,
    long_day,
    midpoint,
    newest_day,
    period_in_text,
    period_name,
    series_start,
)
from etl.explorer.views.series_options import MEASURES, SeriesOptions, series_choices
from etl.explorer.views.spikes import spike_table, with_main_story
from etl.query.timelines import timeline

_MAIN_ARTICLE = """
select a.headline from actor_articles c join article_metadata a using (article_id)
where c.entity_id = $id and c.published_on between $since and $until and a.headline is not null
order by (c.headline_mention_count > 0) desc, c.mention_count desc, a.article_id limit 1
"""
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
            **_spike_texts(by_start.get(row["period_start"]), grain),
        }
        for row in rows
    ]
    title = _title(request, entity, series, options)
    blocks.append(_chart(entity, series, options, title))
    if spikes:
        caption = f"Unusual {grain}s and their main stories"
        blocks.append(spike_table(spikes, grain, caption, with_names=False))
    elif grain != "month":
        blocks.append(Note(f"No {grain} is unusual for {entity['name']}."))
    return blocks


def _title(request: ViewRequest, entity: Row, series: list[Row], options: SeriesOptions) -> str:
    """Return what is seen: how many, most in which period, and the story of that period."""
    key, grain, name = options.column, options.grain, entity["name"]
    peak = max(series, key=lambda row: row[key] or 0)
    when = period_in_text(peak["period_start"], grain)
    if options.is_share:
        title = f"{name}: {peak[key] or 0:.1%} of all {options.measure} {when}, the highest share"
    else:
        total = sum(row[key] or 0 for row in series)
        label = options.label if total != 1 else MEASURES[options.measure][2]
        title = f"{name}: {total:,} {label}"
        if [row[key] for row in series].count(peak[key]) > 1:
            return title  # no period stands out
        title += f", most {when}" if len(series) > 1 and total > 1 else f" {when}"
    days = {"since": peak["period_start"], "until": last_day(peak["period_start"], grain)}
    headline = next(iter(request.rows(_MAIN_ARTICLE, id=entity["entity_id"], **days)), None)
    return f"{title}, with “{headline['headline']}”" if headline and grain != "month" else title


def _spikes(request: ViewRequest, parameters: dict[str, Any], grain: str) -> list[Row]:
    """Return the actor's spikes; there are none by month."""
    if grain == "month":
        return []
    since, until = parameters["from"], parameters["to"]
    return request.rows(_SPIKES, id=parameters["id"], grain=grain, since=since, until=until)


def _chart(entity: Row, series: list[Row], options: SeriesOptions, title: str) -> Chart:
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
                    # Without any article of any outlet there is nothing to count: a gap, not 0.
                    key: row[key] if row["article_total"] else None,
                    f"{key}_low": low,
                    f"{key}_high": high,
                    "interval": _interval(low, high, options.is_share),
                    "spike": row["spike"],
                    "headline": row["headline"],
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
        Column("headline", "Main story", "long"),
    ]
    caption = f"{entity['name']}, {label} {GRAINS[grain]}"
    table = Table("timeline", caption, columns, series[::-1])
    has_band = any(row.get(f"{key}_low") is not None for row in series)
    measure = f"{label.capitalize()} {GRAINS[grain]}"
    if entity["first_seen"] and series[0]["period_start"] > entity["first_seen"]:
        measure += f", since {long_day(series[0]['period_start'])}"
    return Chart(draw, title, table, measure, "the true number, in nine of ten cases" * has_band)


def _interval(low: float | None, high: float | None, is_share: bool) -> str | None:
    if low is None or high is None:
        return None
    return f"{low:.1%} to {high:.1%}" if is_share else f"{low:,} to {high:,}"


def _spike_texts(spike: Row | None, grain: str) -> dict[str, str | None]:
    """Return how unusual a period is, and its main story; None for a usual one."""
    if spike is None:
        return {"spike": None, "headline": None}
    size = f"{spike['ratio']:.1f} times as many stories as expected"
    return {"spike": size, "headline": with_main_story(spike, grain)["headline"]}
