"""Runs of the jobs in a real Dagster instance: what they publish, and what they refuse."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster_harness import DAYS, DagsterHarness, environment

from etl import extract
from etl.domain import Article, Extraction
from etl.extract import Extractor, get_extractor
from etl.orchestration.assets.days import EXTRACTED_DAYS
from etl.orchestration.assets.loaded import loaded_key
from etl.orchestration.instance import open_instance as instance_of_home
from etl.orchestration.requests import RefusedError
from etl.orchestration.retention import remove_old_logs
from etl.pipeline import (
    reextract,
    series_shifts,
)
from etl.pipeline.load import load_staged
from etl.pipeline.tombstone_article import tombstone_article
from etl.schema import tables
from etl.storage.editions import ArticleSelection
from etl.warehouse.build_db import new_generation

ARTICLES = len(DAYS) + 1
PUBLISHED = dg.AssetKey("published_file")
LOADED = [loaded_key(table.name) for table in tables.LOADED]


@dataclass
class Changed:
    """The shipped extractor under another version."""

    version: str
    name: str = "changed"

    def extract(self, article: Article) -> Extraction:
        return get_extractor().extract(article)

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        return [self.extract(article) for article in articles]


@contextmanager
def instance_on_disk(harness: DagsterHarness) -> Iterator[dg.DagsterInstance]:
    """The instance of the repository's dagster.yaml: SQLite on disk."""
    with environment({"DAGSTER_HOME": str(harness.dagster_home)}), instance_of_home() as found:
        yield found


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:  # a run takes twice as long on disk
        yield found


@dataclass
class First:
    """A first nightly run over four articles of three days."""

    harness: DagsterHarness
    result: dg.ExecuteInProcessResult
    days: Sequence[str]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> First:
    root = tmp_path_factory.mktemp("first") / "p"
    harness = DagsterHarness.at(root, tmp_path_factory, is_modelled=False)
    harness.drop(*DAYS)
    harness.drop(DAYS[1], outlet="Velmark Today")
    with instance_on_disk(harness) as found:
        result = harness.run(found)
        days = found.get_dynamic_partitions("publication_days")
    return First(harness, result, days)


@pytest.fixture
def harness(first: First, tmp_path: Path) -> DagsterHarness:
    """The warehouse and the instance as the first run left them."""
    shutil.copytree(first.harness.root, tmp_path / "p", symlinks=True)
    return DagsterHarness(tmp_path / "p")


def events(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetMaterialization]:
    return {
        event.materialization.asset_key.to_user_string(): event.materialization
        for event in result.get_asset_materialization_events()
    }


def article_count(harness: DagsterHarness) -> int:
    with harness.published() as con:
        return int(con.execute("select count(*) from articles").fetchall()[0][0])


def failed_checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckSeverity]:
    return {e.check_name: e.severity for e in result.get_asset_check_evaluations() if not e.passed}


def test_a_first_run_publishes_and_attaches_metadata(first: First) -> None:
    assert first.result.success
    assert article_count(first.harness) == ARTICLES
    shown = events(first.result)
    versions = shown["loaded/loaded_article_versions"].metadata
    assert versions["dagster/row_count"].value == ARTICLES
    assert versions["rows new"].value == ARTICLES
    sample = versions["sample"]
    assert isinstance(sample, dg.TableMetadataValue)
    assert {record.data["outlet"] for record in sample.records} == {
        "Harbour Courier",
        "Velmark Today",
    }
    # The run history outlives `newsactors forget`, so it must contain no article text.
    assert "body" not in sample.records[0].data
    days = shown["main/publication_days"].metadata
    assert days["dagster/row_count"].value == len(DAYS)
    assert days["build_method"].value == "dbt"
    assert "no complete set of models" in str(days["fallback_reason"].value)

    published = shown["published_file"].metadata
    assert published["file"].value == str(first.harness.settings.published)
    for name in ("articles a day", "top actors by articles"):
        markdown = str(published[name].value)
        encoded = markdown.partition("](data:image/png;base64,")[2].removesuffix(")")
        assert base64.b64decode(encoded).startswith(b"\x89PNG")
        assert len(encoded) < 70_000  # kept for every run, forever
    # Every blocking check passed; old articles only cause a warning.
    assert failed_checks(first.result) == {"is_fresh": dg.AssetCheckSeverity.WARN}


def test_each_touched_day_is_reported_once(first: First) -> None:
    reported = [
        event.materialization.partition
        for event in first.result.get_asset_materialization_events()
        if event.materialization.asset_key == EXTRACTED_DAYS
    ]
    assert reported == list(DAYS)
    assert list(first.days) == list(DAYS)


def test_a_nightly_run_without_new_articles_stops_after_checking(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    before = harness.snapshot()
    result = harness.run(instance)
    assert result.success
    skipped = {e.step_key for e in result.all_events if e.event_type_value == "STEP_SKIPPED"}
    assert skipped == {
        "loaded_checks", "text_links", "actor_links", "link_checks", "stories",
        "story_checks", "models",
        "published_file",
        "published_file_is_fresh", "published_file_no_shifted_series",
        "published_file_no_sudden_drop", "arrivals_as_usual", "report",
    }  # fmt: skip
    assert harness.snapshot() == before
    run = harness.last_run
    assert (run.run_id, run.kind, run.status) == (result.run_id, "ingest", "success")
    assert (run.files_seen, run.files_new, run.articles_new) == (ARTICLES, 0, 0)


def test_a_nightly_run_touches_only_its_own_days(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    harness.drop("2025-06-05", DAYS[0], town="Skerrow")
    result = harness.run(instance)
    reported = [
        event.materialization.partition
        for event in result.get_asset_materialization_events()
        if event.materialization.asset_key == EXTRACTED_DAYS
    ]
    assert reported == [DAYS[0], "2025-06-05"]
    assert events(result)["loaded/loaded_article_versions"].metadata["rows new"].value == 2
    assert article_count(harness) == ARTICLES + 2


def test_wrong_offsets_block_links_models_and_publish_until_they_are_fixed(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    before = harness.snapshot()
    with harness.build() as con:
        con.execute(
            "update loaded.text_mentions set char_start = char_start + 1 where sentence = 0"
        )
        new_generation(con)
    result = harness.run(instance)
    again = harness.run(instance)  # the next nightly run fails too, although nothing is new
    for attempt in (result, again):
        assert not attempt.success
        assert failed_checks(attempt) == {"offsets_round_trip": dg.AssetCheckSeverity.ERROR}
        ended = {e.step_key for e in attempt.get_step_success_events()}
        assert ended.isdisjoint(
            {"text_links", "actor_links", "stories", "models", "published_file"}
        )
    assert harness.snapshot() == before
    assert article_count(harness) == ARTICLES
    # The history names the check, the table and the number of rows, with an example.
    for run in harness.state.runs(limit=2):
        assert run.status == "failure"
        assert run.error is not None
        assert run.error.startswith("loaded_checks: loaded.text_mentions offsets_round_trip")
        assert "rows, such as" in run.error


def test_a_failing_dbt_test_blocks_the_publish(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    before = harness.snapshot()
    with harness.build() as con:
        con.execute("update loaded.text_mentions set type = 'GHOST' where sentence = 0")
        new_generation(con)
    result = harness.run(instance)
    assert not result.success
    (name,) = [name for name in failed_checks(result) if "accepted_values_mentions_type" in name]
    assert failed_checks(result)[name] is dg.AssetCheckSeverity.ERROR
    assert harness.snapshot() == before
    assert harness.last_run.status == "failure"
    assert name in (harness.last_run.error or "")


def test_staleness_and_silence_warn_with_or_without_new_articles(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    """Two articles a week for nine weeks; then one outlet falls silent and another continues."""
    monday = date(2025, 7, 7)
    for week in range(9):
        for day in (0, 2):
            harness.drop(
                (monday + timedelta(weeks=week, days=day)).isoformat(), outlet="Velmark Today"
            )
    harness.drop((monday + timedelta(weeks=10)).isoformat())
    warned = {
        "is_fresh": dg.AssetCheckSeverity.WARN,
        "no_sudden_drop": dg.AssetCheckSeverity.WARN,
    }
    result = harness.run(instance)
    assert result.success
    assert failed_checks(result) == warned
    recorded = len(harness.state.runs())
    before = harness.snapshot()
    watch = harness.run(instance, "watch")
    assert watch.success
    assert failed_checks(watch) == warned
    assert harness.snapshot() == before
    assert len(harness.state.runs()) == recorded  # read-only: not a run of the warehouse


def test_selected_assets_never_publish_incomplete_work(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    before = harness.snapshot()
    harness.drop("2025-06-05")
    loaded = [dg.AssetKey("raw_files"), dg.AssetKey("staged_batches"), *LOADED]
    assert harness.run(instance, assets=loaded).success
    for prepare in ([], [dg.AssetKey(["main", "quotes"]), dg.AssetKey(["main", "mentions"])]):
        if prepare:  # only some models: in the build file, where no reader sees them
            some = harness.run(instance, assets=prepare)
            assert some.success
            assert set(events(some)) == {key.to_user_string() for key in prepare}
        assert not harness.run(instance, assets=[PUBLISHED]).success
        assert harness.last_run.error == (
            "published_file: what is loaded is not linked, not storied, not modelled; run the "
            "job nightly_ingest (or `newsactors ingest`), which does all that is due"
        )
        assert harness.snapshot() == before
    assert harness.run(instance).success
    assert article_count(harness) == ARTICLES + 1


def test_a_check_can_be_run_alone(harness: DagsterHarness, instance: dg.DagsterInstance) -> None:
    with environment(harness.environment):
        job = harness.definitions().resolve_implicit_global_asset_job_def()
        check = dg.AssetCheckKey(dg.AssetKey(["main", "articles"]), "grain_articles_article_id")
        result = job.get_subset(asset_selection=set(), asset_check_selection={check})
        ran = result.execute_in_process(instance=instance, raise_on_error=False)
    assert ran.success
    assert [e.asset_check_key for e in ran.get_asset_check_evaluations()] == [check]
    assert events(ran) == {}


def test_a_promotion_warns_of_actors_whose_series_it_shifts(
    harness: DagsterHarness, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fewer(Changed):
        def extract(self, article: Article) -> Extraction:
            found = super().extract(article)
            lusarte = {a.local_id for a in found.actors if "Lusarte" in a.name}
            return Extraction(
                tuple(a for a in found.actors if a.local_id not in lusarte),
                tuple(m for m in found.mentions if m.actor not in lusarte),
            )

    fewer = Fewer("fewer-1", name="fewer")
    monkeypatch.setitem(extract._factories, "fewer", lambda: fewer)
    monkeypatch.setattr(series_shifts, "SHIFT_ARTICLES", ARTICLES)
    reextract.build_candidate(harness.settings, fewer, ArticleSelection())
    result = harness.run(instance, "promote")
    assert result.success, harness.last_run.error
    assert (harness.last_run.kind, harness.last_run.error) == ("promote", None)
    assert failed_checks(result)["no_shifted_series"] is dg.AssetCheckSeverity.WARN
    (shift,) = [
        e for e in result.get_asset_check_evaluations() if e.check_name == "no_shifted_series"
    ]
    assert "Amaro Lusarte: 4 to 0 articles (100% of its weeks)" in (shift.description or "")
    assert harness.run(instance, "rollback").success
    with pytest.raises(RefusedError, match="nothing to roll back: fewer-1 was rolled back already"):
        harness.run(instance, "rollback")


def test_reextract_changes_only_the_chosen_days_and_outlets(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    choice: dict[str, Any] = {
        "from_day": DAYS[1],
        "to_day": DAYS[1],
        "outlets": ["Velmark Today"],
    }
    with harness.published() as con:
        ids = con.execute("select article_id from articles order by 1").fetchall()
    newer: Extractor = Changed("changed-2")
    result = harness.run(instance, "reextract", extractor=newer, **choice)
    assert result.success
    assert events(result)["staged_batches"].metadata["articles"].value == 1
    with harness.published() as con:
        assert con.execute("select article_id from articles order by 1").fetchall() == ids
        assert con.execute(
            "select outlet, published_on::varchar from articles "
            "where extractor_version = 'changed-2'"
        ).fetchall() == [("Velmark Today", DAYS[1])]
    assert harness.last_run.kind == "reextract"
    # An impossible request is refused before there is a run, and the message says why.
    before = len(instance.get_runs())
    for wrong, message in (
        ({"outlets": ["Nobody"]}, "no article matches the chosen days and outlets"),
        ({"from_day": "2025-13-01"}, "from_day='2025-13-01' is not a day; write YYYY-MM-DD"),
        (
            {"from_day": DAYS[1], "to_day": DAYS[0]},
            f"to_day {DAYS[0]} is before from_day {DAYS[1]}; exchange them",
        ),
    ):
        with pytest.raises(RefusedError, match=re.escape(message)):
            harness.run(instance, "reextract", **wrong)
    assert len(instance.get_runs()) == before


def test_logs_of_old_runs_are_deleted_and_the_history_of_assets_stays(
    first: First, harness: DagsterHarness
) -> None:
    def files(run_id: str) -> list[Path]:
        return list(harness.dagster_home.rglob(f"*{run_id}*"))

    with instance_on_disk(harness) as found:
        in_progress, newest = (
            found.create_run_for_job(harness.definitions().resolve_job_def("watch"), status=status)
            for status in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.SUCCESS)
        )
        for run in (in_progress, newest):
            found.report_engine_event("written", run)
        assert files(first.result.run_id)
        assert remove_old_logs(found, kept=1) == 1
        assert files(first.result.run_id) == []
        assert files(newest.run_id)
        assert files(in_progress.run_id)
        assert len(found.get_runs()) == 3
        published = found.get_latest_materialization_event(dg.AssetKey("published_file"))
        assert published is not None
        assert published.run_id == first.result.run_id
        days = found.get_materialized_partitions(EXTRACTED_DAYS)
        assert days == set(DAYS)
        assert remove_old_logs(found, kept=1) == 0


def test_a_nightly_run_writes_a_report_that_forgetting_removes(
    harness: DagsterHarness, instance: dg.DagsterInstance
) -> None:
    harness.drop("2025-06-05")
    night = harness.run(instance, tags={})
    assert night.success
    index = harness.settings.report / "index.html"
    assert "2025-05-07 to 2025-06-05" in index.read_text()
    assert str(events(night)["report"].metadata["index"].value) == str(index)

    with harness.published() as con:
        row = con.execute("select article_id from articles limit 1").fetchone()
    assert row is not None
    harness.settings.search.mkdir()
    tombstone_article(harness.settings, row[0], "test")
    load_staged(harness.settings, "test")
    assert not harness.settings.report.exists()
    assert not harness.settings.search.exists()
