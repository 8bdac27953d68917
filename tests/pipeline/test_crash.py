"""Killed at any moment and then completed, a run leaves the same warehouse as an undisturbed one.

The stages without Dagster and dbt, which is quick; `test_faults` kills whole commands.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from session_cache import begin_modelled
from suite_length import seed

from etl.settings import REPOSITORY
from pipeline import warehouse_harness as program
from pipeline.warehouse_harness import ACTIONS, Rows, WarehouseHarness, story, text

FILES = 36
"""In batches of two they make enough folders for a merge."""


def inbox(root: Path) -> WarehouseHarness:
    """An empty warehouse with articles, duplicates and a bad file in the inbox."""
    harness = WarehouseHarness(root, batch_articles=2)
    for number in range(FILES):
        body = story(number % (FILES - 3), sentences=2)
        harness.drop(f"{number:02}.txt", text(body, outlet=f"Paper {number % 3}"))
    harness.drop("bad.txt", b"\x00")
    return harness


def run(harness: WarehouseHarness, action: str, *, die_at: int = 0) -> int | None:
    """Run the stages in a separate process; return its number of changes, None if it was killed."""
    done = subprocess.run(
        [sys.executable, str(program.__file__), str(harness.root), action, str(die_at)],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def contents(harness: WarehouseHarness) -> tuple[Rows, dict[str, str]]:
    return harness.loaded(), harness.quarantine()


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[WarehouseHarness, dict[str, int]]:
    """A warehouse after every action, and the number of file changes of each."""
    harness = inbox(tmp_path_factory.mktemp("undisturbed"))
    begin_modelled(harness.settings.home, tmp_path_factory)
    changes = {}
    for action in ACTIONS:
        changes[action] = run(harness, action) or 0
        shutil.copytree(harness.root, harness.root.with_name(f"{harness.root.name}-{action}"))
    return harness, changes


def after(undisturbed: WarehouseHarness, action: str) -> WarehouseHarness:
    """The undisturbed warehouse as it was after an action."""
    return WarehouseHarness(
        undisturbed.root.with_name(f"{undisturbed.root.name}-{action}"), batch_articles=2
    )


def before(undisturbed: WarehouseHarness, action: str, root: Path) -> WarehouseHarness:
    """A warehouse about to go through an action."""
    index = list(ACTIONS).index(action)
    if index == 0:
        return inbox(root)
    shutil.copytree(after(undisturbed, list(ACTIONS)[index - 1]).root, root)
    return WarehouseHarness(root, batch_articles=2)


@pytest.mark.parametrize("action", ACTIONS)
def test_killed_repeatedly(
    action: str, undisturbed: tuple[WarehouseHarness, dict[str, int]], tmp_path: Path
) -> None:
    """Killed twice before a random change, then completed."""
    original, changes = undisturbed
    harness = before(original, action, tmp_path / "harness")
    drawn = seed()
    chance = random.Random(drawn)
    for _ in range(2):
        run(harness, action, die_at=chance.randint(1, changes[action]))
    run(harness, action)
    assert contents(harness) == contents(after(original, action)), f"seed {drawn}"
