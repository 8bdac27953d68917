"""The views, a module each: what is asked of the published file, and how it is laid out as a page.

A view is a function from `Ask` to `Page`, named here under the name that stands in its address.
Does not belong here: HTML, addresses, and anything that writes.
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
from etl.explorer.views.glossary import words
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
    "words": words,
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
"""What stands at the top of every page."""
