"""What tests of several folders begin with, and which files start first."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from session_cache import samples as samples_of_run
from suite_length import IS_SOAK, examples

# To explain failures hypothesis traces examples. In a process that had driven a browser (greenlets
# of playwright, CPython 3.11.7) a traced function once never began: the suite hung.
# Examples are the same in each default run: a failure is of the change, not of the draw.
settings.register_profile(
    "newsactors",
    phases=[p for p in Phase if p is not Phase.explain],
    derandomize=not IS_SOAK,
    max_examples=examples(30),
)
settings.load_profile("newsactors")

# As commands do (`cli.run.collect_rarely`): Dagster and dbt create two million objects that live as
# long as a worker, and each full collection scans them.
gc.set_threshold(100_000, 50, 50)

# A shell that runs the tests in the background makes them ignore Ctrl-C, and so every command that
# they start. A command that a test interrupts would then run on.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No test records its runs in the checkout's Dagster instance unless it sets one of its own.
os.environ["DAGSTER_HOME"] = ""

FIRST = ("acceptance", "ui", "orchestration", "pipeline")
"""Folders with the longest files: started last, one of them would be all that still runs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {folder: place for place, folder in enumerate(FIRST)}
    items.sort(key=lambda item: rank.get(item.path.parent.name, len(rank)))


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the samples, published as `make run` does; a test that changes it copies it."""
    return samples_of_run(tmp_path_factory)
