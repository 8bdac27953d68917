"""`newsactors actors`, run on the samples: what it prints, publishes and undoes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from etl.__main__ import main
from etl.corrections.csv_file import HEADER, corrections_file, read_corrections
from etl.corrections.lease import CorrectionsLease
from etl.settings import REPOSITORY, Settings
from etl.storage.files import exclusive_lock
from etl.storage.writer_lock import WriterLock

TABLES = ("entities", "mentions", "quotes", "actor_articles", "actor_daily", "actor_weekly",
          "actor_monthly", "entity_redirects")  # fmt: skip

Run = Callable[..., Result]


@pytest.fixture
def settings(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A copy of the samples, ingested as by `make run`, that a test may change."""
    home = tmp_path / "home"
    shutil.copytree(samples, home, symlinks=True)
    monkeypatch.setenv("NEWSACTORS_HOME", str(home))
    monkeypatch.setenv("NEWSACTORS_INBOX", str(REPOSITORY / "seeds" / "articles"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    return Settings.from_env()


@pytest.fixture
def run(settings: Settings) -> Run:
    def call(*args: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, ["actors", *args])
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return call


def rows(settings: Settings) -> dict[str, list[Any]]:
    with duckdb.connect(str(settings.published.resolve()), read_only=True) as con:
        return {t: con.execute(f"select * from {t} order by all").fetchall() for t in TABLES}


def query(settings: Settings, sql: str) -> list[Any]:
    with duckdb.connect(str(settings.published.resolve()), read_only=True) as con:
        return con.execute(sql).fetchall()


def recorded(settings: Settings) -> list[str]:
    return [row.id for row in read_corrections(settings)]


def test_undoing_a_merge_restores_the_same_rows(run: Run, settings: Settings) -> None:
    before = rows(settings)
    tried = json.loads(run("merge", "Henrik Vasse", "Marek Dovan", "--because", "test",
                           "--dry-run", "--json").stdout)  # fmt: skip
    assert tried["state"] == "dry run"
    assert recorded(settings) == []
    assert rows(settings) == before

    shown = run("merge", "Henrik Vasse", "Marek Dovan", "--because", "test", "--author", "Ann",
                "--json")  # fmt: skip
    done = json.loads(shown.stdout)
    (gone, kept) = (value for _, value in done["arguments"])
    assert (done["state"], done["mentions"], done["articles"]) == (
        "published", tried["mentions"], tried["articles"],
    )  # fmt: skip
    (moved,) = done["moves"]
    assert (moved["from_entity_id"], moved["to_entity_id"]) == (gone, kept)
    mentions = {row[0]: row[9] for row in before["entities"]}
    assert done["mentions"] == mentions[gone]
    assert query(settings, f"select name, mention_count from actor('{gone}')") == [
        ("Marek Dovan", mentions[gone] + mentions[kept])
    ]
    assert "articles name both" in done["notes"][0]
    last = query(settings, "select kind, status from ingest_runs order by started_at desc limit 1")
    assert last == [("correct", "success")]

    (row,) = json.loads(run("history", "--json").stdout)
    assert (row["author"], row["because"], row["status"]) == ("Ann", "test", "applied")
    assert row["about"][gone] == "Henrik Vasse", "also after the merge"
    shown = run("show", gone)
    assert "Marek Dovan" in shown.stdout
    assert done["correction_id"] in shown.stdout
    assert "Vasse" in run("list", "--corrected").stdout

    shown = run("undo", done["correction_id"], "--because", "two people after all")
    assert "published, in" in shown.stderr
    assert rows(settings) == before


def test_split_rename_type_alias_and_article_are_published(run: Run, settings: Settings) -> None:
    before = rows(settings)
    ((outlet,),) = query(
        settings,
        """
        select outlet from actor_articles join entities using (entity_id)
        where name = 'Nadia Verholt' group by 1 order by count(*) desc, 1 limit 1""",
    )
    chosen = ("--outlet", outlet.upper(), "--from", "2025-06", "--because", "test")
    parted = json.loads(run("split", "Nadia Verholt", *chosen, "--later", "--json").stdout)
    made = parted["minted_entity_id"]
    assert parted["state"] == "recorded"
    run("rename", made, "Nadia V. of the other paper", "--because", "test", "--later")
    run("type", made, "other", "--because", "test", "--later")
    assert [r["status"] for r in json.loads(run("history", "--json").stdout)] == ["pending"] * 3
    assert rows(settings) == before
    assert json.loads(run("apply", "--json").stdout)["applied"]
    assert not json.loads(run("apply", "--json").stdout)["applied"]
    assert query(settings, f"select name, type, mention_count from actor('{made}')") == [
        ("Nadia V. of the other paper", "OTHER", parted["mentions"])
    ]
    refused = run("undo", parted["correction_id"], code=1)
    assert "cannot be undone while others depend on it" in refused.stderr
    for correction in reversed(recorded(settings)):
        run("undo", correction, "--later")
    run("apply")
    after = rows(settings)
    assert after.pop("entity_redirects") == [(made, query(settings, "select entity_id from actor("
                                                        "'Nadia Verholt')")[0][0])]  # fmt: skip
    assert after == {name: found for name, found in before.items() if name in after}


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("merge", "Dovan", "Nadia Verholt"), 1, "'Dovan' may be several actors"),
        (("merge", "Nobody At All", "Nadia Verholt"), 1, "no actor is named"),
        (("merge", "Nadia Verholt", "nadia verholt"), 1, "is one actor, not two"),
        (("rename", "E000000000000", "x"), 1, "no actor is named"),
        (("split", "Nadia Verholt"), 2, "say what to split off"),
        (("split", "Nadia Verholt", "--name", "N. V."), 1, "'Nadia Verholt' ("),
        (("split", "Nadia Verholt", "--from", "2020"), 2, "is not a date"),
        (("split", "Nadia Verholt", "--from", "2020-01"), 1, "every mention"),
        (("split", "Nadia Verholt", "--outlet", "Nowhere News"), 1, "no outlet 'Nowhere News'"),
        (("alias", "x"), 2, "say whose spelling it is"),
        (("article", "a1", "--date", "2025-01-01"), 1, "there is no article a1"),
        (("undo", "C000000000000"), 1, "there is no correction C000000000000"),
    ],
)  # fmt: skip
def test_an_invalid_correction_is_refused_and_not_recorded(
    run: Run, settings: Settings, args: tuple[str, ...], code: int, says: str
) -> None:
    because = () if args[0] == "undo" else ("--because", "test")
    refused = run(*args, *because, code=code)
    assert says in refused.stderr
    assert recorded(settings) == []
    if "several" in says:
        assert refused.stderr.count(" E") >= 2, "with their ids"


def test_apply_lists_rows_without_effect_and_strict_fails_for_them(
    run: Run, settings: Settings
) -> None:
    ((actor,),) = query(settings, "select entity_id from actor('Nadia Verholt')")
    rows = [
        f",,Ann,rename,actor={actor};name=Nadia V.,right,",
        f",,Ann,merge,actor={actor};into={actor},itself,",
        f",,Ann,merge,actor=E000000000000;into={actor},unknown,",
    ]
    corrections_file(settings).write_text("\n".join([HEADER, *rows[:1]]) + "\n")
    assert "Nadia" not in run("apply", "--strict").stderr

    corrections_file(settings).write_text("\n".join([HEADER, *rows]) + "\n")
    for code, options in ((0, ()), (1, ("--strict",))):
        applied, *without_effect = run("apply", *options, code=code).stderr.splitlines()
        assert applied.startswith("nothing new" if code else "applied in")
        label = f"Nadia V. ({actor})"
        assert without_effect == [
            f"skipped: line 3: merge {label} into {label}: {actor} is one actor, not two",
            f"idle: line 4: merge E000000000000 into {label}: no article matches it",
        ]
    found = json.loads(run("apply", "--json", "--strict", code=1).stdout)["without_effect"]
    assert [(row["line"], row["status"]) for row in found] == [(3, "skipped"), (4, "idle")]


def test_a_reason_is_required(run: Run) -> None:
    assert "--because" in run("merge", "Henrik Vasse", "Marek Dovan", code=2).stderr


def test_merge_and_suggest_respect_distinct(run: Run, settings: Settings) -> None:
    pair = json.loads(run("suggest", "--json").stdout)[0]
    one, other = pair["entity_id"], pair["into_entity_id"]
    assert pair["evidence"]
    run("distinct", one, other, "--because", "looked it up", "--later")
    pairs = [
        {p["entity_id"], p["into_entity_id"]} for p in json.loads(run("suggest", "--json").stdout)
    ]
    assert {one, other} not in pairs
    refused = run("merge", one, other, "--because", "test", code=1)
    assert f"were declared distinct by {recorded(settings)[-1]}" in refused.stderr


def test_while_a_run_has_the_lease_it_is_recorded_and_that_run_applies_it(
    run: Run, settings: Settings
) -> None:
    lease = CorrectionsLease(settings)
    with WriterLock(settings):
        lease.take()
        shown = run("merge", "Una Tarrish", "Coraline Ashgrove", "--because", "test")
        assert "another process is writing to the warehouse: that run applies it" in shown.stderr
        assert json.loads(run("history", "--json").stdout)[-1]["status"] == "pending"
        lease.end()
    result = CliRunner().invoke(main, ["ingest"])
    assert result.exit_code == 0, result.output
    assert json.loads(run("history", "--json").stdout)[-1]["status"] == "applied"
    assert query(settings, "select name from actor('Una Tarrish')") == [("Coraline Ashgrove",)]


def test_it_waits_for_whoever_writes_without_the_lease_and_applies_it_itself(
    run: Run, settings: Settings
) -> None:
    """As `doctor` does, a run of chosen assets, or a run that has read the file the last time."""
    with exclusive_lock(settings.writer_lock):
        process = subprocess.Popen(
            [sys.executable, "-m", "etl", "actors", "merge", "Una Tarrish", "Coraline Ashgrove",
             "--because", "test"],
            env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr
        assert process.stderr.readline().startswith("another process is writing")
        assert process.poll() is None
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    assert "and published" in said
    assert query(settings, "select name from actor('Una Tarrish')") == [("Coraline Ashgrove",)]


def test_a_correction_recorded_before_a_kill_is_applied_by_the_next_run(
    run: Run, settings: Settings
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "etl", "actors", "merge", "Una Tarrish", "Coraline Ashgrove",
         "--because", "test"],
        env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not recorded(settings) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert json.loads(run("history", "--json").stdout)[-1]["status"] == "pending"
    run("apply")
    assert json.loads(run("history", "--json").stdout)[-1]["status"] == "applied"
    assert query(settings, "select name from actor('Una Tarrish')") == [("Coraline Ashgrove",)]


def test_a_row_edited_by_hand_is_checked_and_applied(run: Run, settings: Settings) -> None:
    ((entity,),) = query(settings, "select entity_id from actor('Una Tarrish')")
    run("alias", "Una T.", "Una Tarrish", "--because", "test", "--later")
    file = corrections_file(settings)
    good = file.read_text()
    file.write_text(good + f",,me,rename,actor={entity};nom=Una,by hand,\n")
    line = len(good.splitlines()) + 1
    for command in ("apply", "history"):
        refused = run(command, code=1)
        assert f"corrections.csv:{line}: rename takes no 'nom'" in refused.stderr
    file.write_text(good + f",,me,rename,actor={entity};name=Una the Great,by hand,\n")
    run("apply")
    assert query(settings, f"select name from actor('{entity}')") == [("Una the Great",)]
    row = json.loads(run("history", "--json").stdout)[-1]
    assert (row["status"], row["at"]) == ("applied", None)
    file.write_text(good)
    gone = json.loads(run("history", "--json").stdout)[-1]
    assert (gone["correction_id"], gone["status"]) == (row["correction_id"], "gone")
    run("apply")
    assert query(settings, f"select name from actor('{entity}')") == [("Una Tarrish",)]


def test_every_command_shows_an_example(run: Run) -> None:
    for command in ("list", "merge", "split", "alias", "distinct", "rename", "type", "article"):
        assert "newsactors actors" in run(command, "--help").stdout
