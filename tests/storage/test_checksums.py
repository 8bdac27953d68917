"""Checksums: what is sound is never taken for damaged, what is damaged is always found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from etl.storage import checksums
from etl.storage.files import write_atomically


def states_of(change: Callable[[], object], folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Look at the folder before each write of a change and after the last; how often it was."""
    looks = 0

    def looked_at(path: Path, data: bytes) -> None:
        nonlocal looks
        looks += 1
        assert checksums.faults(folder) == []
        write_atomically(path, data)

    monkeypatch.setattr(checksums, "write_atomically", looked_at)
    change()
    assert checksums.faults(folder) == []
    return looks


def test_a_kill_at_no_moment_of_a_write_leaves_what_looks_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checksums.replace(tmp_path / "other", b"kept")
    file = tmp_path / "file"
    for data in (b"new", b"again", b"again"):
        looks = states_of(partial(checksums.replace, file, data), tmp_path, monkeypatch)
        assert looks >= 2
    (tmp_path / "older").write_bytes(b"of a version without notes")
    states_of(partial(checksums.replace, tmp_path / "older", b"noted"), tmp_path, monkeypatch)
    assert checksums.unrecorded(tmp_path) == []


@pytest.mark.parametrize("name", ["other", "file", checksums.NAME])
def test_other_bytes_and_missing_files_are_found(tmp_path: Path, name: str) -> None:
    for each in ("other", "file"):
        checksums.replace(tmp_path / each, each.encode())
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / name).write_bytes(data)
    assert [fault.path.name for fault in checksums.faults(tmp_path)] == [name]
    if name != checksums.NAME:
        (tmp_path / name).unlink()
        assert "is missing" in str(checksums.faults(tmp_path, [name])[0])
