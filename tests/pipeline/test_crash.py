"""Killed at any moment and run to the end, a warehouse holds what an undisturbed one does."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from once import begin

from pipeline import world as program
from pipeline.world import ACTIONS, Rows, World, story, text

FILES = 36
"""In batches of two they make enough folders for a merge."""


def inbox(root: Path) -> World:
    """A warehouse with nothing in it and articles, doubles and a bad file in the inbox."""
    world = World(root, batch_articles=2)
    for number in range(FILES):
        body = story(number % (FILES - 3), sentences=2)
        world.drop(f"{number:02}.txt", text(body, outlet=f"Paper {number % 3}"))
    world.drop("bad.txt", b"\x00")
    return world


def run(world: World, action: str, *, publish: bool = False, die_at: int = 0) -> int | None:
    """Go through the stages in a process of its own; the changes it made, None where it died."""
    done = subprocess.run(
        [sys.executable, str(program.__file__), str(world.root), action,
         "publish" if publish else "load", str(die_at)],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def kill_after(world: World, seconds: float) -> None:
    process = subprocess.Popen([sys.executable, str(program.__file__), str(world.root), "ingest",
                                "load", "0"], stdout=subprocess.DEVNULL)  # fmt: skip
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def contents(world: World) -> tuple[Rows, dict[str, str]]:
    return world.loaded(), world.quarantine()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, dict[str, int]]:
    """A warehouse that went through every action, and how many changes each one made."""
    world = inbox(tmp_path_factory.mktemp("undisturbed"))
    begin(world.settings.home, tmp_path_factory)
    changes = {}
    for action in ACTIONS:
        last = action == list(ACTIONS)[-1]
        changes[action] = run(world, action, publish=last) or 0
        shutil.copytree(world.root, world.root.with_name(f"{world.root.name}-{action}"))
    return world, changes


def after(undisturbed: World, action: str) -> World:
    """The undisturbed warehouse as it was after an action."""
    return World(undisturbed.root.with_name(f"{undisturbed.root.name}-{action}"), batch_articles=2)


def before(undisturbed: World, action: str, root: Path) -> World:
    """A warehouse about to go through an action."""
    index = list(ACTIONS).index(action)
    if index == 0:
        return inbox(root)
    shutil.copytree(after(undisturbed, list(ACTIONS)[index - 1]).root, root)
    return World(root, batch_articles=2)


@pytest.mark.parametrize("action", ACTIONS)
def test_killed_again_and_again(
    action: str, undisturbed: tuple[World, dict[str, int]], tmp_path: Path
) -> None:
    """Dies twice at a change chosen at random, then runs to the end."""
    original, changes = undisturbed
    world = before(original, action, tmp_path / "world")
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for _ in range(2):
        run(world, action, die_at=chance.randint(1, changes[action]))
    run(world, action)
    assert contents(world) == contents(after(original, action)), f"seed {seed}"


def test_killed_by_the_clock_and_while_publishing(
    undisturbed: tuple[World, dict[str, int]], tmp_path: Path
) -> None:
    original, changes = undisturbed
    world = before(original, "rebuild", tmp_path / "world")
    kill_after(world, random.uniform(0.5, 2.5))
    # What comes after loading is the publish.
    run(world, "rebuild", publish=True, die_at=changes["rebuild"] - random.randint(0, 8))
    run(world, "ingest", publish=True)
    assert contents(world) == contents(after(original, "rebuild"))
    assert world.main() == original.main()
    assert len(world.snapshots()) <= 2


@pytest.mark.soak
@pytest.mark.parametrize("round_", range(100))
def test_killed_at_a_hundred_moments(
    round_: int, undisturbed: tuple[World, dict[str, int]], tmp_path: Path
) -> None:
    """Every action, at moments spread over all that it does, and by the clock in between."""
    original, changes = undisturbed
    action = list(ACTIONS)[round_ % len(ACTIONS)]
    world = before(original, action, tmp_path / "world")
    publish = action == "rebuild" and round_ % 2 == 0
    run(world, action, publish=publish, die_at=1 + round_ * changes[action] // 100)
    if action == "ingest":
        kill_after(world, random.uniform(0.5, 3))
    run(world, action, publish=publish)
    assert contents(world) == contents(after(original, action))
    if publish:
        assert world.main() == original.main()
