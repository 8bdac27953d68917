"""Vega-Lite specifications of charts, drawn in the browser without network access.

Belongs here: the look of lines and bars, colours, and links on marks. Does not belong here: the
numbers (`etl.explorer.views`). The colours are those of Okabe and Ito (2008), which people with
colour vision deficiency can tell apart; lines also differ by dash pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from etl.explorer.blocks import Row

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#806000")
INK, FAINT = "#1f2933", "#c3cad2"
DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3])
HEIGHT = 260

_DATE_FORMATS = {"year": "%Y", "quarter": "%b", "month": "%b", "week": "%-d %b", "date": "%-d %b"}
"""Formats of axis labels, by the unit that begins at a tick. Vega's default for days ("Tue 03")
says little."""


def timeline(
    rows: Sequence[Row], value: str, *, label: str, is_share: bool = False
) -> dict[str, Any]:
    """Return a line of one actor over time, with its interval, its spikes, and links on the points.

    Rows hold `at` (ISO date), `period` (name), the value under the key `value`, its bounds
    (`value` + '_low' and '_high'), `interval` (the bounds as text), `spike` (text or None) and
    `href`.
    """
    data = _data(rows)
    x, axis, tooltip = _time_axis(), _value_axis(label, is_share), _tooltip(value, label, is_share)
    tooltip.append(alt.Tooltip("interval:N", title="90% interval"))
    base = alt.Chart(data)
    band = base.mark_area(color=COLOURS[0], opacity=0.18).encode(
        x=x, y=alt.Y(f"{value}_low:Q", axis=axis), y2=f"{value}_high:Q"
    )
    line = base.mark_line(color=COLOURS[0]).encode(x=x, y=f"{value}:Q")
    points = (
        base.transform_filter(f"datum['{value}'] > 0")
        .mark_point(color=COLOURS[0], filled=True, size=36, opacity=0.9)
        .encode(x=x, y=f"{value}:Q", tooltip=tooltip, href="href:N")
    )
    spikes = (
        base.transform_filter("datum.spike != null")
        .mark_point(color=COLOURS[1], filled=True, shape="triangle-up", size=150, opacity=1)
        .encode(x=x, y=f"{value}:Q", tooltip=[*tooltip, alt.Tooltip("spike:N")], href="href:N")
    )
    layers = [band, line, points]
    if any(row["spike"] for row in rows):
        layers.append(spikes)
    return _spec(alt.layer(*layers))


def lines(
    rows: Sequence[Row], value: str, *, label: str, names: Sequence[str], is_share: bool = False
) -> dict[str, Any]:
    """Return several lines over time. Rows hold `at`, `period`, `name`, the value, and `href`."""
    colours = alt.Scale(domain=list(names), range=list(COLOURS[: len(names)]))
    dashes = alt.Scale(domain=list(names), range=[list(d) for d in DASHES[: len(names)]])
    legend = alt.Legend(title=None, orient="top", labelLimit=240)
    base = alt.Chart(_data(rows)).encode(
        x=_time_axis(),
        y=alt.Y(f"{value}:Q", axis=_value_axis(label, is_share)),
        color=alt.Color("name:N", scale=colours, legend=legend),
    )
    line = base.mark_line().encode(strokeDash=alt.StrokeDash("name:N", scale=dashes, legend=legend))
    points = base.transform_filter(f"datum['{value}'] > 0").mark_point(filled=True, size=30)
    points = points.encode(
        tooltip=[alt.Tooltip("name:N"), *_tooltip(value, label, is_share)], href="href:N"
    )
    return _spec(line + points)


def _time_axis() -> alt.X:
    axis = alt.Axis(title=None, labelOverlap=True, labelSeparation=12, format=_DATE_FORMATS)
    return alt.X("at:T", axis=axis)


def _value_axis(label: str, is_share: bool) -> alt.Axis:
    if is_share:
        return alt.Axis(format="%", title=label)
    return alt.Axis(title=label, tickMinStep=1)


def _tooltip(value: str, label: str, is_share: bool) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("period:N", title="period"),
        alt.Tooltip(f"{value}:Q", title=label, format=".1%" if is_share else ",d"),
    ]


def bars(
    rows: Sequence[Row], name: str, values: Sequence[tuple[str, str]], *, label: str
) -> dict[str, Any]:
    """Return bars: one per row and value. `values` are pairs of key and label."""
    labels = [value_label for _, value_label in values]
    long = [
        {"name": row[name], "value": row[key], "series": value_label, "href": row.get("href")}
        for row in rows
        for key, value_label in values
    ]
    chart = (
        alt.Chart(_data(long))
        .mark_bar()
        .encode(
            y=alt.Y("name:N", sort=None, axis=alt.Axis(title=None, labelLimit=220)),
            x=alt.X("value:Q", axis=alt.Axis(title=label, tickMinStep=1)),
            color=alt.Color(
                "series:N",
                scale=alt.Scale(domain=labels, range=list(COLOURS[: len(values)])),
                legend=alt.Legend(title=None, orient="top") if len(values) > 1 else None,
            ),
            tooltip=[alt.Tooltip("name:N"), alt.Tooltip("series:N"), alt.Tooltip("value:Q")],
            href="href:N",
        )
    )
    if len(values) > 1:
        chart = chart.encode(yOffset=alt.YOffset("series:N", sort=labels))
    return _spec(chart, height=max(60, 22 * len(rows) * max(1, len(values) * 3 // 4)))


def _data(rows: Sequence[Row]) -> alt.Data:
    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]


def _spec(
    chart: alt.Chart | alt.LayerChart | alt.FacetChart, height: int = HEIGHT
) -> dict[str, Any]:
    spec: dict[str, Any] = chart.properties(width="container", height=height).to_dict(
        validate=False
    )
    spec["background"] = None
    spec["config"] = {
        "font": "system-ui, sans-serif",
        "axis": {"labelColor": INK, "titleColor": INK, "gridColor": "#e8ebee", "labelFontSize": 12},
        "legend": {"labelFontSize": 13},
        "view": {"stroke": None},
    }
    return spec
