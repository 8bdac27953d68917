"""How values are written for people: counts, shares, and text from outside without control codes.

Belongs here: what the terminal, the pages and Dagster's metadata share.
Does not belong here: layout (`cli.terminal`, `explorer.rendering`).
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC and such: titles, links, clipboard
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]?"
)
_SPACES = re.compile(r"[\s\x00-\x20\u2028\u2029]+")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]")


def clean(text: object, *, lines: bool = False) -> str:
    """The text without what could drive or deceive a terminal, on one line unless `lines`.

    Whole escape sequences, control characters (C0, C1), overrides of writing direction and lone
    surrogates go; marks that Arabic, Hebrew, Persian and Indic spelling needs stay.
    """
    shown = _ESCAPES.sub("", str(text))
    shown = shown if lines else _SPACES.sub(" ", shown).strip()
    return _CONTROLS.sub("", shown).encode("utf-8", "replace").decode("utf-8")


def number(value: float | int) -> str:
    """A count with thousands separators."""
    return f"{value:,}"


def percent(share: float | None) -> str:
    """A share in 0..1 as a percentage that never rounds something to nothing; a dash for null."""
    if share is None:
        return "–"
    return "<0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 article", "2,000 articles"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
