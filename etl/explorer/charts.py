"""Vega-Lite specifications of charts, drawn in the browser without network access.

Belongs here: the look of lines and bars, axes, labels, and links on marks. Does not belong here:
the numbers and the titles (`etl.explorer.views`), the values of colours (`static/explorer.css`).

A colour is the name of a custom property, such as "var(--series-1)". The browser puts the value
there, so that one specification serves light and dark pages (`static/explorer.js`). Lines also
differ by dash pattern, and their names stand beside them rather than in a legend, as in the charts
of the Financial Times and Our World in Data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt

from etl.explorer.blocks import Row

COLOURS = tuple(f"var(--series-{n})" for n in range(1, 7))
DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3])
HEIGHT, SMALL_HEIGHT = 260, 84
LABEL_PIXELS = 15
"""Height of a line's name."""
CHARACTER_PIXELS = 6.6
MAX_LABEL_PIXELS = 140
"""Room for the names of lines: a phone has 326 pixels for a chart."""
MAX_ANNOTATIONS = 2
ANNOTATION_PIXELS = 230


def timeline(
    rows: Sequence[Row], value: str, *, label: str, is_share: bool = False
) -> dict[str, Any]:
    """Return a line of one actor over time, with its interval, its spikes, and links on the points.

    Rows hold `at` (ISO date), `period` (name), the value under the key `value`, its bounds
    (`value` + '_low' and '_high'), `interval` (the bounds as text), `spike` and `headline` (text or
    None: how unusual the period is, and its main story) and `href`. The headlines of the largest
    spikes stand beside them.
    """
    tooltip = _tooltip(value, label, is_share)
    tooltip.append(alt.Tooltip("interval:N", title="90% interval"))
    x, y = _time_axis(rows), _value_axis(rows, value, is_share)
    base = alt.Chart(_data(rows))
    band = base.mark_area(color=COLOURS[0], opacity=0.2).encode(
        x=x, y=alt.Y(f"{value}_low:Q", axis=y), y2=f"{value}_high:Q"
    )
    line = base.mark_line(color=COLOURS[0], strokeWidth=2).encode(x=x, y=f"{value}:Q")
    points = (
        base.transform_filter(f"datum['{value}'] > 0")
        .mark_point(color=COLOURS[0], filled=True, size=_point_size(rows), opacity=1)
        .encode(x=x, y=f"{value}:Q", tooltip=tooltip, href="href:N")
    )
    layers = [band, line, points]
    if any(row["spike"] for row in rows):
        layers.append(
            base.transform_filter("datum.spike != null")
            .mark_point(color=COLOURS[1], filled=True, shape="triangle-up", size=150, opacity=1)
            .encode(x=x, y=f"{value}:Q", tooltip=[*tooltip, alt.Tooltip("spike:N")], href="href:N")
        )
        layers += _annotations(rows, value, x)
    return _spec(alt.layer(*layers))


def _annotations(rows: Sequence[Row], value: str, x: alt.X) -> list[alt.Chart]:
    """Return the headlines of the largest spikes, which are far enough from each other."""
    first, last = (date.fromisoformat(row["at"]) for row in (rows[0], rows[-1]))
    days = max(1, (last - first).days)
    chosen: list[tuple[float, Row]] = []
    spikes = [row for row in rows if row["spike"] and row.get("headline")]
    for row in sorted(spikes, key=lambda row: -(row[value] or 0)):
        place = (date.fromisoformat(row["at"]) - first).days / days
        if len(chosen) < MAX_ANNOTATIONS and all(abs(place - other) > 0.35 for other, _ in chosen):
            chosen.append((place, row))
    return [
        alt.Chart(_data([row]))
        .mark_text(
            align="right" if place > 0.5 else "left",
            dx=-10 if place > 0.5 else 10,
            dy=-2,
            limit=ANNOTATION_PIXELS,
            color="var(--ink)",
            fontSize=12,
        )
        .encode(x=x, y=f"{value}:Q", text="headline:N", href="href:N")
        for place, row in chosen
    ]


def lines(
    rows: Sequence[Row], value: str, *, label: str, names: Sequence[str], is_share: bool = False
) -> dict[str, Any]:
    """Return several lines over time, each with its name at its end.

    Rows hold `at`, `period`, `name`, the value, and `href`.
    """
    colours = alt.Scale(domain=list(names), range=list(COLOURS[: len(names)]))
    dashes = alt.Scale(domain=list(names), range=[list(d) for d in DASHES[: len(names)]])
    base = alt.Chart(_data(rows)).encode(
        x=_time_axis(rows),
        y=alt.Y(f"{value}:Q", axis=_value_axis(rows, value, is_share)),
        color=alt.Color("name:N", scale=colours, legend=None),
    )
    line = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("name:N", scale=dashes, legend=None)
    )
    points = base.transform_filter(f"datum['{value}'] > 0").mark_point(
        filled=True, size=_point_size(rows), opacity=1
    )
    points = points.encode(
        tooltip=[alt.Tooltip("name:N"), *_tooltip(value, label, is_share)], href="href:N"
    )
    ends = (
        alt.Chart(_data(_line_ends(rows, value, names)))
        .mark_text(align="left", dx=8, fontSize=12, fontWeight=600, limit=MAX_LABEL_PIXELS - 16)
        .encode(
            x=_time_axis(rows),
            y="label_at:Q",
            text="name:N",
            color=alt.Color("name:N", scale=colours, legend=None),
        )
    )
    right = 16 + int(CHARACTER_PIXELS * max(map(len, names), default=0))
    return _spec(line + points + ends, right=min(right, MAX_LABEL_PIXELS))


def small_multiples(
    rows: Sequence[Row], value: str, *, label: str, names: Sequence[str]
) -> dict[str, Any]:
    """Return one small chart for each name, below each other, on the same scales.

    Rows are those of `lines`. The browser sets the width, which Vega-Lite can't fit in a facet.
    """
    colours = alt.Scale(domain=list(names), range=list(COLOURS[: len(names)]))
    colour = alt.Color("name:N", scale=colours, legend=None)
    base = alt.Chart().encode(
        x=_time_axis(rows),
        y=alt.Y(f"{value}:Q", axis=_value_axis(rows, value, is_share=False)),
        color=colour,
    )
    area = base.mark_area(opacity=0.25)
    line = base.mark_line(strokeWidth=2)
    points = base.transform_filter(f"datum['{value}'] > 0").mark_point(
        filled=True, size=_point_size(rows), opacity=1
    )
    points = points.encode(
        tooltip=[alt.Tooltip("name:N"), *_tooltip(value, label, is_share=False)], href="href:N"
    )
    header = alt.Header(
        title=None, labelAngle=0, labelAlign="left", labelAnchor="start", labelFontWeight=600,
        labelFontSize=13, labelColor="var(--ink)", labelOrient="top",
    )  # fmt: skip
    chart = alt.layer(area, line, points, data=_data(rows)).properties(height=SMALL_HEIGHT)
    faceted = chart.facet(row=alt.Row("name:N", sort=list(names), header=header), spacing=14)
    spec = _framed(faceted.to_dict(validate=False))
    return spec | {"usermeta": {"fits": True}}


def _line_ends(rows: Sequence[Row], value: str, names: Sequence[str]) -> list[Row]:
    """Return where each line's name stands: at its last value, moved apart if they would overlap.

    `label_at` is in units of the value axis, which starts at 0.
    """
    highest = max((row[value] or 0 for row in rows), default=0) or 1
    step = highest * LABEL_PIXELS / HEIGHT
    last = {row["name"]: row for row in rows}
    ends = sorted((last[name] for name in names if name in last), key=lambda r: r[value] or 0)
    placed: list[Row] = []
    lowest = 0.0
    for row in ends:
        at = max(row[value] or 0, lowest)
        placed.append({"name": row["name"], "at": row["at"], "label_at": at})
        lowest = at + step
    return placed


def bars(
    rows: Sequence[Row], name: str, values: Sequence[tuple[str, str]], *, label: str
) -> dict[str, Any]:
    """Return bars with their numbers: one per row and value. `values` are pairs of key and label.

    Several values have a legend, because their bars are too short for a name beside each.
    """
    labels = [value_label for _, value_label in values]
    long = [
        {"name": row[name], "value": row[key], "series": value_label, "href": row.get("href")}
        for row in rows
        for key, value_label in values
    ]
    scale = alt.Scale(domain=labels, range=list(COLOURS[: len(values)]))
    legend = alt.Legend(title=None, orient="top", symbolType="square") if len(values) > 1 else None
    axis = alt.Axis(title=None, labelLimit=220, ticks=False, domain=False, labelPadding=8)
    base = alt.Chart(_data(long)).encode(
        y=alt.Y("name:N", sort=None, axis=axis),
        x=alt.X("value:Q", axis=None, title=label),
    )
    if len(values) > 1:
        base = base.encode(yOffset=alt.YOffset("series:N", sort=labels))
    drawn = base.mark_bar(cornerRadiusEnd=2).encode(
        color=alt.Color("series:N", scale=scale, legend=legend),
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("series:N"), alt.Tooltip("value:Q")],
        href="href:N",
    )
    numbers = base.mark_text(align="left", dx=5, fontSize=11, color="var(--muted)").encode(
        text=alt.Text("value:Q", format=",d")
    )
    height = max(60, len(rows) * (26 if len(values) == 1 else 17 * len(values) + 8))
    return _spec(drawn + numbers, height=height, right=48)


def heat_map(rows: Sequence[Row], *, label: str) -> dict[str, Any]:
    """Return a grid of names (down) and months (across), darker where the value is higher.

    Rows hold `at` (ISO date), `period`, `name`, `n` and `href`.
    """
    names = list(dict.fromkeys(row["name"] for row in rows))
    axis = alt.Axis(title=None, labelLimit=200, ticks=False, domain=False, labelPadding=8)
    chart = (
        alt.Chart(_data(rows))
        .mark_rect(cornerRadius=2, stroke="var(--card)", strokeWidth=2)
        .encode(
            x=alt.X("yearmonth(at):O", axis=_month_labels(rows)),
            y=alt.Y("name:N", sort=names, axis=axis),
            color=alt.Color(
                "n:Q",
                scale=alt.Scale(range=["var(--raised)", COLOURS[0]], domainMin=0),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("name:N"),
                alt.Tooltip("period:N", title="month"),
                alt.Tooltip("n:Q", title=label, format=",d"),
            ],
            href="href:N",
        )
    )
    return _spec(chart, height=max(60, 26 * len(names)))


def _month_labels(rows: Sequence[Row]) -> alt.Axis:
    return alt.Axis(
        title=None,
        ticks=False,
        domain=False,
        labelAngle=0,
        labelOverlap=True,
        labelExpr="[timeFormat(datum.value, '%b'), "
        "month(datum.value) == 0 || datum.index == 0 ? timeFormat(datum.value, '%Y') : '']",
    )


def _time_axis(rows: Sequence[Row]) -> alt.X:
    """Return the time axis: the year stands below the first label and each January.

    A range of more than four years has the years alone.
    """
    ends = [row["at"] for row in rows] or [date.today().isoformat()]
    days = (date.fromisoformat(max(ends)) - date.fromisoformat(min(ends))).days
    ticks: Any = alt.Undefined
    if days > 4 * 366:
        labels = "timeFormat(datum.value, '%Y')"
        ticks = {"interval": "year", "step": 1 + days // (12 * 366)}
    else:
        short, begins = ("%b", "month(datum.value) == 0")
        if days <= 100:
            short, begins = "%-d %b", "month(datum.value) == 0 && date(datum.value) <= 7"
        year = f"datum.index == 0 || {begins} ? timeFormat(datum.value, '%Y') : ''"
        labels = f"[timeFormat(datum.value, '{short}'), {year}]"
        if days > 100:
            ticks = {"interval": "month", "step": 1 + days // 400}
    axis = alt.Axis(
        title=None,
        grid=False,
        labelOverlap=True,
        labelSeparation=12,
        labelExpr=labels,
        tickCount=ticks,
    )
    return alt.X("at:T", axis=axis)


def _value_axis(rows: Sequence[Row], value: str, is_share: bool) -> alt.Axis:
    """Return the value axis: few lines, and no title, for the chart's subtitle says the measure.

    Counts have no line between whole numbers.
    """
    if is_share:
        return alt.Axis(format="%", title=None, tickCount=4, ticks=False, domain=False)
    highest = max((row.get(f"{value}_high") or row[value] or 0 for row in rows), default=0)
    lines = max(1, min(4, int(highest)))
    return alt.Axis(title=None, tickCount=lines, ticks=False, domain=False, format="~s")


def _point_size(rows: Sequence[Row]) -> int:
    """Return the area of a point, smaller if there are many."""
    return 40 if len(rows) <= 120 else 14


def _tooltip(value: str, label: str, is_share: bool) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("period:N", title="period"),
        alt.Tooltip(f"{value}:Q", title=label, format=".1%" if is_share else ",d"),
    ]


def _data(rows: Sequence[Row]) -> alt.Data:
    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]


def _spec(
    chart: alt.Chart | alt.LayerChart | alt.FacetChart, height: int = HEIGHT, right: int = 8
) -> dict[str, Any]:
    padding = {"left": 4, "top": 8, "right": right, "bottom": 4}
    spec: dict[str, Any] = chart.properties(
        width="container", height=height, padding=padding
    ).to_dict(validate=False)
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return _framed(spec)


def _framed(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a specification with the theme of all charts."""
    spec["background"] = None
    spec["config"] = {
        "font": "system-ui, sans-serif",
        "axis": {
            "labelColor": "var(--muted)",
            "gridColor": "var(--grid)",
            "domainColor": "var(--line)",
            "tickColor": "var(--line)",
            "labelFontSize": 12,
            "labelPadding": 6,
        },
        "legend": {"labelFontSize": 12, "labelColor": "var(--ink)"},
        "title": {"color": "var(--ink)", "subtitleColor": "var(--muted)", "anchor": "start"},
        "view": {"stroke": None},
    }
    return spec
