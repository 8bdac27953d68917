"""Labels and notes that run into a paragraph: "EXCLUSIVE — …", "Listen to this article. …".

Belongs here: such words at the beginning of the first paragraph and at the end of the last. Does
not belong here: the same on lines of their own (`readers.text.kickers`, `boilerplate`), datelines
and credits (`readers.text.dateline`, `credits`).

Only at the two ends of a text, and only beside a whole sentence: within a text the same words may
be prose.
"""

from __future__ import annotations

import re

_LABEL = re.compile(
    r"\s*(?:(?:EXCLUSIVE|BREAKING(?: NEWS)?|JUST IN|DEVELOPING(?: STORY)?|UPDATED?|OPINION|ANALYSIS"
    r"|FIRST ON [A-Z]{2,8})(?:\s*[—–:]|\s+-+)\s*"
    r"|Listen to (?:this|the) (?:article|story|report)(?:\s*[(·|-]?\s*\d{1,3} min(?:ute)?s?\)?)?"
    r"\s*[.:|]\s+)(?=[\"'“‘«„(]?[^\W_a-z])"
)
_MARK = re.compile(r"(?<=[.!?”\"’'])\s*\([A-Z]{2,6}\)\s*\Z")
_FIRST_PUBLISHED = re.compile(
    r"(?:^|(?<=[.!?”\"’'])\s+)(?:This|The)\s(?:report|article|story|post|piece|interview)\s"
    r"(?:(?:was\s)?(?:first|originally)\s(?:published|appeared|posted)"
    r"|(?:was\s)?(?:published|appeared)\s(?:first|originally))\s(?:by|in|on|at)\s[^.!?\n]{2,100}\.?\s*\Z"
)
_TAIL = 200
"""Characters at the end that are searched; a note is shorter."""


def label_end(paragraph: str) -> int:
    """Return where the text begins behind a label at the beginning of the first paragraph."""
    end = 0
    while match := _LABEL.match(paragraph, end):  # "EXCLUSIVE — Listen to this article. The …"
        end = match.end()
    return end


def without_note(paragraph: str) -> str:
    """Return the last paragraph without the mark of an agency or note of its publisher at its end.

    "… on Wednesday. (MW)", "… on Wednesday. This report was first published by a partner."
    """
    start = max(0, len(paragraph) - _TAIL)
    tail = paragraph[start:].rstrip()
    match = None
    if tail.endswith(")"):
        match = _MARK.search(paragraph, start)
    elif "ublished" in tail or "ppeared" in tail or "osted" in tail:
        match = _FIRST_PUBLISHED.search(paragraph, start)
    return paragraph[: match.start()].rstrip() if match else paragraph
