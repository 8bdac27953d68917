"""Killed in the middle of a candidate, a promotion or a rollback: all or nothing."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from session_cache import begin_modelled
from suite_length import seed

from pipeline.test_crash import run
from pipeline.warehouse_harness import SWITCHES, Rows, WarehouseHarness, story, text

Stage = tuple[WarehouseHarness, Rows, int]
"""A warehouse before an action, the loaded rows after it, and its number of file changes."""


def copy(harness: WarehouseHarness, root: Path) -> WarehouseHarness:
    shutil.copytree(harness.root, root, symlinks=True)
    return WarehouseHarness(root, batch_articles=2)


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    root = tmp_path_factory.mktemp("stages")
    begin_modelled(root / "begin" / "home", tmp_path_factory)
    harness = WarehouseHarness(root / "begin", batch_articles=2)
    for number in range(7):
        harness.drop(f"{number}.txt", text(story(number, sentences=2)))
    harness.ingest(publish=True)
    found = {}
    for action in SWITCHES:
        before = copy(harness, root / f"before-{action}")
        changes = run(harness, action) or 0
        found[action] = before, harness.loaded(), changes
    return found


def killed(stage: Stage, action: str, root: Path, die_at: int) -> None:
    before, after, _ = stage
    published = before.published("from loaded.warehouse_info")
    harness = copy(before, root / "harness")
    assert run(harness, action, die_at=die_at) is None
    assert harness.published("from loaded.warehouse_info") == published
    nightly = copy(harness, root / "nightly")
    run(nightly, "ingest")
    assert nightly.loaded() in (before.loaded(), after), f"half of it, killed at {die_at}"
    run(harness, action)
    assert harness.loaded() == after, f"killed at {die_at}"
    left = [p.name for p in harness.settings.home.rglob(".*") if "DS_Store" not in p.name]
    assert left == [], f"killed at {die_at}"


def test_killed_at_a_random_moment(stages: dict[str, Stage], tmp_path: Path) -> None:
    chance = random.Random(seed())
    action = chance.choice(list(SWITCHES))
    killed(stages[action], action, tmp_path, chance.randint(1, stages[action][2]))


@pytest.mark.soak
@pytest.mark.parametrize("action", SWITCHES)
def test_killed_at_every_moment(action: str, stages: dict[str, Stage], tmp_path: Path) -> None:
    for die_at in range(1, stages[action][2] + 1):
        killed(stages[action], action, tmp_path / str(die_at), die_at)
        shutil.rmtree(tmp_path / str(die_at))
