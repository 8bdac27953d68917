"""Tables as Vega-Lite, drawn in the browser with nothing fetched.

Belongs here: how series and bars look, colours, and what a click on a mark does. Does not belong
here: numbers (`views`). Colours are those of Okabe and Ito (2008), which people with any colour
vision can tell apart; lines differ by dash too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt

from etl.explorer.blocks import Link, Row

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#806000")
INK, FAINT = "#1f2933", "#c3cad2"
DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3])
HEIGHT = 260

Address = Callable[[Link], str]

_DAYS = {"year": "%Y", "quarter": "%b", "month": "%b", "week": "%-d %b", "date": "%-d %b"}
"""How days are written along an axis, by what the tick begins. ("Tue 03" by itself says little.)"""


def timeline(
    rows: Sequence[Row], value: str, *, label: str, is_share: bool = False
) -> dict[str, Any]:
    """One actor over time, with its band of uncertainty, spikes, and a link from each period.

    Rows hold `at` (ISO day), `period` (words), `value`, its low and high (`value` + '_low',
    '_high'), `between` and `spike` (words; `spike` may be None), and `href`.
    """
    data = _data(rows)
    axis = alt.Axis(format="%", title=label) if is_share else alt.Axis(title=label, tickMinStep=1)
    x = alt.X(
        "at:T",
        axis=alt.Axis(title=None, labelOverlap=True, labelSeparation=12, format=_DAYS),
    )
    tooltip = [
        alt.Tooltip("period:N", title="when"),
        alt.Tooltip(f"{value}:Q", title=label, format=".1%" if is_share else ",d"),
        alt.Tooltip("between:N", title="likely between"),
    ]
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
    """Several lines over time: rows hold at, period, name, `value` and href."""
    axis = alt.Axis(format="%", title=label) if is_share else alt.Axis(title=label, tickMinStep=1)
    base = alt.Chart(_data(rows)).encode(
        x=alt.X(
            "at:T",
            axis=alt.Axis(title=None, labelOverlap=True, labelSeparation=12, format=_DAYS),
        ),
        y=alt.Y(f"{value}:Q", axis=axis),
        color=alt.Color(
            "name:N",
            scale=alt.Scale(domain=list(names), range=list(COLOURS[: len(names)])),
            legend=alt.Legend(title=None, orient="top", labelLimit=240),
        ),
    )
    line = base.mark_line().encode(
        strokeDash=alt.StrokeDash(
            "name:N",
            scale=alt.Scale(domain=list(names), range=[list(d) for d in DASHES[: len(names)]]),
            legend=alt.Legend(title=None, orient="top", labelLimit=240),
        )
    )
    points = base.transform_filter(f"datum['{value}'] > 0").mark_point(filled=True, size=30)
    points = points.encode(
        tooltip=[
            alt.Tooltip("name:N"),
            alt.Tooltip("period:N", title="when"),
            alt.Tooltip(f"{value}:Q", title=label, format=".1%" if is_share else ",d"),
        ],
        href="href:N",
    )
    return _spec(line + points)


def bars(
    rows: Sequence[Row], name: str, values: Sequence[tuple[str, str]], *, label: str
) -> dict[str, Any]:
    """One bar a row, or one for each of several values: (key, what it is called)."""
    long = [
        {"name": row[name], "value": row[key], "what": what, "href": row.get("href")}
        for row in rows
        for key, what in values
    ]
    chart = (
        alt.Chart(_data(long))
        .mark_bar()
        .encode(
            y=alt.Y("name:N", sort=None, axis=alt.Axis(title=None, labelLimit=220)),
            x=alt.X("value:Q", axis=alt.Axis(title=label, tickMinStep=1)),
            color=alt.Color(
                "what:N",
                scale=alt.Scale(domain=[w for _, w in values], range=list(COLOURS[: len(values)])),
                legend=alt.Legend(title=None, orient="top") if len(values) > 1 else None,
            ),
            tooltip=[alt.Tooltip("name:N"), alt.Tooltip("what:N"), alt.Tooltip("value:Q")],
            href="href:N",
        )
    )
    if len(values) > 1:
        chart = chart.encode(yOffset=alt.YOffset("what:N", sort=[w for _, w in values]))
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
