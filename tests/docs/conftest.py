"""The samples, as `make run` publishes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.settings import Settings


@pytest.fixture(scope="package")
def published(samples: Path) -> Path:
    """The published file of the samples; nobody changes what is beside it."""
    return Settings.from_env({"NEWSACTORS_HOME": str(samples)}).published
