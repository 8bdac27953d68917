"""The inbox: which files are read, which are left for later, which are unreadable."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from etl.settings import Location
from etl.storage import inbox
from etl.storage.inbox import Scan, UnreadableError


def read_bytes(path: Location, roots: list[Location]) -> bytes:
    assert isinstance(path, Path)
    with inbox.open_file(path, roots, 1 << 20) as file:
        return file.read()


def scan(root: Path, settle: float = 0, *, wait: bool = True) -> Scan:
    return inbox.scan([root], root, settle, wait=wait)


def names(found: Scan) -> list[str]:
    return [candidate.source_path for candidate in found.ready]


def test_folders_are_walked_in_order_and_unfinished_files_are_skipped(tmp_path: Path) -> None:
    for name in (
        "b.txt", "a.txt", "2025/05/c.txt", ".hidden", ".git/x.txt", "d.txt.part", "e.tmp", "plain",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(scan(tmp_path)) == ["a.txt", "b.txt", "plain", "2025/05/c.txt"]


def test_the_files_that_were_saved_with_a_page_are_no_files_of_the_inbox(tmp_path: Path) -> None:
    read = ["Lamp.html", "a/Ferry – now.htm", "a/press_files/notice.html", "b_files/letter.html"]
    left = ["Lamp_files/a.css", "Lamp_files/ad/frame.html", "a/Ferry – now-Dateien/a.js",
            "b_files/saved_resource(1).html"]  # fmt: skip
    for name in (*read, *left):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(scan(tmp_path)) == read
    for listed in (sorted(tmp_path.iterdir()), sorted(tmp_path.glob("**/*.htm*"))):
        found = inbox.scan(listed, tmp_path, 0)
        assert "Lamp.html" in names(found)
        assert not set(left[:3]).intersection(names(found))


@pytest.mark.parametrize(
    ("name", "recorded"),
    [
        (b"two\nlines.txt", "two\nlines.txt"),
        (b"\"quoted\" 'twice'.txt", "\"quoted\" 'twice'.txt"),
        (b"-rf", "-rf"),
        (b" spaces .txt ", " spaces .txt "),
        ("ÅngströmΩ.txt".encode(), "ÅngströmΩ.txt"),
        (b"latin-\xe9.txt", "latin-\\xe9.txt"),
        (b"*?[.txt", "*?[.txt"),
    ],
)
def test_any_name_is_read_and_recorded_as_utf8(tmp_path: Path, name: bytes, recorded: str) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b"text")
    (found,) = scan(tmp_path).ready
    assert found.source_path == recorded
    found.source_path.encode()
    assert read_bytes(found.path, [tmp_path]) == b"text"


def test_a_path_is_recorded_relative_to_the_inbox_else_absolute(tmp_path: Path) -> None:
    assert inbox.recorded_path(tmp_path / "x" / ".." / "a.txt", tmp_path) == "a.txt"
    assert inbox.recorded_path(tmp_path / "a.txt", tmp_path / "in") == str(tmp_path / "a.txt")


def test_a_file_being_appended_to_is_left_for_later(tmp_path: Path) -> None:
    (tmp_path / "done.txt").write_text("done")
    growing = tmp_path / "growing.txt"
    growing.write_text("x")
    stop = threading.Event()

    def append() -> None:
        while not stop.wait(0.02):
            with growing.open("a") as file:
                file.write("x")

    writer = threading.Thread(target=append)
    writer.start()
    try:
        found = scan(tmp_path, 0.3)
    finally:
        stop.set()
        writer.join()
    assert (names(found), found.settling) == (["done.txt"], [growing])
    assert names(scan(tmp_path, 0.05)) == ["done.txt", "growing.txt"]


def test_without_waiting_recent_files_are_left_for_later(tmp_path: Path) -> None:
    old, young = tmp_path / "old.txt", tmp_path / "young.txt"
    for path in (old, young):
        path.write_text("x")
    os.utime(old, (time.time() - 60, time.time() - 60))
    found = scan(tmp_path, 30, wait=False)
    assert (names(found), found.settling) == (["old.txt"], [young])


def test_a_time_in_the_future_delays_a_file_and_does_not_hide_it(tmp_path: Path) -> None:
    path = tmp_path / "tomorrow.txt"
    path.write_text("x")
    os.utime(path, (time.time() + 86_400, time.time() + 86_400))
    assert names(scan(tmp_path, 0.05)) == ["tomorrow.txt"]


def unreadable(path: Path, root: Path) -> str:
    with pytest.raises(UnreadableError) as error:
        read_bytes(path, [root])
    assert error.value.remedy
    return str(error.value)


def test_a_pipe_is_unreadable_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert unreadable(tmp_path / "pipe", tmp_path) == "not a regular file"


def test_devices_and_sockets_are_unreadable(tmp_path: Path) -> None:
    assert unreadable(Path("/dev/zero"), Path("/dev")) == "not a regular file"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        assert unreadable(tmp_path / "s", tmp_path)


def test_a_link_is_followed_inside_the_inbox_only(tmp_path: Path) -> None:
    root = tmp_path / "inbox"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (root / "a.txt").write_text("a")
    (root / "in").symlink_to("a.txt")
    (root / "out").symlink_to(tmp_path / "secret.txt")
    (root / "dangling").symlink_to("nowhere")
    (root / "loop").symlink_to("loop")
    (root / "sub" / "up").symlink_to("..")
    (root / "outside").symlink_to(tmp_path)
    found = scan(root)
    assert names(found) == ["a.txt", "dangling", "in", "loop", "out"]
    assert [(Path(path).name, "leads out" in str(why)) for path, why in found.unreadable] == [
        ("outside", True)
    ]
    assert read_bytes(root / "in", [root]) == b"a"
    assert "leads out of the inbox" in unreadable(root / "out", root)
    assert read_bytes(root / "out", [root / "out"]) == b"secret", "named explicitly by the user"


@pytest.mark.parametrize(
    ("target", "why"), [("gone.txt", "leads nowhere"), ("link", "leads in a circle")]
)
def test_a_broken_link_is_reported_as_that(tmp_path: Path, target: str, why: str) -> None:
    link = tmp_path / "link"
    link.symlink_to(target)
    for roots in ([tmp_path], [link]):
        with pytest.raises(UnreadableError, match=f"{why}, by way of {target}") as error:
            read_bytes(link, [*roots])
        assert error.value.remedy == "remove the link, or let it lead to a file"


def test_a_changed_target_of_a_link_is_a_changed_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "link").symlink_to("a.txt")
    before = scan(tmp_path).ready
    (tmp_path / "a.txt").write_text("longer")
    assert all(a.size != b.size for a, b in zip(before, scan(tmp_path).ready, strict=True))


def test_a_link_to_a_hidden_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / ".store").mkdir()
    (tmp_path / ".store" / "a.txt").write_text("x")
    (tmp_path / "current").symlink_to(tmp_path / ".store")
    found = scan(tmp_path)
    assert names(found) == []
    ((path, error),) = found.unreadable
    assert path == tmp_path / "current"
    assert "in a hidden folder" in str(error)


def test_of_two_files_recorded_under_one_name_the_second_is_reported(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.txt")).write_text("one")
    (tmp_path / "a\\xff.txt").write_text("two")
    found = scan(tmp_path)
    assert names(found) == ["a\\xff.txt"]
    ((_, error),) = found.unreadable
    assert "its name is recorded as that of" in str(error)


def test_a_replacement_with_the_same_size_and_time_is_a_changed_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    before = scan(tmp_path).ready
    at = before[0].mtime_ns
    (tmp_path / "new").write_text("two")
    os.utime(tmp_path / "new", ns=(at, at))
    (tmp_path / "new").rename(tmp_path / "a.txt")
    assert scan(tmp_path).ready != before


def test_a_modification_time_in_a_far_year_is_kept_within_64_bits(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    os.utime(tmp_path / "a.txt", (0, 2**34))
    (found,) = scan(tmp_path).ready
    assert found.mtime_ns < 2**63


def test_a_deleted_file_raises_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "gone.txt", [tmp_path])


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "huge.txt").write_bytes(b"x" * 1001)
    with (
        pytest.raises(inbox.UnreadableError, match="1,001 bytes; at most 1,000"),
        inbox.open_file(tmp_path / "huge.txt", [tmp_path], 1000),
    ):
        pass
