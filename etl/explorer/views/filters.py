"""Form fields that several views share."""

from __future__ import annotations

from datetime import date

from etl.explorer.blocks import Input
from etl.explorer.view_request import ViewRequest

_OUTLETS = """
select outlet from article_metadata where outlet is not null
group by 1 order by count(*) desc limit 300
"""


def outlet_input(request: ViewRequest, value: str | None) -> Input:
    """Return a select of outlets, those with most articles first."""
    names = request.cached("outlets", lambda: [row["outlet"] for row in request.rows(_OUTLETS)])
    options = (("", "any"), *((name, name) for name in names))
    return Input("outlet", "Outlet", value or "", "select", options)


def date_inputs(since: date | None, until: date | None) -> list[Input]:
    """Return the fields for the first and the last day."""
    return [
        Input("from", "From", str(since or ""), "date"),
        Input("to", "To", str(until or ""), "date"),
    ]
