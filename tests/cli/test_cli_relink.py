"""`newsactors actors relink`: it shows the difference, then applies it; ids stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from session_cache import begin_modelled

from etl.__main__ import load_job, main
from etl.orchestration.run_job import run_job
from etl.pipeline.progress import silent
from etl.settings import Settings

BOTH = "Amalia Verkel met Bruno Verkel in Aldhaven on Monday. Neither would say what it was about."
ALONE = "The harbour will close on Friday, Verkel said at a meeting of the council in Aldhaven."
ONE = "Amalia Verkel opened {} in Aldhaven. “It is a fine day for the town,” Amalia Verkel said."
OPENED = ("a school", "a bridge", "the new library", "a market hall", "two wards", "the old mill")


@pytest.fixture
def settings(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Two nightly runs: in the first "Verkel" is ambiguous; the second names one of them often."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    begin_modelled(tmp_path / "home", tmp_path_factory)
    monkeypatch.setenv("NEWSACTORS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NEWSACTORS_INBOX", str(inbox))
    monkeypatch.setenv("NEWSACTORS_SETTLE_SECONDS", "0")
    monkeypatch.setenv("DAGSTER_HOME", "")
    for name, text in (("both", BOTH), ("alone", ALONE)):
        (inbox / f"{name}.txt").write_text(f" date 2025-03-03 News of {name}\n\n{text}\n")
    run_job(load_job("nightly_ingest"), {}, silent)
    for day, what in enumerate(OPENED, 4):
        (inbox / f"{day}.txt").write_text(
            f" date 2025-03-{day:02} Day {day} of the fair\n\n{ONE.format(what)}\n"
        )
    run_job(load_job("nightly_ingest"), {}, silent)
    return Settings.from_env()


def actors(*args: str) -> str:
    result = CliRunner().invoke(main, ["actors", *args])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def query(settings: Settings, sql: str) -> list[Any]:
    with duckdb.connect(str(settings.published.resolve()), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_relink_previews_then_applies_keeps_ids_and_redirects_the_old_one(
    settings: Settings,
) -> None:
    people = "select name, entity_id from entities where type = 'PERSON' order by name"
    before = dict(query(settings, people))
    assert sorted(before) == ["Amalia Verkel", "Bruno Verkel", "Verkel"]
    amalia, alone = before["Amalia Verkel"], before["Verkel"]

    (change,) = json.loads(actors("relink", "--json"))
    assert (change["name"], change["texts"]) == ("Verkel", 1)
    assert (change["from_entity_id"], change["to_entity_id"]) == (alone, amalia)
    assert "Verkel (2025-03): Verkel -> Amalia Verkel, in 1 texts" in actors("relink")
    assert dict(query(settings, people)) == before, "a preview changes nothing"

    actors("distinct", alone, amalia, "--because", "another Verkel")
    assert json.loads(actors("relink", "--json")) == [], "corrections still apply"
    (row,) = json.loads(actors("history", "--json"))
    actors("undo", row["correction_id"], "--because", "it was she")

    actors("relink", "--apply")
    after = dict(query(settings, people))
    assert after == {name: before[name] for name in ("Amalia Verkel", "Bruno Verkel")}
    assert query(settings, "from entity_redirects") == [(alone, amalia)]
    assert query(settings, f"select name from actor('{alone}')") == [("Amalia Verkel",)]
    last = query(settings, "select kind, status from ingest_runs order by started_at desc limit 1")
    assert last == [("relink", "success")]
    assert "nothing would change" in actors("relink")
