"""Two commands at once: an ingest, and whatever else may start while it is on.

Belongs here: which commands meet and when the second begins, and what must hold: both end with 0,
or one with 1 and a line that says why; and the tables are those of the two one after the other.
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
from bench.faults.tables import Rows, difference
from bench.faults.victim_process import Outcome
from bench.faults.warehouse_harness import ACTIONS, WarehouseHarness, prepare
from etl.settings import REPOSITORY

DAGSTER = "dagster"
"""Stands for a run of Dagster itself, in an instance of its own, as its daemon starts it."""


@dataclass
class Round:
    """Two commands that met: how many seconds later the second began, and how both ended."""

    pair: str
    later: float
    codes: tuple[int | None, int | None]
    messages: tuple[str, str]
    problem: str = ""


def run(
    place: WarehouseHarness, rounds: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Each pair in turn, the second command starting at a moment drawn within the first."""
    chance = random.Random(seed)
    seconds, seconds_commands = _prepare(place)
    expected = {}
    for name, command in seconds_commands.items():
        place.restore("before")
        place.must("ingest")
        _start(place, command)()
        expected[name] = place.contents()
    done: list[Round] = []
    for number in range(rounds):
        name = list(seconds_commands)[number % len(seconds_commands)]
        place.restore("before")
        later = chance.uniform(0, seconds)
        first = place.start("ingest")
        time.sleep(later)
        other = _start(place, seconds_commands[name])
        outcomes = first.wait(), other()
        found = _judge(place, name, later, outcomes, expected[name])
        done.append(found)
        say(f"{number + 1}: {name}, {later:.1f} s later: {found.codes} {found.problem or 'ok'}")
    return {
        "rounds": len(done),
        "failed": [asdict(r) for r in done if r.problem],
        "by_pair": {name: sum(r.pair == name for r in done) for name in seconds_commands},
        "left_with_1": [asdict(r) for r in done if 1 in r.codes],
        "seed": seed,
    }


def _prepare(place: WarehouseHarness) -> tuple[float, dict[str, list[str]]]:
    """A warehouse with news in its inbox; what an ingest takes, and what may meet it."""
    actions = {action.name: action for action in ACTIONS}
    prepare(place)
    actions["first ingest"].drop(place)
    place.must("ingest")
    actions["second ingest"].drop(place)
    other = place.root / "other"
    other.mkdir(exist_ok=True)
    for number in range(200, 220):
        (other / f"{number}.txt").write_text(article(number))
    place.save("before")
    commands = {
        "ingest + the same ingest": ["ingest"],
        "ingest + ingest of another folder": ["ingest", str(other)],
        "ingest + Dagster run": [DAGSTER],
        "ingest + rebuild": ["rebuild"],
        **{f"ingest + {n}": actions[n].arguments(place) for n in ("correction", "forget")},
    }
    return place.must("ingest").seconds, commands


def _start(place: WarehouseHarness, command: list[str]) -> Callable[[], Outcome]:
    """Start a command; call the result to wait for its end."""
    if command != [DAGSTER]:
        return place.start(*command).wait
    dagster_home = place.root / "dagster"
    dagster_home.mkdir(exist_ok=True)
    (dagster_home / "dagster.yaml").write_text((REPOSITORY / "dagster.yaml").read_text())
    process = subprocess.Popen(
        [sys.executable, "-m", "dagster", "job", "execute", "-m", "etl.definitions",
         "-j", "nightly_ingest"],
        env=os.environ | place.environment | {"DAGSTER_HOME": str(dagster_home)},
        cwd=dagster_home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip

    def wait() -> Outcome:
        output = process.communicate(timeout=600)[0]
        return Outcome(process.returncode, "", output, 0.0)

    return wait


def _judge(
    place: WarehouseHarness,
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
    differs = difference(place.contents(), expected)
    if differs and 1 in found.codes:
        # Who left with a message is asked to come again.
        place.must("ingest")
        differs = difference(place.contents(), expected)
    if differs or place.leftovers():
        found.problem = differs or f"left over: {place.leftovers()}"
    return found
