"""The lines of a body, without the dateline, captions, credits and page furniture.

Belongs here: where they may stand in a body. Does not belong here: how each of them looks
(`readers.text.dateline`, `captions`, `credits`, `boilerplate`), what stands above a body
(`readers.text.plain_text`).
"""

from __future__ import annotations

from dataclasses import replace

from etl.readers.dates import ImpossibleDateError
from etl.readers.text.boilerplate import is_boilerplate
from etl.readers.text.byline import Byline, parse_byline
from etl.readers.text.captions import begins_with_caption, caption_end
from etl.readers.text.credits import without_credit
from etl.readers.text.dateline import Dateline, find_dateline, find_inline
from etl.readers.text.run_in import label_end, without_note

_LINES_TO_DATELINE = 10
"""Captions, notes to customers and a list of key points stand before the dateline."""


def body_lines(lines: list[str]) -> tuple[list[str], Dateline | None, Byline | None]:
    """Return the lines of the body, the dateline, and a byline that ran into the dateline."""
    lines = list(lines)
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    if first is not None:
        lines[first] = lines[first][label_end(lines[first]) :]
    dateline, byline = _take_dateline(lines)
    end = len(lines)
    while end:
        if not lines[end - 1].strip() or is_boilerplate(lines[end - 1], at_end=True):
            end -= 1
            continue
        shorter = without_note(without_credit(lines[end - 1]))
        if shorter == lines[end - 1]:
            break
        lines[end - 1] = shorter
    kept: list[str] = []
    for line in lines[:end]:
        if start := caption_end(line):
            kept.append(line[start:])
            continue
        if is_boilerplate(line):
            # Remove the blank line above as well; the one below still separates.
            while kept and not kept[-1].strip():
                kept.pop()
            continue
        kept.append(line)
    # If everything looks like page furniture, the judgement is probably wrong: keep it all.
    is_text = any(line.strip() for line in kept)
    return kept if is_text else lines, dateline, byline


def _take_dateline(lines: list[str]) -> tuple[Dateline | None, Byline | None]:
    """Cut the dateline from its line, with a caption or byline that runs into it."""
    filled = [n for n, line in enumerate(lines) if line.strip()]
    for position, n in enumerate(filled[:_LINES_TO_DATELINE]):
        line = lines[n]
        is_caption = position == 0 and begins_with_caption(line)
        dateline = None if is_caption else find_dateline(line, needs_agency=position > 0)
        byline = None
        if dateline is None and (dateline := find_inline(line)) is not None:
            before = line[: dateline.start].strip()
            byline = _byline(before)
            if byline is None and not begins_with_caption(before) and not is_boilerplate(before):
                dateline = None
        if dateline is not None:
            lines[n] = line[dateline.end :]
            return replace(dateline, start=0), byline
    return None, None


def _byline(text: str) -> Byline | None:
    try:
        return parse_byline(text)
    except ImpossibleDateError:
        return None
