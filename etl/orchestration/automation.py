"""Jobs, schedules, and the sensors on the inbox and on runs: failed, lost, too early, old."""

import hashlib
import json
import shlex
import subprocess
import urllib.request
from collections.abc import Sequence
from urllib.parse import urlsplit

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,  # has no public name yet
)

from etl.orchestration.assets.ingest import RAW_FILES, STAGED_BATCHES
from etl.orchestration.assets.loaded import CORRECTED, LINKED
from etl.orchestration.assets.published import CORRECTION, PUBLICATION_DAYS, PUBLISHED
from etl.orchestration.assets.report import REPORT
from etl.orchestration.resources import KIND_TAG, READ_ONLY, WRITER_TAG, Warehouse
from etl.orchestration.retention import KEPT_RUNS, remove_old_logs
from etl.pipeline.archive_files import roots_of
from etl.pipeline.errors import InputError
from etl.settings import Settings, SettingsError
from etl.storage import inbox
from etl.storage.run_state import State

NIGHTLY, REEXTRACT, REBUILD, REPUBLISH = "nightly_ingest", "reextract", "rebuild", "republish"
PROMOTE, ROLLBACK = "promote", "rollback"
RETRY = "retry"
CORRECT = "apply_corrections"
RELINK = "relink"
WATCH = "watch"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
NOTIFY_SECONDS = 30


def jobs() -> Sequence[UnresolvedAssetJobDefinition]:
    """The jobs of the code location; all but `watch` end with a publish where anything changed."""
    # All models, not only those downstream of what is chosen: a part is never published.
    everything = dg.AssetSelection.all()
    after_archiving = everything - dg.AssetSelection.assets(RAW_FILES)
    after_staging = after_archiving - dg.AssetSelection.assets(STAGED_BATCHES)
    # Checks of the published file compare series: those that a correction changes are meant to.
    corrected = (
        dg.AssetSelection.assets(*CORRECTED).downstream()
        - dg.AssetSelection.assets(PUBLICATION_DAYS, REPORT)
        - dg.AssetSelection.checks_for_assets(PUBLISHED)
    )
    relinked = dg.AssetSelection.assets(*LINKED) | corrected

    def job(
        name: str, selection: dg.AssetSelection, kind: str, description: str, **config: object
    ) -> UnresolvedAssetJobDefinition:
        return dg.define_asset_job(
            name,
            selection=selection,
            description=description,
            tags={KIND_TAG: kind, **({} if kind == READ_ONLY else WRITER_TAG)},
            config={"ops": config} if config else None,
        )

    return [
        job(
            NIGHTLY,
            everything,
            "ingest",
            "Ingests whatever is new in the inbox, whatever its date, and publishes. With nothing "
            "new it stops after looking.",
        ),
        job(
            RETRY,
            everything,
            "retry",
            "Reads again what is in quarantine, from the archived bytes, and publishes. What "
            "`newsactors quarantine retry` runs; ids in the config of `raw_files` choose items.",
            raw_files={"config": {"retry": ["all"]}},
        ),
        job(
            REEXTRACT,
            after_archiving,
            "reextract",
            "Extracts published articles again with the current extractor. Choose publication "
            "days and outlets in the config of `staged_batches`; none chosen means all.",
            staged_batches={"config": {"reextract": True}},
        ),
        job(
            PROMOTE,
            after_archiving,
            "promote",
            "Publishes the rows of the candidate that `newsactors reextract --diff` made, articles "
            "that came since included.",
            staged_batches={"config": {"promote": True}},
        ),
        job(
            ROLLBACK,
            after_archiving,
            "rollback",
            "Publishes again what the last promotion replaced.",
            staged_batches={"config": {"rollback": True}},
        ),
        job(
            REBUILD,
            after_archiving,
            "rebuild",
            "Stages and loads everything that the archive holds beyond what is staged. "
            "`newsactors rebuild` clears staging and build database first.",
        ),
        job(
            REPUBLISH,
            after_staging,
            "republish",
            "Loads what is staged, builds the models and publishes, without reading the inbox.",
        ),
        job(
            CORRECT,
            corrected,
            CORRECTION,
            "Applies `corrections.csv` and publishes, without loading anything: seconds. What "
            "`newsactors actors` runs; every other job applies corrections too.",
        ),
        job(
            RELINK,
            relinked,
            "relink",
            "Decides anew which names are one actor, with what is known today, and publishes. Look "
            "first: `newsactors actors relink` shows what it would change.",
            loaded__text_links={"config": {"relink": True}},
        ),
        job(
            WATCH,
            dg.AssetSelection.checks_for_assets(PUBLISHED),
            READ_ONLY,
            "Looks whether the published file is fresh and complete; changes nothing.",
        ),
    ]


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The nightly ingest at 02:00 in NEWSACTORS_TIME_ZONE, and the look at what came of it.

    A night that brings nothing new skips the publish and its checks with it, so that a source that
    went silent would stay green for ever: `watch` runs them whether or not anything came.
    """

    def daily(job: str, hour: int, what: str) -> dg.ScheduleDefinition:
        return dg.ScheduleDefinition(
            name=job,
            job_name=job,
            cron_schedule=f"0 {hour} * * *",
            execution_timezone=settings.time_zone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=f"{what} at {hour:02}:00 ({settings.time_zone}); set NEWSACTORS_TIME_ZONE "
            "to change the time zone. On wherever `make dev` or a Dagster daemon runs.",
        )

    return [
        daily(NIGHTLY, 2, "Ingests what is new, every night"),
        daily(WATCH, 7, "Looks whether the published file is fresh, every morning"),
    ]


@dg.sensor(
    name="new_files",
    job_name=NIGHTLY,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Starts an ingest within a minute of files coming to rest in the inbox. Off by "
    "default, because the nightly schedule is on; switch it on for news during the day.",
)
def new_files(
    context: dg.SensorEvaluationContext, warehouse: Warehouse
) -> dg.SensorResult | dg.SkipReason:
    """Asks for a run when the inbox holds settled files that were not read as they are now."""
    settings = warehouse.settings
    try:
        roots = roots_of(settings, [])
        # A tick must not wait for files to settle: what is young is left for the next one.
        scan = inbox.scan(roots, settings.inbox, settings.settle_seconds, wait=False)
    except (InputError, inbox.LocationError) as error:
        return dg.SkipReason(str(error))
    new = State(settings.state_file).unseen(scan.ready)
    if not new:
        waiting = f", {len(scan.settling)} still being written" if scan.settling else ""
        return dg.SkipReason(f"no new files in {settings.inbox}{waiting}")
    digest = hashlib.sha256(
        repr(sorted((c.source_path, c.size, c.mtime_ns, c.etag) for c in new)).encode()
    ).hexdigest()
    if digest == context.cursor:
        return dg.SkipReason(f"a run for these {len(new)} files was asked for already")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=digest, tags={KIND_TAG: "ingest", **WRITER_TAG})],
        cursor=digest,
    )


@dg.run_failure_sensor(
    name="run_failed",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells about failed runs: runs NEWSACTORS_ON_FAILURE_COMMAND with the report on "
    "standard input, and posts it to NEWSACTORS_ON_FAILURE_WEBHOOK (loopback only).",
)
def run_failed(context: dg.RunFailureSensorContext, warehouse: Warehouse) -> dg.SkipReason | None:
    """Passes the report of a failed run to whatever the settings name."""
    settings = warehouse.settings
    report = {
        "job": context.dagster_run.job_name,
        "run_id": context.dagster_run.run_id,
        "error": (context.failure_event.message or "").strip(),
        "home": str(settings.home),
    }
    told = notify(settings, report)
    if not told:
        return dg.SkipReason(
            "a run failed and nobody is to be told; set NEWSACTORS_ON_FAILURE_COMMAND or "
            "NEWSACTORS_ON_FAILURE_WEBHOOK"
        )
    context.log.info(f"told {', '.join(told)} of failed run {report['run_id']}")
    return None


@dg.sensor(
    name="lost_runs",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Closes runs whose process is gone (power cut, kill), which Dagster would take to "
    "be running for hours, with every later run waiting in the queue behind them.",
)
def lost_runs(context: dg.SensorEvaluationContext, warehouse: Warehouse) -> dg.SkipReason:
    """Reports as failed what Dagster takes to be running and the warehouse knows to be dead.

    Dagster's own monitoring cannot look: its default launcher has no health check, and a run of the
    command line has no launcher at all.
    """
    unfinished = context.instance.get_runs(
        dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
    )
    if not unfinished:
        return dg.SkipReason("no run is under way")
    killed = {
        run.run_id: run.error or ""
        for run in State(warehouse.settings.state_file).runs()
        if run.status == "failure" and run.finished_at is None
    }
    lost = [run for run in unfinished if run.run_id in killed]
    for run in lost:
        context.instance.report_run_failed(run, killed[run.run_id])
    return dg.SkipReason(
        f"closed {', '.join(run.run_id for run in lost)}" if lost else "all runs are alive"
    )


@dg.sensor(
    name="old_logs",
    minimum_interval_seconds=3600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=f"Removes the logs of all but the newest {KEPT_RUNS} runs. The list of runs and "
    "the history of assets stay; a command of `newsactors` does the same after its run.",
)
def old_logs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Removes what Dagster would keep for ever."""
    return dg.SkipReason(f"removed the logs of {remove_old_logs(context.instance)} old runs")


def notify(settings: Settings, report: dict[str, str]) -> Sequence[str]:
    """Send a report (JSON) to the configured command and webhook; returns who was told.

    The command gets no shell: the setting is split as a shell would, the report is standard input.
    Raises SettingsError for a webhook outside this machine, and what the command or post raises.
    """
    told = []
    data = json.dumps(report).encode()
    if settings.on_failure_command:
        subprocess.run(
            shlex.split(settings.on_failure_command), input=data, check=True, timeout=NOTIFY_SECONDS
        )
        told.append("command")
    if settings.on_failure_webhook:
        address = urlsplit(settings.on_failure_webhook)
        if address.scheme not in ("http", "https") or address.hostname not in LOOPBACK:
            raise SettingsError(
                f"NEWSACTORS_ON_FAILURE_WEBHOOK={settings.on_failure_webhook!r} is not an http "
                "address of this machine; use a command to reach others"
            )
        request = urllib.request.Request(
            settings.on_failure_webhook, data, {"Content-Type": "application/json"}
        )
        # No proxy: the address is loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(request, timeout=NOTIFY_SECONDS).close()
        told.append("webhook")
    return told
