"""Warehouses to begin with: an empty one, and one that has published a few articles."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.world import World, story, text


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture(scope="session")
def _published(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("published"))
    for number in range(6):
        day = f"2025-03-0{number + 1}"
        world.drop(f"{number}.txt", text(story(number), day=day, outlet=f"Paper {number % 2}"))
    world.drop(
        "undated.txt", f"Something Happened In Town\n\nBy Ann Author – Third Paper\n\n{story(6)}\n"
    )
    world.drop("empty.txt", "")
    world.ingest(publish=True)
    return world


@pytest.fixture
def published(_published: World, tmp_path: Path) -> World:
    """A copy of a warehouse that has published six articles of six days, and an undated one."""
    shutil.copytree(_published.root, tmp_path / "copy", symlinks=True)
    return World(tmp_path / "copy")
