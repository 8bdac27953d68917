"""`dagster dev` as `make dev` starts it, on a warehouse of its own, with concurrent readers."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from etl.settings import REPOSITORY, Settings
from etl.storage.run_history import Run
from etl.storage.run_state import State

T = TypeVar("T")

LAUNCH = """
mutation ($job: String!) { launchRun(executionParams: {mode: "default", runConfigData: "{}",
  selector: {jobName: $job, repositoryLocationName: "etl.definitions",
             repositoryName: "__repository__"}}) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status startTime endTime } } }"
SAID = """query ($id: ID!) { logsForRun(runId: $id) { ... on EventConnection {
  events { ... on MessageEvent { message } } } } }"""
TERMINATE = "mutation ($id: String!) { terminateRun(runId: $id) { __typename } }"

RETRY = """
mutation ($id: String!) { launchRunReexecution(
  reexecutionParams: {parentRunId: $id, strategy: FROM_FAILURE}) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""

# Prints each distinct state and every error; ends when its standard input is closed.
READER = """
import os, sys, threading, time, duckdb
path, keep = sys.argv[1], sys.argv[2] == "keep"
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
QUERY = '''
  select (select count(*) from articles), (select count(*) from mentions),
    (select count(*) from mentions anti join articles using (article_id)),
    (select count(*) from mentions m join articles a using (article_id) where m.part = 'body'
       and a.body[m.char_start + 1 : m.char_end] <> m.surface),
    (select sum(article_count) from publication_days)
'''
con, last, reads = None, None, 0
while not stop.is_set():
    if not os.path.exists(path):  # nothing published yet
        time.sleep(0.1)
        continue
    try:
        con = con or duckdb.connect(path, read_only=True)
        row = con.execute(QUERY).fetchone()
        reads += 1
        if row != last:
            print(*row, flush=True)
            last = row
    except Exception as error:
        print("error", " ".join(str(error).split()), flush=True)
    if con is not None and not keep:
        con.close()
        con = None
    time.sleep(0.5)
print("reads", reads, flush=True)
"""


def wait_for(what: str, look: Callable[[], T | None], seconds: float = 90) -> T:
    """Poll until `look` returns a value. Raises AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(0.25)
    raise AssertionError(f"no {what} within {seconds:g} s")


@dataclass
class Server:
    """A running `dagster dev` and its warehouse."""

    root: Path
    port: int
    command: tuple[str, ...] = (
        "-m",
        "dagster",
        "dev",
        "-m",
        "etl.definitions",
        "--host",
        "127.0.0.1",
    )
    """Arguments of Python, without the port."""
    on_interrupt: signal.Handlers = signal.SIG_DFL
    """A shell that runs commands in the background makes them ignore Ctrl-C."""
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self._own_variables())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def failures(self) -> Path:
        """Folder into which the failure command writes its reports."""
        return self.root / "failures"

    def _own_variables(self) -> dict[str, str]:
        script = (
            "import sys, uuid; open(f'{sys.argv[1]}/{uuid.uuid4()}', 'w').write(sys.stdin.read())"
        )
        command = [sys.executable, "-c", script, str(self.failures)]
        return {
            "DAGSTER_HOME": str(self.root),
            "NEWSACTORS_HOME": str(self.root / "warehouse"),
            "NEWSACTORS_INBOX": str(self.inbox),
            "NEWSACTORS_SETTLE_SECONDS": "0",
            "NEWSACTORS_EXTRACTOR": "fast",
            "NEWSACTORS_ON_FAILURE_COMMAND": shlex.join(command),
        }

    def start(self) -> None:
        self.inbox.mkdir(parents=True)
        self.failures.mkdir()
        shutil.copy(REPOSITORY / "dagster.yaml", self.root)
        search = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
        with (self.root / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command, "--port", str(self.port)],
                cwd=self.root,
                env={**os.environ, **self._own_variables(), "PYTHONPATH": os.pathsep.join(search)},
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that every process it starts can be found and stopped
                preexec_fn=lambda: signal.signal(signal.SIGINT, self.on_interrupt),
            )
        wait_for("web server", self._is_up, 120)

    def _is_up(self) -> bool | None:
        assert self.process.poll() is None, (self.root / "server.log").read_text()
        try:
            query = "{ workspaceOrError { ... on Workspace { locationEntries { loadStatus } } } }"
            entries = self.ask(query)["workspaceOrError"]["locationEntries"]
            return True if [e["loadStatus"] for e in entries] == ["LOADED"] else None
        except OSError:
            return None

    def stop(self, seconds: float = 60, by: signal.Signals = signal.SIGINT) -> list[int]:
        """Send Ctrl-C as a terminal does; return the processes still alive after `seconds`."""
        if self.process.poll() is None:
            self.process.send_signal(by)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        left = self.processes()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        return left

    def processes(self) -> list[int]:
        """All processes of the server's session: services, code server, run workers."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    fields = (folder / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue  # it ended in the meantime
                if int(fields[3]) == self.process.pid and fields[0] != "Z":
                    found.append(int(folder.name))
        return found

    def listening(self) -> set[str]:
        """Return the addresses, in the format of /proc, where any of the processes listens."""
        inodes = {}
        for version in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{version}").read_text().splitlines()[1:]:
                columns = line.split()
                if columns[3] == "0A":  # LISTEN
                    inodes[f"socket:[{columns[9]}]"] = columns[1].partition(":")[0]
        found = set()
        for pid in self.processes():
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                try:
                    target = str(descriptor.readlink())
                except OSError:
                    continue
                if target in inodes:
                    found.add(inodes[target])
        return found

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the data of a GraphQL response. Raises AssertionError if it has errors."""
        request = urllib.request.Request(
            f"{self.url}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            answer = json.load(error)  # with data: the answer tells of an error of the user's code
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def launch(self, job: str = "nightly_ingest") -> str:
        launched = self.ask(LAUNCH, job=job)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def retry(self, run_id: str) -> str:
        """Run the failed steps of a run again, and those after them, as the UI's button does."""
        launched = self.ask(RETRY, id=run_id)["launchRunReexecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def status(self, run_id: str) -> str:
        return str(self.ask(STATUS, id=run_id)["runOrError"]["status"])

    def wait(self, run_id: str, *statuses: str, seconds: float = 120) -> str:
        """Wait until a run has one of the statuses; by default, until it has ended."""
        wanted = statuses or ("SUCCESS", "FAILURE", "CANCELED")

        def look() -> str | None:
            return status if (status := self.status(run_id)) in wanted else None

        return wait_for(f"run {run_id} in {wanted}", look, seconds)

    def wait_until_said(self, run_id: str, text: str) -> None:
        """Wait until a run has logged the text."""

        def look() -> bool | None:
            events = self.ask(SAID, id=run_id)["logsForRun"]["events"]
            return True if any(text in event["message"] for event in events) else None

        wait_for(f"{text!r} from run {run_id}", look)

    def history(self, run_id: str) -> Run | None:
        """The run in the warehouse's own history."""
        runs = State(self.settings.state_file).runs()
        return next((run for run in runs if run.run_id == run_id), None)

    def ended(self, run_id: str) -> Run | None:
        """The run in the warehouse's own history, once its end is recorded there."""
        run = self.history(run_id)
        return run if run is not None and run.status != "running" else None

    def kill_worker(self, run_id: str) -> None:
        """Kill the process of a run, as the kernel does when memory runs out."""
        with sqlite3.connect(self.settings.state_file) as con:
            ((pid,),) = con.execute("select pid from runs where run_id = ?", [run_id]).fetchall()
        assert pid in self.processes()
        os.kill(pid, signal.SIGKILL)

    @contextmanager
    def readers(self, count: int) -> Iterator[list[list[str]]]:
        """Start processes that keep reading the published file; half keep their connection.

        Yields a list per process, which holds the lines it printed once the context has ended.
        """
        commands = [
            [sys.executable, "-c", READER, str(self.settings.published), kind]
            for kind in (["reopen", "keep"] * count)[:count]
        ]
        started = [
            subprocess.Popen(c, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for c in commands
        ]
        seen: list[list[str]] = [[] for _ in started]
        try:
            yield seen
        finally:
            for process, lines in zip(started, seen, strict=True):
                lines += process.communicate(timeout=60)[0].splitlines()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
