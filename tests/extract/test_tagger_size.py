"""Texts of megabytes are extracted completely within a worker's memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MEMORY = 1_500
"""Memory limit of a process in MB."""
LARGEST = 5_000_000


def measured(name: str, kind: str, *sizes: int) -> list[dict[str, Any]]:
    """Measure a separate process on texts of increasing size."""
    here = Path(__file__)
    done = subprocess.run(
        [sys.executable, str(here.with_name("extract_peak.py")), name, kind, *map(str, sizes)],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(here.parents[2])},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rules", "news"),
        ("rules", "names"),
        ("rules", "punctuation"),
        ("noisy", "news in one line"),
        ("noisy", "names"),
    ],
)
def test_memory_growth_leaves_room_for_the_largest_text(name: str, kind: str) -> None:
    small, large = 100_000, 300_000
    first, second = measured(name, kind, small, large)
    a_character = (second["peak"] - first["peak"]) / (large - small)
    assert first["peak"] + a_character * (LARGEST - small) < MEMORY


def test_the_network_reads_a_whole_text_in_linear_time() -> None:
    first, second = measured("tagger", "news", 15_000, 60_000)
    assert first["is_whole"]
    assert second["is_whole"]
    assert second["seconds"] < 8 * first["seconds"]


@pytest.mark.soak
@pytest.mark.parametrize("name", ["rules", "tagger", "fast"])
@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("news", LARGEST),
        ("news in one line", LARGEST),
        ("names", LARGEST),
        ("one letter", LARGEST),
        ("speech", LARGEST),
        ("pronouns", LARGEST),
        # As many tokens as MAX_TOKENS allows.
        ("punctuation", 2_490_000),
        ("marks", 2_490_000),
        ("words in marks", 3_300_000),
    ],
)
def test_the_largest_text_is_read_completely_within_memory(name: str, kind: str, size: int) -> None:
    (found,) = measured(name, kind, size)
    assert found["is_whole"]
    assert found["peak"] < MEMORY
