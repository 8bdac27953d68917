"""Renders pages as HTML, for the server and the report.

Belongs here: the templates' filters, the format of values, the URLs of links. Does not belong here:
the contents of pages (`etl.explorer.views`).

The templates escape all text that comes from articles, and JSON inside a page cannot close its
script element. Pages load three files of their own and nothing from other servers.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from etl.explorer.blocks import Column, Link, Page, Row, UrlFor
from etl.explorer.views import MENU
from etl.explorer.views.links import TYPES
from etl.query.export import plain

STATIC = Path(__file__).parent / "static"
MISSING = "–"


def url_for(link: Link | None) -> str | None:
    """Return the server's URL of a link."""
    if link is None:
        return None
    url = f"/{link.view}"
    if query := parameters(link):
        url += "?" + urlencode(query, doseq=True)
    return url + (f"#{quote(link.anchor)}" if link.anchor else "")


def parameters(link: Link) -> dict[str, str | list[str]]:
    """Return the parameters of a link as text, without empty ones."""
    return {
        key: [str(item) for item in value] if isinstance(value, list | tuple) else str(value)
        for key, value in link.parameters.items()
        if value not in (None, "", [], ())
    }


def format_value(value: Any, kind: str) -> str:
    """Format a value for display."""
    if value is None:
        return MISSING
    match kind:
        case "raw":
            return f"{value:.6g}" if isinstance(value, float) else str(value)
        case "count":
            return f"{value:,}" if isinstance(value, int) else f"{float(value):,.0f}"
        case "number":
            return f"{float(value):,.1f}"
        case "share":
            return f"{float(value):.1%}"
        case "time" if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        case "day" if isinstance(value, date):
            return value.isoformat()
        case "month" if isinstance(value, date):
            return f"{value:%B %Y}"
        case "type":
            return TYPES.get(value, str(value))
        case "time" if isinstance(value, str):
            return value[:16].replace("T", " ")
    return str(value)


def script_json(value: Any) -> Markup:
    """Return JSON that is safe inside a script element, whatever text it contains."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


SPARK_WIDTH, SPARK_HEIGHT = 100, 24


def sparkline(values: Sequence[float] | None) -> Markup:
    """Return numbers as a small line from 0 to their highest, with a dot at the last.

    The numbers beside it in the table say the same, so a screen reader skips the picture.
    """
    if not values:
        return Markup("")
    highest = max(values) or 1
    step = SPARK_WIDTH / max(1, len(values) - 1)
    places = [
        (2 + n * step, 2 + SPARK_HEIGHT * (1 - value / highest)) for n, value in enumerate(values)
    ]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    x, y = places[-1]
    box = f"0 0 {SPARK_WIDTH + 6} {SPARK_HEIGHT + 4}"
    return Markup(
        '<svg class="line" viewBox="{}" aria-hidden="true"><polyline points="{}"/>'
        '<circle cx="{:.1f}" cy="{:.1f}" r="2.5"/></svg>'
    ).format(box, points, x, y)


def _cell(column: Column, row: Row) -> tuple[str, Link | None]:
    value = row.get(column.key)
    link = column.link(row) if column.link and value is not None else None
    return format_value(value, column.kind), link


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("etl.explorer"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["format_value"] = format_value
    environment.globals |= {
        "cell": _cell,
        "script_json": script_json,
        "sparkline": sparkline,
        "menu": MENU,
    }
    return environment


def html(page: Page, url_for: UrlFor, **frame: Any) -> str:
    """Render a page. `frame` holds variables of its header and footer (`templates/page.html`)."""
    variables: Mapping[str, Any] = {
        "static": "/static/",
        "token": "",
        "snapshot": "",
        "export": None,
        "is_live": True,
        **frame,
    }
    return _environment().get_template("page.html").render(page=page, url_for=url_for, **variables)


_EXPOSE_VEGA_EMBED = "window.vegaEmbed = vegaEmbed;"


@functools.cache
def vega() -> str:
    """Return Vega, Vega-Lite and vega-embed as one self-contained script that sets `vegaEmbed`."""
    bundle: str = vl_convert.javascript_bundle(_EXPOSE_VEGA_EMBED)
    return bundle
