"""Objects are read like files: new ones, once, recorded by address; faults stay isolated."""

from __future__ import annotations

import gzip
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from click.testing import CliRunner, Result
from pipeline.warehouse_harness import WarehouseHarness, story, text

from etl.__main__ import main
from etl.pipeline.archive_files import (
    Archived,
    archive_new,
)
from etl.settings import Limits, SettingsError, location
from etl.storage import inbox, object_store
from etl.storage.inbox import SourceFile
from object_stores.conftest import SECRET, Bucket


def ingest(harness: WarehouseHarness, *addresses: str, limits: Limits | None = None) -> Archived:
    """Archive new objects at the addresses, then stage and load them."""
    settings = replace(harness.settings, limits=limits or Limits())
    harness.state.start_run("run", "ingest", "words")
    archived = archive_new(settings, [location(a) for a in addresses], "run")
    harness.stage()
    harness.load()
    return archived


def sources(harness: WarehouseHarness) -> set[str]:
    return {path for (path,) in harness.query("select source_path from loaded.article_sources")}


NAMES = (
    "in/a.txt", "in/sp ace.txt", "in/two\nlines.txt", "in/Ångström Ω?.txt", "in/a[1]*.txt",
    "in/100%25 & a+b.txt", "in/q::r=;'\".txt", "in/-rf", "in/2025/06/05/deep.txt",
)  # fmt: skip


def test_any_name_is_read_and_recorded_by_its_address(
    bucket: Bucket, harness: WarehouseHarness
) -> None:
    for number, name in enumerate(NAMES):
        bucket.put(name, text(story(number)))
    packed = bucket.put("in/packed.txt.gz", gzip.compress(text(story(100)).encode()))
    for name in ("in/.hidden", "in/.git/x.txt", "in/y.txt.part", "in/folder/", "beside.txt"):
        bucket.put(name, "" if name.endswith("/") else text(story(101)))
    archived = ingest(harness, f"{bucket.address}/in/")
    assert archived.files_seen == archived.files_new == len(NAMES) + 1
    found = {f"{bucket.address}/{name}" for name in NAMES}
    assert sources(harness) == found | {packed}
    assert harness.quarantine() == {}


def test_only_what_is_new_or_changed_is_fetched(bucket: Bucket, harness: WarehouseHarness) -> None:
    for number in range(3):
        bucket.put(f"{number}.txt", text(story(number)))
    ingest(harness, bucket.address)
    before = bucket.gets()
    assert ingest(harness, bucket.address).files_new == 0
    assert bucket.gets() == before
    # Same size and same second: only the ETag reveals the change.
    bucket.put("1.txt", text(story(1)).replace("story 1.", "story 7."))
    (listed,) = (
        o for o in object_store.Store(bucket.address).objects() if "1.txt" in o.source_path
    )
    assert ingest(harness, bucket.address).files_new == 1
    assert bucket.gets() == before + 1
    bucket.put("1.txt", text(story(1)).replace("story 1.", "story 7."))
    assert ingest(harness, bucket.address).files_new == 0, listed


def test_an_address_is_one_object_a_prefix_or_a_glob(bucket: Bucket) -> None:
    for name in ("a/1.txt", "a/2.txt", "a/b/3.txt", "ab/4.txt", "5.csv"):
        bucket.put(name, "x")

    def found(address: str) -> list[str]:
        scan = inbox.scan([f"{bucket.address}/{address}"], Path("/"), 0)
        return [c.source_path.removeprefix(f"{bucket.address}/") for c in scan.ready]

    assert found("a") == found("a/") == ["a/1.txt", "a/2.txt", "a/b/3.txt"]
    assert found("a/1.txt") == ["a/1.txt"]
    assert found("a*/*.txt") == ["a/1.txt", "a/2.txt", "ab/4.txt"]
    assert found("**/*.txt") == ["a/1.txt", "a/2.txt", "a/b/3.txt", "ab/4.txt"]
    assert found("") == ["5.csv", "a/1.txt", "a/2.txt", "a/b/3.txt", "ab/4.txt"]
    assert found("nothing") == []
    store = object_store.Store(f"{bucket.address}/a*/*.txt")
    assert store.covers(f"{bucket.address}/ab/9.txt")
    assert not store.covers(f"{bucket.address}/ab/c/9.txt")


def test_a_listing_of_many_pages_is_complete(bucket: Bucket, harness: WarehouseHarness) -> None:
    for number in range(120):
        bucket.put(f"{number // 50}/{number}.txt", f"{number}")
    assert len(object_store.Store(bucket.address).objects()) == 120


def test_recent_objects_are_left_until_they_settle(bucket: Bucket) -> None:
    address = bucket.put("a.txt", "x")
    found = inbox.scan([bucket.address], Path("/"), 30, wait=False)
    assert (found.ready, found.settling) == ([], [address])
    (ready,) = inbox.scan([bucket.address], Path("/"), 0.3).ready
    assert ready.source_path == address


def test_faults_affect_only_themselves_and_leave_quarantine_when_fixed(
    bucket: Bucket, harness: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("good.txt", text(story(1)))
    bucket.put("gone.txt", text(story(2)))
    cut = bucket.put("cut.txt", text(story(3)))
    large = bucket.put("large.txt", text(story(4)) * 100)
    changed = bucket.put("changed.txt", text(story(5)))
    opened = inbox.opened

    def meanwhile(
        candidates: list[SourceFile], *args: Any
    ) -> Iterator[tuple[SourceFile, AbstractContextManager[BinaryIO]]]:
        bucket.remove("gone.txt")
        bucket.put("changed.txt", text(story(6)) * 2)
        return opened(candidates, *args)

    with monkeypatch.context() as patched:
        patched.setattr(inbox, "opened", meanwhile)
        archived = ingest(harness, bucket.address, limits=Limits(file_bytes=10_000))
    assert harness.quarantine() == {cut: "unreadable", large: "unreadable"}
    assert all(r.detail and r.remedy for r in harness.state.quarantine())
    assert (archived.files_new, archived.settling) == (1, [changed])
    assert list(harness.articles().values()) == [story(1)]

    bucket.remove("cut.txt")
    ingest(harness, f"{bucket.address}/good.txt")
    assert len(harness.quarantine()) == 2, "files outside the scan stay in quarantine"
    assert ingest(harness, bucket.address).files_new == 2
    assert harness.quarantine() == {}


def test_objects_fetched_before_the_store_fails_are_kept(
    bucket: Bucket, harness: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        bucket.put(f"{number:02}.txt", text(story(number)))
    fetch, requested = object_store._fetch, []

    def fail(files: Any, candidate: SourceFile, *args: Any) -> BinaryIO:
        requested.append(candidate)
        if len(requested) > 10:
            raise inbox.UnreachableError("there is no connection", "check the network")
        return fetch(files, candidate, *args)

    with monkeypatch.context() as patched:
        patched.setattr(object_store, "_fetch", fail)
        archived = ingest(harness, bucket.address)
    assert (archived.files_new, len(harness.quarantine())) == (10, 1)
    assert len(requested) < 30, "the remaining objects were skipped"
    assert ingest(harness, bucket.address).files_new == 20
    assert harness.quarantine() == {}


def test_a_large_object_is_not_held_in_memory(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("large.bin", os.urandom(1 << 20) * 100)
    candidates = object_store.Store(bucket.address).objects()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _, opened in object_store.fetched(candidates, 1 << 30, tmp_path):
        with opened as file:
            assert file.seek(0, 2) == 100 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 << 10  # KiB


# Command output


@pytest.fixture
def run(harness: WarehouseHarness, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("NEWSACTORS_HOME", str(harness.settings.home))
    monkeypatch.setenv("NEWSACTORS_SETTLE_SECONDS", "0")
    monkeypatch.setenv("DAGSTER_HOME", "")
    return lambda *args: CliRunner().invoke(main, list(args))


def test_a_dry_run_shows_what_objects_would_become(
    bucket: Bucket, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = bucket.put("a\x1b[2J.txt", text(story(1)))
    bucket.put("empty.txt", "")
    monkeypatch.setenv("NEWSACTORS_INBOX", bucket.address)
    shown = run("ingest", "--dry-run")
    good, bad = shown.stdout.splitlines()
    assert good.startswith(f"{address.replace(chr(27) + '[2J', '')}  0  text  2025-03-01")
    assert "empty.txt  0  to quarantine: empty: " in bad
    assert shown.exit_code == 0


def test_errors_say_what_is_wrong_where_and_what_to_do(
    bucket: Bucket,
    harness: WarehouseHarness,
    run: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import s3fs

    missing = run("ingest", "--dry-run", "s3://no-such-bucket/x")
    assert missing.exit_code == 1
    assert "s3://no-such-bucket/x: there is no such bucket" in missing.stderr

    bucket.put("a.txt", "x")
    address = bucket.environment["AWS_ENDPOINT_URL"]

    def require_credentials(after: str) -> None:
        url = f"{address}/moto-api/reset-auth"
        header = {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(url, after.encode(), header)).close()

    require_credentials("0")
    try:
        refused = run("ingest", "--dry-run", bucket.address)
    finally:
        require_credentials("inf")
    assert refused.exit_code == 1
    assert f"cannot list {bucket.address}: access was refused" in refused.stderr
    assert "AWS_ACCESS_KEY_ID" in refused.stderr

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    s3fs.S3FileSystem.clear_instance_cache()
    started = time.monotonic()
    away = run("ingest", bucket.address)
    assert away.exit_code == 1
    assert f"cannot list {bucket.address}: there is no connection" in away.stderr
    assert "AWS_ENDPOINT_URL" in away.stderr
    assert time.monotonic() - started < 60
    (last, *_) = harness.state.runs()
    assert (last.status, "there is no connection" in (last.error or "")) == ("failure", True)
    for path in harness.settings.home.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://news.example/a.html", "Fetch the pages into a folder"),
        ("sftp://me:hunter2@host/x", "holds a password"),
        ("s3://KEY:hunter2@bucket/x", "holds a password"),
    ],
)
def test_web_addresses_and_passwords_are_refused(
    address: str, said: str, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    for result in (run("ingest", address), run("ingest", "--dry-run", address)):
        assert (result.exit_code, said in result.stderr) == (2, True)
        assert "hunter2" not in result.output
    monkeypatch.setenv("NEWSACTORS_INBOX", address)
    assert said in run("ingest").stderr
    with pytest.raises(SettingsError):
        location(address)


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['s3fs'] = None; from etl.__main__ import main;"
        "main(['ingest', '--dry-run', 's3://bucket/x'])"
    )
    environment = os.environ | {"NEWSACTORS_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: s3:// needs a package that is not installed: pip install 'newsactors[s3]'\n"
    )


@pytest.mark.soak
def test_ten_thousand_objects(bucket: Bucket, harness: WarehouseHarness) -> None:
    for number in range(10_000):
        bucket.put(f"{number % 100}/{number}.txt", "")
    archived = ingest(harness, bucket.address)
    assert (archived.files_seen, archived.files_new) == (10_000, 10_000)
    before = bucket.gets()
    assert ingest(harness, bucket.address).files_new == 0
    assert bucket.gets() == before
