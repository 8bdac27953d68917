"""The bytes that a reader is given: streamed, counted against the limits, and never on disk.

Belongs here: streams, what unpacking may cost, the clock of a reader. Does not belong here: what
the bytes mean, and opening files of the inbox or the archive (`etl.storage`).

Processor time is watched from a second thread, which raises TooSlow in the reading one: a reader
of the field's own (a PDF with a loop, a page of a million nested tables) cannot be asked to look at
the clock itself. Calls into C it does not reach: `etl.pipeline.sandbox` has those ended.
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

from etl.readers.base import FileRejected, Rejected
from etl.readers.field_mapping import FieldMapping
from etl.settings import Limits

HEAD_BYTES = 1 << 16
"""What is looked at to tell the format."""
_BOMB_FROM = 32 << 20
_TICK = 0.25
_GRACE = 0.25


class TooSlow(BaseException):
    """Raised in a reader that has used up its processor time."""


@dataclass(slots=True)
class Budget:
    """What the reading of one file has cost so far."""

    limits: Limits
    file_bytes: int
    unpacked: int = 0

    def unpack(self, count: int) -> None:
        """Count bytes that came out of an archive. Raises FileRejected above the limits."""
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
    """A stream that counts what it gives, and says of damage where it is.

    Each read fills its buffer as far as the stream goes, so that a peek sees a whole head.
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
                self.damage = Rejected(
                    "malformed",
                    f"the {self.kind} data is damaged or cut off after {self.count + filled:,} "
                    f"bytes of content: {error or type(error).__name__}",
                    "fetch the file again; what came before the damage is read",
                )
                break  # what came before the damage is given first
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
    """One file, or one member of an archive: a name, its bytes, and what was told about it.

    `path` is what it is recorded by, and only a name: nothing is opened by it. The format may be
    told from `name`, the path without the suffixes of compression. `url`, `charset` and `outlet`
    come from around the bytes (a response's headers). `file` is the whole as a seekable file,
    where it is one.
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
    raw: list[bytes] = field(default_factory=list)
    """The lines that were read since this was last cleared."""

    @property
    def head(self) -> bytes:
        """The first bytes, at most HEAD_BYTES; asked for before anything is read."""
        return self.stream.peek(HEAD_BYTES)[:HEAD_BYTES]

    @classmethod
    def of(
        cls, file: BinaryIO, path: str, budget: Budget, mappings: tuple[FieldMapping, ...] = ()
    ) -> Source:
        """A file as it came."""
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
        """What is packed in this source, under a name of its own or (None) the same unpacked.

        Raises Rejected where it lies too deep.
        """
        limit = self.budget.limits.depth
        if self.depth >= limit:
            raise Rejected(
                "too_deep",
                f"more than {limit} archives within each other",
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
        )

    def data(self) -> bytes:
        """All the bytes. Raises Rejected above `document_bytes`."""
        limit = self.budget.limits.document_bytes
        data = self.stream.read(limit + 1)
        if len(data) > limit:
            raise Rejected(
                "too_large",
                f"more than {limit:,} bytes in one document",
                "split it, an article or a day each, or raise NEWSACTORS_MAX_DOCUMENT_BYTES",
            )
        return data

    def seekable(self) -> BinaryIO:
        """The bytes as a file to move about in: held in memory where it is a member."""
        if self.file is None:
            return io.BytesIO(self.data())
        self.file.seek(0)
        return self.file

    def lines(self) -> Iterator[bytes | None]:
        """The lines, with their ends; None in the place of one longer than `document_bytes`."""
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
    """A member's name as it may be shown: without control characters and lone surrogates."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


class Watch:
    """Raises TooSlow in this thread while it spends too long inside `item`.

    A call into C does not hear of that. Where the process `can_be_ended`, the kernel ends it when
    an item takes a quarter longer.
    """

    def __init__(self, limits: Limits, *, can_be_ended: bool = False) -> None:
        self.limits = limits
        self.can_be_ended = can_be_ended
        self.thread = threading.get_ident()
        self.clock = time.pthread_getcpuclockid(self.thread)
        self.lock = threading.Lock()
        self.due: float | None = None
        self.fired = False
        self.done = threading.Event()
        self.spent = 0.0
        """Seconds of the items before."""
        self.started = 0.0

    def __enter__(self) -> Watch:
        threading.Thread(target=self._watch, name="reader-watch", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.done.set()

    @contextmanager
    def item(self) -> Iterator[None]:
        """The time inside counts towards the item's, and the file's. Raises as `restart` does."""
        self.started = time.thread_time()
        self.restart()
        try:
            yield
        finally:
            with self.lock:
                self.due = None
                self._take_back()
            self.spent += time.thread_time() - self.started

    def restart(self) -> None:
        """Give the next item its full time, or what is left of the file's.

        Raises FileRejected where the file has used up its time.
        """
        left = self.limits.file_seconds - self.spent - (time.thread_time() - self.started)
        if left <= 0:
            raise FileRejected(
                "too_slow",
                f"took more than {self.limits.file_seconds:,} s of processor time",
                "split the file, or raise NEWSACTORS_MAX_FILE_SECONDS",
            )
        seconds = min(self.limits.item_seconds, left)
        with self.lock:
            self.due = time.clock_gettime(self.clock) + seconds
            self._take_back()
        if self.can_be_ended:
            _, hard = resource.getrlimit(resource.RLIMIT_CPU)
            last = math.ceil(time.process_time() + seconds * (1 + _GRACE))
            resource.setrlimit(resource.RLIMIT_CPU, (last, hard))

    def _take_back(self) -> None:
        """What was raised and not delivered yet, perhaps, must not hit what comes next."""
        if self.fired:
            self.fired = False
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), None)

    def _watch(self) -> None:
        while not self.done.wait(_TICK):
            with self.lock:
                if self.due is not None and time.clock_gettime(self.clock) > self.due:
                    self.due += 1  # again, should a library have swallowed it
                    self.fired = True
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(self.thread), ctypes.py_object(TooSlow)
                    )
