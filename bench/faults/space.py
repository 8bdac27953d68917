"""Disk faults: a full disk, a read-only warehouse, missing temporary folders.

Belongs here: these faults and what must hold. The command exits with 1 and a one-line message (or
did not need what was missing). Readers still see the former publication. Once the fault is gone,
the same command produces the tables of a run without faults. Does not belong here: the actions
(`bench.faults.warehouse_harness`).

If this user may mount, the warehouse lies on a tmpfs that is made small or read-only. Otherwise a
limit on file size (RLIMIT_FSIZE) stands in; it is also one of the faults if mounting works.
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

from bench.faults.actions import ACTIONS, Action, ReferenceRun, reference_runs
from bench.faults.tables import difference
from bench.faults.victim_process import OUTSIDE_STAGES, InjectedFault, Outcome
from bench.faults.warehouse_harness import WarehouseHarness

DISK_SIZE = "2g"
UNMOUNT_TIMEOUT_SECONDS = 20
MAX_MESSAGE_LINES = 3
"""More than a sentence or two is a stack trace or noise."""
REASON = re.compile("space|disk|full|too large|read-only|writ", re.IGNORECASE)
"""A message about a disk error contains one of these words."""


@dataclass
class Round:
    """One fault during an action: what the command did, and the problem found."""

    fault: str
    action: str
    stage: str
    """The stage in which it failed; empty if it did not."""
    message: str
    problem: str = ""


@contextmanager
def own_disk(folder: Path) -> Iterator[bool]:
    """Mount a tmpfs on a folder for the block. Yield False if this user may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "newsactors-faults", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            _retry_while_busy("umount", str(folder))


def remount(folder: Path, options: str) -> None:
    """Change the size or mode of the tmpfs of `own_disk`."""
    _retry_while_busy("mount", "-o", f"remount,{options}", str(folder))


def _retry_while_busy(*command: str) -> None:
    """Run a command, retrying while a process of the last round still has a file open."""
    end = time.monotonic() + UNMOUNT_TIMEOUT_SECONDS
    while subprocess.run(command, capture_output=True, check=False).returncode:
        if time.monotonic() > end:
            subprocess.run(command, check=True)
        time.sleep(0.2)


def used(folder: Path) -> int:
    """Return the bytes on disk under a folder."""
    return sum(512 * path.lstat().st_blocks for path in folder.rglob("*"))


def full(harness: WarehouseHarness, reference: ReferenceRun, chance: random.Random) -> Outcome:
    """Leave so little free space that some stage cannot write."""
    disk = os.statvfs(harness.home)
    used_bytes = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    needed = 3 * harness.settings.build_file.stat().st_size  # to publish
    free = int(2 ** chance.uniform(13, needed.bit_length()))
    remount(harness.home, f"size={(used_bytes + free) // 1024}k")
    try:
        return harness.run(*reference.arguments)
    finally:
        remount(harness.home, f"size={DISK_SIZE}")


def limited(harness: WarehouseHarness, reference: ReferenceRun, chance: random.Random) -> Outcome:
    """Limit file size at random: from a small Parquet file to the database."""
    limit = int(2 ** chance.uniform(10, 23.5))
    return harness.run(*reference.arguments, fault=InjectedFault(file_bytes=limit))


def read_only(harness: WarehouseHarness, reference: ReferenceRun, chance: random.Random) -> Outcome:
    """Make the warehouse read-only. Commands that only read must keep working."""
    remount(harness.home, "ro")
    try:
        for arguments in (["top"], ["status"], ["sql", "select 1"]):
            if harness.settings.published.exists():
                harness.run_checked(*arguments)
        return harness.run(*reference.arguments)
    finally:
        remount(harness.home, "rw")


def no_temporary(
    harness: WarehouseHarness, reference: ReferenceRun, chance: random.Random
) -> Outcome:
    """Remove TMPDIR and dbt's files in the build folder before the command starts."""
    shutil.rmtree(harness.temporary)
    shutil.rmtree(harness.settings.dbt_target, ignore_errors=True)
    return harness.run(*reference.arguments)


def lost_temporary(
    harness: WarehouseHarness, reference: ReferenceRun, chance: random.Random
) -> Outcome:
    """Remove TMPDIR when a stage begins, as a nightly clean-up job would."""
    stage = chance.choice([name for name in reference.outcome.stages if name != OUTSIDE_STAGES])
    return harness.run(
        *reference.arguments, fault=InjectedFault(removed_folder=(stage, harness.temporary))
    )


def lost_dbt(harness: WarehouseHarness, reference: ReferenceRun, chance: random.Random) -> Outcome:
    """Remove dbt's files in the build folder when a stage begins."""
    stage = chance.choice([name for name in reference.outcome.stages if name != OUTSIDE_STAGES])
    fault = InjectedFault(removed_folder=(stage, harness.settings.dbt_target))
    return harness.run(*reference.arguments, fault=fault)


MOUNTING = (full, read_only)
HARMLESS = (no_temporary,)
"""Faults that a command must survive."""
FAULTS = (full, limited, read_only, full, limited, no_temporary, lost_temporary, lost_dbt)


def one_round(
    harness: WarehouseHarness,
    reference: ReferenceRun,
    fault: Callable[[WarehouseHarness, ReferenceRun, random.Random], Outcome],
    chance: random.Random,
) -> Round:
    """Inject a fault into an action, then run the action again without it."""
    harness.restore(f"before-{reference.action.name}")
    outcome = fault(harness, reference, chance)
    harness.temporary.mkdir(exist_ok=True)
    lines = [line for line in outcome.output.splitlines() if line.strip()]
    failed_in = outcome.failed_in if outcome.code else ""
    done = Round(fault.__name__, reference.action.name, failed_in, lines[-1] if lines else "")
    if outcome.code not in (0, 1) or "Traceback" in outcome.output:
        done.problem = f"exit {outcome.code}: {outcome.output[-2000:]}"
    elif outcome.code == 1 and (len(lines) > MAX_MESSAGE_LINES or not REASON.search(lines[-1])):
        done.problem = f"message too long, or without a reason: {outcome.output[-2000:]}"
    elif outcome.code and fault in HARMLESS:
        done.problem = f"failed after a harmless fault: {outcome.output[-2000:]}"
    if done.problem:
        return done
    if not reference.matches_before_or_after(seen := harness.contents()):
        done.problem = f"partly published: {difference(seen, reference.after)}"
        return done
    again = harness.run(*reference.action.retry(harness, reference.arguments))
    differs = difference(harness.contents(), reference.after)
    if differs or harness.leftovers():
        done.problem = differs or f"left over: {harness.leftovers()}"
        done.problem += f" (exit {again.code}: {again.output[-500:]})"
    return done


def run(
    harness: WarehouseHarness,
    rounds: int,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
    actions: Sequence[Action] = ACTIONS,
) -> dict[str, object]:
    """Inject each fault into each action; return the stages hit and the failed rounds."""
    chance = random.Random(seed)
    done: list[Round] = []
    with own_disk(harness.home) as can_mount:
        faults = [f for f in FAULTS if can_mount or f not in MOUNTING]
        references = reference_runs(harness, actions)
        pairs = [(reference, fault) for fault in faults for reference in references]
        chance.shuffle(pairs)
        for number in range(rounds):
            reference, fault = pairs[number % len(pairs)]
            found = one_round(harness, reference, fault, chance)
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
