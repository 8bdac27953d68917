"""Fixtures: an empty warehouse, and one that has published a few articles."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from session_cache import begin_modelled, once
from suite_length import seed

from pipeline.warehouse_harness import WarehouseHarness, story, text


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Random choices are the same in each default run; a soak prints its seed."""
    drawn = seed()
    print(f"seed {drawn}")
    random.seed(drawn)


@pytest.fixture
def harness(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> WarehouseHarness:
    begin_modelled(tmp_path / "home", tmp_path_factory)
    return WarehouseHarness(tmp_path)


def _publish(root: Path, factory: pytest.TempPathFactory) -> None:
    begin_modelled(root / "home", factory)
    harness = WarehouseHarness(root)
    for number in range(6):
        day = f"2025-03-0{number + 1}"
        harness.drop(f"{number}.txt", text(story(number), day=day, outlet=f"Paper {number % 2}"))
    harness.drop(
        "undated.txt", f"Something Happened In Town\n\nBy Ann Author – Third Paper\n\n{story(6)}\n"
    )
    harness.drop("empty.txt", "")
    harness.ingest(publish=True)


@pytest.fixture(scope="session")
def six_published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with six published articles of six days and an undated one; copy before use."""
    return once(tmp_path_factory, "published", lambda root: _publish(root, tmp_path_factory))


@pytest.fixture
def published(six_published: Path, tmp_path: Path) -> WarehouseHarness:
    """A copy of that warehouse."""
    shutil.copytree(six_published, tmp_path / "copy", symlinks=True)
    return WarehouseHarness(tmp_path / "copy")
