"""Short forms of `python -m bench.faults`: faults in whole commands, Dagster and dbt included.

The modules there state what must hold; docs/reliability.md reports the results of many rounds.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from formats.files import zipped
from session_cache import modelled
from suite_length import seed

from bench.articles import article
from bench.faults import kills, readers, space, together
from bench.faults.warehouse_harness import Action, ReferenceRun, WarehouseHarness, reference_runs


def _some_news(harness: WarehouseHarness) -> None:
    harness.drop("many.zip", zipped({f"{n}.txt": article(n) for n in range(12)}))
    harness.drop("bad.txt", b"\x00")


SMALL = Action("ingest", lambda _: ["ingest"], _some_news)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> WarehouseHarness:
    return WarehouseHarness(tmp_path_factory.mktemp("harness"), template=modelled(tmp_path_factory))


@pytest.fixture(scope="module")
def ingest(harness: WarehouseHarness) -> ReferenceRun:
    """An ingest without faults."""
    return reference_runs(harness, [SMALL])[0]


def test_a_command_killed_repeatedly_and_then_completed_publishes_the_same(
    harness: WarehouseHarness, ingest: ReferenceRun
) -> None:
    drawn = seed()
    chance = random.Random(drawn)
    _, stages = next(kills.deal([ingest], chance))
    done = kills.one_round(harness, ingest, stages, chance)
    assert done.stages, f"seed {drawn}"
    assert done.problem == "", f"seed {drawn}: {done}"


@pytest.mark.soak
def test_a_full_disk_is_reported_in_one_line_and_loses_nothing(
    harness: WarehouseHarness, ingest: ReferenceRun
) -> None:
    drawn = seed()
    done = space.one_round(harness, ingest, space.limited, random.Random(drawn))
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
