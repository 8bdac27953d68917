"""What several asset modules share: ownership, and which errors a retry could mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb

from etl.errors import NewsactorsError

DATA_TEAM = "team:data"

RETRIED = (OSError, duckdb.IOException)
"""What may pass: network folders come back, full disks get cleared."""
RETRIES, RETRY_SECONDS = 2, 5


@contextmanager
def retrying() -> Iterator[None]:
    """Ask for another try of the step only where that could mend it; a mistake fails at once.

    An error of ours says what to do in its message; of any other the class is said too. No
    RetryPolicy: Dagster applies it to a termination too, and the run that a user stopped goes on.
    """
    try:
        yield
    except RETRIED as error:
        raise dg.RetryRequested(RETRIES, RETRY_SECONDS) from error
    except NewsactorsError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except Exception as error:
        raise dg.Failure(f"{type(error).__name__}: {error}", allow_retries=False) from error
