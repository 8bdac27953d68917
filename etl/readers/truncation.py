"""Texts that their source has cut or withheld, and the marks by which it says so.

Belongs here: marks at the end of a text that are certain, and phrases that stand for a text. Does
not belong here: page furniture below a whole article (`readers.text.boilerplate`).

APIs give the first 200 characters or so: "… the chief exec… [+2586 chars]". Feeds give the first
words: "… the chief […]", "… the chief… Read more". A text that only trails off ("…") may be whole.
"""

from __future__ import annotations

import re

_TAIL = 250
"""Characters at the end that are searched, so that the time is linear; a mark is shorter."""
_DOTS = r"(?:…|\.\.\.|\.\s\.\s\.)"
_READ_ON = (
    r"(?:(?:continue|keep) reading\b|(?:read|see|view) (?:the )?(?:more|full (?:story|article|post)"
    r"|rest)\b|read (?:the )?(?:article|story|post) in full\b|full story\b|more\s?\W{0,4}\Z)"
)
_REST = r"[^.!?\n]{0,120}\s?\Z"
_CUT = re.compile(
    rf"\s*{_DOTS}?\s*\[\s*\+?\s*\d{{1,9}}\s+char(?:acter)?s?\s*\]\s*\Z"
    rf"|\s*(?:\[\s*(?:{_DOTS}|&hellip;|&#8230;)\s*\]|\(\s*more\s*{_DOTS}\s*\))\s*(?:{_READ_ON}{_REST}|\Z)"
    rf"|\s*{_DOTS}\s*[\[(]?\s*{_READ_ON}{_REST}"
    rf"|\s*\n\s*continue reading\b{_REST}",
    re.IGNORECASE,
)
_HINTS = ("…", "..", "[", "(", "reading")
_SPACED_DOTS = re.compile(r"\.\s\.")
"""Every mark has one of these. They spare most texts the pattern."""
_ENDED = re.compile(r"[.!?…][\"'”’»)\]]*\Z")
_BROKEN_WORD = re.compile(r"\s\S{1,60}\Z")
_WITHHELD = re.compile(
    r"\s*(?:\[(?:removed|deleted)\]|only available in .{1,60} plans?)\s*[.!]?\s*", re.IGNORECASE
)


def without_cut_mark(text: str) -> tuple[str, bool]:
    """Return the text without the mark that says it is cut, and whether it has one.

    The last word goes with the mark, because most cuts break it: "exec…" would become a name of
    its own. It stays if a sentence ends there, or if a space stands before the dots.
    """
    start = max(0, len(text) - _TAIL)
    end = text[start:].lower()
    if not any(hint in end for hint in _HINTS) and _SPACED_DOTS.search(end) is None:
        return text, False
    match = _CUT.search(text, start)
    if match is None:
        return text, False
    kept = text[: match.start()].rstrip()
    is_whole = match[0][:1].isspace() and ("…" in match[0] or "..." in match[0])
    tail = kept[-_TAIL:]
    if not is_whole and not _ENDED.search(tail) and (word := _BROKEN_WORD.search(tail)):
        kept = kept[: len(kept) - len(tail) + word.start()].rstrip()
    return kept, True


def is_withheld(text: str) -> bool:
    """Whether a value says that the source does not give it: "[Removed]"."""
    return len(text) <= 100 and _WITHHELD.fullmatch(text) is not None
