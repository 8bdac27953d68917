"""Whatever a file does to its reader, the ingest continues with the next file."""

from __future__ import annotations

import os
import resource
import signal
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

import pytest

from etl.pipeline import sandbox
from etl.readers import Item, read_file
from etl.settings import Limits
from formats import files
from formats.hostile import UNINTERRUPTIBLE

ONE_SECOND = Limits(item_seconds=1)


@contextmanager
def sandboxed_items(
    data: bytes, path: str, limits: Limits | None = None
) -> Iterator[Generator[Item, None, None]]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        with closing(sandbox.read_sandboxed(file, len(data), path, limits)) as items:
            yield items


def read_all(data: bytes, path: str, limits: Limits | None = None) -> list[Item]:
    with sandboxed_items(data, path, limits) as items:
        return list(items)


@pytest.mark.parametrize("name", ["text.txt", "page.html", "pack.zip", "crawl.warc.gz",
                                  "text.txt.zst", "paper.pdf", "wire.newsml"])  # fmt: skip
def test_the_sandbox_reads_a_file_the_same_way(name: str) -> None:
    assert read_all(files.FILES[name], name) == read_file(files.FILES[name], name)


def test_no_space_for_temporary_files_is_a_one_line_error() -> None:
    sandbox._end_all()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OSError, match=f"too large: '{tempfile.gettempdir()}'"):
            read_all(files.FILES["text.txt"], "text.txt")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert read_all(files.FILES["text.txt"], "text.txt")


def test_a_large_file_is_passed_as_an_open_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_SENT_BYTES", 100)
    data = files.FILES["records.jsonl"]
    assert read_all(data, "a.jsonl") == read_file(data, "a.jsonl")


@pytest.mark.parametrize("name", UNINTERRUPTIBLE)
def test_endless_c_code_is_killed(name: str) -> None:
    (item,) = read_all(UNINTERRUPTIBLE[name](), "x.html", ONE_SECOND)
    assert item.rejection is not None
    assert item.rejection.reason == "too_slow"
    assert "could not be interrupted" in item.rejection.detail
    assert read_all(files.FILES["text.txt"], "next.txt")[0].article


def test_exceeding_the_memory_limit_is_too_large() -> None:
    lists = b"[" + b"[]," * 8_000_000 + b"[]]"
    (item,) = read_all(lists, "x.json", Limits(memory_bytes=400 << 20))
    assert item.rejection is not None
    assert item.rejection.reason == "too_large"


def test_a_crash_keeps_the_items_before_it() -> None:
    read_all(files.FILES["text.txt"], "x.txt")
    process = sandbox._idle[-1].popen
    data = files.jsonl(*[files.STORY] * 1000).encode()
    with sandboxed_items(data, "a.jsonl") as items:
        first = next(items)
        os.kill(process.pid, signal.SIGSEGV)
        *more, last = items
    assert first.article
    assert all(item.article for item in more)
    assert last.rejection is not None
    assert (last.number, last.rejection.reason) == (len(more) + 1, "unreadable")
    assert "SIGSEGV" in last.rejection.detail
    assert read_all(files.FILES["text.txt"], "next.txt")[0].article


def test_a_reader_cannot_start_processes_write_files_or_connect() -> None:
    """Calls the audit hook directly, because no file makes a reader try."""
    for event, args in (
        ("subprocess.Popen", ("sh", [], None, None)),
        ("socket.connect", (None, ("127.0.0.1", 9))),
        ("os.remove", ("x", -1)),
        ("open", ("x", "w", os.O_WRONLY | os.O_CREAT)),
    ):
        with pytest.raises(PermissionError):
            sandbox._refuse(event, args)
    sandbox._refuse("open", ("x", "r", os.O_RDONLY))


def test_abandoned_reading_leaves_no_process() -> None:
    read_all(files.FILES["text.txt"], "x.txt")
    process = sandbox._idle[-1].popen
    data = files.jsonl(*[files.STORY] * 1000).encode()
    with sandboxed_items(data, "a.jsonl") as items:
        next(items)
    assert process.poll() is not None
