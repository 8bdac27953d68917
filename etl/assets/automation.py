"""Jobs, the nightly schedule, and the sensors on the inbox and on failed runs."""

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

from etl.assets.ingest import STAGED_BATCHES
from etl.assets.published import PUBLICATION_DAYS
from etl.assets.warehouse import KIND_TAG, WRITER_TAG, Warehouse
from etl.settings import Settings, SettingsError
from etl.store import inbox
from etl.store.state import State

NIGHTLY, REEXTRACT, REBUILD, REPUBLISH = "nightly_ingest", "reextract", "rebuild", "republish"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
NOTIFY_SECONDS = 30


def jobs() -> list[UnresolvedAssetJobDefinition]:
    """The jobs of the code location; each ends with a publish where anything changed."""
    everything = dg.AssetSelection.all()
    # `publication_days` is reported, not computed: no job can select it.
    after_staging = dg.AssetSelection.assets(
        STAGED_BATCHES
    ).downstream() - dg.AssetSelection.assets(PUBLICATION_DAYS)

    def job(
        name: str, selection: dg.AssetSelection, kind: str, description: str, **config: object
    ) -> UnresolvedAssetJobDefinition:
        return dg.define_asset_job(
            name,
            selection=selection,
            description=description,
            tags={KIND_TAG: kind, **WRITER_TAG},
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
            REEXTRACT,
            after_staging,
            "reextract",
            "Extracts published articles again with the current extractor. Choose publication "
            "days and outlets in the config of `staged_batches`; none chosen means all.",
            staged_batches={"config": {"reextract": True}},
        ),
        job(
            REBUILD,
            after_staging,
            "rebuild",
            "Stages and loads everything that the archive holds beyond what is staged. "
            "`newsactors rebuild` clears staging and build database first.",
        ),
        job(
            REPUBLISH,
            after_staging - dg.AssetSelection.assets(STAGED_BATCHES),
            "republish",
            "Loads what is staged, builds the models and publishes, without reading the inbox.",
        ),
    ]


def nightly_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The nightly ingest at 02:00 in NEWSACTORS_TIME_ZONE. On by default, and says so."""
    return dg.ScheduleDefinition(
        name=NIGHTLY,
        job_name=NIGHTLY,
        cron_schedule="0 2 * * *",
        execution_timezone=settings.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Every night at 02:00 ({settings.time_zone}); set NEWSACTORS_TIME_ZONE to "
        "change the time zone. Runs by default wherever `make dev` or a Dagster daemon runs.",
    )


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
    if not settings.inbox.exists():
        return dg.SkipReason(f"the inbox {settings.inbox} does not exist; set NEWSACTORS_INBOX")
    # A tick must not wait for files to settle: what is young is left for the next one.
    scan = inbox.scan([settings.inbox], settings.inbox, settings.settle_seconds, wait=False)
    new = State(settings.state_file).unseen(scan.ready)
    if not new:
        waiting = f", {len(scan.settling)} still being written" if scan.settling else ""
        return dg.SkipReason(f"no new files in {settings.inbox}{waiting}")
    digest = hashlib.sha256(
        repr(sorted((c.source_path, c.size, c.mtime_ns) for c in new)).encode()
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
def run_failed(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Passes the report of a failed run to whatever the settings name."""
    settings = Settings.from_env()
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
