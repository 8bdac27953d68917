"""One actor over time: the chart with its band, the table beside it, the spikes and what they are.

Belongs here: the first part of an actor's page. Does not belong here: the rest of it (`actor`),
several actors on one chart (`compare`).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from etl.explorer import charts
from etl.explorer.blocks import Block, Chart, Column, Form, Input, Link, Note, Row, Table
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.counting import Counting, choices
from etl.explorer.views.links import GRAINS, last_day, middle, period_name
from etl.explorer.views.parts import newest_day
from etl.explorer.views.spikes import explained, spike_table
from etl.query.display import counted
from etl.query.timelines import timeline

MOST_DAYS = 400
"""Of a line by day, where no first day is asked for: 2,000 took 1.1 s, and nobody can tell them
apart on a screen."""

_SPIKES = """
select entity_id, period_start, story_count, expected_story_count, ratio, surprise, article_ids,
  headlines
from actor_spikes where entity_id = $id and grain = $grain
  and ($since::date is null or period_start >= $since::date)
  and ($until::date is null or period_start <= $until::date)
order by period_start desc
"""


def over_time(
    ask: ViewRequest, who: Row, here: dict[str, Any], chosen: Counting, asked: dict[str, Any]
) -> list[Block]:
    """The section; `here` are the parameters of the page, `asked` those of a query."""
    grain = chosen.grain
    until = asked["until"] or newest_day(ask)
    since = asked["since"]
    if grain == "day" and until and not since and who["first_seen"]:
        since = max(who["first_seen"], until - timedelta(days=MOST_DAYS - 1))
    rows = timeline(ask.con, who, grain, since, until)  # type: ignore[arg-type]
    blocks: list[Block] = [
        *choices(chosen, lambda other: Link("actor", here | other)),
        Form(
            "actor",
            [
                *(
                    Input(name, "", str(value), "hidden")
                    for name, value in here.items()
                    if value and name not in ("from", "to")
                ),
                Input("from", "From", str(asked["since"] or ""), "date"),
                Input("to", "To", str(asked["until"] or ""), "date"),
            ],
            "Show",
        ),
    ]
    if not rows:
        return [
            *blocks,
            Note(f"{who['name']} is in no article with a date in these days.", is_warning=True),
        ]
    found = ask.rows(_SPIKES, grain=grain, **asked) if grain != "month" else []
    spikes = {row["period_start"]: row for row in found}
    shown = [
        {
            **row,
            "period": period_name(row["period_start"], grain),
            "spike": _in_words(spikes.get(row["period_start"]), grain),
        }
        for row in rows
    ]
    blocks.append(_chart(who, shown, chosen, len(spikes)))
    if found:
        caption = "Spikes, and what explains them"
        blocks.append(spike_table(found, grain, caption, is_named=False))
    elif grain != "month":
        blocks.append(Note("No spike: nothing here is beyond what chance has in store."))
    return blocks


def _chart(who: Row, shown: list[Row], chosen: Counting, spike_count: int) -> Chart:
    key, grain = chosen.column, chosen.grain

    def articles(row: Row) -> Link:
        return _in_period(who["entity_id"], row["period_start"], chosen)

    def draw(address: Any) -> dict[str, Any]:
        drawn = []
        for row in shown:
            low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
            drawn.append(
                {
                    "at": middle(row["period_start"], grain),
                    "period": row["period"],
                    key: row[key],
                    f"{key}_low": low,
                    f"{key}_high": high,
                    "between": _between(low, high, chosen.is_share),
                    "spike": row["spike"],
                    "href": address(articles(row)),
                }
            )
        return charts.timeline(drawn, key, label=chosen.label, is_share=chosen.is_share)

    label, kind = chosen.label, chosen.kind
    columns = [
        Column("period", "When", link=articles),
        Column("period_start", "From", "day"),
        Column(key, label.capitalize(), kind, link=articles),
        Column(f"{key}_low", "At least", kind, about="Low of a 90% interval of what is right"),
        Column(f"{key}_high", "At most", kind, about="High of a 90% interval of what is right"),
        Column("article_total", "All articles", "count"),
        Column("spike", "Spike"),
    ]
    table = Table("timeline", f"{who['name']}, {label} {GRAINS[grain]}", columns, shown[::-1])
    peak = max(shown, key=lambda row: row[key] or 0)
    alt = (
        f"{label} {GRAINS[grain]} from {shown[0]['period_start']} to {shown[-1]['period_start']}; "
        f"most: {peak['period']}; {counted(spike_count, 'spike')}. "
        "The pale band is what is likely right, nine times in ten. The numbers are in the table."
    )
    return Chart(draw, alt, table)


def _between(low: float | None, high: float | None, is_share: bool) -> str | None:
    if low is None or high is None:
        return None
    return f"{low:.1%} and {high:.1%}" if is_share else f"{low:,} and {high:,}"


def _in_words(spike: Row | None, grain: str) -> str | None:
    """What a spike is and why, for whoever points at it."""
    if spike is None:
        return None
    words = f"{spike['ratio']:.1f} times as many stories as usual"
    headline = explained(spike, grain)["headline"]
    return f"{words}: {headline}" if headline else words


def _in_period(entity_id: str, start: date, chosen: Counting) -> Link:
    """The articles that a number counts."""
    how = {"said": "quoted", "headlines": "headline"}.get(chosen.of)
    days = {"from": start, "to": last_day(start, chosen.grain)}
    return Link("articles", {"actor": entity_id, **days, "how": how})
