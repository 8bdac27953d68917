"""Models are refreshed from what dbt compiled, with a logged fallback, and faults are raised."""

from __future__ import annotations

import logging

import pytest

from etl.pipeline import build_models, publish_run
from etl.schema import tables
from etl.warehouse import dbt
from etl.warehouse.incremental.compiled import COMPILED
from etl.warehouse.incremental.outcome import Fallback, IncrementalError, RefreshResult
from etl.warehouse.incremental.refresh import refresh
from etl.warehouse.publish import PublishError
from pipeline.warehouse_harness import WarehouseHarness, story, text


def fill(harness: WarehouseHarness) -> RefreshResult | Fallback:
    everything = {table.name for table in tables.TABLES}
    return refresh(
        (), everything, build_file=harness.settings.build_file, target=harness.settings.dbt_target
    )


def test_a_second_nightly_run_publishes_without_dbt_what_dbt_would(
    published: WarehouseHarness,
) -> None:
    published.drop("new.txt", text(story(20), day="2025-04-02", outlet="Paper 9"))
    published.drop("0.txt", text(story(21), day="2025-03-01", outlet="Paper 0"))
    published.ingest()
    done = build_models.build_models(published.settings)
    assert (done.method, done.fallback_reason) == ("rows", None)
    publish_run.publish_build(published.settings, published.in_use(), "run")
    quick = published.main()
    assert ("Person20",) in published.published("select name from entities")
    published.build_by_dbt()
    assert published.main() == quick


def test_dbt_runs_if_its_compiled_files_are_of_another_version(
    published: WarehouseHarness, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(fill(published), RefreshResult)
    (published.settings.dbt_target / COMPILED).write_text("other SQL")
    with caplog.at_level(logging.INFO, "etl"):
        done = build_models.build_models(published.settings)
    assert done.method == "dbt"
    assert done.fallback_reason and "another version" in done.fallback_reason
    assert done.fallback_reason in caplog.text
    assert isinstance(fill(published), RefreshResult)


def test_a_fault_changes_nothing_is_raised_and_makes_dbt_run_next(
    published: WarehouseHarness,
) -> None:
    published.drop("new.txt", text(story(20)))
    published.ingest()
    published.query("drop table main.actor_daily cascade")
    before = published.query("from main.actor_weekly order by all")
    with pytest.raises(IncrementalError, match=r"(?s)actor_daily.*The next run lets dbt build"):
        build_models.build_models(published.settings)
    assert published.query("from main.actor_weekly order by all") == before
    with pytest.raises(PublishError):
        publish_run.publish_build(published.settings, published.in_use(), "run")
    assert build_models.build_models(published.settings).method == "dbt"
    assert published.query("select count(*) from main.actor_daily") > [(0,)]


def test_a_failing_test_leaves_all_models_as_they_were(published: WarehouseHarness) -> None:
    published.drop("new.txt", text(story(20)))
    published.ingest()
    published.query("update loaded.text_mentions set type = 'GHOST'")
    before = published.query("from main.actor_daily order by all")
    with pytest.raises(dbt.DbtError, match="accepted_values_mentions_type") as raised:
        build_models.build_models(published.settings)
    assert published.query("from main.actor_daily order by all") == before
    assert {r.status for r in raised.value.result.results} == {"pass", "fail"}


def test_filling_in_full_repeatedly_does_not_make_the_file_grow(
    published: WarehouseHarness,
) -> None:
    sizes = []
    for _ in range(18):
        assert isinstance(fill(published), RefreshResult)
        sizes.append(published.settings.build_file.stat().st_size)
    # It goes up and down by a fifth, because blocks are freed one refresh later. Of 36 refreshes
    # the eleventh had the largest file, and the last twenty differed by 3%.
    assert max(sizes[12:]) <= max(sizes[:6]), sizes
