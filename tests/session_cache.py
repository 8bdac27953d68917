"""What is made once a run of the tests, by the worker that needs it first, and copied from then on.

Belongs here: what takes seconds to make and is the same for all. Does not belong here: what a
single file needs (its own fixtures).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from etl.__main__ import load_job
from etl.orchestration.run_job import run_job
from etl.pipeline.build_models import build_models
from etl.pipeline.progress import silent
from etl.settings import REPOSITORY, Settings
from etl.storage.files import exclusive_lock
from etl.warehouse import build_db, dbt


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name`, which `make` fills if nobody has; not to be changed by a test."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # the folder of a worker, within that of the run
        root = root.parent
    folder = root / name
    with exclusive_lock(root / f"{name}.lock"):
        if not folder.exists():
            making = root / f"{name}-making"
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
            make(making)
            making.rename(folder)
    return folder


def parsed(factory: pytest.TempPathFactory) -> Path:
    """A folder with the parsed dbt project: parsing takes four seconds of the processor."""
    return once(factory, "parsed", dbt.parse)


def begin(home: Path, factory: pytest.TempPathFactory) -> None:
    """Make a warehouse that has nothing in it yet; its first run does not parse."""
    shutil.copytree(parsed(factory), Settings.from_env({"NEWSACTORS_HOME": str(home)}).dbt_target)


def modelled(factory: pytest.TempPathFactory) -> Path:
    """The home of a warehouse whose models dbt has built over no articles."""

    def make(home: Path) -> None:
        begin(home, factory)
        settings = Settings.from_env({"NEWSACTORS_HOME": str(home)})
        build_db.open_build(settings.build_file).close()
        assert build_models(settings).method == "dbt"

    return once(factory, "modelled", make)


def begin_modelled(home: Path, factory: pytest.TempPathFactory) -> None:
    """Make a warehouse that has nothing in it yet, and whose first run needs no dbt.

    For tests that are not about the first build: by dbt it takes five seconds of the processor.
    """
    shutil.copytree(modelled(factory), home, dirs_exist_ok=True)


def samples(factory: pytest.TempPathFactory) -> Path:
    """The home of the samples, published as `make run` does."""

    def make(home: Path) -> None:
        begin(home, factory)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NEWSACTORS_HOME", str(home))
            patch.setenv("NEWSACTORS_INBOX", str(REPOSITORY / "seeds" / "articles"))
            patch.setenv("DAGSTER_HOME", "")
            run_job(load_job("nightly_ingest"), {}, silent)
        assert (home / "news.duckdb").exists()

    return once(factory, "samples", make)
