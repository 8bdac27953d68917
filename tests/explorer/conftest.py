"""Explorers over the sample warehouse and over copies of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .app import App, running


@pytest.fixture(scope="session")
def app(samples: Path) -> Iterator[App]:
    """An explorer over the samples, which tests must not change."""
    with running(samples) as explorer:
        yield explorer


@pytest.fixture(scope="module")
def own_home(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the samples, which tests may change."""
    home = tmp_path_factory.mktemp("own") / "home"
    shutil.copytree(samples, home, symlinks=True)
    return home
