"""An object store for tests: a real S3 server in a separate local process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pipeline.warehouse_harness import WarehouseHarness

SECRET = "a-secret-that-nobody-may-see"
_numbers = count()


@dataclass(frozen=True)
class Bucket:
    """A test's own bucket, and the environment variables to reach it."""

    name: str
    environment: dict[str, str]
    log: Path
    files: Any

    @property
    def address(self) -> str:
        return f"s3://{self.name}"

    def put(self, key: str, content: str | bytes) -> str:
        """Store an object and return its address."""
        data = content if isinstance(content, bytes) else content.encode()
        self.files.pipe_file(f"{self.name}/{key}", data)
        return f"{self.address}/{key}"

    def remove(self, key: str) -> None:
        self.files.rm_file(f"{self.name}/{key}")

    def gets(self) -> int:
        """Return how many objects were requested from the server so far."""
        lines = self.log.read_text(errors="replace").splitlines()
        return sum(f'"GET /{self.name}/' in line for line in lines)


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Yield the server's address and its log. It lists 50 objects per page."""
    pytest.importorskip("moto", reason="needs the S3 server of the extra `dev`")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    log = tmp_path_factory.mktemp("s3") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("s3_server.py")), str(port)],
            env=os.environ | {"MOTO_S3_DEFAULT_MAX_KEYS": "50"},
            stdout=out,
            stderr=out,
        )
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}", log
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the S3 server did not start: {log.read_text()}")


@pytest.fixture
def bucket(endpoint: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Bucket:
    s3fs = pytest.importorskip("s3fs", reason="needs the extra `s3`")
    address, log = endpoint
    environment = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    files = s3fs.S3FileSystem(use_listings_cache=False)
    name = f"news-{next(_numbers)}"
    files.mkdir(name)
    return Bucket(name, environment, log, files)


@pytest.fixture
def harness(tmp_path: Path) -> WarehouseHarness:
    return WarehouseHarness(tmp_path)
