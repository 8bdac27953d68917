"""What several asset modules share: ownership, retries, and errors that a retry cannot mend."""

from __future__ import annotations

import dagster as dg

from etl.pipeline import InputError
from etl.settings import SettingsError

DATA_TEAM = "team:data"

RETRY = dg.RetryPolicy(max_retries=2, delay=3, backoff=dg.Backoff.EXPONENTIAL)
"""For steps that touch the file system: network folders come back, full disks get cleared."""

INPUT_ERRORS = (InputError, SettingsError)


def refuse(error: Exception) -> dg.Failure:
    """What was asked for is wrong: fail at once, with the message that says what to do."""
    return dg.Failure(str(error), allow_retries=False)
