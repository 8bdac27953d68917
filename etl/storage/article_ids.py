"""What makes two texts the same article, and the hashes that name versions, mentions and quotes.

An article is named by outlet, day, headline and body at first sight. A later text under the same
source key, outlet and day is a new version of it if it shares at least half of the shingles of
the shorter text; an update that only adds paragraphs thus stays the same article.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date

SHINGLE_WORDS = 3
SAME_ARTICLE_SHARE = 0.5
"""Share of the smaller set of shingles from which on two texts are versions of one article."""

_WORD = re.compile(r"\w+")


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def article_id(outlet: str | None, day: date | None, headline: str | None, body: str) -> str:
    """The id of an article first seen with these values: 16 hexadecimal digits."""
    return _digest(outlet, day and day.isoformat(), headline, body)[:16]


def content_sha256(
    outlet: str | None, day: date | None, headline: str | None, authors: tuple[str, ...], body: str
) -> str:
    """The name of an article version: a change in any of these makes another version."""
    return _digest(outlet, day and day.isoformat(), headline, authors, body)


def span_id(content: str, part: str, start: int, end: int) -> str:
    """The id of a mention or quote; 80 bits, so that 25 million of them do not collide."""
    return _digest(content, part, start, end)[:20]


def local_id(content: str, kind: str, number: int) -> str:
    """The id of the actor or utterance with this number in an article version."""
    return _digest(content, kind, number)[:20]


def shingles(text: str) -> frozenset[int]:
    """Hashes of the runs of three lower-cased words (of the whole text if it is shorter)."""
    words = _WORD.findall(text.lower())
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return frozenset(hash(tuple(words[i : i + SHINGLE_WORDS])) for i in range(last))


def is_version_of(text: str, other: str) -> bool:
    """Whether two texts share enough to be versions of one article."""
    mine, theirs = shingles(text), shingles(other)
    return len(mine & theirs) >= SAME_ARTICLE_SHARE * min(len(mine), len(theirs))
