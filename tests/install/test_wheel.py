"""The wheel, installed into an empty environment and used from an empty folder.

`make test-install` runs this for each supported Python that is on the machine.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from etl.settings import REPOSITORY

pytestmark = pytest.mark.install

SAMPLES = REPOSITORY / "seeds" / "articles"
START_SECONDS = 180
"""How long a server may take to answer; the Dagster UI took 15 s on an idle machine."""


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and the empty folder from which its command is run."""

    bin: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a user who has set nothing of ours."""
        ours = ("NEWSACTORS_", "DAGSTER_", "PYTHON", "VIRTUAL_ENV", "COV_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        return kept | {"DO_NOT_TRACK": "1"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / "newsactors", *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    @contextmanager
    def serving(self, *arguments: str, port: int) -> Iterator[str]:
        """The address of a server started by the command, once it answers."""
        log = self.folder / "server.log"
        with log.open("w") as output:
            server = subprocess.Popen(
                [self.bin / "newsactors", *arguments, "--port", str(port)],
                cwd=self.folder, env=self.environment, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + START_SECONDS
            while True:
                try:
                    urllib.request.urlopen(address, timeout=10).close()
                    break
                except (urllib.error.URLError, OSError):
                    assert server.poll() is None and time.monotonic() < deadline, log.read_text()
                    time.sleep(0.5)
            yield address
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def python(version: str) -> str:
    """The interpreter of this version; skips the test if the machine has none."""
    name = f"python{version}"
    # A pyenv shim stands for every version it knows, and runs only the selected one.
    environment = os.environ | {"PYENV_VERSION": version}
    code = "import sys, venv, ensurepip; print(sys.executable)"
    if path := shutil.which(name):
        found = subprocess.run(
            [path, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        if found.returncode == 0:
            return found.stdout.strip()
    pytest.skip(f"this machine has no {name} with venv")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out],
        cwd=REPOSITORY, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = out.glob("newsactors-*.whl")
    return built


@pytest.fixture(scope="module", params=["3.11", "3.12", "3.13"])
def installed(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    root = tmp_path_factory.mktemp(f"installed-{request.param}")
    environment, folder = root / "environment", root / "empty"
    folder.mkdir()
    subprocess.run([python(request.param), "-m", "venv", environment], check=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "-qq"]
    options = ["--disable-pip-version-check", "-c", str(REPOSITORY / "requirements.lock")]
    subprocess.run([*pip, *options, str(wheel)], check=True, cwd=folder)
    return Installed(environment / "bin", folder)


def test_the_main_job_runs_in_an_empty_folder(installed: Installed) -> None:
    ingested = installed.run("ingest", str(SAMPLES))
    assert ingested.returncode == 0, ingested.stderr
    assert str(installed.folder / "warehouse") in ingested.stderr, "the first run says where"
    assert "48 new articles" in ingested.stderr

    top = installed.run("top", "--json", "--limit", "3")
    assert [row["name"] for row in json.loads(top.stdout)] == [
        "Velmark",
        "Aldhaven",
        "Keldane Bank",
    ]

    again = installed.run("ingest", str(SAMPLES))
    assert again.returncode == 0, again.stderr
    assert str(installed.folder / "warehouse") not in again.stderr
    assert "0 new articles" in again.stderr


def test_a_correction_is_published(installed: Installed) -> None:
    merged = installed.run(
        "actors", "merge", "Una Tarrish", "Henrik Vasse", "--because", "a trial of the wheel"
    )
    assert merged.returncode == 0, merged.stderr
    (one,) = json.loads(
        installed.run(
            "sql", "--format", "json",
            "select count(*) as n from entities where name in ('Una Tarrish', 'Henrik Vasse')",
        ).stdout
    )  # fmt: skip
    assert one["n"] == 1


def test_the_explorer_and_a_report_need_no_checkout(installed: Installed) -> None:
    with installed.serving("explore", "--no-browser", port=free_port()) as address:
        page = urllib.request.urlopen(address, timeout=30).read().decode()
    assert "Velmark" in page
    done = installed.run("report", "--from", "2025-06", "--to", "2025-06", "--out", "june")
    assert done.returncode == 0, done.stderr
    assert (installed.folder / "june" / "index.html").exists()


def test_the_runs_are_in_the_history_of_the_dagster_ui(installed: Installed) -> None:
    port = free_port()
    query = json.dumps({"query": "{runsOrError {... on Runs {results {jobName status}}}}"})
    with installed.serving("dev", port=port) as address:
        ask = urllib.request.Request(
            f"{address}/graphql", query.encode(), {"Content-Type": "application/json"}
        )
        answer = json.loads(urllib.request.urlopen(ask, timeout=60).read())
    runs = answer["data"]["runsOrError"]["results"]
    assert {"jobName": "nightly_ingest", "status": "SUCCESS"} in runs
    assert (installed.folder / "dagster" / "dagster.yaml").exists()


def test_nothing_is_written_outside_the_folder(installed: Installed) -> None:
    assert sorted(path.name for path in installed.folder.iterdir()) == [
        "dagster", "june", "server.log", "warehouse",
    ]  # fmt: skip
    package = next(installed.bin.parent.glob("lib/python3*/site-packages/etl/project"))
    written = {path.name for path in (package / "sql").iterdir()}
    assert written == {"dbt_project.yml", "macros", "models", "profiles.yml", "tests"}
