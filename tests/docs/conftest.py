"""The samples, as `make run` publishes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.assets.in_process import run_job
from etl.intake import silent
from etl.settings import REPOSITORY, Settings


@pytest.fixture(scope="package")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published file of the samples; nobody changes what is beside it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEWSACTORS_HOME", str(home))
        patch.setenv("NEWSACTORS_INBOX", str(REPOSITORY / "seeds" / "articles"))
        patch.delenv("DAGSTER_HOME", raising=False)
        run_job("nightly_ingest", {}, silent)
        return Settings.from_env().published
