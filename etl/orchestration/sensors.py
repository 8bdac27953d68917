"""Sensors: new files in the inbox; days to publish; failed and lost runs; old run logs."""

import hashlib

import dagster as dg

from etl.orchestration.assets.days import EXTRACTED_DAYS
from etl.orchestration.failure_notice import send_failure_notice
from etl.orchestration.jobs import NIGHTLY_INGEST, REPUBLISH
from etl.orchestration.labels import PUBLISH_STEP, run_tags
from etl.orchestration.resources import Warehouse
from etl.orchestration.retention import KEPT_RUNS, remove_old_logs
from etl.orchestration.run_failure import planned_steps
from etl.pipeline import due
from etl.pipeline.errors import InputError
from etl.query.display import counted
from etl.storage import inbox
from etl.storage.run_state import State


@dg.sensor(
    name="new_files",
    job_name=NIGHTLY_INGEST.name,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Starts an ingest within a minute after files in the inbox stop changing. Off by "
    "default, because the nightly schedule is on; turn it on to publish news during the day.",
)
def new_files(
    context: dg.SensorEvaluationContext, warehouse: Warehouse
) -> dg.SensorResult | dg.SkipReason:
    """Request a run if the inbox holds settled files that are new or have changed."""
    settings = warehouse.settings
    try:
        # A tick must not wait for files to settle: the next tick picks up younger files.
        scan = due.list_inbox(settings)
    except (InputError, inbox.LocationError) as error:
        return dg.SkipReason(str(error))
    except due.SlowListingError as error:
        return dg.SkipReason(f"{error}; turn this sensor off, the nightly ingest has the time")
    new = due.new_files(settings, scan)
    if not new:
        waiting = f", {len(scan.settling)} still being written" if scan.settling else ""
        return dg.SkipReason(f"no new files in {settings.inbox}{waiting}")
    digest = hashlib.sha256(
        repr(sorted((c.source_path, c.size, c.mtime_ns, c.change_tag) for c in new)).encode()
    ).hexdigest()
    if digest == context.cursor:
        return dg.SkipReason(f"a run for {counted(len(new), 'new file')} was already requested")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=digest, tags=run_tags("ingest"))],
        cursor=digest,
    )


@dg.asset_sensor(
    asset_key=EXTRACTED_DAYS,
    name="extracted_days_to_publish",
    job_name=REPUBLISH.name,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Publishes days that somebody extracted again by materializing `extracted_days` "
    "alone, for example from its partitions page.",
)
def extracted_days_to_publish(
    context: dg.SensorEvaluationContext, event: dg.EventLogEntry
) -> dg.RunRequest | dg.SkipReason:
    """Request a publish unless the run that extracted the days publishes them itself."""
    run = context.instance.get_run_by_id(event.run_id)
    if run is None or PUBLISH_STEP in planned_steps(context.instance, run):
        return dg.SkipReason("the run that extracted the days publishes them")
    return dg.RunRequest(run_key=event.run_id, tags=run_tags("republish"))


@dg.run_failure_sensor(
    name="run_failed",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reports failed runs: runs NEWSACTORS_ON_FAILURE_COMMAND with the report on "
    "standard input, and posts it to NEWSACTORS_ON_FAILURE_WEBHOOK (loopback only).",
)
def run_failed(context: dg.RunFailureSensorContext, warehouse: Warehouse) -> dg.SkipReason | None:
    """Send a report of the failed run to the configured command and webhook."""
    settings = warehouse.settings
    report = {
        "job": context.dagster_run.job_name,
        "run_id": context.dagster_run.run_id,
        "error": (context.failure_event.message or "").strip(),
        "home": str(settings.home),
    }
    recipients = send_failure_notice(settings, report)
    if not recipients:
        return dg.SkipReason(
            "a run failed, but nothing is configured to receive the report; set "
            "NEWSACTORS_ON_FAILURE_COMMAND or NEWSACTORS_ON_FAILURE_WEBHOOK"
        )
    context.log.info(f"reported failed run {report['run_id']} to {', '.join(recipients)}")
    return None


@dg.sensor(
    name="lost_runs",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks runs as failed whose process no longer exists (power cut, kill). Dagster "
    "would show them as running for hours and keep every later run in the queue.",
)
def lost_runs(context: dg.SensorEvaluationContext, warehouse: Warehouse) -> dg.SkipReason:
    """Mark runs as failed that Dagster shows as running and the warehouse knows to be dead.

    Dagster's own monitoring can't detect them: its default launcher has no health check, and a run
    started from the command line has no launcher at all.
    """
    unfinished = context.instance.get_runs(
        dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
    )
    if not unfinished:
        return dg.SkipReason("no run in progress")
    errors = {
        run.run_id: run.error or ""
        for run in State(warehouse.settings.state_file).runs()
        if run.status == "failure" and run.finished_at is None
    }
    lost = [run for run in unfinished if run.run_id in errors]
    for run in lost:
        context.instance.report_run_failed(run, errors[run.run_id])
    return dg.SkipReason(
        f"closed {', '.join(run.run_id for run in lost)}" if lost else "all runs are alive"
    )


@dg.sensor(
    name="old_logs",
    minimum_interval_seconds=3600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=f"Deletes the logs of all but the newest {KEPT_RUNS} runs. The list of runs and "
    "the history of assets stay. A `newsactors` command does the same after its run.",
)
def old_logs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Delete run logs that Dagster would keep forever."""
    return dg.SkipReason(f"deleted the logs of {remove_old_logs(context.instance)} old runs")


SENSORS = (new_files, extracted_days_to_publish, run_failed, lost_runs, old_logs)
