"""The records that pass between the stages: an article as read, and what was extracted from it.

Belongs here: plain frozen dataclasses, the closed vocabularies of their fields, and `word_set`, by
which readers and extractors write their word lists. Does not belong here: parsing, files, SQL, and
table layouts (`etl.schema.tables`).

Offsets count Unicode code points, end exclusive, into the headline or body exactly as stored, so
that `text[char_start:char_end]` is the surface shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Part = Literal["body", "headline"]
EntityType = Literal["PERSON", "ORG", "GPE", "LOC", "NORP", "FAC", "OTHER"]
MentionKind = Literal["name", "nominal", "pronoun"]
QuoteKind = Literal["direct", "indirect", "mixed"]
Act = Literal["statement", "opinion", "intention"]


@dataclass(frozen=True, slots=True)
class Article:
    """One article as a reader found it; every inferred value has a method beside it.

    `headline` and `body` are decoded text; CRLF became LF and nothing else was normalised. The body
    holds no byline, dateline or boilerplate. An unknown value is None (authors: an empty tuple),
    and so is its method. `dateline` is the place or places of a dateline as written ("TOKYO /
    MELBOURNE"). `is_truncated` says that the source gives only the beginning of the text.
    `date_note` says why a day that the source gave is not used. `unread_fields` names the fields of
    its record that nothing was taken from, if headline, day or outlet is unknown.
    """

    headline: str | None
    body: str
    outlet: str | None = None
    authors: tuple[str, ...] = ()
    published_on: date | None = None
    published_at: datetime | None = None
    language: str | None = None
    source_format: str = "text"
    headline_method: str | None = None
    outlet_method: str | None = None
    authors_method: str | None = None
    date_method: str | None = None
    url: str | None = None
    dateline: str | None = None
    is_truncated: bool = False
    date_note: str | None = None
    unread_fields: tuple[str, ...] = ()

    def text(self, part: Part) -> str:
        """Return the text that offsets of `part` count into."""
        return self.body if part == "body" else (self.headline or "")


@dataclass(frozen=True, slots=True)
class TextActor:
    """An actor within one article: `name` is its fullest form there, `local_id` its number."""

    local_id: int
    name: str
    type: EntityType


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where an actor is mentioned.

    `actor` is the `local_id` of a TextActor, or None if it was left unresolved, as a surname that
    may mean either of two people.
    `paragraph` and `sentence` count from 0 within the part. `role` is a title as written beside
    the name ("French President", "the ministry's spokeswoman"). `confidence` is in 0..1.
    """

    actor: int | None
    part: Part
    char_start: int
    char_end: int
    surface: str
    type: EntityType
    kind: MentionKind
    paragraph: int
    sentence: int
    role: str | None
    is_in_quote: bool
    method: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Quote:
    """One contiguous quoted span; pieces of one utterance share the number `utterance`.

    For direct speech the span is the text inside the marks. `speaker` is the `local_id` of a
    TextActor. If only `speaker_surface` is set, the source is unnamed ("officials"); if neither is
    set, the speaker is unknown. `speaker_char_*` count into the same part as the quote.
    `confidence`: that this was said or thought. `speaker_confidence`: that the speaker or source
    said it; None without one. `act`: whether the source said it, thinks it or wants it; the same
    for all pieces of an utterance, None if the extractor doesn't tell.
    """

    utterance: int
    part: Part
    char_start: int
    char_end: int
    text: str
    kind: QuoteKind
    cue: str | None
    speaker: int | None
    speaker_surface: str | None
    speaker_char_start: int | None
    speaker_char_end: int | None
    method: str
    confidence: float
    speaker_confidence: float | None = None
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that was extracted from one article."""

    actors: tuple[TextActor, ...] = ()
    mentions: tuple[Mention, ...] = ()
    quotes: tuple[Quote, ...] = ()


def word_set(text: str) -> frozenset[str]:
    """Return the words of a short list that is written beside the rule that uses it."""
    return frozenset(text.split())
