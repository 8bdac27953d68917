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
SHORT = "The OHA closed its office in Aldhaven on Friday. “We will be back,” the OHA said."
ONE = "Amalia Verkel opened {} in Aldhaven. “It is a fine day for the town,” Amalia Verkel said."
OPENED = ("a school", "a bridge", "the new library", "a market hall", "two wards", "the old mill")
LONG = "The Osterby Harbour Authority (OHA) met on Monday. The OHA then closed the port."


@pytest.fixture
def settings(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A nightly run in which "Verkel" may be two people, and nothing says what the OHA is."""
    begin_modelled(tmp_path / "home", tmp_path_factory)
    monkeypatch.setenv("NEWSACTORS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NEWSACTORS_INBOX", str(tmp_path / "inbox"))
    monkeypatch.setenv("NEWSACTORS_SETTLE_SECONDS", "0")
    monkeypatch.setenv("DAGSTER_HOME", "")
    (tmp_path / "inbox").mkdir()
    ingest({3: (BOTH, ALONE, SHORT)})
    return Settings.from_env()


def ingest(texts: dict[int, tuple[str, ...]]) -> None:
    """Run a night with these articles, by day of March 2025."""
    inbox = Path(Settings.from_env().inbox)
    for day, bodies in texts.items():
        for number, body in enumerate(bodies):
            (inbox / f"{day}-{number}.txt").write_text(
                f" date 2025-03-{day:02} News {number} of day {day}\n\n{body}\n"
            )
    run_job(load_job("nightly_ingest"), {}, silent)


def actors(*args: str) -> str:
    result = CliRunner().invoke(main, ["actors", *args])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def query(settings: Settings, sql: str) -> list[Any]:
    with duckdb.connect(str(settings.published.resolve()), read_only=True) as con:
        return con.execute(sql).fetchall()


def ids(settings: Settings) -> dict[str, str]:
    return dict(query(settings, "select name, entity_id from entities"))


def test_a_night_settles_an_undecided_name_and_redirects_its_id(settings: Settings) -> None:
    before = ids(settings)
    ingest({day: (ONE.format(what),) for day, what in enumerate(OPENED, 4)})
    after = ids(settings)
    assert "Verkel" in before.keys() - after.keys()
    assert after["Amalia Verkel"] == before["Amalia Verkel"]
    assert query(settings, "select old_entity_id, entity_id from entity_redirects") == [
        (before["Verkel"], after["Amalia Verkel"])
    ]
    found = query(
        settings,
        "select article_count, (select sum(article_count) from actor_monthly "
        "where entity_id = e.entity_id) from entities e where name = 'Amalia Verkel'",
    )
    assert found == [(8, 8)]
    assert "nothing would change" in actors("relink")


def test_relink_previews_then_applies_keeps_ids_and_redirects_the_old_one(
    settings: Settings,
) -> None:
    short = ids(settings)["OHA"]
    ingest({5: (LONG,)})
    full = ids(settings)["Osterby Harbour Authority"]
    (change,) = json.loads(actors("relink", "--json"))
    assert (change["name"], change["texts"]) == ("OHA", 1)
    assert (change["from_entity_id"], change["to_entity_id"]) == (short, full)
    assert "OHA: OHA -> Osterby Harbour Authority, in 1 texts" in actors("relink")
    assert ids(settings)["OHA"] == short, "a preview changes nothing"

    actors("distinct", short, full, "--because", "another OHA")
    assert json.loads(actors("relink", "--json")) == [], "corrections still apply"
    (row,) = json.loads(actors("history", "--json"))
    actors("undo", row["correction_id"], "--because", "it was the same")

    actors("relink", "--apply")
    after = ids(settings)
    assert "OHA" not in after
    assert after["Osterby Harbour Authority"] == full
    assert query(settings, "select old_entity_id, entity_id from entity_redirects") == [
        (short, full)
    ]
    assert query(settings, f"select name from actor('{short}')") == [("Osterby Harbour Authority",)]
    last = query(settings, "select kind, status from ingest_runs order by started_at desc limit 1")
    assert last == [("relink", "success")]
    assert "nothing would change" in actors("relink")
