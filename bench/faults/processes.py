"""Commands and servers as processes of their own, as a user starts them.

Belongs here: starting and ending them, and finding their children and ports. Does not belong here:
commands that report their stages and take injected faults (`bench.faults.victim_process`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bench.faults.warehouse_harness import WarehouseHarness


def start(
    harness: WarehouseHarness,
    *arguments: str,
    also: Mapping[str, str] | None = None,
    umask: int = 0o022,
) -> subprocess.Popen[str]:
    """Start a command in a process group of its own, with more environment variables."""
    return subprocess.Popen(
        [sys.executable, "-m", "etl", *arguments],
        env=os.environ | harness.environment | {"DAGSTER_HOME": ""} | dict(also or {}),
        cwd=harness.root, umask=umask, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # A shell starts background jobs, such as this harness, with SIGINT ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def end(process: subprocess.Popen[str], seconds: float = 300) -> str:
    """Wait for a command; return its output. Raises RuntimeError if it fails."""
    output, _ = process.communicate(timeout=seconds)
    if process.returncode != 0:
        raise RuntimeError(f"exit {process.returncode}: {output[-2000:]}")
    return output


def run(
    harness: WarehouseHarness,
    *arguments: str,
    also: Mapping[str, str] | None = None,
    umask: int = 0o022,
) -> str:
    """Run a command; return its output. Raises RuntimeError if it fails."""
    return end(start(harness, *arguments, also=also, umask=umask))


def kill_group(process: subprocess.Popen[str]) -> str:
    """Kill a command and all its children; return its output."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.communicate()[0]


def group_members(process: subprocess.Popen[str]) -> str:
    """Return the ids and command lines of the group's processes, one a line; empty if it ended."""
    return subprocess.run(
        ["pgrep", "-g", str(process.pid), "-a"], capture_output=True, text=True, check=False
    ).stdout


def children(pid: int) -> dict[int, str]:
    """Return the command lines of the children that any thread of a process has started."""
    found: dict[int, str] = {}
    with suppress(FileNotFoundError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError):
                for child in (thread / "children").read_text().split():
                    line = Path(f"/proc/{child}/cmdline").read_bytes()
                    found[int(child)] = line.replace(b"\0", b" ").decode(errors="replace")
    return found


def descendants(pid: int) -> dict[int, str]:
    """Return the command lines of the children, their children, and so on."""
    found: dict[int, str] = {}
    for child, line in children(pid).items():
        found |= {child: line} | descendants(child)
    return found


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def answers(port: int, seconds: float) -> bool:
    """Wait until a server answers; return whether it did."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).close()
            return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


@contextmanager
def explorer(harness: WarehouseHarness) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Serve the explorer; yield its port and its process."""
    port = free_port()
    process = start(harness, "explore", "--port", str(port))
    try:
        answers(port, 60)
        yield port, process
    finally:
        kill_group(process)
