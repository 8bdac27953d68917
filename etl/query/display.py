"""Formatting of values for display: counts, shares, and untrusted text without control codes.

Belongs here: what the terminal, the explorer's pages and Dagster's metadata share.
Does not belong here: layout (`etl.cli.tables`, `etl.explorer.rendering`).
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC etc.: titles, links, clipboard
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]?"
)
_SPACES = re.compile(r"[\s\x00-\x20\u2028\u2029]+")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]")


def clean(text: object, *, lines: bool = False) -> str:
    """Return text that can't control or spoof a terminal, on one line unless `lines`.

    Removes whole escape sequences, control characters (C0, C1), overrides of writing direction and
    lone surrogates. Keeps the marks that Arabic, Hebrew, Persian and Indic spelling needs.
    """
    cleaned = _ESCAPES.sub("", str(text))
    cleaned = cleaned if lines else _SPACES.sub(" ", cleaned).strip()
    return _CONTROLS.sub("", cleaned).encode("utf-8", "replace").decode("utf-8")


def number(value: float | int) -> str:
    """Return a count with thousands separators."""
    return f"{value:,}"


def percent(share: float | None) -> str:
    """Return a share (0 to 1) as a percentage: a tiny one is "<0.1%", never 0%; None is a dash."""
    if share is None:
        return "–"
    return "<0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: "1 article", "2,000 articles"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
