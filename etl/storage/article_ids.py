"""Article identity, and the hashes that name articles, versions, mentions and quotes.

An article's id comes from outlet, day, headline and body when it is first seen. A later text with
the same source key, outlet and day is a new version of the article if it shares at least half the
shingles of the shorter text: an update that only adds paragraphs stays the same article.

Belongs here: hashes and comparing two texts. Does not belong here: looking up earlier versions
(`etl.warehouse.build_db`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import date

SHINGLE_WORDS = 3
SAME_ARTICLE_SHARE = 0.5
"""Two texts are versions of one article from this share of the smaller shingle set on."""

ANYWHERE = "anywhere"
"""The key that stands for all places of a file or member (see `place_id`)."""

_WORD = re.compile(r"\w+")


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def article_id(outlet: str | None, day: date | None, headline: str | None, body: str) -> str:
    """Return the id of an article first seen with these values: 16 hexadecimal digits."""
    return _digest(outlet, day and day.isoformat(), headline, body)[:16]


def content_sha256(
    outlet: str | None, day: date | None, headline: str | None, authors: tuple[str, ...], body: str
) -> str:
    """Return the id of an article version; changing any of these values makes another version."""
    return _digest(outlet, day and day.isoformat(), headline, authors, body)


def place_id(file_sha256: str, member: str, key: int | str) -> str:
    """Return the id of an item's place: in a file, or in this member of it, its index or address.

    It stays if a mapping or the file's name changes, which may change all other ids of an article.
    """
    return _digest("place", file_sha256, member, key)


def text_id(file_sha256: str, body: str) -> str:
    """Return the id of a text in a file: its place, its headline and its outlet may change."""
    return _digest("text", file_sha256, body)


def reading_id(file_sha256: str, texts: Iterable[tuple[str, int, str]]) -> str:
    """Return the id of what is read in a file: of each text the member, the index, and the body."""
    found = hashlib.sha256(f"reading {file_sha256}".encode())
    for text in texts:
        found.update(bytes.fromhex(_digest(*text)))
    return found.hexdigest()


def span_id(content: str, part: str, start: int, end: int) -> str:
    """Return the id of a mention or quote: 80 bits, so that 25 million of them don't collide."""
    return _digest(content, part, start, end)[:20]


def local_id(content: str, kind: str, number: int) -> str:
    """Return the id of the actor or utterance with this number in an article version."""
    return _digest(content, kind, number)[:20]


def shingles(text: str) -> frozenset[int]:
    """Return hashes of all runs of three lower-cased words (of the whole text if shorter)."""
    words = _WORD.findall(text.lower())
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return frozenset(hash(tuple(words[i : i + SHINGLE_WORDS])) for i in range(last))


def is_version_of(text: str, other: str) -> bool:
    """Whether two texts share enough shingles to be versions of one article."""
    mine, theirs = shingles(text), shingles(other)
    return len(mine & theirs) >= SAME_ARTICLE_SHARE * min(len(mine), len(theirs))
