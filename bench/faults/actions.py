"""The actions that faults interrupt, and the runs of them without faults to compare with.

Belongs here: the commands, the files that they find in the inbox, and what a user runs after a
kill. Does not belong here: the folders and the published rows (`bench.faults.warehouse_harness`),
any fault (`bench.faults.kills`, `bench.faults.space`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.articles import article
from bench.faults.tables import Rows
from bench.faults.victim_process import Outcome
from bench.faults.warehouse_harness import WarehouseHarness, prepare
from etl.corrections.csv_file import read_corrections
from etl.settings import REPOSITORY


@dataclass(frozen=True)
class Action:
    """A command that changes the warehouse: its arguments, and the files to drop beforehand."""

    name: str
    arguments: Callable[[WarehouseHarness], list[str]]
    drop: Callable[[WarehouseHarness], None] = lambda _: None
    retry: Callable[[WarehouseHarness, list[str]], list[str]] = lambda _, arguments: arguments
    """Returns what a user runs after a kill, given the arguments that were killed."""


def _first_files(harness: WarehouseHarness) -> None:
    """Drop a file of every format, archives with many articles, and unreadable files."""
    sys.path.insert(0, str(REPOSITORY / "tests"))
    from formats.files import FILES, tarred, zipped

    for name, data in FILES.items():
        harness.drop(f"formats/{name}", data)
    for number in range(10):
        harness.drop(f"single/{number}.txt", article(number))
    packed = {f"{number}.txt": article(number) for number in range(10, 100)}
    harness.drop("many.zip", zipped(dict(list(packed.items())[:45])))
    harness.drop("many.tar", tarred({n: t.encode() for n, t in list(packed.items())[45:]}))
    harness.drop("bad.txt", b"\x00\x01")
    harness.drop("empty.txt", b"")


def _second_files(harness: WarehouseHarness) -> None:
    """Drop new articles, new versions, a duplicate, and a repaired file."""
    sys.path.insert(0, str(REPOSITORY / "tests"))
    from formats.files import zipped

    for number in range(100, 120):
        harness.drop(f"single/{number}.txt", article(number))
    for number in range(5):
        harness.drop(f"single/{number}.txt", article(number, edition=2))
    harness.drop("again/7.txt", article(7))
    harness.drop("bad.txt", article(120))
    drop_bulletins(harness)
    harness.drop("more.zip", zipped({f"{n}.txt": article(n) for n in range(121, 140)}))


def drop_bulletins(harness: WarehouseHarness) -> None:
    """Drop documents of three articles each, which are read as one without `_MAPPING`."""
    for number in range(6):
        parts = [article(2000 + 3 * number + n).split("\n\n", 2) for n in range(3)]
        document = {
            "title": f"Bulletin {number}",
            "date": "2025-02-01",
            "outlet": "Harbour Courier",
            "text": "\n\n".join(text for _, _, text in parts),
            "stukken": [
                {"kop": top.split(" ", 3)[3], "tekst": text, "krant": "Harbour Courier"}
                for top, _, text in parts
            ],
        }
        harness.drop(f"bulletins/{number}.json", json.dumps(document))


_MAPPING = """
- {match: "bulletins/*", records: stukken, headline: kop, body: tekst, outlet: krant}
"""


def _map_bulletins(harness: WarehouseHarness) -> None:
    """Let bulletins be read as a newer version might: their ids redirect to three articles each."""
    harness.settings.field_mappings.parent.mkdir(parents=True, exist_ok=True)
    harness.settings.field_mappings.write_text(_MAPPING)


def _merge(harness: WarehouseHarness) -> list[str]:
    """Merge the two people with the most articles."""
    pair = "order by article_count desc, entity_id limit 1 offset"
    ids = [
        str(
            harness.fetch_one(f"select entity_id from entities where type = 'PERSON' {pair} {n}")[0]
        )
        for n in (0, 1)
    ]
    return ["actors", "merge", *ids, "--because", "fault harness", "--author", "harness"]


def _retry_merge(harness: WarehouseHarness, arguments: list[str]) -> list[str]:
    return ["actors", "apply"] if read_corrections(harness.settings) else arguments


def _forget(harness: WarehouseHarness) -> list[str]:
    found = harness.fetch_one(
        "select article_id from articles order by word_count desc, article_id"
    )
    return ["forget", str(found[0]), "--yes"]


REREAD = Action("reread", lambda _: ["reread"], _map_bulletins)
ACTIONS = (
    Action("first ingest", lambda _: ["ingest"], _first_files),
    Action("second ingest", lambda _: ["ingest"], _second_files),
    Action("correction", _merge, retry=_retry_merge),
    Action("candidate", lambda _: ["reextract", "--diff", "--extractor", "no-quotes"]),
    Action("promotion", lambda _: ["reextract", "--promote"]),
    Action("rollback", lambda _: ["reextract", "--rollback"]),
    REREAD,
    Action("forget", _forget),
    Action("rebuild", lambda _: ["rebuild"]),
)
"""The actions that faults interrupt. Each starts from the end state of the one before."""


@dataclass(frozen=True)
class ReferenceRun:
    """An action without faults: its outcome, and the contents before and after it."""

    action: Action
    arguments: list[str]
    outcome: Outcome
    before: Rows
    after: Rows

    def matches_before_or_after(self, seen: Rows) -> bool:
        """Whether the published rows are those from before the action or those from after it."""
        names = [name for name in self.after if not name.startswith(("candidate", "extractor"))]
        return any(all(seen[n] == side[n] for n in names) for side in (self.before, self.after))


def reference_runs(
    harness: WarehouseHarness, actions: Sequence[Action] = ACTIONS
) -> list[ReferenceRun]:
    """Run all actions without faults, saving the state `before-ACTION` of each."""
    prepare(harness)
    found = []
    for action in actions:
        action.drop(harness)
        harness.save(f"before-{action.name}")
        before, arguments = harness.contents(), action.arguments(harness)
        outcome = harness.run_checked(*arguments)
        found.append(ReferenceRun(action, arguments, outcome, before, harness.contents()))
    return found
