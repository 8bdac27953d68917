"""Short forms of `python -m bench.faults`: faults in whole commands, Dagster and dbt included.

The modules there state what must hold; docs/reliability.md reports the results of many rounds.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from formats.files import zipped
from session_cache import modelled
from suite_length import rounds, seed

from bench.articles import article
from bench.faults import kills, readers, space, together
from bench.faults.actions import (
    REREAD,
    Action,
    ReferenceRun,
    drop_bulletins,
    reference_runs,
)
from bench.faults.warehouse_harness import WarehouseHarness


def _some_news(harness: WarehouseHarness) -> None:
    harness.drop("many.zip", zipped({f"{n}.txt": article(n) for n in range(12)}))
    harness.drop("bad.txt", b"\x00")
    drop_bulletins(harness)


SMALL = Action("ingest", lambda _: ["ingest"], _some_news)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> WarehouseHarness:
    return WarehouseHarness(tmp_path_factory.mktemp("harness"), template=modelled(tmp_path_factory))


@pytest.fixture(scope="module")
def undisturbed(harness: WarehouseHarness) -> dict[str, ReferenceRun]:
    """An ingest and a reread without faults."""
    return {run.action.name: run for run in reference_runs(harness, [SMALL, REREAD])}


@pytest.mark.parametrize("action", [SMALL.name, REREAD.name])
def test_a_command_killed_repeatedly_and_then_completed_publishes_the_same(
    action: str, harness: WarehouseHarness, undisturbed: dict[str, ReferenceRun]
) -> None:
    drawn = seed()
    chance = random.Random(drawn)
    reference = undisturbed[action]
    _, stages = next(kills.deal([reference], chance))
    stages = stages[-rounds(2, kills.KILLS_PER_ROUND) :]  # each start of a command takes seconds
    done = kills.one_round(harness, reference, stages, chance)
    assert done.stages, f"seed {drawn}"
    assert done.problem == "", f"seed {drawn}: {done}"


def test_the_reread_whose_kills_are_tried_splits_articles(
    undisturbed: dict[str, ReferenceRun],
) -> None:
    reread = undisturbed[REREAD.name]
    assert len(reread.after["article_redirects"]) == 18
    assert len(reread.after["articles"]) == len(reread.before["articles"]) + 12
    assert reread.outcome.stages["reread"].changes > 20


@pytest.mark.soak
def test_a_full_disk_is_reported_in_one_line_and_loses_nothing(
    harness: WarehouseHarness, undisturbed: dict[str, ReferenceRun]
) -> None:
    drawn = seed()
    done = space.one_round(harness, undisturbed[SMALL.name], space.limited, random.Random(drawn))
    assert done.problem == "", f"seed {drawn}: {done}"


@pytest.mark.soak
@pytest.mark.parametrize(
    ("run", "times"),
    [(kills.run, 100), (space.run, 48), (together.run, 24), (readers.run, 50)],
)
def test_many_rounds_of_each_fault(
    run: Callable[..., dict[str, object]], times: int, harness: WarehouseHarness
) -> None:
    drawn = seed()
    assert run(harness, times, drawn)["failed"] == [], f"seed {drawn}"
