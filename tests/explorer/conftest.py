"""Warehouses to look at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .app import App, running


@pytest.fixture(scope="session")
def app(samples: Path) -> Iterator[App]:
    """Over the samples, which no test may change."""
    with running(samples) as found:
        yield found


@pytest.fixture(scope="module")
def own_home(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the samples, to be changed."""
    home = tmp_path_factory.mktemp("own") / "home"
    shutil.copytree(samples, home, symlinks=True)
    return home
