"""Views: one module per page, from a `ViewRequest` to a `Page`.

A view is registered here under the name that its URL has. Belongs here: the SQL and the layout of
pages. Does not belong here: HTML and URLs (`etl.explorer.rendering`), and anything that writes.

Other modules hold parts of views:

| module | what it holds |
|---|---|
| `actor_list`, `actor_coverage`, `over_time` | parts of the actor view |
| `spikes`, `news_volume` | blocks that several views show |
| `series_options`, `filters`, `periods`, `links` | options, form fields, periods and links |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from etl.explorer.blocks import Page
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.actor import actor
from etl.explorer.views.article import article
from etl.explorer.views.articles import articles
from etl.explorer.views.compare import compare
from etl.explorer.views.corrections import corrections
from etl.explorer.views.glossary import glossary
from etl.explorer.views.period import period
from etl.explorer.views.quotes import quotes
from etl.explorer.views.today import today

VIEWS: Mapping[str, Callable[[ViewRequest], Page]] = {
    "today": today,
    "period": period,
    "actor": actor,
    "compare": compare,
    "quotes": quotes,
    "articles": articles,
    "article": article,
    "corrections": corrections,
    "words": glossary,
}
MENU = {
    "today": "Today",
    "period": "Period",
    "actor": "Actor",
    "compare": "Compare",
    "quotes": "Quotes",
    "articles": "Articles",
    "corrections": "Corrections",
}
"""Views in the navigation bar, and their labels."""
