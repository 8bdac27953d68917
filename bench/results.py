"""Rows of measurements: printed, and recorded in results.jsonl with their origin.

Belongs here: the format of a row, and the day, commit and machine recorded with it. Does not belong
here: measuring.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.jsonl")
Row = dict[str, Any]


def report_row(row: Row, *, is_recorded: bool) -> None:
    """Print a row. If `is_recorded`, append it with its day, commit and machine to RESULTS."""
    print(json.dumps(row))
    if is_recorded:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(_with_origin(row)) + "\n")


def _with_origin(row: Row) -> Row:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "on": datetime.now(UTC).date().isoformat(),
        "commit": commit,
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        **row,
    }
