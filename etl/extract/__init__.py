"""Extraction: an article in, its actors, mentions and quotes out. Pure and useful alone.

Belongs here: the interface of an extractor and the registry of extractors by name. Does not belong
here: how any one of them works (`trained`: the default, and a fast one; `rules`), files, databases,
Dagster.

    from etl.extract import get_extractor
    extraction = get_extractor().extract(article)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from etl.domain import Article, Extraction


class Extractor(Protocol):
    """What turns articles into extractions, without side effects and always the same way.

    `version` is stored beside every row: it changes whenever the same article could yield another
    extraction, lexicon included. One that can be pickled works in several processes at once.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def extract(self, article: Article) -> Extraction:
        """All actors, mentions and quotes of one article; any text is legal, none raises."""
        ...

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        """One extraction per article, in order; equal to calling `extract` on each."""
        ...


DEFAULT_EXTRACTOR = "tagger"

_factories: dict[str, Callable[[], Extractor]] = {}


def register_extractor(name: str, factory: Callable[[], Extractor]) -> None:
    """Make `get_extractor(name)` return what `factory` makes; a name is registered once."""
    if name in _factories:
        raise ValueError(f"an extractor named {name!r} is registered already")
    _factories[name] = factory


def extractor_names() -> tuple[str, ...]:
    """The registered names, sorted."""
    return tuple(sorted(_factories))


def get_extractor(name: str = DEFAULT_EXTRACTOR) -> Extractor:
    """A ready extractor; ValueError names the known ones when `name` is not among them."""
    try:
        factory = _factories[name]
    except KeyError:
        known = ", ".join(extractor_names())
        raise ValueError(f"no extractor is named {name!r}; known: {known}") from None
    return factory()


# Imported on use: an extractor that is not asked for loads neither lexicon nor weights.
def _tagger() -> Extractor:
    from etl.extract.tagger_extractor import TaggerExtractor

    return TaggerExtractor()


def _fast() -> Extractor:
    from etl.extract.tagger.engine import FAST_WEIGHTS
    from etl.extract.tagger_extractor import TaggerExtractor

    return TaggerExtractor(FAST_WEIGHTS, "fast")


def _rules() -> Extractor:
    from etl.extract.rule_extractor import RuleExtractor

    return RuleExtractor()


register_extractor("tagger", _tagger)
register_extractor("fast", _fast)
register_extractor("rules", _rules)
