"""Form fields that several views share."""

from __future__ import annotations

from etl.explorer.blocks import Input
from etl.explorer.view_request import ViewRequest

_OUTLETS = """
select outlet from article_metadata where outlet is not null
group by 1 order by count(*) desc limit 300
"""


def outlet_input(request: ViewRequest, value: str | None) -> Input:
    """A choice of outlets, those with most articles first, or any."""
    names = request.remembered("outlets", lambda: [row["outlet"] for row in request.rows(_OUTLETS)])
    options = (("", "any"), *((name, name) for name in names))
    return Input("outlet", "Outlet", value or "", "select", options)
