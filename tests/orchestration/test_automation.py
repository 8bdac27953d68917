"""Schedules and sensors, ticked by hand: when they request a run, and what they report."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator
from dagster_harness import DagsterHarness, environment

from etl.corrections.lease import CorrectionsLease
from etl.orchestration import sensors
from etl.orchestration.assets.loaded import loaded_key
from etl.orchestration.failure_notice import send_failure_notice
from etl.pipeline import load, publish_run, submit_correction
from etl.schema import tables
from etl.settings import Settings, SettingsError

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def harness(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> DagsterHarness:
    return DagsterHarness.at(tmp_path / "p", tmp_path_factory)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:  # a run takes twice as long on disk
        yield found


def tick(
    harness: DagsterHarness,
    sensor: dg.SensorDefinition,
    instance: dg.DagsterInstance,
    cursor: str | None,
) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(
        instance, cursor=cursor, resources={"warehouse": harness.warehouse()}
    )
    with environment(harness.environment), context:
        outcome = sensor(context)
    assert isinstance(outcome, dg.SensorResult | dg.SkipReason)
    return outcome


def message(outcome: dg.SensorResult | dg.SkipReason) -> str:
    assert isinstance(outcome, dg.SkipReason)
    return outcome.skip_message or ""


def test_the_nightly_schedule_runs_at_two_local_time_and_is_on_by_default(
    harness: DagsterHarness,
) -> None:
    with environment({"NEWSACTORS_TIME_ZONE": "Europe/Berlin"}):
        repository = harness.definitions().get_repository_def()
    for name, hour in (("nightly_ingest", 2), ("watch", 7)):
        schedule = repository.get_schedule_def(name)
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        # Across the end of summer time: the same hour of the clock, once a day.
        ticks = schedule_execution_time_iterator(
            datetime(2025, 10, 25, tzinfo=UTC).timestamp(),
            str(schedule.cron_schedule),
            schedule.execution_timezone,
        )
        times = [next(ticks).astimezone(BERLIN) for _ in range(3)]
        assert [(t.day, t.hour, t.minute) for t in times] == [
            (25, hour, 0), (26, hour, 0), (27, hour, 0),
        ]  # fmt: skip


def test_new_files_requests_one_run_per_set_of_settled_files(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    sensor = sensors.new_files
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    assert message(tick(harness, sensor, instance, None)) == f"no new files in {harness.inbox}"

    harness.drop("2025-06-02")
    first = tick(harness, sensor, instance, None)
    assert isinstance(first, dg.SensorResult)
    (request,) = first.run_requests or []
    assert request.run_key == first.cursor
    assert request.tags["newsactors/writer"] == "true"

    again = tick(harness, sensor, instance, first.cursor)
    assert message(again) == "a run for 1 new file was already requested"

    harness.drop("2025-06-03")
    more = tick(harness, sensor, instance, first.cursor)
    assert isinstance(more, dg.SensorResult)
    (other,) = more.run_requests or []
    assert other.run_key != request.run_key

    # Once a run has loaded them, they are no longer new.
    assert harness.run(instance, assets=[dg.AssetKey("raw_files")]).success
    archived = tick(harness, sensor, instance, more.cursor)
    assert message(archived) == "a run for 2 new files was already requested"
    harness.state.set_loaded_through(2)
    loaded = tick(harness, sensor, instance, more.cursor)
    assert message(loaded) == f"no new files in {harness.inbox}"


def test_new_files_skips_files_still_being_written(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    harness.drop("2025-06-02")
    with environment({"NEWSACTORS_SETTLE_SECONDS": "600"}):
        context = dg.build_sensor_context(instance, resources={"warehouse": harness.warehouse()})
        started = time.monotonic()
        with context:
            outcome = sensors.new_files(context)
        assert time.monotonic() - started < 5  # a tick must not wait for the file to settle
    assert isinstance(outcome, dg.SkipReason)
    assert outcome.skip_message == f"no new files in {harness.inbox}, 1 still being written"


def test_new_files_reports_a_missing_inbox(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    harness.inbox.rmdir()
    assert message(tick(harness, sensors.new_files, instance, None)) == (
        f"{harness.inbox} does not exist; create it or set NEWSACTORS_INBOX"
    )


class Listener(BaseHTTPRequestHandler):
    posts: list[bytes]

    def do_POST(self) -> None:
        self.posts.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[bytes]]]:
    """A web server on this machine, and what was posted to it."""
    posts: list[bytes] = []
    server = HTTPServer(("127.0.0.1", 0), type("Own", (Listener,), {"posts": posts}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", posts
    server.shutdown()
    thread.join()
    server.server_close()


def failure_of_a_run(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> dg.RunFailureSensorContext:
    """The context of a real failed run (its inbox is missing), as the sensor gets it."""
    harness.inbox.rename(harness.root / "moved away")
    result = harness.run(instance, assets=[dg.AssetKey("raw_files")])
    assert not result.success
    return dg.build_run_status_sensor_context(
        sensor_name="run_failed",
        dagster_event=result.get_run_failure_event(),
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        resources={"warehouse": harness.warehouse()},
    ).for_run_failure()


def skip_reason(context: dg.RunFailureSensorContext) -> str | None:
    """Run the sensor on a failed run; return its reason for skipping, if it sent no report."""
    with context:
        outcome = sensors.run_failed(context)
    assert outcome is None or isinstance(outcome, dg.SkipReason)
    return outcome and outcome.skip_message


def test_a_failed_run_is_reported_to_the_command_and_the_webhook(
    harness: DagsterHarness,
    instance: dg.DagsterInstance,
    webhook: tuple[str, list[bytes]],
    tmp_path: Path,
) -> None:
    url, posts = webhook
    report_file = tmp_path / "report file.json"
    script = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    with environment(
        {
            "NEWSACTORS_ON_FAILURE_COMMAND": shlex.join(
                [sys.executable, "-c", script, str(report_file)]
            ),
            "NEWSACTORS_ON_FAILURE_WEBHOOK": url,
            "http_proxy": "http://127.0.0.1:9",  # unreachable: loopback requests bypass the proxy
        }
    ):
        context = failure_of_a_run(harness, instance)
        assert skip_reason(context) is None
    report = json.loads(report_file.read_text())
    assert report["run_id"] == context.dagster_run.run_id
    assert report["home"] == str(harness.home)
    assert report["error"]
    assert [json.loads(post) for post in posts] == [report]


def test_a_webhook_elsewhere_is_refused(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    context = failure_of_a_run(harness, instance)
    for url in ("http://192.0.2.1/hook", "http://127.0.0.1.example.org/", "file:///etc/passwd"):
        with (
            environment({"NEWSACTORS_ON_FAILURE_WEBHOOK": url}),
            pytest.raises(SettingsError, match="is not an http address of this machine"),
        ):
            send_failure_notice(
                harness.warehouse().settings, {"run_id": context.dagster_run.run_id}
            )


def test_without_a_recipient_the_sensor_says_how_to_set_one(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    skipped = skip_reason(failure_of_a_run(harness, instance))
    assert "set NEWSACTORS_ON_FAILURE_COMMAND" in (skipped or "")


def test_a_run_without_a_process_is_closed_so_that_the_queue_moves_on(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    def start_run(pid: int) -> dg.DagsterRun:
        job = harness.definitions().resolve_job_def("watch")  # a small plan is quick to create
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        harness.state.start_run(run.run_id, "ingest", "test")
        with harness.state.transaction() as con:  # as another process would have written it
            con.execute("update runs set pid = ? where run_id = ?", [pid, run.run_id])
        return run

    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)  # the id of a process that no longer exists
    lost, alive = start_run(child), start_run(os.getpid())
    outcome = tick(harness, sensors.lost_runs, instance, None)
    assert message(outcome) == f"closed {lost.run_id}"
    statuses = [
        instance.get_runs(dg.RunsFilter(run_ids=[run.run_id]))[0].status for run in (lost, alive)
    ]
    assert statuses == [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED]
    assert message(tick(harness, sensors.lost_runs, instance, None)) == "all runs are alive"


def test_a_correction_after_the_last_look_of_a_run_is_applied_by_whoever_recorded_it(
    harness: DagsterHarness,
    instance: dg.DagsterInstance,
    samples: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in a run of the UI or a schedule: nothing of the command line is around it."""
    shutil.copytree(samples, harness.home, symlinks=True, dirs_exist_ok=True)
    with harness.published() as con:
        ids = [i for (i,) in con.execute("select entity_id from entities limit 3").fetchall()]
    apart = (("actor", ids[0]), ("other", ids[1]))
    submit_correction.submit_correction(
        harness.settings, "distinct", apart, because="two people", author="a test"
    )
    clear_touched_days = publish_run.clear_touched_days
    recorders: list[subprocess.Popen[str]] = []

    def record_and_go_on(settings: Settings) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "etl", "actors", "rename", ids[2], "Renamed Late",
             "--because", "test"],
            env=os.environ | harness.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr
        assert process.stderr.readline().startswith("another process is writing")
        recorders.append(process)
        monkeypatch.setattr(publish_run, "clear_touched_days", clear_touched_days)
        clear_touched_days(settings)

    monkeypatch.setattr(publish_run, "clear_touched_days", record_and_go_on)
    assert harness.run(instance, "republish").success
    said = recorders[0].communicate(timeout=300)[1]
    assert recorders[0].returncode == 0, said
    with harness.published() as con:
        assert con.execute("select count(*) from corrections").fetchone() == (2,)
        names = con.execute("select name from entities where entity_id = ?", [ids[2]]).fetchone()
    assert names == ("Renamed Late",)


def test_a_run_that_is_to_publish_holds_the_corrections_lease_and_no_other_does(
    harness: DagsterHarness, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.drop("2025-06-02")
    load_staged, held = load.load_staged, list[bool]()

    def look_and_load(*args: Any) -> load.LoadResult:
        held.append(CorrectionsLease(harness.settings).is_held_elsewhere())
        return load_staged(*args)

    monkeypatch.setattr(load, "load_staged", look_and_load)
    staged = [dg.AssetKey("raw_files"), dg.AssetKey("staged_batches")]
    loaded = [loaded_key(table.name) for table in tables.LOADED]
    assert harness.run(instance, assets=staged + loaded).success
    assert harness.run(instance).success
    assert harness.run(instance).success, "with nothing new"
    assert held == [False, True, True]
    assert not CorrectionsLease(harness.settings).is_held_elsewhere()
