"""Pages as HTML, for the server and for the report: templates, how values look, what pages load.

Everything that comes from articles is escaped by the templates; JSON within a page cannot end its
element. Pages load three files of their own and nothing from elsewhere.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from etl.explorer.blocks import Column, Link, Page, Row
from etl.explorer.views import MENU
from etl.explorer.views.links import TYPES
from etl.query.export import plain

STATIC = Path(__file__).parent / "static"
NONE = "–"

Address = Callable[[Link | None], str | None]
"""From a link to what stands in `href`; None where it leads nowhere."""


def address(link: Link | None) -> str | None:
    """The address of a link on the server."""
    if link is None:
        return None
    path = f"/{link.view}"
    if wanted := parameters(link):
        path += "?" + urlencode(wanted, doseq=True)
    return path + (f"#{quote(link.anchor)}" if link.anchor else "")


def parameters(link: Link) -> dict[str, str | list[str]]:
    """The parameters of a link as text, without those that say nothing."""
    return {
        key: [str(item) for item in value] if isinstance(value, list | tuple) else str(value)
        for key, value in link.parameters.items()
        if value not in (None, "", [], ())
    }


def shown(value: Any, kind: str) -> str:
    """A value as a reader sees it."""
    if value is None:
        return NONE
    match kind:
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


def within_page(value: Any) -> Markup:
    """JSON to stand within a script element, whatever texts it holds."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _cell(column: Column, row: Row) -> tuple[str, Link | None]:
    value = row.get(column.key)
    return shown(value, column.kind), column.link(
        row
    ) if column.link and value is not None else None


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("etl.explorer"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.globals |= {"cell": _cell, "within_page": within_page, "menu": MENU}
    return environment


def html(page: Page, address: Address, **about: Any) -> str:
    """A page as HTML; `about` is what the frame around it shows, see `templates/frame.html`."""
    frame: Mapping[str, Any] = {
        "static": "/static/",
        "token": "",
        "snapshot": "",
        "export": None,
        "is_live": True,
        **about,
    }
    return _environment().get_template("page.html").render(page=page, address=address, **frame)


_VEGA = "window.vegaEmbed = vegaEmbed;"


@functools.cache
def vega() -> str:
    """Vega, Vega-Lite and vega-embed as one script that fetches nothing; sets `vegaEmbed`."""
    bundle: str = vl_convert.javascript_bundle(_VEGA)
    return bundle
