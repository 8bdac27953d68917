"""Lost, older, cut and foreign parts of a warehouse, in random combinations.

Belongs here: what becomes of each part, and what must hold. `newsactors ingest` publishes every
file of the inbox, or refuses with a line that names the archive; `newsactors ingest --accept-loss`
then publishes every file. Nothing in the inbox is swallowed.
Does not belong here: damaged bytes (`tests/pipeline/test_doctor.py`), kills (`bench.faults.kills`).
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from bench.articles import article
from bench.faults.warehouse_harness import WarehouseHarness, prepare

PARTS = {
    "archive": ("raw",),
    "staging": ("extracted",),
    "run state": ("state.sqlite",),
    "build": ("build",),
    "published": ("snapshots", "news.duckdb"),
    "registry": ("registry",),
}
"""The files of each part, below the home."""
FATES = ("kept", "kept", "lost", "older", "foreign")


@dataclass
class Round:
    """The fate of each part, the exit codes of the two ingests, and what is wrong."""

    fates: dict[str, str]
    codes: list[int | None]
    refusal: str = ""
    problem: str = ""


def run(
    harness: WarehouseHarness, rounds: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Apply random fates to the parts of a warehouse, then ingest."""
    chance = random.Random(seed)
    _prepare(harness)
    done = []
    for number in range(rounds):
        fates = {part: chance.choice(FATES) for part in PARTS}
        if fates["archive"] == "kept" and chance.random() < 0.5:
            fates["archive"] = "cut"
        found = _round(harness, fates)
        done.append(found)
        say(f"{number + 1}: {fates} {found.codes} {found.problem or 'ok'}")
    return {
        "rounds": len(done),
        "failed": [asdict(r) for r in done if r.problem],
        "refused": sum(bool(r.refusal) for r in done),
        "seed": seed,
    }


def _prepare(harness: WarehouseHarness) -> None:
    """Save three warehouses: another one, that of yesterday, and that of today."""
    prepare(harness)
    for number in range(300, 303):
        harness.drop(f"{number}.txt", article(number))
    harness.run_checked("ingest")
    harness.save("foreign")
    prepare(harness)
    for number in range(6):
        harness.drop(f"{number}.txt", article(number))
    harness.run_checked("ingest")
    harness.save("older")
    for number in range(6, 10):
        harness.drop(f"{number}.txt", article(number))
    harness.run_checked("ingest")
    harness.save("today")


def remove(home: Path, part: str) -> None:
    """Remove the files of a part."""
    for name in PARTS[part]:
        path = home / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def replace(home: Path, part: str, other: Path) -> None:
    """Put another home's part in the place of this one's."""
    remove(home, part)
    for name in PARTS[part]:
        source = other / name
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, home / name, symlinks=True)
        elif source.exists() or source.is_symlink():
            shutil.copy2(source, home / name, follow_symlinks=False)


def cut(home: Path, lines: int = 2) -> None:
    """Cut the last lines off both copies of the manifest."""
    for name in ("manifest.jsonl", "manifest.copy.jsonl"):
        path = home / "raw" / name
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-lines]))


def apply(home: Path, part: str, fate: str, others: Mapping[str, Path]) -> None:
    """Apply a fate to a part; `others` are the homes of the fates that replace it."""
    if fate == "lost":
        remove(home, part)
    elif fate == "cut":
        cut(home)
    elif fate != "kept":
        replace(home, part, others[fate])


def _round(harness: WarehouseHarness, fates: dict[str, str]) -> Round:
    harness.restore("today")
    states = harness.root / "states"
    others = {fate: states / fate / "home" for fate in ("older", "foreign")}
    for part, fate in fates.items():
        apply(harness.home, part, fate, others)
    harness.drop("new.txt", article(20))
    first = harness.run("ingest")
    found = Round(fates, [first.code])
    if first.code == 1:
        found.refusal = first.output.splitlines()[-1]
        if "archive" not in found.refusal:
            found.problem = f"refused for another reason: {first.output[-2000:]}"
            return found
        second = harness.run("ingest", "--accept-loss")
        found.codes.append(second.code)
        if second.code != 0:
            found.problem = f"exit {second.code}: {second.output[-2000:]}"
            return found
    elif first.code != 0:
        found.problem = f"exit {first.code}: {first.output[-2000:]}"
        return found
    inbox = {str(path.relative_to(harness.inbox)) for path in harness.inbox.rglob("*.txt")}
    if missing := inbox - _published_paths(harness):
        found.problem = f"not published: {sorted(missing)}"
    return found


def _published_paths(harness: WarehouseHarness) -> set[str]:
    with duckdb.connect(str(harness.settings.published.resolve()), read_only=True) as con:
        rows = con.execute("select source_path from loaded.article_sources").fetchall()
    return {path for (path,) in rows}
