"""The commands that change a warehouse, and `status`: output and exit codes."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from click.testing import CliRunner, Result
from session_cache import begin_modelled

from etl.__main__ import main
from etl.corrections.csv_file import corrections_file
from etl.domain import Article, Extraction
from etl.extract import get_extractor, register_extractor
from etl.pipeline import build_models, publish_run, series_shifts
from etl.settings import REPOSITORY, Settings
from etl.storage.run_state import State
from etl.storage.state_file import ensure_schema
from etl.storage.writer_lock import WriterLock

ARTICLE = """ date 2025-05-0{n} The Headline Of Story Number {n}

By Ann Author – Harbour Courier

“Number {n} is ours,” said Ellen Marsk{n}, the mayor of Brenmouth. Marsk{n} left for Aldhaven.
"""

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of a warehouse, and of a Dagster instance configured like the checkout's."""
    root = tmp_path_factory.mktemp("place")
    begin_modelled(root / "home", tmp_path_factory)
    for folder in ("inbox", "elsewhere", "dagster"):
        (root / folder).mkdir()
    for n in (1, 2, 3):
        (root / "inbox" / f"{n}.txt").write_text(ARTICLE.format(n=n))
    (root / "inbox" / "empty.txt").touch()
    odd = {
        "kop": "The Headline Of Story Number 9",
        "tekst": ARTICLE.format(n=9) + "The new m… [+812 chars]",
        "dag": "2025-05-09",
    }
    (root / "inbox" / "odd.jsonl").write_text(json.dumps(odd) + "\n")
    (root / "dagster" / "dagster.yaml").write_text((REPOSITORY / "dagster.yaml").read_text())
    return root


def environment(place: Path) -> dict[str, str]:
    return {
        "NEWSACTORS_HOME": str(place / "home"),
        "NEWSACTORS_INBOX": str(place / "inbox"),
        "NEWSACTORS_SETTLE_SECONDS": "0",
        "DAGSTER_HOME": str(place / "dagster"),
    }


@pytest.fixture(scope="module")
def first(place: Path) -> subprocess.CompletedProcess[str]:
    """The first ingest, in a process of its own with an unrelated working directory.

    Another writer holds the lock until the ingest has reported that it waits.
    """
    with WriterLock(settings(place)):
        process = subprocess.Popen(
            [sys.executable, "-m", "etl", "ingest", "--json"],
            env=os.environ | environment(place),
            cwd=place / "elsewhere",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr
        waiting = process.stderr.readline()
    out, err = process.communicate(timeout=600)
    return subprocess.CompletedProcess([], process.returncode, out, waiting + err)


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in environment(place).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DAGSTER_HOME", "")  # a run takes twice as long if it is recorded on disk
    monkeypatch.chdir(place / "elsewhere")
    return lambda *args: CliRunner().invoke(main, [str(arg) for arg in args])


def settings(place: Path) -> Settings:
    return Settings.from_env(environment(place))


def headlines(place: Path) -> dict[str, str]:
    with duckdb.connect(str(settings(place).published.resolve()), read_only=True) as con:
        return dict(con.execute("select headline[-1:], article_id from articles").fetchall())


def test_ingest_reports_as_json_only(
    first: subprocess.CompletedProcess[str], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    assert (report["kind"], report["status"], report["error"]) == ("ingest", "success", None)
    assert (report["files_seen"], report["files_new"], report["articles_new"]) == (5, 5, 3)
    found = {warning["source_path"]: warning["reason"] for warning in report["quarantine"]}
    assert found == {"empty.txt": "empty", "odd.jsonl": "unmapped"}
    assert first.stderr.splitlines() == [
        "another process is writing to the warehouse; this one waits for it"
    ]
    assert headlines(place).keys() == {"1", "2", "3"}

    # The run is in the history of the instance in DAGSTER_HOME, as Dagster reads it when started
    # there, and nowhere else.
    monkeypatch.chdir(place / "dagster")
    with dg.DagsterInstance.from_config(str(place / "dagster")) as instance:
        recorded = instance.get_run_by_id(report["run_id"])
        assert recorded is not None
        assert recorded.is_success
        assert len(instance.all_logs(report["run_id"])) > 100
        assert instance.get_latest_materialization_event(dg.AssetKey(["main", "articles"]))
    assert list((place / "elsewhere").iterdir()) == []


def test_ingest_ends_with_a_summary_and_strict_fails_on_a_warning(
    first: subprocess.CompletedProcess[str], place: Path, run: Run
) -> None:
    new = place / "more" / "bad\n\x1b[2Jname.txt"
    new.parent.mkdir()
    new.write_bytes(b"\x00\x00")
    (place / "more" / "4.txt").write_text(ARTICLE.format(n=4))
    result = run("ingest", "--strict", place / "more" / "*.txt")
    assert (result.exit_code, result.stdout) == (1, "")
    summary, warning = result.stderr.splitlines()
    assert summary.startswith(
        "2 files seen, 2 new; 1 new articles, 0 new versions; 1 to quarantine; "
    )
    assert warning.startswith("warning: ")
    assert "more/bad name.txt: binary: " in warning
    again = run("ingest", "--strict", place / "more")
    assert again.exit_code == 0
    assert again.stderr.startswith("2 files seen, 0 new; 0 new articles, 0 new versions; 0 to q")


def test_quarantine_list_show_and_retry(
    first: subprocess.CompletedProcess[str], place: Path, run: Run
) -> None:
    listed = run("quarantine", "list", "--path", "*.jsonl", "--json")
    (item,) = json.loads(listed.stdout)
    assert (item["reason"], item["attempts"]) == ("unmapped", 1)
    assert run("quarantine", "list", "--since", "2100-01").stdout.startswith("Nothing in quar")
    assert run("quarantine", "list", "--reason", "unmapped").stdout.count("\n") == 3
    shown = run("quarantine", "show", item["quarantine_id"][:6])
    for part in (
        "odd.jsonl",
        "fields in fields.yaml",
        "raw/objects",
        "the record:",
        '{"kop": "The H',
    ):
        assert part in shown.stdout
    for wrong in (["retry"], ["retry", "--all", "--reason", "empty"]):
        assert run("quarantine", *wrong).exit_code == 2
    assert run("quarantine", "retry", "0000").exit_code == 3

    fields = settings(place).field_mappings
    draft = shown.stdout[shown.stdout.index("what the fields may be") :]
    assert str(fields) in draft
    for line in ('headline: "kop"', 'body: "tekst"', 'date: "dag"  # 2025-05-09'):
        assert line in draft
    fields.write_text(draft.partition("\n")[2])
    (place / "inbox" / "odd.jsonl").unlink()
    assert "it can be read" in run("quarantine", "show", item["quarantine_id"]).stdout
    again = run("quarantine", "retry", "--all", "--strict", "--path", "odd*")
    assert again.exit_code == 2
    again = run("quarantine", "retry", "--reason", "unmapped", "--strict", "--json")
    assert again.exit_code == 0, again.stderr
    report = json.loads(again.stdout)
    assert (report["kind"], report["status"], report["articles_new"]) == ("retry", "success", 1)
    assert [(t["source_path"], t["outcome"]) for t in report["tried"]] == [("odd.jsonl", "read")]
    assert "9" in headlines(place)
    assert json.loads(run("status", "--json").stdout)["contents"]["truncated"] == 1
    gone = run("quarantine", "show", item["quarantine_id"])
    assert gone.stdout.splitlines()[0] == "odd.jsonl, item 0: has left"
    assert "odd.jsonl" in run("quarantine", "list", "--left").stdout

    failed = run("quarantine", "retry", "--all", "--strict")
    assert failed.exit_code == 1
    assert "0 left the quarantine" in failed.stderr


@pytest.mark.soak
def test_a_correction_during_a_run_is_published_whatever_the_moment(
    first: subprocess.CompletedProcess[str],
    place: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One before the run reads the file for the last time, and one after that, at its very end."""
    build, clear = build_models.build_models, publish_run.clear_touched_days
    early, late = list[str](), list[subprocess.Popen[str]]()

    def record(name: str, new_name: str) -> subprocess.Popen[str]:
        names = ("actors", "rename", name, new_name, "--because", "test")
        return subprocess.Popen([sys.executable, "-m", "etl", *names], env=dict(os.environ),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)  # fmt: skip

    def record_and_build(*args: Any, **options: Any) -> object:
        monkeypatch.setattr(build_models, "build_models", build)
        early.append(record("Ellen Marsk1", "Ellen Early").communicate(timeout=300)[1])
        return build(*args, **options)

    def record_and_end(settings: Settings) -> None:
        monkeypatch.setattr(publish_run, "clear_touched_days", clear)
        late.append(process := record("Ellen Marsk2", "Ellen Late"))
        assert process.stderr
        assert process.stderr.readline().startswith("another process is writing")
        clear(settings)

    monkeypatch.setattr(build_models, "build_models", record_and_build)
    monkeypatch.setattr(publish_run, "clear_touched_days", record_and_end)
    (place / "inbox" / "late.txt").write_text(ARTICLE.format(n=7))
    result = run("ingest", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["articles_new"] == 1
    assert "another process is writing to the warehouse: that run applies it" in early[0]
    said = late[0].communicate(timeout=300)[1]
    assert late[0].returncode == 0, said
    assert "and published" in said
    names = run("top", "--limit", "50").stdout
    assert "Ellen Early" in names
    assert "Ellen Late" in names
    for message in (early[0], said):
        undone = run("actors", "undo", message.split()[2], "--because", "test")
        assert undone.exit_code == 0, undone.stderr


def test_a_correction_that_is_gone_from_the_file_is_named_once(
    first: subprocess.CompletedProcess[str], place: Path, run: Run
) -> None:
    """As after the registry was restored from yesterday's backup."""
    file = corrections_file(settings(place))
    yesterday = file.read_bytes() if file.exists() else None
    done = run("actors", "rename", "Ellen Marsk1", "Nell Marsk", "--because", "test")
    assert done.exit_code == 0, done.stderr
    file.unlink() if yesterday is None else file.write_bytes(yesterday)
    done = run("ingest")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("was applied and is no longer in the file") == 1
    assert "no longer in the file" not in run("ingest").stderr


def test_a_missing_path_is_a_usage_error(run: Run) -> None:
    result = run("ingest", "nowhere/*.txt")
    assert result.exit_code == 2
    assert "no such file, folder or match" in result.stderr
    assert run("status", "--max-age", "soon").exit_code == 2


def test_forget_reextract_and_rebuild(
    first: subprocess.CompletedProcess[str], place: Path, run: Run
) -> None:
    before = headlines(place)
    unknown = run("forget", "--yes", "nonsense")
    assert unknown.exit_code == 1
    assert "there is no article nonsense" in unknown.stderr
    assert run("forget", before["2"]).exit_code == 1, "asks for confirmation"
    assert headlines(place) == before

    done = run("forget", "--yes", before["2"])
    assert done.exit_code == 0, done.stderr
    assert headlines(place) == {n: i for n, i in before.items() if n != "2"}
    assert len(list(settings(place).snapshots.iterdir())) == 1

    nothing = run("reextract", "--outlet", "No Paper")
    assert nothing.exit_code == 1
    assert "no article matches" in nothing.stderr
    done = run("reextract", "--from", "2025-05-03")
    assert done.exit_code == 0, done.stderr

    kept = headlines(place)
    done = run("rebuild")
    assert done.exit_code == 0, done.stderr
    assert done.stderr == f"{len(kept)} articles rebuilt from the archive\n"
    assert headlines(place) == kept

    settings(place).field_mappings.unlink()
    done = run("rebuild")
    warning = "warning: 1 published article not found in the archive any more, or under another id"
    assert f"{warning}: {kept.pop('9')} (odd.jsonl)\n" in done.stderr
    assert headlines(place) == kept


def test_doctor_finds_and_repairs_a_flipped_byte(
    first: subprocess.CompletedProcess[str], place: Path, run: Run
) -> None:
    before = headlines(place)
    sound = run("doctor")
    assert sound.exit_code == 0, sound.stdout
    assert "damaged" not in sound.stdout

    file = settings(place).published.resolve()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(data)
    file.chmod(0o444)
    found = run("doctor", "--json")
    assert found.exit_code == 1
    damaged = [p for p in json.loads(found.stdout)["parts"] if p["state"] == "damaged"]
    assert [(p["part"], p["path"]) for p in damaged] == [("published", str(file))]
    assert file.read_bytes() == bytes(data), "a check changes nothing"

    done = run("doctor", "--repair", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["is_sound"]
    assert report["repaired"]
    assert headlines(place) == before
    (kept,) = settings(place).damaged.rglob("news.duckdb")
    assert kept.read_bytes() == bytes(data), "moved aside"


class Sparse:
    """The shipped extractor without quotes, and with the first mention only."""

    name, version = "sparse", "sparse-1"

    def extract(self, article: Article) -> Extraction:
        found = get_extractor().extract(article)
        return Extraction(found.actors, found.mentions[:1])

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        return [self.extract(article) for article in articles]


register_extractor("sparse", Sparse)


def versions(place: Path) -> set[str]:
    with duckdb.connect(str(settings(place).published.resolve()), read_only=True) as con:
        return {v for (v,) in con.execute("select extractor_version from articles").fetchall()}


def test_another_extractor_is_compared_promoted_and_rolled_back(
    first: subprocess.CompletedProcess[str],
    place: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = versions(place)
    for wrong, message in (
        (["--diff", "--promote"], "exclude each other"),
        (["--promote", "--from", "2025-05"], "give it to --diff"),
        (["--extractor", "sparse"], "--extractor goes with --diff"),
        (["--diff", "--extractor", "no\x1b[2Jbody"], "no extractor is named 'nobody'; known: "),
    ):
        refused = run("reextract", *wrong)
        assert (refused.exit_code, message in refused.stderr) == (2, True), refused.stderr
    early = run("reextract", "--promote")
    assert early.exit_code == 1
    assert "nothing to promote; make a candidate with" in early.stderr

    diff = run("reextract", "--diff", "--extractor", "sparse", "--json")
    assert diff.exit_code == 0, diff.stderr
    found = json.loads(diff.stdout)
    (mentions, quotes) = found["totals"]
    assert (mentions["what"], mentions["gained"]) == ("mention", 0)
    assert mentions["after"] == found["articles"] == len(headlines(place))
    assert (quotes["after"], quotes["lost"]) == (0, quotes["before"])
    assert versions(place) == before
    shown = run("reextract", "--diff", "--extractor", "sparse", "--outlet", "harbour courier")
    assert (shown.exit_code, "no article matches" in shown.stderr) == (1, True)
    monkeypatch.setenv("NEWSACTORS_SHIFT_SHARE", "0.5")
    monkeypatch.setattr(series_shifts, "SHIFT_ARTICLES", 1)
    shown = run("reextract", "--diff", "--extractor", "sparse", "--strict")
    assert shown.exit_code == 1
    assert "would shift by over 50.0%" in shown.stdout
    assert shown.stdout.count("lost quote") == quotes["lost"]

    promoted = run("reextract", "--promote")
    assert promoted.exit_code == 0, promoted.stderr
    said = promoted.stderr.splitlines()
    assert said[0].startswith(f"{found['articles']} texts are published as sparse-1 extracted them")
    assert said[1] == "new articles are extracted by 'sparse'"
    assert said[2].startswith("warning: series shifted: ")
    assert versions(place) == {"sparse-1"}
    back = run("reextract", "--rollback", "--json")
    assert back.exit_code == 0, back.stderr
    report = json.loads(back.stdout)
    assert (report["kind"], report["status"]) == ("rollback", "success")
    assert report["shifted"]
    assert versions(place) == before
    again = run("reextract", "--rollback")
    assert again.exit_code == 1
    assert "nothing to roll back: sparse-1 was rolled back already" in again.stderr


def test_an_extraction_stopped_by_a_full_disk_resumes(
    first: subprocess.CompletedProcess[str], place: Path
) -> None:
    """A file size limit that the system enforces simulates the full disk."""
    program = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600));"
        "import sys; sys.path.insert(0, 'tests');"
        "from cli.test_cli_write import main; main(['reextract', '--diff', '--extractor',"
        " 'sparse'])"
    )
    full = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | environment(place),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert full.returncode == 1
    assert full.stderr.startswith("Error: ")
    assert full.stderr.endswith("what was extracted is kept: fix that and run again\n")
    resumed = subprocess.run(
        [sys.executable, "-c", program.replace("(600, 600)", "(-1, -1)")],
        env=os.environ | environment(place),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert resumed.returncode == 0, resumed.stderr
    assert "lost" in resumed.stdout


def test_status_is_for_people_and_for_monitors(
    first: subprocess.CompletedProcess[str], place: Path, run: Run
) -> None:
    shown = run("status")
    assert shown.exit_code == 0
    assert "Harbour Courier" not in shown.stderr
    for part in (
        "articles",
        "without a date",
        "cut by the source",
        "Last runs",
        "Quarantine",
        "empty.txt",
    ):
        assert part in shown.stdout
    good = run("status", "--max-age", "26h", "--json")
    report = json.loads(good.stdout)
    assert (good.exit_code, report["trouble"]) == (0, None)
    assert report["contents"]["articles"] == len(headlines(place))

    state = State(settings(place).state_file)
    long_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    with sqlite3.connect(state.path) as con:
        ensure_schema(con)
        con.execute("update runs set started_at = ?, finished_at = ?", [long_ago, long_ago])
    old = run("status", "--max-age", "26h")
    assert old.exit_code == 1
    assert "the last ingest ended 48 h ago, more than 26 h" in old.stderr
    assert run("status", "--max-age", "3d").exit_code == 0

    state.start_run("broken", "ingest", "rules")
    state.finish_run("broken", "the disk is full")
    state.start_run("later", "rebuild", "rules")  # doesn't prove that last night's ingest succeeded
    state.finish_run("later")
    failed = run("status", "--max-age", "3d", "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["trouble"] == "the last ingest failed: the disk is full"


def test_status_says_what_takes_how_much_space(
    first: subprocess.CompletedProcess[str], place: Path, run: Run
) -> None:
    settings = Settings.from_env(environment(place))
    space = json.loads(run("status", "--json").stdout)["space"]
    folders = {use["part"]: use for use in space["folders"]}
    assert {"snapshots", "build", "raw", "registry"} <= set(folders)
    assert "back it up" in folders["raw"]["what"]
    archived = sum(file.stat().st_size for file in settings.raw.rglob("*") if file.is_file())
    assert folders["raw"]["bytes"] == archived

    schemas = {use["part"]: use["bytes"] for use in space["schemas"]}
    assert {"main", "loaded", "free blocks"} <= set(schemas)
    assert sum(schemas.values()) == settings.published.stat().st_size
    of_main = [use["bytes"] for use in space["tables"] if use["part"].startswith("main.")]
    assert sum(of_main) == schemas["main"]

    shown = run("status").stdout
    assert "On disk: " in shown and "Published file: " in shown and "free blocks" in shown


def test_status_of_an_empty_warehouse(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSACTORS_HOME", str(tmp_path / "home"))
    assert run("status").exit_code == 0
    assert "Nothing is published yet" in run("status").stdout
    result = run("status", "--max-age", "1h")
    assert result.exit_code == 1
    assert "no ingest has finished yet" in result.stderr


def test_a_run_whose_process_was_killed_is_a_failure(tmp_path: Path) -> None:
    state = State(tmp_path / "state.sqlite")
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    state.start_run("killed", "ingest", "rules")
    with sqlite3.connect(state.path) as con:
        ensure_schema(con)
        con.execute("update runs set pid = ?", [child.pid])
    (run,) = state.runs()
    assert (run.status, run.error) == ("failure", "the process was killed")
    state.start_run("next", "ingest", "rules")
    state.finish_run("next")
    assert [(r.run_id, r.status) for r in state.runs()] == [
        ("next", "success"),
        ("killed", "failure"),
    ]


def test_an_unwritable_warehouse_is_reported_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NEWSACTORS_HOME", str(tmp_path / "file" / "home"))
    done = CliRunner().invoke(main, ["forget", "0123456789abcdef", "--yes"])
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: [Errno 20] Not a directory: ")
    assert "the published file is unchanged" in line
