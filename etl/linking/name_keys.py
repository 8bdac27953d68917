"""Keys that decide which spellings of a name are one actor.

Belongs here: folding a name and building its key. Entity ids are hashes of such keys and the
identity ledger holds them, so what these functions return for a name must never change. Does not
belong here: comparing names in look-ups (`etl.schema.name_folding`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import takewhile

_PLACES = {"GPE", "LOC"}
INITIAL = re.compile(r"[a-z](?:\.[a-z])*\.?")
"""One initial, or several with dots between them: "j", "j.", "r.r."."""
_PUNCTUATION = re.compile(r"[\s\-‐‑–—_/]+")
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
"""Letters that Unicode does not decompose into a base letter and a mark."""
DROPPED = re.compile(r"[.,’'ʼ`\"“”]")


def fold(text: str) -> str:
    """Return a text in lower case without marks on letters."""
    if text.isascii():
        return text.lower()  # the same, in a tenth of the time
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold()
    return text.translate(_LETTERS)


def split_name(name: str) -> list[str]:
    """Return the words of a name, folded; hyphens count as spaces."""
    return _words(fold(name))


def _words(folded: str) -> list[str]:
    return _PUNCTUATION.sub(" ", folded).split()


@lru_cache(maxsize=200_000)
def name_key(name: str, type_: str) -> str:
    """Return the key of a name: lower case, without what spelling habits differ in.

    Diacritics, full stops, apostrophes, a leading article and people's middle initials are dropped;
    hyphens count as spaces. "Donald J. Trump" and "Donald Trump" share a key, "Donald Trump Jr."
    has another. "J. D. Vance", "J.D. Vance" and "JD Vance" share one.
    """
    text = fold(name)
    words = _words(text)
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    if type_ == "PERSON" and len(words) > 2:
        initials = list(takewhile(INITIAL.fullmatch, words[:-1]))
        given = ["".join(initials)] if initials else words[:1]
        middle = words[len(initials) or 1 : -1]
        words = [*given, *(w for w in middle if not INITIAL.fullmatch(w)), words[-1]]
    return " ".join(filter(None, (DROPPED.sub("", w) for w in words))) or text


def type_group(type_: str) -> str:
    """Return the group of a type. A single word does not tell types of one group apart."""
    return "PLACE" if type_ in _PLACES else "ORG" if type_ in {"FAC", "OTHER"} else type_
