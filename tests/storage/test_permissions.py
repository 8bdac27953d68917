"""Several users of one warehouse: what another user left is named, and a group may share it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from session_cache import begin_modelled

from etl.settings import REPOSITORY

READ_ALL = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
"""Lets a user read the interpreter under root's home, and write nothing more."""


def _command(user: str) -> list[str]:
    return ["setpriv", "--reuid", user, "--regid", "daemon", "--clear-groups", *READ_ALL]


def _can_become_others() -> bool:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return False
    trial = [*_command("nobody"), sys.executable, "-c", "import os; print(os.getuid())"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(
    not _can_become_others(), reason="becoming another user takes root and setpriv"
)


@dataclass(frozen=True)
class SharedWarehouse:
    """An empty warehouse and an inbox that belong to `daemon`."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    def newsactors(
        self, *arguments: str, user: str = "daemon", umask: int = 0o022, article: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as a user, after dropping an article if one is given."""
        if article is not None:
            (self.inbox / f"{article}.txt").write_text(
                f" date 2025-03-0{article} Something Happened In Town {article}\n\n"
                f"By Ann Author – Daily Test\n\nAlice Foo said “we open {article} today”.\n"
            )
        become = [] if user == "root" else _command(user)
        return subprocess.run(
            [*become, sys.executable, "-m", "etl", *arguments],
            env={
                "PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "HOME": str(self.root),
                "NEWSACTORS_HOME": str(self.home), "NEWSACTORS_INBOX": str(self.inbox),
                "NEWSACTORS_SETTLE_SECONDS": "0", "NEWSACTORS_EXTRACTOR": "rules",
                "DAGSTER_HOME": "", "DO_NOT_TRACK": "1", "PYTHONDONTWRITEBYTECODE": "1",
            },
            umask=umask, cwd=self.root, capture_output=True, text=True, check=False,
        )  # fmt: skip


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedWarehouse]:
    # Not in pytest's folder, which is closed to other users.
    warehouse = SharedWarehouse(Path(tempfile.mkdtemp(prefix="newsactors-shared-")))
    warehouse.root.chmod(0o755)
    warehouse.inbox.mkdir()
    begin_modelled(warehouse.home, tmp_path_factory)
    subprocess.run(["chown", "-R", "daemon:daemon", str(warehouse.root)], check=True)
    yield warehouse
    shutil.rmtree(warehouse.root)


def test_what_root_left_is_refused_with_the_command_that_mends_it(shared: SharedWarehouse) -> None:
    assert shared.newsactors("ingest", user="root", article=1).returncode == 0
    refused = shared.newsactors("ingest", article=2)
    assert refused.returncode == 1
    assert "daemon can't write" in refused.stderr
    assert "belong to root" in refused.stderr
    assert "sudo chown -R daemon" in refused.stderr
    examined = shared.newsactors("doctor", "--json")
    assert examined.returncode == 1
    assert "belong to root" in examined.stdout
    assert shared.newsactors("top", "--limit", "1").returncode == 0, (
        "reading needs no right to write"
    )

    home = shared.home
    subprocess.run(["chown", "-R", "daemon", str(home)], check=True)
    # The next publish copies instead of changing a snapshot that isn't its own.
    subprocess.run(["chown", "-R", "root", str(home / "snapshots" / "1")], check=True)
    mended = shared.newsactors("ingest")
    assert "1 new articles" in mended.stderr, mended.stderr


@pytest.mark.soak
def test_a_group_shares_a_warehouse(shared: SharedWarehouse) -> None:
    home = shared.home
    subprocess.run(["chmod", "-R", "g+rwX", str(home)], check=True)
    for folder in (home, *(path for path in home.rglob("*") if path.is_dir())):
        folder.chmod(0o2775)
    for number, user in enumerate(("daemon", "nobody", "daemon", "nobody"), start=1):
        done = shared.newsactors("ingest", user=user, umask=0o002, article=number)
        assert done.returncode == 0, done.stderr
    examined = shared.newsactors("doctor", user="nobody", umask=0o002)
    assert examined.returncode == 0, examined.stdout
