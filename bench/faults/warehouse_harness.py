"""A warehouse and its inbox at one path, the commands that change it, and what it publishes.

Belongs here: what the inbox holds, the actions that are disturbed, states that are kept to begin
from, and the comparison of tables. Does not belong here: any fault.

The path stays the same for all states: dbt's parse cache depends on it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from bench.articles import article
from bench.faults.tables import Rows, published_rows
from bench.faults.victim_process import UNHARMED, Harm, Kill, Outcome, Running, Server
from etl.corrections.csv_file import read_corrections
from etl.extract import get_extractor
from etl.settings import REPOSITORY, Settings
from etl.storage import editions
from etl.storage.editions import Edition, Switch
from etl.storage.staged_tables import STAGED_TABLES, layout

BATCH = 2
"""Articles a batch: so few that staging is compacted, as after weeks of news."""


@dataclass(frozen=True)
class Action:
    """A command that changes the warehouse: what comes into the inbox before, and its arguments."""

    name: str
    arguments: Callable[[WarehouseHarness], list[str]]
    drop: Callable[[WarehouseHarness], None] = lambda _: None
    again: Callable[[WarehouseHarness, list[str]], list[str]] = lambda _, arguments: arguments
    """What a person runs after a kill, given what was killed."""


@dataclass
class WarehouseHarness:
    """The folders of one warehouse."""

    root: Path
    batch_articles: int = BATCH
    more: dict[str, str] = field(default_factory=dict)
    """Variables of the environment besides those of the folders."""
    server: Server = field(init=False)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.temporary.mkdir(exist_ok=True)
        self.server = Server(self.root, self.environment)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "NEWSACTORS_HOME": str(self.home),
            "NEWSACTORS_INBOX": str(self.inbox),
            "NEWSACTORS_SETTLE_SECONDS": "0",
            "NEWSACTORS_BATCH_ARTICLES": str(self.batch_articles),
            "TMPDIR": str(self.temporary),
            "DO_NOT_TRACK": "1",
            "PYTHONPATH": str(REPOSITORY),
            **self.more,
        }

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.environment)

    # Running

    def start(self, *arguments: str, harm: Harm = UNHARMED) -> Running:
        """Start a command here."""
        return self.server.start(arguments, self.environment, harm)

    def run(
        self,
        *arguments: str,
        harm: Harm = UNHARMED,
        kill: Kill | None = None,
    ) -> Outcome:
        """Run a command here."""
        return self.start(*arguments, harm=harm).wait(kill)

    def must(self, *arguments: str) -> Outcome:
        """Run a command that has to succeed; RuntimeError with what it said where it does not."""
        done = self.run(*arguments)
        if done.code != 0:
            raise RuntimeError(f"newsactors {' '.join(arguments)}: {done.code}\n{done.output}")
        return done

    # States

    def save(self, name: str) -> None:
        """Keep a copy of the warehouse and the inbox."""
        self._copy(self.root, self.root / "states" / name)

    def restore(self, name: str) -> None:
        """Make the warehouse and the inbox what they were."""
        self._copy(self.root / "states" / name, self.root)

    def _copy(self, of: Path, to: Path) -> None:
        to.mkdir(parents=True, exist_ok=True)
        for folder in ("home", "inbox"):
            clear(to / folder)
            shutil.copytree(of / folder, to / folder, symlinks=True, dirs_exist_ok=True)
        self.temporary.mkdir(exist_ok=True)

    def drop(self, name: str, content: str | bytes) -> None:
        """Put a file into the inbox, a later one of the same name with a later time."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if path.stat().st_mtime_ns <= before:
            os.utime(path, ns=(before + 1_000_000, before + 1_000_000))

    # What is in it

    def contents(self) -> Rows:
        """All that is published, and what waits as a candidate; empty where there is nothing."""
        found = published_rows(self.settings.published) if self.settings.published.exists() else {}
        found["corrections in effect"] = self._corrections()
        for table in STAGED_TABLES:
            batches = editions.candidate_rows(self.settings).batches()
            read = [pq.read_table(batch.file(table)).to_pylist() for batch in batches]
            found[f"candidate {table}"] = sorted(
                (tuple(row.values()) for some in read for row in some), key=repr
            )
        last = editions.last_switch(self.settings)
        found["extractor in use"] = [(last.extractor if last else None,)]
        return found

    def _corrections(self) -> list[tuple[Any, ...]]:
        if not self.settings.published.exists():
            return []
        with duckdb.connect(str(self.settings.published.resolve()), read_only=True) as con:
            return con.execute(
                "select action, arguments, status, text_actor_count from main.corrections "
                "order by position"
            ).fetchall()

    def leftovers(self) -> list[str]:
        """Files that only a run under way may have: none once one has come to its end.

        Except one: what a killed write left beside the file that it was to replace, until that is
        written again.
        """
        home = self.home
        kept = ("build/dbt/", "registry/.corrections.lock")
        odd = [
            str(path.relative_to(home))
            for path in home.rglob("*")
            if (path.name.startswith(".") or ".tmp" in path.name or path.name.endswith(".wal"))
            and not (path.suffix == ".tmp" and path.with_suffix("").exists())
        ]
        snapshots = [p.name for p in self.settings.snapshots.glob("*")]
        too_many = [f"snapshots {snapshots}"] if len(snapshots) > 2 else []
        return [path for path in odd if not path.startswith(kept)] + too_many

    def one(self, sql: str) -> tuple[Any, ...]:
        """The first row that a query of the published file gives."""
        with duckdb.connect(str(self.settings.published.resolve()), read_only=True) as con:
            found = con.execute(sql).fetchone()
        assert found is not None, sql
        return found


def clear(folder: Path) -> None:
    """Empty a folder, which may be where something is mounted, and make it where it is not."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


# The actions


def _first_files(place: WarehouseHarness) -> None:
    """A file of every format, archives with many articles, and a file that nobody can read."""
    sys.path.insert(0, str(REPOSITORY / "tests"))
    from formats.files import FILES, tarred, zipped

    for name, data in FILES.items():
        place.drop(f"formats/{name}", data)
    for number in range(10):
        place.drop(f"single/{number}.txt", article(number))
    packed = {f"{number}.txt": article(number) for number in range(10, 100)}
    place.drop("many.zip", zipped(dict(list(packed.items())[:45])))
    place.drop("many.tar", tarred({n: t.encode() for n, t in list(packed.items())[45:]}))
    place.drop("bad.txt", b"\x00\x01")
    place.drop("empty.txt", b"")


def _second_files(place: WarehouseHarness) -> None:
    """New articles, new versions of known ones, one that came before, and a file that is mended."""
    sys.path.insert(0, str(REPOSITORY / "tests"))
    from formats.files import zipped

    for number in range(100, 120):
        place.drop(f"single/{number}.txt", article(number))
    for number in range(5):
        place.drop(f"single/{number}.txt", article(number, edition=2))
    place.drop("again/7.txt", article(7))
    place.drop("bad.txt", article(120))
    place.drop("more.zip", zipped({f"{n}.txt": article(n) for n in range(121, 140)}))


def _merge(place: WarehouseHarness) -> list[str]:
    """The two actors that are in most articles are said to be one."""
    pair = "order by article_count desc, entity_id limit 1 offset"
    ids = [
        str(place.one(f"select entity_id from entities where type = 'PERSON' {pair} {n}")[0])
        for n in (0, 1)
    ]
    return ["actors", "merge", *ids, "--because", "a harness says so", "--author", "harness"]


def _again_merge(place: WarehouseHarness, arguments: list[str]) -> list[str]:
    return ["actors", "apply"] if read_corrections(place.settings) else arguments


def _forget(place: WarehouseHarness) -> list[str]:
    found = place.one("select article_id from articles order by word_count desc, article_id")
    return ["forget", str(found[0]), "--yes"]


ACTIONS = (
    Action("first ingest", lambda _: ["ingest"], _first_files),
    Action("second ingest", lambda _: ["ingest"], _second_files),
    Action("correction", _merge, again=_again_merge),
    Action("candidate", lambda _: ["reextract", "--diff", "--extractor", "no-quotes"]),
    Action("promotion", lambda _: ["reextract", "--promote"]),
    Action("rollback", lambda _: ["reextract", "--rollback"]),
    Action("forget", _forget),
    Action("rebuild", lambda _: ["rebuild"]),
)
"""What is disturbed, each beginning where the one before ends."""


def prepare(place: WarehouseHarness) -> None:
    """A warehouse of two articles that reads by the rules: the shipped model would take minutes."""
    for folder in (place.home, place.inbox):
        clear(folder)
    rules = get_extractor("rules")
    # As after the promotion of a candidate when there was nothing yet.
    to = Switch(
        "promote", 1, 0, 0, Edition(rules.name, rules.version),
        extractor=rules.name, former_extractor=rules.name,
    )  # fmt: skip
    editions.switch(place.settings, to, {n: [layout(n).empty_table()] for n in STAGED_TABLES})
    for number in (1000, 1001):
        place.drop(f"begin/{number}.txt", article(number))
    place.must("ingest")


@dataclass(frozen=True)
class Undisturbed:
    """An action as it goes when nothing happens: what it was, took, and came to."""

    action: Action
    arguments: list[str]
    outcome: Outcome
    before: Rows
    after: Rows

    def is_whole(self, seen: Rows) -> bool:
        """Whether what is published is what was published before, or what is to be."""
        names = [name for name in self.after if not name.startswith(("candidate", "extractor"))]
        return any(all(seen[n] == side[n] for n in names) for side in (self.before, self.after))


def undisturbed(place: WarehouseHarness, actions: Sequence[Action] = ACTIONS) -> list[Undisturbed]:
    """Go through all actions, and keep the state `before-ACTION` of each."""
    prepare(place)
    found = []
    for action in actions:
        action.drop(place)
        place.save(f"before-{action.name}")
        before, arguments = place.contents(), action.arguments(place)
        outcome = place.must(*arguments)
        found.append(Undisturbed(action, arguments, outcome, before, place.contents()))
    return found
