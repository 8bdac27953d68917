"""The bytes given to a reader: streamed, counted against the limits, never written to disk.

A second thread watches the processor time and raises TooSlow in the reading thread: a third-party
parser (busy with a looping PDF, or a page of a million nested tables) never checks the clock
itself. Python cannot interrupt a C call; `etl.pipeline.sandbox` lets the kernel kill those.

Belongs here: streams, the budget for unpacking, the time limit of a reader. Does not belong here:
what the bytes mean, and opening files of the inbox or the archive (`etl.storage`).
"""

from __future__ import annotations

import ctypes
import io
import math
import re
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from etl.readers.base import FileRejected, Rejected, Rejection
from etl.readers.field_mapping import FieldMapping
from etl.settings import Limits

HEAD_BYTES = 1 << 16
"""Bytes inspected to recognise the format."""
_BOMB_FROM = 32 << 20
_TICK = 0.25
_GRACE = 0.25


class TooSlow(BaseException):
    """Raised in a reader that exceeds its processor time limit."""


def too_slow(limits: Limits, consequence: str = "") -> Rejection:
    """Return the rejection of an item that exceeded its time, and what follows from it."""
    return Rejection(
        "too_slow",
        f"took more than {limits.item_seconds} s of processor time{consequence}",
        "split it, or raise NEWSACTORS_MAX_ITEM_SECONDS",
    )


@dataclass(slots=True)
class Budget:
    """What reading one file has cost so far, against its limits."""

    limits: Limits
    file_bytes: int
    unpacked: int = 0

    def unpack(self, count: int) -> None:
        """Count unpacked bytes. Raises FileRejected above the limits."""
        self.unpacked += count
        limits = self.limits
        if self.unpacked > limits.unpacked_bytes:
            raise FileRejected(
                "too_large",
                f"unpacks to more than {limits.unpacked_bytes:,} bytes",
                "unpack it yourself, or raise NEWSACTORS_MAX_UNPACKED_BYTES",
            )
        if self.unpacked > max(_BOMB_FROM, limits.ratio * self.file_bytes):
            raise FileRejected(
                "too_large",
                f"{self.file_bytes:,} bytes unpack to more than {limits.ratio} times as many: a "
                "decompression bomb, or hardly any content",
                "unpack it yourself, or raise NEWSACTORS_MAX_RATIO",
            )


class _Counted(io.RawIOBase):
    """A stream that counts the bytes it returns and reports the position of damage.

    Each read fills its buffer as far as the stream reaches, so that `peek` sees a whole head.
    """

    def __init__(self, stream: BinaryIO, budget: Budget | None, kind: str) -> None:
        self.stream = stream
        self.budget = budget
        self.kind = kind
        self.count = 0
        self.damage: Rejected | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        filled = 0
        while filled < len(view) and self.damage is None:
            try:
                data = self.stream.read(min(len(view) - filled, HEAD_BYTES))
            except (Rejected, MemoryError):
                raise
            except Exception as error:
                read = self.count + filled
                after = (
                    f"after {read:,} bytes of content" if read else "before any content is whole"
                )
                self.damage = Rejected(
                    "malformed",
                    f"the {self.kind} data is damaged or truncated {after}: "
                    f"{error or type(error).__name__}",
                    "fetch the file again"
                    + "; items before the damage have been read" * bool(read),
                )
                break  # return the bytes before the damage first
            if not data:
                break
            view[filled : filled + len(data)] = data
            filled += len(data)
            if self.budget is not None:
                self.budget.unpack(len(data))
        if self.damage is not None and not filled:
            raise self.damage
        self.count += filled
        return filled


def _buffered(stream: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(stream, HEAD_BYTES)


@dataclass(slots=True)
class Source:
    """One file or archive member: its name, its bytes, and metadata from its container.

    `path` is the recorded name; it is never opened. `name` is the path without compression suffixes
    and may help to recognise the format. `url` and `charset` come from the container, such as HTTP
    headers in a WARC file. `file` is the seekable file behind it; None for an archive member.
    """

    path: str
    name: str
    budget: Budget
    stream: io.BufferedReader
    depth: int = 0
    url: str | None = None
    charset: str | None = None
    mappings: tuple[FieldMapping, ...] = ()
    file: BinaryIO | None = None
    is_drafting: bool = False
    """Whether rejections of unmapped records need a draft of their mapping."""
    raw: list[bytes] = field(default_factory=list)
    """The lines read since it was last cleared."""

    @property
    def head(self) -> bytes:
        """The first bytes, at most HEAD_BYTES. Only valid before anything is read."""
        return self.stream.peek(HEAD_BYTES)[:HEAD_BYTES]

    @classmethod
    def of(
        cls, file: BinaryIO, path: str, budget: Budget, mappings: tuple[FieldMapping, ...] = ()
    ) -> Source:
        """Return the source for a file from the inbox or the archive."""
        stream = _buffered(_Counted(file, None, "file"))
        return cls(path, path, budget, stream, mappings=mappings, file=file)

    def member(
        self,
        stream: BinaryIO,
        name: str | None,
        kind: str,
        *,
        url: str | None = None,
        charset: str | None = None,
    ) -> Source:
        """Return a member of this source; without a name, this source's own decompressed content.

        Raises Rejected if it is nested too deeply.
        """
        limit = self.budget.limits.depth
        if self.depth >= limit:
            raise Rejected(
                "too_deep",
                f"more than {limit} nested archives",
                "unpack it yourself, or raise NEWSACTORS_MAX_DEPTH",
            )
        return Source(
            path=self.path if name is None else f"{self.path}!/{printable(name)}",
            name=re.sub(r"\.\w{1,4}$", "", self.name) if name is None else name,
            budget=self.budget,
            stream=_buffered(_Counted(stream, self.budget, kind)),
            depth=self.depth + 1,
            url=url,
            charset=charset,
            mappings=self.mappings,
            is_drafting=self.is_drafting,
        )

    def data(self) -> bytes:
        """Return all bytes. Raises Rejected above the limit `document_bytes`."""
        limit = self.budget.limits.document_bytes
        data = self.stream.read(limit + 1)
        if len(data) > limit:
            raise Rejected(
                "too_large",
                f"more than {limit:,} bytes in one document",
                "split it by article or by day, or raise NEWSACTORS_MAX_DOCUMENT_BYTES",
            )
        return data

    def seekable(self) -> BinaryIO:
        """Return the bytes as a seekable file; an archive member is held in memory."""
        if self.file is None:
            return io.BytesIO(self.data())
        self.file.seek(0)
        return self.file

    def lines(self) -> Iterator[bytes | None]:
        """Yield the lines with their line ends; None for a line longer than `document_bytes`."""
        limit = self.budget.limits.document_bytes
        while line := self.stream.readline(limit):
            if len(line) < limit or line.endswith(b"\n"):
                self.raw.append(line)
                yield line
                continue
            while (more := self.stream.readline(HEAD_BYTES)) and not more.endswith(b"\n"):
                pass
            yield None


def printable(name: str) -> str:
    """Return a member's name for display, without control characters and lone surrogates."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


class Watch:
    """Raises TooSlow in this thread if it spends too long inside `item`.

    Python cannot interrupt a C call. If the process `is_killable`, the kernel kills it once an item
    exceeds its limit by a quarter.
    """

    def __init__(self, limits: Limits, *, is_killable: bool = False) -> None:
        self.limits = limits
        self.is_killable = is_killable
        self.thread = threading.get_ident()
        self.clock = time.pthread_getcpuclockid(self.thread)
        self.lock = threading.Lock()
        self.deadline: float | None = None
        self.fired = False
        self.done = threading.Event()
        self.spent = 0.0
        """Seconds spent on earlier items."""
        self.started = 0.0

    def __enter__(self) -> Watch:
        threading.Thread(target=self._watch, name="reader-watch", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.done.set()

    @contextmanager
    def item(self) -> Iterator[None]:
        """Count the time inside towards the limits of item and file. Raises as `restart` does."""
        self.started = time.thread_time()
        self.restart()
        try:
            yield
        finally:
            with self.lock:
                self.deadline = None
                self._cancel_pending()
            self.spent += time.thread_time() - self.started

    def restart(self) -> None:
        """Start the next item's time: its full limit, or what is left for the file.

        Raises FileRejected if the file has used up its time.
        """
        left = self.limits.file_seconds - self.spent - (time.thread_time() - self.started)
        if left <= 0:
            raise FileRejected(
                "too_slow",
                f"took more than {self.limits.file_seconds:,} s of processor time; the rest of the "
                "file is not read",
                "split the file, or raise NEWSACTORS_MAX_FILE_SECONDS",
            )
        seconds = min(self.limits.item_seconds, left)
        with self.lock:
            self.deadline = time.clock_gettime(self.clock) + seconds
            self._cancel_pending()
        if self.is_killable:
            _, hard = resource.getrlimit(resource.RLIMIT_CPU)
            last = math.ceil(time.process_time() + seconds * (1 + _GRACE))
            resource.setrlimit(resource.RLIMIT_CPU, (last, hard))

    def _cancel_pending(self) -> None:
        """Cancel a raised but undelivered TooSlow, so that it doesn't hit the next item."""
        if self.fired:
            self.fired = False
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), None)

    def _watch(self) -> None:
        while not self.done.wait(_TICK):
            with self.lock:
                if self.deadline is not None and time.clock_gettime(self.clock) > self.deadline:
                    self.deadline += 1  # raise again, in case a library swallowed it
                    self.fired = True
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(self.thread), ctypes.py_object(TooSlow)
                    )
