"""The raw archive: bytes round-trip unchanged, and errors name the damaged place."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.storage.archive import ArchiveError, ChangedError, Entry, RawArchive

NOW = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> RawArchive:
    return RawArchive(tmp_path / "raw")


def put(archive: RawArchive, data: bytes) -> str:
    sha256, _ = archive.digest(io.BytesIO(data))
    archive.put(io.BytesIO(data), sha256)
    return sha256


def get(archive: RawArchive, sha256: str) -> bytes:
    with archive.open(sha256) as file:
        return file.read()


def test_a_file_that_changes_while_it_is_stored_is_not_stored(archive: RawArchive) -> None:
    sha256, _ = archive.digest(io.BytesIO(b"before"))
    with pytest.raises(ChangedError):
        archive.put(io.BytesIO(b"after"), sha256)
    assert not [path for path in archive.root.rglob("*") if path.is_file()]


def arrival(sequence: int, path: str = "a.txt") -> Entry:
    return Entry(sequence, "ab" * 32, 3, path, NOW, "run")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawArchive]:
    yield RawArchive(tmp_path_factory.mktemp("archive"))


@settings(max_examples=examples(25), deadline=None)
@given(data=st.binary(max_size=4096))
def test_bytes_round_trip_unchanged(shared: RawArchive, data: bytes) -> None:
    sha256 = put(shared, data)
    assert put(shared, data) == sha256
    assert shared.digest(io.BytesIO(data)) == (sha256, len(data))
    assert get(shared, sha256) == data


def test_storing_the_same_bytes_twice_makes_one_object(archive: RawArchive) -> None:
    for data in (b"one", b"two", b"one"):
        put(archive, data)
    assert len([path for path in archive.root.rglob("*") if path.is_file()]) == 2


@pytest.mark.skipif(not shutil.which("zstd"), reason="the zstd program is not installed")
def test_the_zstd_program_can_read_an_object(archive: RawArchive) -> None:
    data = b"By Ann Author\n" * 10_000
    path = archive.object_path(put(archive, data))
    done = subprocess.run(["zstd", "-dc", str(path)], capture_output=True, check=True)
    assert done.stdout == data


def test_an_object_is_a_single_zstd_frame(archive: RawArchive) -> None:
    assert archive.object_path(put(archive, b"text")).read_bytes()[:4] == b"\x28\xb5\x2f\xfd"


@pytest.mark.parametrize("damage", [b"", b"\x28\xb5\x2f\xfd", b"nothing of the kind", None])
def test_an_error_names_a_damaged_or_missing_object(
    archive: RawArchive, damage: bytes | None
) -> None:
    sha256 = put(archive, b"some text")
    path = archive.object_path(sha256)
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(ArchiveError, match=f"{path}.*restore this file from a backup"):
        get(archive, sha256)


def test_an_object_with_other_content_is_damaged(archive: RawArchive) -> None:
    mine, other = put(archive, b"mine"), put(archive, b"other")
    shutil.copyfile(archive.object_path(other), archive.object_path(mine))
    with pytest.raises(ArchiveError, match="no longer has the hash it is named by"):
        get(archive, mine)


@settings(max_examples=examples(15), deadline=None)
@given(path=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_the_manifest_preserves_any_file_name(path: str) -> None:
    entry = arrival(1, path)
    line = entry.to_line()
    assert line.count(b"\n") == 1
    assert Entry.from_line(line) == entry


def test_a_torn_last_line_is_ignored_and_cut_off_by_the_next_append(archive: RawArchive) -> None:
    archive.append([arrival(1), arrival(2)])
    whole = archive.manifest.read_bytes()
    for torn in (b"{", arrival(3).to_line()[:-1], "é".encode()[:1]):
        archive.manifest.write_bytes(whole + torn)
        assert [e.sequence for e in archive.entries()] == [1, 2]
        assert archive.last_sequence() == 2
        assert archive.tombstones() == []
        archive.append([arrival(3)])
        assert archive.manifest.read_bytes() == whole + arrival(3).to_line()
        assert archive.manifest_copy.read_bytes() == archive.manifest.read_bytes()
        archive.manifest_copy.write_bytes(whole[:-9])  # torn as well


def test_entries_after_a_sequence(archive: RawArchive) -> None:
    archive.append(arrival(n) for n in range(1, 6))
    assert [e.sequence for e in archive.entries(after=3)] == [4, 5]
    assert list(archive.entries(after=9)) == []


@pytest.mark.parametrize("bad", [b"not json\n", b"[]\n", b"{}\n", arrival(7).to_line()])
def test_an_error_names_a_damaged_line(archive: RawArchive, bad: bytes) -> None:
    archive.append([arrival(1)])
    archive.manifest.write_bytes(archive.manifest.read_bytes() + bad + arrival(3).to_line())
    with pytest.raises(ArchiveError, match=r"manifest\.jsonl line 2 .*restore the manifest"):
        list(archive.entries())


def test_forgotten_hashes_are_found_whatever_the_file_names(archive: RawArchive) -> None:
    archive.append([arrival(1, '"forgets"'), arrival(2, '{"forgets": ["x"]}')])
    archive.forget(["b", "a"], "run")
    archive.append([arrival(4)])
    assert archive.forgotten() == {"a", "b"}
    assert [e.sequence for e in archive.tombstones()] == [3]


def test_a_reread_is_recorded_in_lines_that_an_older_version_refuses(archive: RawArchive) -> None:
    archive.append([arrival(1, "a.txt")])
    rereads = [{"id": f"{n:016x}", "as": "0" * 16} for n in range(4500)]
    archive.note_rereads(rereads, "run")
    lines = archive.manifest.read_bytes().splitlines()
    assert [json.loads(line)["version"] for line in lines] == [2, 3, 3, 3]
    assert max(map(len, lines)) < 1 << 20
    assert [r for found in archive.rereads() for r in found.rereads] == rereads
    assert not any(found.is_arrival for found in archive.rereads())


def test_a_reread_withholds_and_releases_what_must_not_be_read(archive: RawArchive) -> None:
    archive.append([arrival(1, "a.txt")])
    archive.forget(["text", "place 1"], "run")
    archive.note_rereads([{"releases": "place 1"}, {"withholds": "place 2"}], "run")
    assert archive.forgotten() == {"text", "place 2"}


def test_remove_also_deletes_the_leftover_of_a_killed_put(archive: RawArchive) -> None:
    sha256 = put(archive, b"private")
    path = archive.object_path(sha256)
    path.with_name(f"{path.name}.tmp").write_bytes(b"private")
    archive.remove(sha256)
    assert list(path.parent.iterdir()) == []
