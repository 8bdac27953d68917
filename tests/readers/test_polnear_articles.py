"""Real articles of seven outlets in the seed format: the reader returns their metadata."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def polnear(*arguments: object, corpora: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the documented command; training/ is not installed, so it runs in the checkout."""
    environment = os.environ | ({"NEWSACTORS_CORPORA": str(corpora)} if corpora else {})
    return subprocess.run(
        [sys.executable, "-m", "training.corpora.polnear_articles", *map(str, arguments)],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("split", "count"), [("train", 840), ("dev", 84)])
def test_every_article_is_read_back_with_its_metadata(
    tmp_path: Path, split: str, count: int
) -> None:
    written = polnear(tmp_path, "--split", split)
    if written.returncode == 2:
        pytest.skip(written.stderr.strip())
    assert f"{count} articles written" in written.stdout
    assert len(list(tmp_path.glob("*.txt"))) == count
    checked = polnear(tmp_path, "--split", split, "--check")
    assert checked.returncode == 0, checked.stdout


def test_missing_corpora_are_reported(tmp_path: Path) -> None:
    run = polnear(tmp_path / "out", corpora=tmp_path)
    assert run.returncode == 2
    assert "NEWSACTORS_CORPORA" in run.stderr
    assert not list((tmp_path / "out").glob("*"))
