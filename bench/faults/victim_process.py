"""One command of newsactors in a process that says which stage it is in, and that can be hurt.

A process is forked from a server that has imported everything, so that it begins within a tenth of
a second instead of five; it has nothing else in common with others, and SIGKILL is as final to it.
Belongs here: starting and killing, and what is told about stages. Does not belong here: what to run
and what ought to come of it.
"""

from __future__ import annotations

import functools
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection, forkserver, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

BETWEEN = "between"
"""The stage of whatever happens outside the functions below: starting, Dagster, ending."""

STAGES: dict[str, tuple[str, ...]] = {
    "archive": ("etl.pipeline.archive_files.archive_new",),
    "staging": ("etl.pipeline.stage_articles.stage_new",),
    "load": ("etl.pipeline.load.load_staged",),
    "compact": ("etl.storage.staging.Staging.compact",),
    "check": (
        "etl.pipeline.load.check_loaded",
        "etl.pipeline.actor_links.check_links",
        "etl.pipeline.article_stories.check_stories",
    ),
    "link": ("etl.pipeline.actor_links.link",),
    "record": ("etl.corrections.csv_file.append",),
    "correct": ("etl.pipeline.apply_corrections.apply_corrections",),
    "stories": ("etl.pipeline.article_stories.group",),
    "dbt": ("etl.pipeline.build_models.build_models",),
    "publish": (
        "etl.pipeline.publish_run.publish_build",
        "etl.pipeline.publish_run.clear_touched_days",
    ),
    "candidate": ("etl.pipeline.reextract.build_candidate",),
    "switch": ("etl.pipeline.promotion.promote", "etl.pipeline.promotion.roll_back"),
    "forget": ("etl.pipeline.tombstone_article.tombstone_article",),
    "clear": ("etl.pipeline.rebuild.clear_for_rebuild",),
}
"""The functions that a stage consists of; within one another the innermost counts."""


class Changes:
    """Counts changes to files under a folder, and kills this process before a chosen one.

    `key` says under what to count at a moment. What DuckDB and Arrow write is not seen.
    """

    EVENTS = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.symlink",
              "os.chmod", "sqlite3.connect", "shutil.copyfile")  # fmt: skip

    def __init__(
        self, folder: Path, die_at: tuple[str, int] | None, key: Callable[[], str]
    ) -> None:
        self.folder, self.die_at, self.key = os.fsencode(folder), die_at, key
        self.counts: Counter[str] = Counter()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            is_change = isinstance(args[1], str) and args[1][0] in "wax"
        else:
            is_change = event in self.EVENTS
        if is_change and any(self._is_inside(arg) for arg in args):
            key = self.key()
            self.counts[key] += 1
            if (key, self.counts[key]) == self.die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def _is_inside(self, arg: object) -> bool:
        return isinstance(arg, str | bytes | Path) and os.fsencode(arg).startswith(self.folder)


@dataclass(frozen=True)
class Harm:
    """What befalls a process, all from within it: None and empty for nothing."""

    die_at: tuple[str, int] | None = None
    """SIGKILL just before the n-th change of files in a stage."""
    file_bytes: int | None = None
    """No file may become larger (RLIMIT_FSIZE): writing fails as on a full disk."""
    loses: tuple[str, Path] | None = None
    """When this stage begins, this folder is gone."""
    user: int | None = None
    """The user to run as."""


@dataclass
class Spent:
    """What a stage of an undisturbed run took: seconds, and changes of files."""

    seconds: float = 0.0
    changes: int = 0


@dataclass(frozen=True)
class Kill:
    """SIGKILL from outside after a process has spent so many seconds in a stage."""

    stage: str
    seconds: float


@dataclass
class Outcome:
    """How a process ended: its exit code (None where it was killed), and in which stage it was."""

    code: int | None
    stage: str
    output: str
    seconds: float
    stages: dict[str, Spent] = field(default_factory=dict)
    failed_in: str = ""
    """The stage that raised first."""
    peak_mb: float = 0.0
    """Its largest resident size; unknown (0) where it was killed."""


class Running:
    """A command under way."""

    def __init__(self, process: ForkServerProcess, told: Connection, output: Path) -> None:
        self._process, self._told, self._output = process, told, output
        self.began = time.monotonic()

    def wait(self, kill: Kill | None = None, timeout: float = 600) -> Outcome:
        """Wait for the end, or kill it at its moment; TimeoutError where neither comes."""
        stage, since = BETWEEN, self.began
        stages: dict[str, Spent] = {BETWEEN: Spent()}
        end: dict[str, Any] = {}
        while True:
            now = time.monotonic()
            left = timeout - (now - self.began)
            if kill is not None and stage == kill.stage:
                left = kill.seconds - stages[stage].seconds - (now - since)
            if not connection.wait([self._told], max(0.0, left)):
                self.kill()
                if kill is None or stage != kill.stage:
                    raise TimeoutError(f"in {stage} for ever: {self._output.read_text()[-2000:]}")
            try:
                message = self._told.recv()
            except (EOFError, ConnectionResetError):
                break
            if isinstance(message, dict):
                end = message | end
                continue
            now = time.monotonic()
            stages[stage].seconds += now - since
            stage, since = message, now
            stages.setdefault(stage, Spent())
        self._process.join()
        stages[stage].seconds += time.monotonic() - since
        for name, count in end.get("changes", {}).items():
            stages.setdefault(name, Spent()).changes = count
        code = self._process.exitcode
        return Outcome(
            None if code == -signal.SIGKILL else code,
            stage,
            self._output.read_text(errors="replace"),
            time.monotonic() - self.began,
            stages,
            end.get("failed_in", ""),
            end.get("peak_mb", 0.0),
        )

    def kill(self) -> None:
        """SIGKILL; nothing where it has ended."""
        if self._process.is_alive():
            self._process.kill()


UNHARMED = Harm()


class Server:
    """Starts commands, each with its own environment; one a process, whatever is made of it.

    `environment` is what it imports with: it parses the dbt project into NEWSACTORS_HOME.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._context: ForkServerContext = get_context("forkserver")
        self._context.set_forkserver_preload(
            ["bench.faults.victim_process", "bench.faults.preload"]
        )
        self._count = 0
        before = dict(os.environ)
        os.environ.update(environment)
        os.environ["DAGSTER_HOME"] = ""
        try:
            forkserver.ensure_running()
            # It has imported everything once it starts a process: what it then holds open lies on
            # the disk of now, not on one that a fault mounts over it.
            ready = self._context.Process(target=_ready)
            ready.start()
            ready.join()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        harm: Harm = UNHARMED,
    ) -> Running:
        """Start `newsactors ARGUMENT…` with this environment besides that of the server."""
        self._count += 1
        output = self._folder / f"output-{self._count % 50}.txt"
        told, tell = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=_command, args=(list(arguments), dict(environment), harm, output, tell)
        )
        process.start()
        tell.close()
        return Running(process, told, output)

    def run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        harm: Harm = UNHARMED,
        kill: Kill | None = None,
    ) -> Outcome:
        """Run a command to its end, or to the moment at which it is killed."""
        return self.start(arguments, environment, harm).wait(kill)


# What happens in the process itself


def _ready() -> None:
    """Nothing."""


def _command(
    arguments: list[str],
    environment: dict[str, str],
    harm: Harm,
    output: Path,
    tell: Connection,
) -> None:
    with output.open("wb") as file:
        for fd in (1, 2):
            os.dup2(file.fileno(), fd)
    os.environ.update(environment)
    tempfile.tempdir = None  # as in a process that begins: the server has found one already
    stages = [BETWEEN]

    def enter(name: str) -> None:
        stages.append(name)
        tell.send(name)
        if harm.loses and harm.loses[0] == name:
            shutil.rmtree(harm.loses[1], ignore_errors=True)

    def leave(error: BaseException | None) -> None:
        left = stages.pop()
        if error is not None:
            tell.send({"failed_in": left})
        tell.send(stages[-1])

    for name, functions in STAGES.items():
        for path in functions:
            _announce(path, name, enter, leave)
    changes = Changes(Path(environment["NEWSACTORS_HOME"]), harm.die_at, lambda: stages[-1])
    if harm.file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (harm.file_bytes, harm.file_bytes))
    if harm.user is not None:
        os.setuid(harm.user)
    from etl.__main__ import main

    try:
        main(arguments, prog_name="newsactors")
    finally:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tell.send({"changes": dict(changes.counts), "peak_mb": peak})


def _announce(
    path: str,
    stage: str,
    enter: Callable[[str], None],
    leave: Callable[[BaseException | None], None],
) -> None:
    """Let a function say when it begins and ends, wherever it was imported to."""
    owner: Any = sys.modules["etl"]
    *above, name = path.split(".")[1:]
    for part in above:
        owner = getattr(owner, part)
    function = getattr(owner, name)

    @functools.wraps(function)
    def announced(*args: Any, **kwargs: Any) -> Any:
        enter(stage)
        try:
            done = function(*args, **kwargs)
        except BaseException as error:
            leave(error)
            raise
        leave(None)
        return done

    setattr(owner, name, announced)
    for module in [m for n, m in sys.modules.items() if n.startswith("etl.")]:
        if module.__dict__.get(name) is function:
            setattr(module, name, announced)
