"""Options of a time series: what to count, per which period, as numbers or as shares of all news.

Belongs here: reading the options from a request, and links to the other options. Does not belong
here: the series themselves (`etl.explorer.views.over_time`, `etl.explorer.views.compare`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from etl.explorer.blocks import Choice, Kind, Link
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.periods import GRAINS, grain_for

MEASURES = {
    "articles": ("article_count", "articles", "article"),
    "stories": ("story_count", "stories", "story"),
    "mentions": ("mention_count", "mentions", "mention"),
    "said": ("statement_count", "statements", "statement"),
    "headlines": ("headline_article_count", "headlines", "headline"),
}
"""Column and label (of many, of one) of each measure, by its name in URLs. The first is the
default."""
SHARES = {"articles": "share_of_articles", "stories": "share_of_stories"}


@dataclass(frozen=True)
class SeriesOptions:
    """Options of a time series."""

    grain: str
    """A key of GRAINS."""
    measure: str
    """A key of MEASURES."""
    is_share: bool
    is_grain_chosen: bool = True
    """Whether the reader chose the grain; otherwise another range may have another grain."""

    @property
    def column(self) -> str:
        """Column of the series."""
        return SHARES[self.measure] if self.is_share else MEASURES[self.measure][0]

    @property
    def label(self) -> str:
        """Label of the column."""
        return f"share of all {self.measure}" if self.is_share else MEASURES[self.measure][1]

    @property
    def kind(self) -> Kind:
        """Kind of the column's values."""
        return "share" if self.is_share else "count"

    @property
    def parameters(self) -> dict[str, str | None]:
        """Parameters of a URL with these options."""
        return {
            "by": self.grain if self.is_grain_chosen else None,
            "of": self.measure,
            "as": "share" if self.is_share else None,
        }


def series_options(request: ViewRequest, first: date | None, last: date | None) -> SeriesOptions:
    """Return the requested options; by default, the range decides the grain.

    `first` and `last` are the ends of the series if the request names none. Raises RequestError if
    an option is invalid.
    """
    measure = request.one_of("of", list(MEASURES))
    is_share = request.one_of("as", ["count", "share"]) == "share"
    since, until = request.date_range()
    since, until = since or first, until or last
    grain = request.one_of("by", ["", *GRAINS])
    if not grain:
        grain = grain_for(since, until) if since and until else "week"
    return SeriesOptions(grain, measure, is_share and measure in SHARES, request.text("by") != "")


def series_choices(
    current: SeriesOptions, link_to: Callable[[dict[str, str | None]], Link]
) -> list[Choice]:
    """Return links to the other options; `link_to` returns the view with given parameters."""

    def link(grain: str, measure: str, is_share: bool) -> Link:
        is_chosen = current.is_grain_chosen or grain != current.grain
        options = SeriesOptions(grain, measure, is_share and measure in SHARES, is_chosen)
        return link_to(options.parameters)

    grain, measure, is_share = current.grain, current.measure, current.is_share
    grains = [(label, link(key, measure, is_share), key == grain) for key, label in GRAINS.items()]
    measures = [
        (label, link(grain, key, is_share), key == measure)
        for key, (_, label, _) in MEASURES.items()
    ]
    choices = [Choice("", grains), Choice("Count", measures)]
    if measure in SHARES:
        options = [("numbers", link(grain, measure, False), not is_share)]
        options.append(("share of all news", link(grain, measure, True), is_share))
        choices.append(Choice("Show as", options))
    return choices
