"""The schedules: the nightly ingest, and the checks of the published file in the morning."""

import dagster as dg

from etl.orchestration.jobs import NIGHTLY_INGEST, WATCH
from etl.orchestration.resources import Warehouse
from etl.pipeline import due
from etl.settings import Settings


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Return the schedules, in the time zone NEWSACTORS_TIME_ZONE.

    A night without new articles runs no check of the published file. Without `watch`, which runs
    them every day, they would stay green after a source fell silent.
    """
    zone = settings.time_zone

    def description(purpose: str, hour: int) -> str:
        return (
            f"{purpose} at {hour:02}:00 ({zone}). Set NEWSACTORS_TIME_ZONE to change the time "
            "zone. Active wherever `make dev` or a Dagster daemon runs."
        )

    @dg.schedule(
        name=NIGHTLY_INGEST.name,
        job_name=NIGHTLY_INGEST.name,
        cron_schedule="0 2 * * *",
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description("Ingests new articles every night", 2)
        + " It looks first: if a run would change nothing, it starts none and says so here.",
    )
    def nightly_ingest(
        context: dg.ScheduleEvaluationContext, warehouse: Warehouse
    ) -> dg.RunRequest | dg.SkipReason:
        """Request a run if it has anything to do; record the look otherwise.

        A run without news would skip sixty steps and checks, and show them in place of the last
        results.
        """
        reason = due.reason_to_ingest(warehouse.settings)
        if reason is None:
            warehouse.state.record_look()
            return dg.SkipReason(f"nothing new in {warehouse.settings.inbox}")
        context.log.info(reason)
        return dg.RunRequest()

    watch = dg.ScheduleDefinition(
        name=WATCH.name,
        job_name=WATCH.name,
        cron_schedule="0 7 * * *",
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description("Checks every morning that the published file is fresh", 7),
    )
    return [nightly_ingest, watch]
