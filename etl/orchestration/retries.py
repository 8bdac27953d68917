"""Which errors of a step Dagster retries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb

from etl.errors import NewsactorsError

TRANSIENT = (OSError, duckdb.IOException)
"""Errors that may pass: network folders come back, and full disks get cleared."""
RETRIES, RETRY_SECONDS = 2, 5


@contextmanager
def retrying() -> Iterator[None]:
    """Retry the step after a transient error; fail it at once after any other.

    The message of our own errors is complete; other errors are reported with their class.
    No RetryPolicy: Dagster also retries steps that the user terminated.
    """
    try:
        yield
    except TRANSIENT as error:
        raise dg.RetryRequested(RETRIES, RETRY_SECONDS) from error
    except NewsactorsError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except Exception as error:
        raise dg.Failure(f"{type(error).__name__}: {error}", allow_retries=False) from error
