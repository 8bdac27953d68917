"""Checksums: sound files never look damaged, and damage is always detected."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from etl.storage import checksums
from etl.storage.files import write_atomically


def check_each_write(
    change: Callable[[], object], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Check the folder before each write of a change and after the last; return the write count."""
    write_count = 0

    def checked(path: Path, data: bytes) -> None:
        nonlocal write_count
        write_count += 1
        assert checksums.faults(folder) == []
        write_atomically(path, data)

    monkeypatch.setattr(checksums, "write_atomically", checked)
    change()
    assert checksums.faults(folder) == []
    return write_count


def test_a_kill_during_a_write_never_makes_a_sound_file_look_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checksums.replace(tmp_path / "other", b"kept")
    file = tmp_path / "file"
    for data in (b"new", b"again", b"again"):
        replace = partial(checksums.replace, file, data)
        assert check_each_write(replace, tmp_path, monkeypatch) >= 2
    (tmp_path / "older").write_bytes(b"from a version without checksums")
    replace = partial(checksums.replace, tmp_path / "older", b"recorded")
    check_each_write(replace, tmp_path, monkeypatch)
    assert checksums.unrecorded(tmp_path) == []


@pytest.mark.parametrize("name", ["other", "file", checksums.NAME])
def test_changed_bytes_and_missing_files_are_detected(tmp_path: Path, name: str) -> None:
    for each in ("other", "file"):
        checksums.replace(tmp_path / each, each.encode())
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / name).write_bytes(data)
    assert [fault.path.name for fault in checksums.faults(tmp_path)] == [name]
    if name != checksums.NAME:
        (tmp_path / name).unlink()
        assert "is missing" in str(checksums.faults(tmp_path, [name])[0])
