"""Models are filled by what dbt compiled, unless anything is not as dbt left it."""

from __future__ import annotations

import pytest

from etl.pipeline import build_models, publish_run
from etl.schema import tables
from etl.warehouse import dbt
from etl.warehouse.incremental.refresh import COMPILED, RefreshResult, refresh
from pipeline.warehouse_harness import WarehouseHarness, story, text


def fill(harness: WarehouseHarness) -> RefreshResult | None:
    everything = {table.name for table in tables.TABLES}
    return refresh(
        (), everything, build_file=harness.settings.build_file, target=harness.settings.dbt_target
    )


def test_a_second_night_is_published_without_dbt_as_dbt_would(published: WarehouseHarness) -> None:
    published.drop("new.txt", text(story(20), day="2025-04-02", outlet="Paper 9"))
    published.drop("0.txt", text(story(21), day="2025-03-01", outlet="Paper 0"))
    published.ingest()
    assert isinstance(build_models.build_models(published.settings), RefreshResult)
    publish_run.publish_build(published.settings, published.in_use(), "run")
    quick = published.main()
    assert ("Person20",) in published.published("select name from entities")
    published.build_by_dbt()
    assert published.main() == quick


def test_dbt_must_do_it_where_anything_is_not_as_it_left_it(published: WarehouseHarness) -> None:
    assert fill(published)
    published.query("drop table main.actor_daily cascade")
    before = published.query("from main.actor_weekly order by all")
    assert fill(published) is None, "a table is gone"
    assert published.query("from main.actor_weekly order by all") == before
    (published.settings.dbt_target / COMPILED).write_text("other SQL")
    assert fill(published) is None


def test_a_failing_test_leaves_all_models_as_they_were(published: WarehouseHarness) -> None:
    published.drop("new.txt", text(story(20)))
    published.ingest()
    published.query("update loaded.text_mentions set type = 'GHOST'")
    before = published.query("from main.actor_daily order by all")
    with pytest.raises(dbt.DbtError, match="accepted_values_mentions_type") as raised:
        build_models.build_models(published.settings)
    assert published.query("from main.actor_daily order by all") == before
    assert {r.status for r in raised.value.result.results} == {"pass", "fail"}


def test_filling_again_does_not_make_the_file_grow(published: WarehouseHarness) -> None:
    sizes = []
    for _ in range(12):
        assert fill(published)
        sizes.append(published.settings.build_file.stat().st_size)
    # It goes up and down by a fifth, as blocks are given back a fill later.
    assert max(sizes[6:]) <= max(sizes[:6]), sizes
