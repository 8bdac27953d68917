"""Headlines in bare text: whether a first line is a headline or the first sentence of the body.

Belongs here: how a headline looks. Does not belong here: where in a file one may stand
(`readers.plain_text`).

A sentence is never moved from the body into the headline, so a doubtful line is no headline.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from etl.domain import word_set
from etl.readers.dateline import find_dateline

_UNREAD_BYLINE = re.compile(r"By\s+[^\W\d_a-z]\S*\s+[^\W\d_a-z]")
_QUOTATION_MARKS = "\"'“”‘’«»"
_MAX_CHARS = 180
_MAX_WORDS = 28
_MAX_FULL_STOP_WORDS = 22
_WRAPPED_WIDTH = 100
"""Lines of hard-wrapped text are shorter than this; unwrapped paragraphs are mostly longer."""
_FUNCTION_WORDS = word_set(
    "a an the of in on at to for and or with by from that which who as but is was were are"
)
_PREPOSITIONS = word_set("with from into over after about than that amid upon near through under")


def is_headline(lines: Sequence[str], at: int, is_front_matter: Callable[[str], bool]) -> bool:
    """Whether the stripped line `lines[at]` is a headline, judged by it and the lines below.

    `is_front_matter` tells whether a line is a byline, date line, address or page furniture.
    """
    line = lines[at].strip()
    following = lines[at + 1].strip() if at + 1 < len(lines) else ""
    words = line.split()
    if len(line) > _MAX_CHARS or len(words) > _MAX_WORDS:
        return False
    bare = line.strip(_QUOTATION_MARKS)
    if not bare or bare[-1] in ",;:–—-" or bare[0].islower() or _dateline_end(line):
        return False
    if _ends_sentence(line) and line[0] in _QUOTATION_MARKS and line[-1] in _QUOTATION_MARKS:
        return False  # direct speech
    # One or two capitalised words are just as often the author's name.
    if (len(words) < 3 and line.lower() != line.upper()) or _UNREAD_BYLINE.match(line):
        return False
    rest = [text for text in lines[at + 1 :] if text.strip()]
    if not rest:
        # The only line: a sentence is a news brief, anything else is a headline without a body.
        return not _ends_with_full_stop(line) and line[-1] not in "!?"
    if _ends_with_full_stop(line):
        if following or len(words) > _MAX_FULL_STOP_WORDS:
            return False
        return _is_title_case(words) or _dateline_end(rest[0]) > 0
    if not following:
        return True
    if words[-1].lower() in _FUNCTION_WORDS or following[0].islower():
        return False
    if is_front_matter(following):
        return True
    if len(following) > max(_WRAPPED_WIDTH, len(line)):
        return True
    is_wrapped = any(
        a.strip() and b.strip() and not _ends_sentence(a.strip())
        for a, b in zip(lines[at + 1 :], lines[at + 2 :], strict=False)
    )
    return not is_wrapped and _ends_sentence(following)


def _dateline_end(line: str) -> int:
    dateline = find_dateline(line)
    return dateline.end if dateline else 0


def _ends_with_full_stop(line: str) -> bool:
    return line.rstrip("”’\"')»").endswith(".") and not line.endswith(("...", "U.S.", "U.K."))


def _ends_sentence(line: str) -> bool:
    return line.rstrip("”’\"')»").endswith((".", "!", "?", "…"))


def _is_title_case(words: list[str]) -> bool:
    """Whether every word of four or more letters is capitalised: "A Rush for Seats After Rain".

    Every word, because a sentence about bodies with long names has nearly as many capitals.
    """
    long = [word.strip(_QUOTATION_MARKS + "(),.:;!?") for word in words]
    long = [w for w in long if len(w) >= 4 and w[0].isalpha() and w.lower() not in _PREPOSITIONS]
    return len(long) >= 3 and not any(word[0].islower() for word in long)
