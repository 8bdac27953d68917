"""Concurrent commands: an ingest, and another command that starts while it runs.

Belongs here: which commands overlap, when the second starts, and what must hold. Both exit with 0,
or one exits with 1 and a message, and the tables equal those of running one after the other.
Does not belong here: readers (`bench.faults.readers`).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from bench.articles import article
from bench.faults.actions import ACTIONS
from bench.faults.tables import Rows, difference
from bench.faults.victim_process import Outcome
from bench.faults.warehouse_harness import WarehouseHarness, prepare
from etl.settings import REPOSITORY

DAGSTER = "dagster"
"""Placeholder for a Dagster run in its own instance, as the daemon would start it."""


@dataclass
class Round:
    """Two overlapping commands: the delay of the second in seconds, and how both ended."""

    pair: str
    later: float
    codes: tuple[int | None, int | None]
    messages: tuple[str, str]
    problem: str = ""


def run(
    harness: WarehouseHarness, rounds: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Run each pair in turn; the second command starts at a random moment of the first."""
    chance = random.Random(seed)
    ingest_seconds, commands = _prepare(harness)
    expected = {}
    for name, command in commands.items():
        harness.restore("before")
        harness.run_checked("ingest")
        _start(harness, command)()
        expected[name] = harness.contents()
    done: list[Round] = []
    for number in range(rounds):
        name = list(commands)[number % len(commands)]
        harness.restore("before")
        later = chance.uniform(0, ingest_seconds)
        first = harness.start("ingest")
        time.sleep(later)
        other = _start(harness, commands[name])
        outcomes = first.wait(), other()
        found = _judge(harness, name, later, outcomes, expected[name])
        done.append(found)
        say(f"{number + 1}: {name}, {later:.1f} s later: {found.codes} {found.problem or 'ok'}")
    return {
        "rounds": len(done),
        "failed": [asdict(r) for r in done if r.problem],
        "by_pair": {name: sum(r.pair == name for r in done) for name in commands},
        "left_with_1": [asdict(r) for r in done if 1 in r.codes],
        "seed": seed,
    }


def _prepare(harness: WarehouseHarness) -> tuple[float, dict[str, list[str]]]:
    """Fill the inbox. Return the seconds of an ingest, and the commands to overlap with it."""
    actions = {action.name: action for action in ACTIONS}
    prepare(harness)
    actions["first ingest"].drop(harness)
    harness.run_checked("ingest")
    actions["second ingest"].drop(harness)
    other = harness.root / "other"
    other.mkdir(exist_ok=True)
    for number in range(200, 220):
        (other / f"{number}.txt").write_text(article(number))
    harness.save("before")
    commands = {
        "ingest + the same ingest": ["ingest"],
        "ingest + ingest of another folder": ["ingest", str(other)],
        "ingest + Dagster run": [DAGSTER],
        "ingest + rebuild": ["rebuild"],
        **{f"ingest + {n}": actions[n].arguments(harness) for n in ("correction", "forget")},
    }
    return harness.run_checked("ingest").seconds, commands


def _start(harness: WarehouseHarness, command: list[str]) -> Callable[[], Outcome]:
    """Start a command. Return a function that waits for its end."""
    if command != [DAGSTER]:
        return harness.start(*command).wait
    dagster_home = harness.root / "dagster"
    dagster_home.mkdir(exist_ok=True)
    (dagster_home / "dagster.yaml").write_text((REPOSITORY / "dagster.yaml").read_text())
    process = subprocess.Popen(
        [sys.executable, "-m", "dagster", "job", "execute", "-m", "etl.definitions",
         "-j", "nightly_ingest"],
        env=os.environ | harness.environment | {"DAGSTER_HOME": str(dagster_home)},
        cwd=dagster_home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip

    def wait() -> Outcome:
        output = process.communicate(timeout=600)[0]
        return Outcome(process.returncode, "", output, 0.0)

    return wait


def _judge(
    harness: WarehouseHarness,
    name: str,
    later: float,
    outcomes: tuple[Outcome, Outcome],
    expected: Rows,
) -> Round:
    one, other = outcomes
    messages = tuple("\n".join(o.output.splitlines()[-3:]) for o in outcomes)
    found = Round(name, round(later, 2), (one.code, other.code), (messages[0], messages[1]))
    for outcome in outcomes:
        if outcome.code not in (0, 1) or (outcome.code == 1 and "Error: " not in outcome.output):
            found.problem = f"exit {outcome.code}: {outcome.output[-2000:]}"
            return found
    differs = difference(harness.contents(), expected)
    if differs and 1 in found.codes:
        # The command that exited with 1 was told to retry.
        harness.run_checked("ingest")
        differs = difference(harness.contents(), expected)
    if differs or harness.leftovers():
        found.problem = differs or f"left over: {harness.leftovers()}"
    return found
