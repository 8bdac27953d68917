"""The schedules: the nightly ingest, and the checks of the published file in the morning."""

import dagster as dg

from etl.orchestration.jobs import NIGHTLY_INGEST, WATCH
from etl.settings import Settings


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Return the schedules, in the time zone NEWSACTORS_TIME_ZONE.

    A nightly run without new articles skips the publish together with its checks. Without `watch`,
    which runs the checks every day, the checks would stay green after a source fell silent.
    """

    def daily(job_name: str, hour: int, purpose: str) -> dg.ScheduleDefinition:
        return dg.ScheduleDefinition(
            name=job_name,
            job_name=job_name,
            cron_schedule=f"0 {hour} * * *",
            execution_timezone=settings.time_zone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=f"{purpose} at {hour:02}:00 ({settings.time_zone}). Set "
            "NEWSACTORS_TIME_ZONE to change the time zone. Active wherever `make dev` or a Dagster "
            "daemon runs.",
        )

    return [
        daily(NIGHTLY_INGEST.name, 2, "Ingests new articles every night"),
        daily(WATCH.name, 7, "Checks every morning that the published file is fresh"),
    ]
