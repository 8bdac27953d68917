"""A disk that is full, a target that is read-only, temporary folders that are gone.

Belongs here: these faults and what must hold: the command ends with 1 and says what is wrong in a
line (or had no need of what was taken), readers find what was published before, and the same
command, once the fault is gone, gives the tables of an undisturbed run.

With the right to mount, the warehouse lies on a tmpfs that is made small or read-only; without it,
files may not grow beyond a size (RLIMIT_FSIZE), which is drawn in every second round anyway.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.faults.tables import difference
from bench.faults.victim_process import BETWEEN, Harm, Outcome
from bench.faults.warehouse_harness import (
    ACTIONS,
    Action,
    Undisturbed,
    WarehouseHarness,
    undisturbed,
)

PLENTY = "2g"
SECONDS_TO_END = 20
LONGEST_MESSAGE = 3
"""Lines: more than a sentence or two is a stack trace or noise."""
REASON = re.compile("space|disk|full|too large|read-only|writ", re.IGNORECASE)
"""What a message of a disk that takes no more speaks of."""


@dataclass
class Round:
    """One fault: during which action, what the command did, and what was wrong."""

    fault: str
    action: str
    stage: str
    """In which it failed; empty where it did not."""
    message: str
    problem: str = ""


@contextmanager
def own_disk(folder: Path) -> Iterator[bool]:
    """A tmpfs on a folder while this lasts; false where this user may mount none."""
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={PLENTY}", "newsactors-faults", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    try:
        yield made.returncode == 0
    finally:
        if made.returncode == 0:
            _when_free("umount", str(folder))


def remount(folder: Path, options: str) -> None:
    """Change the size or the mode of `own_disk`."""
    _when_free("mount", "-o", f"remount,{options}", str(folder))


def _when_free(*command: str) -> None:
    """Run what fails as long as a process of the round before, about to end, has a file open."""
    end = time.monotonic() + SECONDS_TO_END
    while subprocess.run(command, capture_output=True, check=False).returncode:
        if time.monotonic() > end:
            subprocess.run(command, check=True)
        time.sleep(0.2)


def used(folder: Path) -> int:
    """Bytes on disk under a folder."""
    return sum(512 * path.lstat().st_blocks for path in folder.rglob("*"))


def full(place: WarehouseHarness, one: Undisturbed, chance: random.Random) -> Outcome:
    """Leave so little free that some stage cannot write what it must."""
    disk = os.statvfs(place.home)
    taken = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    needed = 3 * place.settings.build_file.stat().st_size  # to publish
    free = int(2 ** chance.uniform(13, needed.bit_length()))
    remount(place.home, f"size={(taken + free) // 1024}k")
    try:
        return place.run(*one.arguments)
    finally:
        remount(place.home, f"size={PLENTY}")


def limited(place: WarehouseHarness, one: Undisturbed, chance: random.Random) -> Outcome:
    """No file may become larger than drawn: from a small Parquet file to the database."""
    limit = int(2 ** chance.uniform(10, 23.5))
    return place.run(*one.arguments, harm=Harm(file_bytes=limit))


def read_only(place: WarehouseHarness, one: Undisturbed, chance: random.Random) -> Outcome:
    """Nothing under the warehouse can be written; what reads goes on working."""
    remount(place.home, "ro")
    try:
        for question in (["top"], ["status"], ["sql", "select 1"]):
            if place.settings.published.exists():
                place.must(*question)
        return place.run(*one.arguments)
    finally:
        remount(place.home, "rw")


def no_temporary(place: WarehouseHarness, one: Undisturbed, chance: random.Random) -> Outcome:
    """TMPDIR does not exist, and neither does what dbt keeps in the build folder."""
    shutil.rmtree(place.temporary)
    shutil.rmtree(place.settings.dbt_target, ignore_errors=True)
    return place.run(*one.arguments)


def lost_temporary(place: WarehouseHarness, one: Undisturbed, chance: random.Random) -> Outcome:
    """TMPDIR is cleared away when a stage begins, as by a nightly job that tidies up."""
    stage = chance.choice([name for name in one.outcome.stages if name != BETWEEN])
    return place.run(*one.arguments, harm=Harm(loses=(stage, place.temporary)))


def lost_dbt(place: WarehouseHarness, one: Undisturbed, chance: random.Random) -> Outcome:
    """What dbt keeps in the build folder is cleared away when a stage begins."""
    stage = chance.choice([name for name in one.outcome.stages if name != BETWEEN])
    return place.run(*one.arguments, harm=Harm(loses=(stage, place.settings.dbt_target)))


MOUNTING = (full, read_only)
HARMLESS = (no_temporary,)
"""What a command must get over."""
FAULTS = (full, limited, read_only, full, limited, no_temporary, lost_temporary, lost_dbt)


def one_round(
    place: WarehouseHarness,
    one: Undisturbed,
    fault: Callable[[WarehouseHarness, Undisturbed, random.Random], Outcome],
    chance: random.Random,
) -> Round:
    """One fault during an action, and the same action after it."""
    place.restore(f"before-{one.action.name}")
    outcome = fault(place, one, chance)
    place.temporary.mkdir(exist_ok=True)
    said = [line for line in outcome.output.splitlines() if line.strip()]
    failed_in = outcome.failed_in if outcome.code else ""
    done = Round(fault.__name__, one.action.name, failed_in, said[-1] if said else "")
    if outcome.code not in (0, 1) or "Traceback" in outcome.output:
        done.problem = f"exit {outcome.code}: {outcome.output[-2000:]}"
    elif outcome.code == 1 and (len(said) > LONGEST_MESSAGE or not REASON.search(said[-1])):
        done.problem = f"says too much or too little: {outcome.output[-2000:]}"
    elif outcome.code and fault in HARMLESS:
        done.problem = f"gave up: {outcome.output[-2000:]}"
    if done.problem:
        return done
    if not one.is_whole(seen := place.contents()):
        done.problem = f"half of it is published: {difference(seen, one.after)}"
        return done
    again = place.run(*one.action.again(place, one.arguments))
    differs = difference(place.contents(), one.after)
    if differs or place.leftovers():
        done.problem = differs or f"left over: {place.leftovers()}"
        done.problem += f" (exit {again.code}: {again.output[-500:]})"
    return done


def run(
    place: WarehouseHarness,
    rounds: int,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
    actions: Sequence[Action] = ACTIONS,
) -> dict[str, object]:
    """Each fault during each action in turn; what was hit and what went wrong."""
    chance = random.Random(seed)
    done: list[Round] = []
    with own_disk(place.home) as can_mount:
        faults = [f for f in FAULTS if can_mount or f not in MOUNTING]
        reference = undisturbed(place, actions)
        todo = [(one, fault) for fault in faults for one in reference]
        chance.shuffle(todo)
        for number in range(rounds):
            one, fault = todo[number % len(todo)]
            found = one_round(place, one, fault, chance)
            done.append(found)
            say(f"{number + 1}: {found.fault}, {found.action}: {found.problem or 'ok'} "
                f"[{found.stage or 'went on'}: {found.message}]")  # fmt: skip
    failed_in = Counter((r.fault, r.stage or "went on") for r in done)
    return {
        "rounds": len(done),
        "failed": [asdict(r) for r in done if r.problem],
        "by_fault": {
            f.__name__: {stage: n for (name, stage), n in sorted(failed_in.items())
                         if name == f.__name__}
            for f in dict.fromkeys(faults)
        },
        "messages": sorted({r.message for r in done if r.stage}),
        "seed": seed,
    }  # fmt: skip
