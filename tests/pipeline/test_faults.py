"""Short forms of `python -m bench.faults`: faults in whole commands, with Dagster and dbt.

What must hold is said there; what many rounds of it showed is in docs/reliability.md.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from formats.files import zipped

from bench.articles import article
from bench.faults import kills, readers, space, together
from bench.faults.warehouse_harness import Action, Undisturbed, WarehouseHarness, undisturbed


def _some_news(place: WarehouseHarness) -> None:
    place.drop("many.zip", zipped({f"{n}.txt": article(n) for n in range(12)}))
    place.drop("bad.txt", b"\x00")


SMALL = Action("ingest", lambda _: ["ingest"], _some_news)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> WarehouseHarness:
    return WarehouseHarness(tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def ingest(place: WarehouseHarness) -> Undisturbed:
    """An undisturbed ingest."""
    return undisturbed(place, [SMALL])[0]


def test_killed_repeatedly_and_completed_it_publishes_the_same(
    place: WarehouseHarness, ingest: Undisturbed
) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    _, stages = next(kills.deal([ingest], chance))
    done = kills.one_round(place, ingest, stages, chance)
    assert done.stages, f"seed {seed}"
    assert done.problem == "", f"seed {seed}: {done}"


def test_a_full_disk_is_reported_in_a_line_and_loses_nothing(
    place: WarehouseHarness, ingest: Undisturbed
) -> None:
    seed = random.randrange(10**6)
    done = space.one_round(place, ingest, space.limited, random.Random(seed))
    assert done.problem == "", f"seed {seed}: {done}"


@pytest.mark.soak
@pytest.mark.parametrize(
    ("run", "times"),
    [(kills.run, 100), (space.run, 48), (together.run, 24), (readers.run, 50)],
)
def test_many_times(
    run: Callable[..., dict[str, object]], times: int, place: WarehouseHarness
) -> None:
    seed = random.randrange(10**6)
    assert run(place, times, seed)["failed"] == [], f"seed {seed}"
