"""`newsactors reread`: it shows what changes, then changes it; each message says what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from session_cache import begin_modelled

from etl.__main__ import load_job, main
from etl.orchestration.run_job import run_job
from etl.pipeline.progress import silent
from etl.settings import Settings

TEXTS = (
    "Amalia Verkel opened the harbour of Aldhaven on Monday. “It was time,” Verkel said there.",
    "The council of Brenmouth sold its old mill. Bruno Marsk called the price “a good one” twice.",
)
BULLETIN = json.dumps(
    {
        "title": "Two Items",
        "date": "2025-03-01",
        "outlet": "Harbour Courier",
        "text": "\n\n".join(TEXTS),
        "stukken": [{"kop": f"Item {n}", "tekst": text} for n, text in enumerate(TEXTS)],
    }
)
MAPPING = "- {records: stukken, headline: kop, body: tekst, outlet_is: Harbour Courier}\n"
Command = Callable[..., Result]


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse in which a document of two items was read as one article."""
    root = tmp_path_factory.mktemp("reread")
    begin_modelled(root / "home", tmp_path_factory)
    (root / "inbox").mkdir()
    (root / "inbox" / "bulletin.json").write_text(BULLETIN)
    with pytest.MonkeyPatch.context() as patch:
        _set(patch, root)
        run_job(load_job("nightly_ingest"), {}, silent)
    return root


def _set(patch: pytest.MonkeyPatch, root: Path) -> None:
    patch.setenv("NEWSACTORS_HOME", str(root / "home"))
    patch.setenv("NEWSACTORS_INBOX", str(root / "inbox"))
    patch.setenv("NEWSACTORS_SETTLE_SECONDS", "0")
    patch.setenv("DAGSTER_HOME", "")


@pytest.fixture
def reread(ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs the command on a copy of the warehouse."""
    shutil.copytree(ingested, tmp_path / "copy", symlinks=True)
    _set(monkeypatch, tmp_path / "copy")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["reread", *arguments])

    return run


@pytest.fixture
def mapping(reread: Command) -> None:
    """Let the document be read as the two articles that it holds."""
    file = Settings.from_env().field_mappings
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(MAPPING)


def query(sql: str) -> list[Any]:
    with duckdb.connect(str(Settings.from_env().published.resolve()), read_only=True) as con:
        return con.execute(sql).fetchall()


def old_id() -> str:
    ((found,),) = query("select article_id from articles where headline = 'Two Items'")
    return str(found)


def test_nothing_to_do_is_said_and_no_error(reread: Command) -> None:
    done = reread("--dry-run")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "every archived file is read as before; nothing was changed" in done.stderr


@pytest.mark.usefixtures("mapping")
def test_a_dry_run_shows_articles_and_ids_and_changes_nothing(reread: Command) -> None:
    old = old_id()
    done = reread("--dry-run")
    assert done.exit_code == 0
    first, fate, *new = done.stdout.splitlines()
    assert first == "bulletin.json: 1 article -> 2 (json)"
    assert fate.strip().startswith(f"{old} splits into ") and fate.endswith("(Two Items)")
    assert [line.split(" now: ")[1] for line in new] == [
        "no date, Harbour Courier, Item 0", "no date, Harbour Courier, Item 1",
    ]  # fmt: skip
    assert "1 file: 1 article -> 2" in done.stderr
    assert done.stderr.rstrip().endswith("nothing was changed")
    assert old_id() == old


@pytest.mark.usefixtures("mapping")
@pytest.mark.parametrize(("name", "files"), [("json", 1), ("html", 0)])
def test_json_lists_the_files_of_the_chosen_format(reread: Command, name: str, files: int) -> None:
    done = reread("--dry-run", "--json", "--format", name)
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["run"] is None and answer["corrections_to_review"] == []
    assert len(answer["files"]) == files
    for file in answer["files"]:
        assert (file["path"], file["before"], file["after"]) == ("bulletin.json", 1, 2)
        (former,) = file["former"]
        assert (former["article_id"], former["fate"]) == (old_id(), "splits")
        assert former["becomes"] == [today["article_id"] for today in file["today"]]


def test_an_unknown_format_is_refused_with_those_that_are_known(reread: Command) -> None:
    done = reread("--format", "nexus")
    assert done.exit_code == 2
    assert "no format is named 'nexus'; known: " in done.stderr
    assert "nexis" in done.stderr and "proquest" in done.stderr


def test_before_the_first_publish_it_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, tmp_path)
    done = CliRunner().invoke(main, ["reread"])
    assert done.exit_code == 1
    assert "nothing is published yet; run `newsactors ingest` first" in done.output


@pytest.mark.usefixtures("mapping")
def test_it_publishes_the_articles_and_leads_from_the_old_id_to_them(reread: Command) -> None:
    old = old_id()
    done = reread("--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    (former,) = answer["files"][0]["former"]
    assert answer["run"]["status"] == "success"
    found = query(f"select article_id from article_redirects where old_article_id = '{old}'")
    assert {article for (article,) in found} == set(former["becomes"])
    assert query("select count(*) from articles where headline like 'Item %'") == [(2,)]
    assert query("select kind, status from ingest_runs order by started_at desc limit 1") == [
        ("reread", "success")
    ]
    assert "nothing was changed" in reread("--dry-run").stderr
