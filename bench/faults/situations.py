"""Situations of everyday operation, each with real commands.

Belongs here: a stopped run, a killed worker, reused process ids, odd homes, time zones, inboxes
that vanish, shared registries, idle clients. Each function returns what is wrong, or nothing.
Does not belong here: random moments of a kill (`bench.faults.kills`), full disks
(`bench.faults.space`), lost parts (`bench.faults.archives`).
"""

from __future__ import annotations

import http.client
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb

from bench.articles import article
from bench.faults import held_pages, processes
from bench.faults.tables import difference, published_rows
from bench.faults.warehouse_harness import WarehouseHarness, clear, prepare
from etl.pipeline.progress import WAITING

ARTICLES = 120
"""Enough that extraction is spread over worker processes."""

Situation = Callable[[WarehouseHarness], str]


def run(
    harness: WarehouseHarness, rounds: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Try each situation `rounds` times."""
    random.seed(seed)
    prepare(harness)
    for number in range(ARTICLES):
        harness.drop(f"{number}.txt", article(number))
    harness.save("before")
    harness.run_checked("ingest")
    harness.save("after")
    failed = []
    for number in range(rounds):
        for situation in SITUATIONS:
            harness.restore("before")
            started = time.monotonic()
            try:
                problem = situation(harness)
            except (OSError, RuntimeError, subprocess.SubprocessError, duckdb.Error) as error:
                problem = f"{type(error).__name__}: {error}"
            if problem:
                failed.append({"situation": situation.__name__, "problem": problem})
            seconds = time.monotonic() - started
            say(f"{number + 1}: {situation.__name__} ({seconds:.0f} s): {problem or 'ok'}")
    return {"rounds": rounds, "situations": len(SITUATIONS), "failed": failed, "seed": seed}


# Helpers


def _rows_differ(harness: WarehouseHarness, home: Path | None = None) -> str:
    """Return how the published rows differ from those of an undisturbed ingest."""
    after = harness.root / "states" / "after" / "home"
    name = "news.duckdb"
    return difference(
        published_rows(((home or harness.home) / name).resolve()),
        published_rows((after / name).resolve()),
    )


def _articles(harness: WarehouseHarness) -> int:
    return int(harness.fetch_one("select count(*) from articles")[0])


def _workers(pid: int) -> list[int]:
    """Return the worker processes of an ingest."""
    serve = "etl.pipeline.extraction import serve"
    return [child for child, line in processes.children(pid).items() if serve in line]


# Situations


def a_stopped_run_makes_another_wait(harness: WarehouseHarness) -> str:
    """SIGSTOP holds a run; another waits and says so; after SIGCONT both complete."""
    first = processes.start(harness, "ingest")
    time.sleep(random.uniform(3, 9))
    os.killpg(first.pid, signal.SIGSTOP)
    second = processes.start(harness, "ingest")
    time.sleep(12)
    is_waiting = second.poll() is None
    os.killpg(first.pid, signal.SIGCONT)
    processes.end(first)
    output = processes.end(second)
    if is_waiting and WAITING not in output:
        return f"the second run does not say that it waits: {output}"
    return _rows_differ(harness)


def a_killed_worker_costs_at_most_one_article(harness: WarehouseHarness) -> str:
    """One extraction worker is killed; the run completes, and every file is accounted for."""
    workers = {"NEWSACTORS_WORKERS": "2", "NEWSACTORS_BATCH_ARTICLES": "500"}
    process = processes.start(harness, "ingest", also=workers)
    killed = 0
    for _ in range(1200):
        if found := _workers(process.pid):
            time.sleep(random.uniform(0, 0.5))
            os.kill(random.choice(found), signal.SIGKILL)
            killed += 1
            break
        if process.poll() is not None:
            break
        time.sleep(0.02)
    processes.end(process)
    quarantined = harness.fetch_one("select count(*) from quarantine")[0]
    if _articles(harness) + quarantined < ARTICLES + 2:
        return f"{_articles(harness)} articles, {quarantined} in quarantine, {killed} killed"
    return "" if killed else "no worker was found"


def a_reused_process_id_is_not_taken_for_a_run(harness: WarehouseHarness) -> str:
    """After a reboot another process may have the id of a run that was cut off."""
    harness.run_checked("ingest")
    with closing(sqlite3.connect(harness.settings.state_file)) as con, con:
        con.create_function("row_crc", -1, lambda *_: 0)
        con.execute(
            "update runs set status = 'running', finished_at = null, pid = ?, "
            "started_at = '2025-01-01T00:00:00+00:00'",
            [os.getpid()],
        )
    status = harness.run("status").output
    return "shown as running" if "running" in status else ""


def a_relative_home_on_tmpfs_with_another_umask(harness: WarehouseHarness) -> str:
    """The home is relative, in memory, and closed to other users."""
    memory = Path("/dev/shm") / f"newsactors-{os.getpid()}"
    shutil.rmtree(memory, ignore_errors=True)
    shutil.copytree(harness.home, memory, symlinks=True)
    try:
        relative = os.path.relpath(memory, harness.root)
        processes.run(harness, "ingest", umask=0o077, also={"NEWSACTORS_HOME": relative})
        processes.run(harness, "doctor", umask=0o077, also={"NEWSACTORS_HOME": relative})
        return _rows_differ(harness, memory)
    finally:
        shutil.rmtree(memory)


def an_inbox_that_vanishes_loses_nothing(harness: WarehouseHarness) -> str:
    """The inbox is gone, then empty (an unmounted volume), then back and read-only."""
    away = harness.root / "away"
    harness.inbox.rename(away)
    gone = harness.run("ingest")
    if gone.code != 1 or "does not exist" not in gone.output:
        return f"without an inbox: exit {gone.code}: {gone.output[-500:]}"
    harness.inbox.mkdir()
    harness.run_checked("ingest")
    if _articles(harness) != 2:
        return f"{_articles(harness)} articles with an empty inbox"
    harness.inbox.rmdir()
    away.rename(harness.inbox)
    for path in (harness.inbox, *harness.inbox.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        harness.run_checked("ingest")
    finally:
        for path in (harness.inbox, *harness.inbox.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    return _rows_differ(harness)


def time_zones_do_not_change_rows(harness: WarehouseHarness) -> str:
    """TZ and NEWSACTORS_TIME_ZONE change between runs, with a day on which the clock changed."""
    processes.run(
        harness,
        "ingest",
        also={"TZ": "America/New_York", "NEWSACTORS_TIME_ZONE": "Europe/Berlin"},
    )
    if differs := _rows_differ(harness):
        return differs
    harness.drop("dst.txt", article(500).replace("2025-01-11", "2025-03-30"))
    processes.run(
        harness, "ingest", also={"TZ": "Asia/Kathmandu", "NEWSACTORS_TIME_ZONE": "Pacific/Apia"}
    )
    processes.run(harness, "doctor", also={"TZ": "UTC"})
    return "" if _articles(harness) == ARTICLES + 3 else f"{_articles(harness)} articles"


def a_text_of_300_mb_is_set_aside(harness: WarehouseHarness) -> str:
    """One huge text goes to quarantine with a reason, and the others are published."""
    with (harness.inbox / "huge.txt").open("w") as file:
        file.write(" date 2025-03-01 Something Happened\n\nBy Ann Author – Daily Test\n\n")
        for _ in range(300):
            file.write("Alice said “we open”. " * 47_000 + "\n")
    done = harness.run_checked("ingest")
    (harness.inbox / "huge.txt").unlink()
    reason = harness.fetch_one("select reason from quarantine where source_path = 'huge.txt'")
    if done.peak_mb > 2_000:
        return f"{done.peak_mb:.0f} MB of memory"
    return "" if _articles(harness) == ARTICLES + 2 and reason else f"{reason}"


def pages_load_while_a_run_publishes(harness: WarehouseHarness) -> str:
    """Every page loads during an ingest, and the last shows what it published."""
    with processes.explorer(harness) as (port, _):
        process = processes.start(harness, "ingest")
        loads, slowest = 0, 0.0
        while process.poll() is None:
            started = time.monotonic()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
                if page.status != 200:
                    return f"status {page.status}"
                page.read()
            slowest = max(slowest, time.monotonic() - started)
            loads += 1
        processes.end(process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
            text = page.read().decode()
    if str(ARTICLES + 2) not in text:
        return "the page shows an older snapshot"
    return "" if loads > 20 and slowest < 15 else f"{loads} loads, slowest {slowest:.1f} s"


def idle_clients_block_nobody(harness: WarehouseHarness) -> str:
    """Two hundred clients hold their connections open, some in the middle of a request."""
    with processes.explorer(harness) as (port, _):
        held = held_pages.hold(port)
        processes.run(harness, "ingest")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/")
        status = connection.getresponse().status
        for client in held:
            client.close()
    return "" if status < 400 else f"status {status}"


def two_homes_share_a_registry(harness: WarehouseHarness) -> str:
    """Two warehouses with the same corrections and ledger ingest in turn; both stay sound."""
    other = harness.root / "second"
    clear(other)
    registry = {"NEWSACTORS_REGISTRY": str(harness.root / "shared-registry")}
    clear(harness.root / "shared-registry")
    shutil.copytree(harness.home / "registry", harness.root / "shared-registry", dirs_exist_ok=True)
    inbox = harness.root / "second-inbox"
    clear(inbox)
    for number in range(60, 160):
        (inbox / f"{number}.txt").write_text(article(number))
    second = registry | {"NEWSACTORS_HOME": str(other), "NEWSACTORS_INBOX": str(inbox),
                         "NEWSACTORS_EXTRACTOR": "rules"}  # fmt: skip
    processes.run(harness, "ingest", also=registry)
    processes.run(harness, "ingest", also=second)
    harness.drop("more.txt", article(170))
    processes.run(harness, "ingest", also=registry)
    processes.run(harness, "doctor", also=registry)
    processes.run(harness, "doctor", also=second)
    ids = "select name, entity_id from entities where type = 'PERSON'"
    with duckdb.connect(str((other / "news.duckdb").resolve()), read_only=True) as con:
        theirs = dict(con.execute(ids).fetchall())
    with duckdb.connect(str(harness.settings.published.resolve()), read_only=True) as con:
        ours = dict(con.execute(ids).fetchall())
    shared = ours.keys() & theirs.keys()
    differing = [name for name in shared if ours[name] != theirs[name]]
    return f"{len(differing)} of {len(shared)} names have two ids" if differing else ""


def corrections_in_another_order_are_applied(harness: WarehouseHarness) -> str:
    """Someone sorts corrections.csv; the next run applies it as it is now."""
    harness.run_checked("ingest")
    people = "select entity_id from entities where type = 'PERSON' order by article_count desc, 1"
    with duckdb.connect(str(harness.settings.published.resolve()), read_only=True) as con:
        ids = [entity for (entity,) in con.execute(people).fetchmany(4)]
    reason = ["--because", "situations", "--author", "harness"]
    harness.run_checked("actors", "merge", ids[0], ids[1], *reason)
    harness.run_checked("actors", "merge", ids[0], ids[2], *reason)
    harness.run_checked("actors", "rename", ids[0], "Someone Else", *reason)
    path = harness.settings.registry / "corrections.csv"
    head, *lines = path.read_text().splitlines(keepends=True)
    path.write_text(head + "".join(reversed(lines)))
    done = harness.run("ingest")
    if done.code not in (0, 1) or (done.code == 1 and "Error: " not in done.output):
        return f"exit {done.code}: {done.output[-1000:]}"
    if done.code == 1:
        return ""
    first = harness.contents()
    harness.run_checked("rebuild")
    return difference(harness.contents(), first)


def _dev(harness: WarehouseHarness) -> subprocess.Popen[str]:
    """Start `newsactors dev` with an instance of its own, and wait until its UI answers."""
    home = harness.root / "dagster"
    clear(home)
    port = processes.free_port()
    also = {"DAGSTER_HOME": str(home)}
    process = processes.start(harness, "dev", "--port", str(port), also=also)
    if not processes.answers(port, 180):
        raise RuntimeError(f"the UI did not answer: {processes.kill_group(process)[-1000:]}")
    return process


def _ends_alone(process: subprocess.Popen[str]) -> str:
    """Wait until a command and all its children end; return what is left, or empty.

    A code server that Dagster restarted ends by itself 45 s after its parent.
    """
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        left = "still running after 60 s"
    else:
        deadline = time.monotonic() + 90
        while (left := processes.group_members(process)) and time.monotonic() < deadline:
            time.sleep(1)
    processes.kill_group(process)
    return left


def signals_end_newsactors_dev_and_its_children(harness: WarehouseHarness) -> str:
    """SIGINT and SIGTERM to the process that a user sees leave no process behind."""
    for sent in (signal.SIGINT, signal.SIGTERM):
        process = _dev(harness)
        process.send_signal(sent)
        if left := _ends_alone(process):
            return f"{sent.name}: {left}"
    return ""


DEV_CHILDREN = ("dagster_webserver", "dagster._daemon", "dagster code-server")
"""What the command lines of the three servers of `newsactors dev` contain."""


def a_killed_child_of_newsactors_dev_leaves_the_rest_to_ctrl_c(harness: WarehouseHarness) -> str:
    """SIGKILL or SIGTERM to one server: Dagster restarts it, ends, or goes on without it.

    It restarts the code server, and without a web server the schedules go on. Whatever it does,
    Ctrl-C ends all that is left, and the warehouse takes the next ingest.
    """
    for name in DEV_CHILDREN:
        process = _dev(harness)
        found = [p for p, line in processes.descendants(process.pid).items() if name in line]
        if not found:
            lines = processes.descendants(process.pid)
            processes.kill_group(process)
            return f"no {name} among {lines}"
        sent = random.choice((signal.SIGKILL, signal.SIGTERM))
        os.kill(found[0], sent)
        time.sleep(30)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        if left := _ends_alone(process):
            return f"{sent.name} to {name}: {left}"
    harness.run_checked("ingest")
    return _rows_differ(harness)


SITUATIONS: tuple[Situation, ...] = (
    a_stopped_run_makes_another_wait,
    a_killed_worker_costs_at_most_one_article,
    a_reused_process_id_is_not_taken_for_a_run,
    a_relative_home_on_tmpfs_with_another_umask,
    an_inbox_that_vanishes_loses_nothing,
    time_zones_do_not_change_rows,
    a_text_of_300_mb_is_set_aside,
    pages_load_while_a_run_publishes,
    idle_clients_block_nobody,
    two_homes_share_a_registry,
    corrections_in_another_order_are_applied,
    signals_end_newsactors_dev_and_its_children,
    a_killed_child_of_newsactors_dev_leaves_the_rest_to_ctrl_c,
)
