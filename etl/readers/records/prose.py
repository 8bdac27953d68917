"""Whether a value of unknown meaning is running text.

Belongs here: telling a text from codes, lists and names. Does not belong here: what kind of text.
"""

from __future__ import annotations

import re

from etl.readers.markup import looks_like_markup, text_of

_MIN_CHARS = 160
_JUDGED_CHARS = 2000
_MIN_LETTER_SHARE = 0.75
_CODE = re.compile(r"[|#;<>{}\[\]_=\\^~]")
_MAX_CODE_SHARE = 0.01
"""Marks that texts hardly have; GDELT's lists of themes, names and quotes have 2 to 6 %."""
_SENTENCE = re.compile(r"\w[.!?…।؟][\"'”’»)\]]{0,3}(?:\s|\Z)|[。！？]")


def is_prose(text: str) -> bool:
    """Whether a text is at least a short paragraph of sentences."""
    text = text[:_JUDGED_CHARS]
    text = (text_of(text) if looks_like_markup(text) else text).strip()
    if len(text) < _MIN_CHARS or not _SENTENCE.search(text):
        return False
    plain = sum(c.isalpha() or c.isspace() for c in text)
    codes = len(_CODE.findall(text))
    return plain >= _MIN_LETTER_SHARE * len(text) and codes <= _MAX_CODE_SHARE * len(text)
