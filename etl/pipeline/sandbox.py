"""Reading files in a sandboxed worker process, which the kernel can kill if nothing else can.

Belongs here: the worker, its limits and permissions, and what happens to a file that crashes it.
Does not belong here: reading (`etl.readers`), and opening files (`etl.storage`).

In the worker, `etl.readers.source.Watch` gives up an item that takes too long. That is Python, and
Python cannot interrupt a C call: libxml2 compares each attribute of a tag with all others (250 KB
take 4 s, 32 MB most of a day), and a library's regular expression takes 6 s for 66 KB, and four
times that for twice as much. So the kernel kills the worker after a quarter more of the time
(RLIMIT_CPU) and refuses it more memory (RLIMIT_DATA). The items read before are kept, and the next
file gets a new worker. A worker cannot write a file, start a program or open a connection, whatever
a hostile file makes a parser do.

One worker reads many files, one after the other: 0.4 s to start, 0.4 ms per file.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Generator
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any, BinaryIO, cast

from etl.pipeline.worker_process import WorkerProcess, connect_to_owner
from etl.readers import FieldMapping, Item, Rejection, read_items
from etl.readers.language import detector
from etl.settings import Limits

_SENT_BYTES = 1 << 20
"""Files up to this size are sent as bytes, larger ones as an open file."""
_REFUSED = (
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork"),
    *("os.forkpty", "pty.spawn", "os.startfile", "webbrowser.open", "urllib.Request"),
    *("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"),
    *("socket.gethostbyname", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link"),
    *("os.symlink", "os.truncate", "os.chmod", "os.chown", "os.utime", "shutil.rmtree"),
)


def read_sandboxed(
    file: BinaryIO,
    size: int,
    source_path: str,
    limits: Limits | None = None,
    mappings: tuple[FieldMapping, ...] = (),
    *,
    is_drafting: bool = False,
) -> Generator[Item, None, None]:
    """Yield the items of an open file, as `readers.read_items` does, in a worker process.

    If the file crashes the worker, the items read before are kept and the last one is a rejection
    ('too_slow', 'too_large' or 'unreadable'). Raises RuntimeError if no worker can be started.
    """
    job = (source_path, limits or Limits(), mappings, is_drafting)
    with contextlib.suppress(IndexError):
        process = _idle.pop()
        if process.is_alive():
            return _items(process, file, size, job)
    return _items(_ReaderProcess(), file, size, job)


def _items(
    process: _ReaderProcess,
    file: BinaryIO,
    size: int,
    job: tuple[str, Limits, tuple[FieldMapping, ...], bool],
) -> Generator[Item, None, None]:
    number = 0
    is_done = False
    try:
        process.give(file, size, job)
        while (item := process.next()) is not None:
            yield item
            number = item.number + 1
        is_done = True
    except (EOFError, ConnectionError):
        yield Item(number, job[0], 0, rejection=process.rejection_for_exit(job[1]))
    finally:
        if is_done:
            _idle.append(process)
        else:
            process.end()


class _ReaderProcess(WorkerProcess):
    """The owner's handle of a worker that reads files."""

    def __init__(self) -> None:
        # Arrow's own memory pool reserves a gigabyte of addresses at once, used or not.
        super().__init__("etl.pipeline.sandbox", ARROW_DEFAULT_MEMORY_POOL="system")
        try:
            self.await_ready()
        except OSError as error:
            raise OSError(error.errno, error.strerror, tempfile.gettempdir()) from None

    def give(self, file: BinaryIO, size: int, job: tuple[object, ...]) -> None:
        """Send a file: small ones as bytes, larger ones as an open file."""
        file.seek(0)
        data = file.read() if size <= _SENT_BYTES else None
        self.connection.send((data, size, *job))
        if data is None:
            send_handle(self.connection, file.fileno(), self.popen.pid)

    def next(self) -> Item | None:
        return cast("Item | None", self.connection.recv())

    def rejection_for_exit(self, limits: Limits) -> Rejection:
        """Return why the file is rejected, judging by how it ended the worker."""
        code = self.popen.wait()
        if code == -signal.SIGXCPU:
            return Rejection(
                "too_slow",
                f"took more than {limits.item_seconds} s of processor time for one item and could "
                "not be interrupted; the rest of the file is not read",
                "split it, or raise NEWSACTORS_MAX_ITEM_SECONDS",
            )
        cause = self.ended_by()
        if code in (-signal.SIGKILL, -signal.SIGABRT):
            return Rejection(
                "too_large",
                f"reading it crashed the reader ({cause}), most likely for lack of memory; "
                "the rest of the file is not read",
                "split it, or raise NEWSACTORS_MAX_MEMORY_BYTES",
            )
        return Rejection(
            "unreadable",
            f"reading it crashed the reader ({cause}); the rest of the file is not read",
            "this is a defect of newsactors: please report it with the file",
        )


_idle: list[_ReaderProcess] = []
"""Workers that wait for a file."""


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()


os.register_at_fork(after_in_child=_idle.clear)


def serve(fd: int) -> None:
    """Read the files sent over the connection until it closes: the worker's main function."""
    connection = connect_to_owner(fd)
    try:
        detector()  # unpacks its model into a temporary file
    except OSError as error:  # no space for it; the owner reports this
        connection.send(error)
        return
    sys.addaudithook(_refuse)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection.send(None)
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            data, size, source_path, limits, mappings, is_drafting = connection.recv()
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, hard))
            with io.BytesIO(data) if data is not None else _received(connection) as file:
                for item in read_items(
                    file, size, source_path, limits, mappings,
                    is_killable=True, is_drafting=is_drafting,
                ):  # fmt: skip
                    connection.send(item)
            connection.send(None)


def _received(connection: Connection) -> BinaryIO:
    file = os.fdopen(recv_handle(connection), "rb")
    file.seek(0)
    return file


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook: raise PermissionError for everything a reader has no need to do."""
    if event == "open":
        flags = args[2]
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise PermissionError("a reader may not write files")
    elif event in _REFUSED:
        raise PermissionError(f"a reader may not call {event}")
