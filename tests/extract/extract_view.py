"""Helpers that let tests of extraction read like sentences."""

from __future__ import annotations

from etl.domain import Article, Extraction, Mention, Part, Quote
from etl.extract import get_extractor


class View:
    """The extraction of one text, with actors by name instead of by number."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.extraction: Extraction = get_extractor("rules").extract(article)
        self._names = {actor.local_id: actor.name for actor in self.extraction.actors}

    @property
    def types(self) -> dict[str, str]:
        return {actor.name: actor.type for actor in self.extraction.actors}

    def surfaces(self, part: Part = "body") -> list[str]:
        return [m.surface for m in self.extraction.mentions if m.part == part]

    def mentions_of(self, name: str) -> list[str]:
        return [
            m.surface
            for m in self.extraction.mentions
            if m.actor is not None and self._names[m.actor] == name
        ]

    def mention(self, surface: str) -> Mention:
        return next(m for m in self.extraction.mentions if m.surface == surface)

    def quote(self, beginning: str) -> Quote:
        return next(q for q in self.extraction.quotes if q.text.startswith(beginning))

    def speaker(self, beginning: str) -> str | None:
        speaker = self.quote(beginning).speaker
        return None if speaker is None else self._names[speaker]

    @property
    def quoted(self) -> list[str]:
        return [q.text for q in self.extraction.quotes]


def read(body: str, headline: str | None = None) -> View:
    """Extract from a body and an optional headline with the rules."""
    return View(Article(headline, body))
