"""Standard output: plain text in a pipe, no control codes of others on a terminal, any encoding."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from rich.console import Console, RenderableType
from typing_extensions import Buffer

from etl.query import export
from etl.query.display import clean

PIPE_WIDTH = 200
"""Width of output that isn't for a terminal, unless COLUMNS is set; query tables may be wider."""

_SUBSTITUTES = dict(zip("▁▂▃▄▅▆▇█▏▎▍▌▋▊▉·–—“”‘’┤└┬─", "1234567#-------.--\"\"''|++-", strict=True))
"""What stands for the signs of our charts and texts where the encoding lacks them."""


def replace_unprintable() -> None:
    """Make both outputs replace what their encoding lacks: ASCII if LC_ALL=POSIX, for example.

    Python would end the command at the first such character.
    """
    codecs.register_error("newsactors", _substitute)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not _is_unicode(stream.encoding):
            stream.reconfigure(errors="newsactors")


def _is_unicode(encoding: str | None) -> bool:
    return codecs.lookup(encoding or "utf-8").name.startswith("utf")


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_SUBSTITUTES.get(char) or _base_letter(char) for char in text), error.end


def _base_letter(char: str) -> str:
    """Return "u" for "ü", and "?" for a character that has no such letter."""
    return unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode() or "?"


def as_json(value: Any, indent: int | None = None) -> str:
    """Return JSON to print: nothing is lost, because what the encoding may lack is escaped."""
    text = export.to_json(value, indent)
    if _is_unicode(sys.stdout.encoding):
        return text
    return re.sub("[^\0-\x7f]", lambda match: json.dumps(match[0])[1:-1], text)


def console(*, stderr: bool = False) -> Console:
    """Return a console for standard output (or error); plain and wide unless that's a terminal."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def show(renderable: RenderableType, *, wrap: bool = True) -> None:
    """Print to standard output; a pipe gets no truncation, wrapping or trailing blanks."""
    screen = console()
    if screen.is_terminal:
        screen.print(renderable, soft_wrap=not wrap)
        return
    with screen.capture() as captured:
        screen.print(renderable, soft_wrap=not wrap)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


class _CleanStream(io.RawIOBase):
    """Standard output of a terminal, for untrusted bytes: removes what could control it."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        piece = bytes(data)
        sys.stdout.write(clean(self._decoder.decode(piece), lines=True))
        return len(piece)


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Yield standard output for bytes: unchanged in a pipe or file, cleaned on a terminal."""
    if sys.stdout.isatty():
        yield cast(BinaryIO, _CleanStream())
    else:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
