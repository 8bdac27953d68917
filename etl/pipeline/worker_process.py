"""Worker processes: each does one kind of work for the process that started it.

Belongs here: starting a worker, the connection to it, and ending it. Does not belong here: its work
(`etl.pipeline.sandbox`, `etl.pipeline.extraction`).

`multiprocessing` would fork a process that has threads, or import the program that started it
(Dagster: 2 s and 150 MB) in each worker. These workers import only the module that serves.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection


class WorkerProcess:
    """The owner's handle of a process that runs `serve(fd)` of a module.

    The worker's first message is None, or the exception that keeps it from serving.
    """

    def __init__(self, module: str, **environment: str) -> None:
        self._module = module
        own_end, worker_end = socket.socketpair()
        with worker_end:
            # The worker must find the package by the same path as this process.
            self.popen = subprocess.Popen(
                [sys.executable, "-c", f"from {module} import serve; serve({worker_end.fileno()})"],
                pass_fds=(worker_end.fileno(),),
                stdin=subprocess.DEVNULL,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    **environment,
                },
            )
        self.connection = Connection(own_end.detach())

    def await_ready(self) -> None:
        """Wait for the first message. Raises its exception, or RuntimeError if the worker ended."""
        try:
            error = self.connection.recv()
        except (EOFError, ConnectionError):
            raise RuntimeError(
                f"a process of {self._module} ended ({self.ended_by()}) before it was ready; "
                "its standard error says why"
            ) from None
        if error is not None:
            self.end()
            raise error

    def is_alive(self) -> bool:
        """Whether the worker is running."""
        return self.popen.poll() is None

    def end(self) -> None:
        """Kill the worker, whatever it is doing."""
        self.popen.kill()
        self.popen.wait()
        self.connection.close()  # last, so that a thread waiting for the worker sees it end

    def ended_by(self) -> str:
        """Return what ended the worker: the name of a signal, or the exit code."""
        code = self.popen.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def connect_to_owner(fd: int) -> Connection:
    """Return the connection to the owner, and ignore Ctrl-C: the owner ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return Connection(fd)
