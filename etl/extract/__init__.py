"""Extraction: the actors, mentions and quotes of an article. Pure, and usable on its own.

Belongs here: the extractor interface and the registry of extractors by name. Does not belong here:
how an extractor works (`tagger_extractor`, the default and a fast one; `rule_extractor`), files,
databases, Dagster.

    from etl.extract import get_extractor
    extraction = get_extractor().extract(article)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from etl.domain import Article, Extraction


class Extractor(Protocol):
    """Turns articles into extractions: deterministic and without side effects.

    `version` is stored beside every row. It changes whenever the same article could yield a
    different extraction, including after a lexicon change. An extractor that can be pickled can run
    in several processes.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def extract(self, article: Article) -> Extraction:
        """Return all actors, mentions and quotes of one article.

        Accepts any text up to the limits of `etl.extract.tokens`; raises TextTooLongError above
        them.
        """
        ...

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        """Return one extraction per article, in order; equal to calling `extract` on each."""
        ...


DEFAULT_EXTRACTOR = "tagger"

_factories: dict[str, Callable[[], Extractor]] = {}


def register_extractor(name: str, factory: Callable[[], Extractor]) -> None:
    """Register a factory for `get_extractor(name)`. Raises ValueError if the name is taken."""
    if name in _factories:
        raise ValueError(f"an extractor named {name!r} is already registered")
    _factories[name] = factory


def extractor_names() -> tuple[str, ...]:
    """Return the registered names, sorted."""
    return tuple(sorted(_factories))


def get_extractor(name: str = DEFAULT_EXTRACTOR) -> Extractor:
    """Return an extractor by name. Raises ValueError for an unknown name."""
    try:
        factory = _factories[name]
    except KeyError:
        known = ", ".join(extractor_names())
        raise ValueError(f"no extractor is named {name!r}; known: {known}") from None
    return factory()


# Import on use, so that extractors nobody requests load neither lexicon nor weights.
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
