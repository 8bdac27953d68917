"""Nights as an operator sees them: what the web server says of each, over GraphQL.

All tests of this file share one server, build on each other and run in order.
"""

from __future__ import annotations

import getpass
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from server import Server, free_port, wait_for
from session_cache import begin_modelled

from etl.cli.status import collect
from etl.settings import REPOSITORY

SELECTOR = {"repositoryLocationName": "etl.definitions", "repositoryName": "__repository__"}
DAYS = ["2025-06-02", "2025-06-03", "2025-06-05"]
UNIT = REPOSITORY / "docs" / "newsactors.service"
ARTICLE = """Brandt-Okoro and Lusarte meet in {town}

By Caio Ferrand – Harbour Courier

ALDHAVEN, {day} – Foreign Minister Ilse Brandt-Okoro met President Amaro Lusarte in {town}.

“It is not the treaty any of us would have written alone,” Brandt-Okoro said.
"""
LAUNCH = """
mutation ($job: String!, $config: RunConfigData) {
  launchRun(executionParams: {mode: "default", runConfigData: $config, selector: {
    jobName: $job, repositoryLocationName: "etl.definitions", repositoryName: "__repository__"}}) {
  __typename ... on PythonError { message } ... on RunConfigValidationInvalid { errors { message } }
  ... on LaunchRunSuccess { run { runId } } } }
"""
LOOK = """
mutation ($selector: ScheduleSelector!) {
  scheduleDryRun(selectorData: $selector, timestamp: 1748829600) {
  __typename ... on PythonError { message }
  ... on DryRunInstigationTick { evaluationResult {
    skipReason runRequests { tags { key value } } error { message } } } } }
"""
CHECK = """
query ($key: AssetKeyInput!, $check: String!) {
  assetCheckExecutions(assetKey: $key, checkName: $check, limit: 1) {
    status runId evaluation { severity success description
      metadataEntries { label ... on TableMetadataEntry { table { records } } } } } }
"""
ASSETS = """
query { assetNodes { assetKey { path } isMaterializable partitionKeys } }
"""
FAILED = """
query { runsOrError { ... on Runs { results { jobName status tags { key value } } } } }
"""
BACKFILL = """
mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }
"""
BACKFILLED = """
query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
  ... on PartitionBackfill { status runs { id runStatus } } } }
"""
EVENTS = """
query ($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
  ... on MessageEvent { message level } } } } }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started as the unit of systemd does, and in the background as a script does."""
    program, *arguments = unit()["ExecStart"].split()
    assert program.endswith("/.venv/bin/newsactors")
    assert arguments[-2] == "--port"
    found = Server(
        tmp_path_factory.mktemp("nights"),
        free_port(),
        ("-m", "etl", *arguments[:-2]),
        signal.SIG_IGN,
    )
    begin_modelled(found.settings.home, tmp_path_factory)
    try:
        found.start()
        yield found
    finally:
        found.stop()


def unit() -> dict[str, str]:
    """The section `Service` of the unit; a name that occurs twice has its last value."""
    parser = ConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(UNIT)
    return dict(parser["Service"])


def refusal(server: Server, job: str, config: dict[str, Any]) -> str:
    answer = server.ask(LAUNCH, job=job, config=json.dumps(config))["launchRun"]
    assert answer["__typename"] in ("PythonError", "RunConfigValidationInvalid"), answer
    return str(answer.get("message") or answer["errors"][0]["message"])


def runs(server: Server) -> list[dict[str, Any]]:
    return list(server.ask(FAILED)["runsOrError"]["results"])


def look(server: Server) -> dict[str, Any]:
    """What the nightly schedule would do now."""
    tick = server.ask(LOOK, selector={**SELECTOR, "scheduleName": "nightly_ingest"})
    result: dict[str, Any] = tick["scheduleDryRun"]["evaluationResult"]
    assert result["error"] is None
    return result


def check(server: Server, asset: str, name: str) -> dict[str, Any]:
    (found,) = server.ask(CHECK, key={"path": [asset]}, check=name)["assetCheckExecutions"]
    return dict(found)


def night(server: Server) -> str:
    run_id = server.launch()
    assert server.wait(run_id, seconds=300) == "SUCCESS"
    return run_id


def test_a_wrong_launch_is_refused_with_a_sentence_before_anything_is_planned(
    server: Server,
) -> None:
    for job, config, sentence in (
        ("promote", {}, "nothing to promote; make a candidate with `newsactors reextract --diff`"),
        ("rollback", {}, "nothing to roll back: nothing was promoted"),
        ("reextract", {"from_day": "2025-13-01"}, "from_day='2025-13-01' is not a day"),
        ("reextract", {}, "nothing is published yet; run `newsactors ingest` first"),
        ("nightly_ingest", {"paths": ["/nowhere"]}, "/nowhere does not exist; check the path"),
        ("retry", {"items": ["0abc"]}, "not in quarantine: 0abc"),
    ):
        assert sentence in refusal(server, job, config).replace("\n", " ")
    assert runs(server) == []


def test_a_night_in_which_every_file_is_rejected_warns_and_shows_what_to_do(
    server: Server,
) -> None:
    assert len(look(server)["runRequests"]) == 1  # nothing was ingested yet
    for number in range(3):
        (server.inbox / f"{number}.txt").write_bytes(b"")
    (server.inbox / "report.pdf").write_bytes(b"%PDF-1.4 cut off")
    run_id = night(server)
    found = check(server, "staged_batches", "no_new_quarantine")
    assert (found["status"], found["runId"]) == ("FAILED", run_id)
    assert found["evaluation"]["severity"] == "WARN"
    assert found["evaluation"]["description"] == "4 items could not be read"
    (table,) = [e["table"] for e in found["evaluation"]["metadataEntries"] if "table" in e]
    rows = [json.loads(record) for record in table["records"]]
    assert [row["items"] for row in rows] == [3, 1]
    assert all(row["what to do"] for row in rows)
    events = server.ask(EVENTS, id=run_id)["logsForRun"]["events"]
    (warning,) = [e["message"] for e in events if "went to quarantine" in e.get("message", "")]
    assert warning.startswith("4 items went to quarantine: 3 ")


def test_with_nothing_new_the_schedule_starts_no_run_and_the_look_counts(server: Server) -> None:
    before = len(runs(server))
    result = look(server)
    assert result["skipReason"] == f"nothing new in {server.inbox}"
    assert not result["runRequests"]
    assert len(runs(server)) == before
    # The warning of the night before stays in sight.
    assert check(server, "staged_batches", "no_new_quarantine")["status"] == "FAILED"
    report = collect(server.settings)
    assert report.looked_at is not None
    now = datetime.now(UTC)
    assert report.runs[0].finished_at is not None
    since_look = now - report.looked_at
    assert now - report.runs[0].finished_at > since_look
    assert report.trouble(since_look + timedelta(milliseconds=1), now) is None
    later = report.trouble(timedelta(hours=1), now + timedelta(hours=3))
    assert later == "the schedule last looked for news 3 h ago, more than 60 min"


def test_a_healthy_night_is_green_and_its_days_can_be_picked_in_order(server: Server) -> None:
    for day in (DAYS[2], DAYS[0]):
        (server.inbox / f"{day}.txt").write_text(ARTICLE.format(day=day, town="Aldhaven"))
    assert len(look(server)["runRequests"]) == 1
    night(server)
    assert check(server, "staged_batches", "no_new_quarantine")["status"] == "SUCCEEDED"
    # A day between the others, which a source delivers late.
    (server.inbox / f"{DAYS[1]}.txt").write_text(ARTICLE.format(day=DAYS[1], town="Skerrow"))
    night(server)
    nodes = {"/".join(n["assetKey"]["path"]): n for n in server.ask(ASSETS)["assetNodes"]}
    assert nodes["extracted_days"]["partitionKeys"] == DAYS
    assert nodes["extracted_days"]["isMaterializable"]


def test_a_range_of_days_is_extracted_again_and_published_in_one_run(server: Server) -> None:
    launched = server.ask(
        BACKFILL,
        params={
            "selector": {
                "partitionSetName": "reextract_days_partition_set",
                "repositorySelector": SELECTOR,
            },
            "partitionNames": DAYS[:2],
        },
    )["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched

    def done() -> list[dict[str, Any]] | None:
        found = server.ask(BACKFILLED, id=launched["backfillId"])["partitionBackfillOrError"]
        ended = found["runs"] and all(
            run["runStatus"] in ("SUCCESS", "FAILURE") for run in found["runs"]
        )
        return list(found["runs"]) if ended else None

    (run,) = wait_for("run of the backfill", done, 300)
    assert run["runStatus"] == "SUCCESS"
    recorded = server.history(run["id"])
    assert recorded is not None
    assert (recorded.kind, recorded.status) == ("reextract", "success")
    for job in runs(server):
        tags = {tag["key"]: tag["value"] for tag in job["tags"]}
        assert tags["newsactors/writer"] == "true"


def test_the_service_stops_with_all_its_processes_when_it_is_told_to(server: Server) -> None:
    assert unit().get("KillSignal", "SIGTERM") == "SIGTERM"
    assert server.stop(int(unit()["TimeoutStopSec"]), signal.SIGTERM) == []
    assert server.process.returncode == 0


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed")
    file = tmp_path / UNIT.name  # with a program and a user that exist here
    program = unit()["ExecStart"].split()[0]
    file.write_text(
        UNIT.read_text()
        .replace(program, sys.executable)
        .replace("User=news", f"User={getpass.getuser()}")
    )
    done = subprocess.run([verify, "verify", file], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
