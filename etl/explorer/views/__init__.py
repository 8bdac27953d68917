"""Views: one module per page, from a `ViewRequest` to a `Page`.

A view is registered here under the name that its URL has. Belongs here: the SQL and the layout of
pages. Does not belong here: HTML and URLs (`etl.explorer.rendering`), and anything that writes.

Other modules hold parts of views:

| module | what it holds |
|---|---|
| `actor_list`, `actor_coverage`, `over_time` | parts of the actor view |
| `movers` | part of the home page |
| `spikes`, `news_volume` | blocks that several views show |
| `series_options`, `filters`, `periods`, `links` | options, form fields, periods and links |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from etl.explorer.blocks import Page
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.actor import actor
from etl.explorer.views.article import article
from etl.explorer.views.articles import articles
from etl.explorer.views.compare import compare
from etl.explorer.views.corrections import corrections
from etl.explorer.views.glossary import glossary
from etl.explorer.views.home import home
from etl.explorer.views.outlet import outlet
from etl.explorer.views.period import period
from etl.explorer.views.periods import long_day
from etl.explorer.views.quotes import quotes
from etl.explorer.views.sql import sql
from etl.explorer.views.story import story
from etl.query.display import counted

VIEWS: Mapping[str, Callable[[ViewRequest], Page]] = {
    "home": home,
    "period": period,
    "actor": actor,
    "compare": compare,
    "quotes": quotes,
    "outlet": outlet,
    "story": story,
    "articles": articles,
    "article": article,
    "corrections": corrections,
    "sql": sql,
    "words": glossary,
}


def build_page(view: str, request: ViewRequest) -> Page:
    """Return the page of a view, with the line that says where the numbers come from."""
    counts = request.totals()
    source = f"Source: {counted(counts['articles'], 'article')} of "
    source += counted(counts["outlets"], "outlet")
    if counts["first_day"]:
        source += f", {long_day(counts['first_day'])} to {long_day(counts['last_day'])}"
    return replace(VIEWS[view](request), source=f"{source}; counted by newsactors.")


MENU = {
    "home": "Home",
    "period": "Period",
    "actor": "Actors",
    "compare": "Compare",
    "quotes": "Quotes",
    "outlet": "Outlets",
    "articles": "Articles",
    "corrections": "Corrections",
    "sql": "SQL",
}
"""Views in the navigation bar, and their labels."""
