"""Runs one newsactors command in a process that reports its stages and takes injected faults.

Each process is forked from a server that has imported everything, so it starts within a tenth of a
second instead of five. It shares nothing else with other processes, and SIGKILL is as final to it
as to any.
Belongs here: starting and killing processes, and the stages they report. Does not belong here:
which commands to run and their expected results (`bench.faults.warehouse_harness`).
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

OUTSIDE_STAGES = "between"
"""The stage reported outside the functions below: start-up, Dagster, shutdown."""

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
    "reread": ("etl.pipeline.reread.reread",),
    "clear": ("etl.pipeline.rebuild.clear_for_rebuild",),
}
"""The functions of each stage. If they are nested, the innermost counts."""


class FileChangeCounter:
    """Counts file changes under a folder, and kills this process just before a chosen one.

    `key` returns the current key to count under. Writes by DuckDB and Arrow are not seen.
    """

    EVENTS = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.symlink",
              "os.chmod", "sqlite3.connect", "shutil.copyfile")  # fmt: skip

    def __init__(
        self, folder: Path, die_at: tuple[str, int] | None, key: Callable[[], str]
    ) -> None:
        self.folder, self.die_at, self.key = os.fsencode(folder), die_at, key
        self.counts: Counter[str] = Counter()
        sys.addaudithook(self._count)

    def _count(self, event: str, args: tuple[Any, ...]) -> None:
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
class InjectedFault:
    """Faults that a process causes to itself; a field that is None causes none."""

    die_at: tuple[str, int] | None = None
    """(stage, n): SIGKILL just before the n-th file change in the stage."""
    file_bytes: int | None = None
    """The largest size of a file (RLIMIT_FSIZE): larger writes fail as on a full disk."""
    removed_folder: tuple[str, Path] | None = None
    """(stage, folder): remove the folder when the stage begins."""
    user: int | None = None
    """The id of the user to run as."""


@dataclass
class StageCost:
    """The cost of a stage: seconds, and the number of file changes."""

    seconds: float = 0.0
    changes: int = 0


@dataclass(frozen=True)
class TimedKill:
    """SIGKILL from outside, once a process has spent this many seconds in a stage."""

    stage: str
    seconds: float


@dataclass
class Outcome:
    """How a process ended: its exit code (None if killed), and the stage it was in."""

    code: int | None
    stage: str
    output: str
    seconds: float
    stages: dict[str, StageCost] = field(default_factory=dict)
    failed_in: str = ""
    """The stage that first raised an exception."""
    peak_mb: float = 0.0
    """Largest resident size; 0 (unknown) if it was killed."""


class RunningCommand:
    """A command that is running."""

    def __init__(self, process: ForkServerProcess, messages: Connection, output: Path) -> None:
        self._process, self._messages, self._output = process, messages, output
        self.began = time.monotonic()

    def wait(self, kill: TimedKill | None = None, timeout: float = 600) -> Outcome:
        """Wait for the end, or kill it as `kill` says. Raises TimeoutError if neither happens."""
        stage, since = OUTSIDE_STAGES, self.began
        stages: dict[str, StageCost] = {OUTSIDE_STAGES: StageCost()}
        end: dict[str, Any] = {}
        while True:
            now = time.monotonic()
            left = timeout - (now - self.began)
            if kill is not None and stage == kill.stage:
                left = kill.seconds - stages[stage].seconds - (now - since)
            if not connection.wait([self._messages], max(0.0, left)):
                self.kill()
                if kill is None or stage != kill.stage:
                    raise TimeoutError(
                        f"still in stage {stage} after {timeout:.0f} s: "
                        f"{self._output.read_text()[-2000:]}"
                    )
            try:
                message = self._messages.recv()
            except (EOFError, ConnectionResetError):
                break
            if isinstance(message, dict):
                end = message | end
                continue
            now = time.monotonic()
            stages[stage].seconds += now - since
            stage, since = message, now
            stages.setdefault(stage, StageCost())
        self._process.join()
        stages[stage].seconds += time.monotonic() - since
        for name, count in end.get("changes", {}).items():
            stages.setdefault(name, StageCost()).changes = count
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
        """Send SIGKILL, unless the process has ended."""
        if self._process.is_alive():
            self._process.kill()


NO_FAULT = InjectedFault()


class CommandServer:
    """Starts commands, each in its own process with its own environment.

    The server imports with `environment`: importing parses the dbt project into NEWSACTORS_HOME.
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
            # A first process forces the imports now. The files that they open then lie on this
            # disk, not on one that a fault later mounts over it.
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
        fault: InjectedFault = NO_FAULT,
    ) -> RunningCommand:
        """Start `newsactors ARGUMENT…`; `environment` adds to that of the server."""
        self._count += 1
        output = self._folder / f"output-{self._count % 50}.txt"
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=_command, args=(list(arguments), dict(environment), fault, output, sender)
        )
        process.start()
        sender.close()
        return RunningCommand(process, receiver, output)

    def run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        fault: InjectedFault = NO_FAULT,
        kill: TimedKill | None = None,
    ) -> Outcome:
        """Run a command until it ends or is killed."""
        return self.start(arguments, environment, fault).wait(kill)


# Code that runs in the process itself


def _ready() -> None:
    """Do nothing: the target of a process that only forces the server's imports."""


def _command(
    arguments: list[str],
    environment: dict[str, str],
    fault: InjectedFault,
    output: Path,
    sender: Connection,
) -> None:
    with output.open("wb") as file:
        for fd in (1, 2):
            os.dup2(file.fileno(), fd)
    os.environ.update(environment)
    tempfile.tempdir = None  # the server has set it; a fresh process has not
    stages = [OUTSIDE_STAGES]

    def enter(name: str) -> None:
        stages.append(name)
        sender.send(name)
        if fault.removed_folder and fault.removed_folder[0] == name:
            shutil.rmtree(fault.removed_folder[1], ignore_errors=True)

    def leave(error: BaseException | None) -> None:
        left = stages.pop()
        if error is not None:
            sender.send({"failed_in": left})
        sender.send(stages[-1])

    for name, functions in STAGES.items():
        for path in functions:
            _report_stage(path, name, enter, leave)
    home = Path(environment["NEWSACTORS_HOME"])
    changes = FileChangeCounter(home, fault.die_at, lambda: stages[-1])
    if fault.file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (fault.file_bytes, fault.file_bytes))
    if fault.user is not None:
        os.setuid(fault.user)
    from etl.__main__ import main

    try:
        main(arguments, prog_name="newsactors")
    finally:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sender.send({"changes": dict(changes.counts), "peak_mb": peak})


def _report_stage(
    path: str,
    stage: str,
    enter: Callable[[str], None],
    leave: Callable[[BaseException | None], None],
) -> None:
    """Wrap a function, wherever it was imported to, so that it reports its begin and end."""
    owner: Any = sys.modules["etl"]
    *above, name = path.split(".")[1:]
    for part in above:
        owner = getattr(owner, part)
    function = getattr(owner, name)

    @functools.wraps(function)
    def reported(*args: Any, **kwargs: Any) -> Any:
        enter(stage)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            leave(error)
            raise
        leave(None)
        return result

    setattr(owner, name, reported)
    for module in [m for n, m in sys.modules.items() if n.startswith("etl.")]:
        if module.__dict__.get(name) is function:
            setattr(module, name, reported)
