"""What tests of several folders begin with, and which files start first."""

from __future__ import annotations

from pathlib import Path

import pytest
from once import samples as samples_of_run

FIRST = ("acceptance", "ui", "dagster", "pipeline")
"""Folders with the longest files: started last, one of them would be all that still runs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {folder: place for place, folder in enumerate(FIRST)}
    items.sort(key=lambda item: rank.get(item.path.parent.name, len(rank)))


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the samples, published as `make run` does; a test that changes it copies it."""
    return samples_of_run(tmp_path_factory)
