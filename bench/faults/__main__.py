"""The command `python -m bench.faults KIND…`: inject faults and write a report.

Belongs here: options and the report. Does not belong here: the faults (`bench.faults.kills` and the
modules beside it). The exit code is 1 if any round failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.faults import (
    archives,
    held_pages,
    kills,
    readers,
    situations,
    space,
    tiny_files,
    together,
)
from bench.faults.warehouse_harness import WarehouseHarness

KINDS: dict[str, Callable[..., dict[str, Any]]] = {
    "archives": archives.run,
    "kills": kills.run,
    "space": space.run,
    "together": together.run,
    "readers": readers.run,
    "situations": situations.run,
    "tiny_files": tiny_files.run,
    "held_pages": held_pages.run,
}
ROUNDS = {
    "archives": 40,
    "kills": 120,
    "space": 64,
    "together": 36,
    "readers": 50,
    "situations": 3,
    "tiny_files": 200,
    "held_pages": 120,
}


def main() -> None:
    """Run the named kinds of fault."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.faults",
        description="Inject faults into a warehouse and check what it publishes.",
    )
    parser.add_argument("kinds", nargs="+", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument(
        "--rounds",
        type=int,
        help="number of kills, faults, pairs or publishes, thousands of files, or minutes "
        f"(default: {ROUNDS})",
    )
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10**6)
    parser.add_argument("--report", type=Path, default=Path("build/faults.json"))
    given = parser.parse_args()
    report = json.loads(given.report.read_text()) if given.report.exists() else {}
    for kind in given.kinds:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"newsactors-{kind}-") as folder:
            outcome = KINDS[kind](
                WarehouseHarness(Path(folder)),
                given.rounds or ROUNDS[kind],
                given.seed,
                _print_line,
            )
        report[kind] = outcome | {"seconds": round(time.monotonic() - started)}
        given.report.parent.mkdir(parents=True, exist_ok=True)
        given.report.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        _print_line(json.dumps(report[kind], indent=2, ensure_ascii=False))
    sys.exit(any(report[kind]["failed"] for kind in given.kinds))


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
