"""Rows of measurements: printed, and kept in results.jsonl with what they came from."""

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


def tell(row: Row, *, is_kept: bool) -> None:
    """Print a row; append it with the day, the commit and the machine where it is to be kept."""
    print(json.dumps(row))
    if is_kept:
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
