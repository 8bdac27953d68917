"""Standard output: plain text in a pipe, and no control codes of others on a terminal."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from rich.console import Console, RenderableType
from typing_extensions import Buffer

from etl.query.display import clean

PIPE_WIDTH = 200
"""Width of output that isn't for a terminal, unless COLUMNS is set; query tables may be wider."""


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
