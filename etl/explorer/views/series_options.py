"""What is counted of actors, by which periods, as numbers or as shares of all news.

Belongs here: reading it from an address and offering the other choices, for each view that shows a
series. Does not belong here: the series themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from etl.explorer.blocks import Choice, Kind, Link
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.periods import GRAINS

COUNTS = {
    "articles": ("article_count", "articles"),
    "stories": ("story_count", "stories"),
    "mentions": ("mention_count", "mentions"),
    "said": ("utterance_count", "utterances"),
    "headlines": ("headline_article_count", "articles with it in the headline"),
}
"""By what stands in an address: the column of a series, and what it counts."""
SHARES = {"articles": "share_of_articles", "stories": "share_of_stories"}


@dataclass(frozen=True)
class SeriesOptions:
    """One of the ways in which an actor is counted."""

    grain: str
    """A key of GRAINS."""
    of: str
    """A key of COUNTS."""
    is_share: bool

    @property
    def column(self) -> str:
        """The column of a series."""
        return SHARES[self.of] if self.is_share else COUNTS[self.of][0]

    @property
    def label(self) -> str:
        """What the column counts."""
        return f"share of all {self.of}" if self.is_share else COUNTS[self.of][1]

    @property
    def kind(self) -> Kind:
        """How the column is written."""
        return "share" if self.is_share else "count"

    @property
    def parameters(self) -> dict[str, str | None]:
        """As it stands in an address."""
        return {"by": self.grain, "of": self.of, "as": "share" if self.is_share else None}


def series_options(request: ViewRequest) -> SeriesOptions:
    """What an address asks for. Raises RequestError where it cannot be."""
    of = request.one_of("of", list(COUNTS))
    is_share = request.one_of("as", ["count", "share"]) == "share"
    return SeriesOptions(request.one_of("by", list(GRAINS)), of, is_share and of in SHARES)


def series_choices(
    chosen: SeriesOptions, to: Callable[[dict[str, str | None]], Link]
) -> list[Choice]:
    """The other ways to count; `to` leads to the same view with these parameters."""

    def instead(grain: str, of: str, is_share: bool) -> Link:
        return to(SeriesOptions(grain, of, is_share and of in SHARES).parameters)

    grain, of, is_share = chosen.grain, chosen.of, chosen.is_share
    offered = [
        Choice(
            "", [(label, instead(key, of, is_share), key == grain) for key, label in GRAINS.items()]
        ),
        Choice("Count", [(key, instead(grain, key, is_share), key == of) for key in COUNTS]),
    ]
    if of in SHARES:
        options = [("numbers", instead(grain, of, False), not is_share)]
        options.append(("share of all news", instead(grain, of, True), is_share))
        offered.append(Choice("As", options))
    return offered
