"""Clients that hold pages of the explorer open for hours, while new articles arrive every minute.

Belongs here: idle, half-finished and slow clients, and what the explorer then takes. Does not
belong here: readers of the published file (`bench.faults.readers`).
"""

from __future__ import annotations

import socket
import statistics
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench.articles import article
from bench.faults import processes
from bench.faults.warehouse_harness import WarehouseHarness, prepare

CLIENTS = 200
MAX_LOAD_SECONDS = 15.0
MAX_MEMORY_GROWTH = 1.5
MAX_OPEN_FILES = 40
"""Files and sockets that the explorer may have open once the clients have left."""

_REQUESTS = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    b"GET /static/explorer.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"",
)
"""A page that is loaded, a request without its end, a file never read, a silent connection."""


def run(
    harness: WarehouseHarness, rounds: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Hold the pages for `rounds` minutes."""
    prepare(harness)
    failed, loads, megabytes = [], [], []
    with processes.explorer(harness) as (port, process):
        held = hold(port)
        for minute in range(rounds):
            began = time.monotonic()
            harness.drop(f"{minute}.txt", article(minute))
            try:
                harness.run_checked("ingest")
                loads.append(_load(port))
            except (OSError, RuntimeError) as error:
                failed.append(f"minute {minute}: {type(error).__name__}: {error}")
            megabytes.append(_resident_mb(process.pid))
            say(f"{minute + 1}: {loads[-1:]} s, {megabytes[-1]:.0f} MB")
            time.sleep(max(0.0, 60 - (time.monotonic() - began)))
        for client in held:
            client.close()
        time.sleep(5)
        files = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
    articles = harness.fetch_one("select count(*) from articles")[0]
    if articles != rounds + 2:
        failed.append(f"{articles} articles")
    if loads and max(loads) > MAX_LOAD_SECONDS:
        failed.append(f"a page took {max(loads):.1f} s")
    if megabytes[-1] > MAX_MEMORY_GROWTH * megabytes[0]:
        failed.append(f"memory grew from {megabytes[0]:.0f} to {megabytes[-1]:.0f} MB")
    if files > MAX_OPEN_FILES:
        failed.append(f"{files} files are open")
    return {
        "minutes": rounds,
        "clients": CLIENTS,
        "load_seconds": {"median": round(statistics.median(loads), 2), "max": round(max(loads), 2)},
        "memory_mb": [round(megabytes[0]), round(megabytes[-1])],
        "open_files": files,
        "failed": failed,
        "seed": seed,
    }


def hold(port: int) -> list[socket.socket]:
    """Open CLIENTS connections, each with one of _REQUESTS."""
    held = []
    for number in range(CLIENTS):
        client = socket.create_connection(("127.0.0.1", port), timeout=10)
        client.sendall(_REQUESTS[number % len(_REQUESTS)])
        held.append(client)
    return held


def _load(port: int) -> float:
    """Load the first page; return the seconds."""
    began = time.monotonic()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
        page.read()
    return time.monotonic() - began


def _resident_mb(pid: int) -> float:
    with suppress(FileNotFoundError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0
