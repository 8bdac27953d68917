"""Publishing: readers are never blocked, never see half a load, and block no run."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import duckdb
import pytest

from etl.doctor.database_faults import snapshot_faults
from etl.pipeline import (
    actor_links,
    apply_corrections,
    archive_files,
    article_stories,
    load,
    publish_run,
)
from etl.warehouse import block_copy, build_db
from etl.warehouse.publish import PublishError
from pipeline.warehouse_harness import WarehouseHarness, Words, story, text

# Says every state it sees; ends when its standard input does, so that it outlives no test.
READER = """
import duckdb, os, sys, threading, time
published, last = sys.argv[1], None
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
while not stop.is_set():
    with duckdb.connect(os.path.realpath(published), read_only=True) as con:
        row = con.execute('''
            select (select count(*) from articles),
              (select count(distinct article_id) from mentions)
        ''').fetchone()
    if row != last:
        print(*row, flush=True)
        last = row
    time.sleep(0.05)
"""

HOLDER = """
import duckdb, os, sys, time
published, mode = sys.argv[1:]
con = duckdb.connect(os.path.realpath(published), read_only=mode == 'read')
if mode == 'write':
    con.execute('create table loaded.scribble as select 1 as one')
print(con.execute('select count(*) from articles').fetchone()[0], flush=True)
for line in sys.stdin:
    print(con.execute('select count(*) from articles').fetchone()[0], flush=True)
"""


def start(script: str, *args: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, args)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def ask(process: subprocess.Popen[str]) -> str:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()
    return said(process)


def add(harness: WarehouseHarness, number: int) -> None:
    harness.drop(f"{number}.txt", text(story(number)))


def test_the_published_file_is_read_only_and_behind_a_relative_link(
    published: WarehouseHarness,
) -> None:
    target = published.settings.published
    assert target.readlink().parts == ("snapshots", "1", "news.duckdb")
    mode = stat.S_IMODE(target.stat().st_mode)
    assert mode == 0o444
    kept = sorted(p.name for p in published.settings.home.glob("snapshots/*/*"))
    assert kept == ["SHA256SUMS", "news.duckdb", "news.duckdb.blocks"]
    (run,) = published.published("select status, files_new from ingest_runs")
    assert run == ("success", 8)
    assert published.published("select reason from quarantine") == [("empty",)]


def test_open_readers_keep_their_snapshot_and_block_nobody(published: WarehouseHarness) -> None:
    """In this process, in another, and in one that writes to the file and is killed."""
    here = duckdb.connect(str(published.settings.published.resolve()), read_only=True)
    there = start(HOLDER, published.settings.published, "read")
    assert said(there) == "7"
    pollers = [start(READER, published.settings.published) for _ in range(4)]
    assert [said(poller) for poller in pollers] == ["7 7"] * 4

    add(published, 10)
    published.ingest(publish=True)
    assert here.execute("select count(*) from articles").fetchone() == (7,)
    assert ask(there) == "7"
    assert published.published("select count(*) from articles") == [(8,)]
    assert published.snapshots() == ["1", "2"]
    assert [said(poller) for poller in pollers] == ["8 8"] * 4, "never half a load"
    assert [poller.communicate()[0] for poller in pollers] == [""] * 4
    assert [poller.returncode for poller in pollers] == [0] * 4

    target = published.settings.published.resolve()
    target.chmod(0o644)
    # A test may run as root, whom no mode stops.
    vandal = start(HOLDER, published.settings.published, "write")
    assert said(vandal) == "8"
    vandal.send_signal(signal.SIGKILL)
    vandal.communicate()
    assert target.with_name("news.duckdb.wal").exists()

    add(published, 11)
    published.ingest(publish=True)
    assert published.published("select count(*) from articles") == [(9,)]
    assert published.published("select * from duckdb_tables() where table_name = 'scribble'") == []
    assert published.snapshots() == ["2", "3"]
    assert ask(there) == "7", "a removed snapshot stays with who has it open"
    here.close()
    there.communicate()


def publish_twice(harness: WarehouseHarness) -> tuple[Path, Path]:
    """Publish twice more: snapshots 2 and 3; the third may reuse the first."""
    for again in ("second", "third"):
        publish_run.publish_build(harness.settings, Words(), again)
    snapshots = harness.settings.snapshots
    return snapshots / "2" / "news.duckdb", snapshots / "3" / "news.duckdb"


def is_sound(harness: WarehouseHarness) -> bool:
    """Whether both snapshots match their checksums and the newest has the build file's rows."""
    tables = harness.published(
        "select schema_name, table_name from duckdb_tables() where schema_name != 'bookkeeping'"
    )
    checksums = [
        f'select \'{schema}.{table}\', count(*), bit_xor(hash(t)) from "{schema}"."{table}" t'
        for schema, table in tables
    ]
    every = " union all ".join(checksums) + " order by 1"  # a connection for each takes 3 s
    snapshots = harness.settings.snapshots.glob("*/news.duckdb")
    return (
        len(tables) > 20
        and harness.published(every) == harness.query(every)
        and not any(map(snapshot_faults, snapshots))
    )


def test_an_unused_snapshot_is_reused_for_the_next_publish(published: WarehouseHarness) -> None:
    first = published.settings.published.resolve()
    was = first.stat().st_ino
    for number in (10, 11):
        add(published, number)
        published.ingest(publish=True)
    third = published.settings.published.resolve()
    assert third.stat().st_ino == was
    assert stat.S_IMODE(third.stat().st_mode) == 0o444
    assert published.snapshots() == ["2", "3"]
    assert is_sound(published)


@pytest.mark.parametrize("how", ["read", "linked", "written", "with a file beside it"])
def test_a_snapshot_that_is_open_or_changed_is_not_reused(
    published: WarehouseHarness, how: str
) -> None:
    first = published.settings.published.resolve()
    before = first.read_bytes()
    elsewhere = published.root / "elsewhere"
    with contextlib.ExitStack() as stack:
        if how == "read":
            reader = stack.enter_context(first.open("rb"))
        elif how == "linked":
            os.link(first, elsewhere)
        elif how == "with a file beside it":
            (first.parent / "notes of mine").write_text("kept with the snapshot")
        else:
            first.chmod(0o644)
            changed = bytearray(before)
            changed[len(changed) // 2] ^= 1
            first.write_bytes(changed)
        publish_twice(published)
        if how == "read":
            assert reader.read() == before
        elif how == "linked":
            assert elsewhere.read_bytes() == before
    assert published.snapshots() == ["2", "3"]
    assert is_sound(published)


def test_a_block_that_the_disk_altered_is_found_in_the_next_snapshot(
    published: WarehouseHarness,
) -> None:
    second, third = publish_twice(published)
    status = second.stat()
    files = (second, third, published.settings.build_file)
    # The files differ in length; a block that only the longer ones have isn't shared.
    blocks = enumerate(zip(*map(block_copy.hashes, files), strict=False))
    shared = [number for number, hashes in blocks if number and len(set(hashes)) == 1]
    # From the first quarter: DuckDB writes the next checkpoint into free blocks, which are shared
    # too. With 35 tables, one in the middle was among them.
    altered = shared[len(shared) // 4]
    data = bytearray(second.read_bytes())
    data[block_copy.HEADERS * block_copy.HEADER + (altered - 1) * block_copy.BLOCK + 99] ^= 1
    second.chmod(0o644)
    second.write_bytes(data)
    os.utime(second, ns=(status.st_atime_ns, status.st_mtime_ns))  # nobody wrote
    publish_run.publish_build(published.settings, Words(), "again")
    fourth = published.settings.published.resolve()
    assert fourth.stat().st_ino == status.st_ino
    assert snapshot_faults(fourth)
    assert not snapshot_faults(third)


def test_a_plain_file_in_place_of_the_link_is_replaced_by_the_next_run(
    published: WarehouseHarness,
) -> None:
    link = published.settings.published
    publish_twice(published)
    file = link.resolve()
    link.unlink()
    shutil.copy(file, link)  # as `cp -rL` and `rsync -L` leave it
    before = published.articles()
    published.ingest(publish=True)
    assert link.is_symlink()
    assert published.articles() == before
    assert published.snapshots() == ["3", "4"]
    assert is_sound(published)


def test_nothing_is_published_without_space(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = published.settings.build_file.stat().st_size
    usage = namedtuple("usage", "total used free")
    publish = publish_run.publish_build
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, size))
    with pytest.raises(PublishError, match=r"MB free at .* needed to publish; free some space"):
        publish(published.settings, Words(), "run")
    assert published.snapshots() == ["1"]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, 3 * size))
    publish(published.settings, Words(), "run")
    assert published.snapshots() == ["1", "2"]


def test_rows_not_checked_linked_and_modelled_are_not_published(
    published: WarehouseHarness,
) -> None:
    add(published, 10)
    archive_files.archive_new(published.settings, [], "run")
    published.stage()
    load.load_staged(published.settings, "run")
    with pytest.raises(PublishError, match="not checked, not linked, not storied, not modelled"):
        publish_run.publish_build(published.settings, Words(), "run")

    with build_db.open_build(published.settings.build_file) as con:
        con.execute("update loaded.text_mentions set char_end = char_end + 1")
    problems = load.check_loaded(published.settings)
    assert [p.check for p in problems] == ["offsets_round_trip"]
    actor_links.link(published.settings)
    apply_corrections.apply_corrections(published.settings)
    assert actor_links.check_links(published.settings) == []
    article_stories.group(published.settings)
    assert article_stories.check_stories(published.settings) == []
    with pytest.raises(PublishError, match="not checked, not modelled;"):
        publish_run.publish_build(published.settings, Words(), "run")
    assert published.snapshots() == ["1"]


def test_checks_report_every_problem(published: WarehouseHarness) -> None:
    with build_db.open_build(published.settings.build_file) as con:
        con.execute("insert into loaded.article_versions from loaded.article_versions limit 1")
        con.execute("delete from loaded.text_actors where rowid = 0")
        con.execute("update loaded.text_quotes set text = 'other' where rowid = 0")
    found = {(p.table, p.check) for p in load.check_loaded(published.settings)}
    assert found == {
        ("article_versions", "unique_key"),
        ("text_mentions", "no_orphans"),
        ("text_quotes", "no_orphans"),
        ("text_quotes", "offsets_round_trip"),
    }


def test_new_rows_are_checked_against_those_checked_before(
    published: WarehouseHarness,
) -> None:
    for number in range(10, 30):
        published.drop(f"{number}.txt", text(story(number)))
    published.ingest(publish=True)
    (old,) = published.query("select mention_id from loaded.text_mentions limit 1")[0]
    add(published, 9)
    archive_files.archive_new(published.settings, [], "run")
    published.stage()
    load.load_staged(published.settings, "run")
    with build_db.open_build(published.settings.build_file) as con:
        assert build_db.unchecked(con) is not None, "few of many"
        new = "content_sha256 in (from bookkeeping.unchecked_versions)"
        first = "select min(rowid) from loaded.{} where " + new
        con.execute(
            f"update loaded.text_mentions set mention_id = '{old}' "
            f"where rowid = ({first.format('text_mentions')})"
        )
        con.execute(
            f"update loaded.text_quotes set text = 'other', speaker_text_actor_id = 'nobody' "
            f"where rowid = ({first.format('text_quotes')})"
        )
    assert {(p.table, p.check) for p in load.check_loaded(published.settings)} == {
        ("text_mentions", "unique_key"),
        ("text_quotes", "no_orphans"),
        ("text_quotes", "offsets_round_trip"),
    }


def test_leftovers_of_killed_publishes_are_removed_and_the_published_file_stays(
    published: WarehouseHarness,
) -> None:
    snapshots = published.settings.snapshots
    for left in ("2", ".3.tmp"):
        shutil.copytree(snapshots / "1", snapshots / left)
    assert not published.load().is_publish_due
    assert published.snapshots() == ["1"]
    assert len(published.published("from articles")) == 7


# The writer lock


def child(harness: WarehouseHarness) -> subprocess.Popen[str]:
    script = """
import sys
from pathlib import Path
from etl.storage.writer_lock import WriterLock
from pipeline.warehouse_harness import WarehouseHarness
harness = WarehouseHarness(Path(sys.argv[1]))
with WriterLock(harness.settings, on_wait=lambda: print("waiting", flush=True)):
    print("writing", flush=True)
    sys.stdin.readline()
harness.ingest()
"""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(["tests", "."])}
    return subprocess.Popen(
        [sys.executable, "-c", script, str(harness.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
    )  # fmt: skip


def test_one_process_writes_and_the_others_wait_and_say_so(harness: WarehouseHarness) -> None:
    for number in range(20):
        add(harness, number)
    first = child(harness)
    assert said(first) == "writing"
    second, third = child(harness), child(harness)
    assert said(second) == said(third) == "waiting"
    first.send_signal(signal.SIGKILL)
    first.communicate()
    for process in (second, third):  # one after the other, in either order
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    done = [process.communicate(timeout=60)[0] for process in (second, third)]
    assert [process.returncode for process in (second, third)] == [0, 0]
    assert [line.strip() for line in done] == ["writing", "writing"]
    assert len(harness.articles()) == 20
    assert len(harness.query("from loaded.article_sources")) == 20
