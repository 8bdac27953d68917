"""Processes of our own, which do one kind of work for the one that started them.

Belongs here: starting such a process, the connection to it, ending it, and for how many there are
cores. Does not belong here: what it does (`etl.pipeline.sandbox`, `etl.pipeline.extraction`).

`multiprocessing` would fork a process that has threads, or import the program that started it
(Dagster: 2 s and 150 MB) in each; these import the one module that serves.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection


class WorkerProcess:
    """A process that runs `serve(fd)` of a module of this package, as its owner sees it.

    What it says first is None, or the exception why it cannot serve.
    """

    def __init__(self, module: str, **environment: str) -> None:
        self._module = module
        mine, its = socket.socketpair()
        with its:
            # Where this process found the package, by whatever path, the other finds it too.
            self.popen = subprocess.Popen(
                [sys.executable, "-c", f"from {module} import serve; serve({its.fileno()})"],
                pass_fds=(its.fileno(),),
                stdin=subprocess.DEVNULL,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    **environment,
                },
            )
        self.connection = Connection(mine.detach())

    def await_ready(self) -> None:
        """Wait for its first word. Raises what it says, RuntimeError where it ended instead."""
        try:
            refused = self.connection.recv()
        except (EOFError, ConnectionError):
            raise RuntimeError(
                f"a process of {self._module} ended ({self.ended_by()}) before it began; "
                "what it wrote on standard error says why"
            ) from None
        if refused is not None:
            self.end()
            raise refused

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.popen.poll() is None

    def end(self) -> None:
        """End it at once, whatever it is doing."""
        self.popen.kill()
        self.popen.wait()
        self.connection.close()  # last: a thread that waits for it is to see the end of it

    def ended_by(self) -> str:
        """What ended it, in words: a signal or an exit code."""
        code = self.popen.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def connect_to_owner(fd: int) -> Connection:
    """The connection to the owner; Ctrl-C is for that one, who ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return Connection(fd)
