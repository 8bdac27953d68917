"""Headlines in bare text: whether a first line is a headline or the first sentence of the body.

Belongs here: how a headline looks. Does not belong here: where in a file one may stand
(`readers.text.plain_text`).

A sentence is never moved from the body into the headline, so a doubtful line is no headline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from etl.domain import word_set
from etl.readers.text.dateline import find_dateline
from etl.readers.text.kickers import is_kicker
from etl.readers.text.top_lines import is_front_matter

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


def signed_headline(lines: Sequence[str], at: int, end: int, *, by_name: bool) -> int | None:
    """Return which of the short lines from `at` above the byline or date `lines[end]` it is.

    `by_name`: a byline follows, so that a line of one or two words is no author's name.
    """
    above = [n for n in range(at, end) if lines[n].strip() and not is_kicker(lines[n])]
    if any(lines[n].strip()[0].islower() for n in above):
        return None  # a wrapped sentence
    likely = [n for n in above if _may_be_headline(lines[n].strip())]
    for n in likely:
        words = lines[n].split()
        is_sentence = _ends_with_full_stop(lines[n].strip())
        if len(words) > 2 and (not is_sentence or _is_title_case(words) or by_name):
            return n
    return likely[0] if by_name and likely and len(above) == 1 else None


def is_headline(lines: Sequence[str], at: int) -> bool:
    """Whether the stripped line `lines[at]` is a headline, judged by it and the lines below."""
    line = lines[at].strip()
    following = lines[at + 1].strip() if at + 1 < len(lines) else ""
    words = line.split()
    # One or two capitalised words are just as often the author's name.
    if not _may_be_headline(line) or (len(words) < 3 and line.lower() != line.upper()):
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


def _may_be_headline(line: str) -> bool:
    """Whether the length, beginning and end of a line allow a headline."""
    if len(line) > _MAX_CHARS or len(line.split()) > _MAX_WORDS:
        return False
    bare = line.strip(_QUOTATION_MARKS)
    if not bare or bare[-1] in ",;:–—-" or bare[0].islower() or _dateline_end(line):
        return False
    if _ends_sentence(line) and line[0] in _QUOTATION_MARKS and line[-1] in _QUOTATION_MARKS:
        return False  # direct speech
    return _UNREAD_BYLINE.match(line) is None


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
