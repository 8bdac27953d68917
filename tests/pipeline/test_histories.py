"""After any history, a warehouse equals a full refresh, and a rebuild from the backup.

Articles arrive, change, and are forgotten or extracted again; corrections are made and undone. Only
stale rows are refreshed. dbt runs for the first build and for the builds to compare with. Every
published table is compared row by row.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest
from suite_length import rounds, seed

from etl import extract
from etl.corrections import csv_file
from etl.corrections.plan import conflict_reason
from etl.corrections.records import UNDO, record
from etl.extract import DEFAULT_EXTRACTOR
from etl.pipeline import (
    actor_links,
    apply_corrections,
    build_models,
    extractor_in_use,
    publish_run,
    rebuild,
)
from etl.warehouse import dbt
from pipeline.warehouse_harness import WarehouseHarness, Words, story, text

LOADS, CORRECTIONS = rounds(3, 4), rounds(3, 5)
"""Changes of articles, then corrections, a round. Each correction publishes: a second or two."""


def drop(harness: WarehouseHarness, chance: random.Random) -> None:
    """A new text, a reprint of one elsewhere, or another version of one; several quote the same."""
    number = chance.randrange(12)
    said = f"after all Person{chance.randrange(3)} said this before us"
    body = f"“{said}”: {story(number)}"
    harness.drop(
        f"{chance.randrange(9)}.txt",
        text(
            body, day=f"2025-03-{chance.randint(1, 28):02}", outlet=f"Paper {chance.randrange(3)}"
        ),
    )
    harness.ingest()


def forget(harness: WarehouseHarness, chance: random.Random) -> None:
    harness.forget(chance.choice(sorted(harness.articles())))
    harness.load()


def extract_anew(harness: WarehouseHarness, chance: random.Random) -> None:
    """Promote another extractor, or take that back."""
    if extractor_in_use.name_in_use(harness.settings) == "few":
        harness.roll_back()
    else:
        harness.candidate()
        harness.promote()


def correct(harness: WarehouseHarness, chance: random.Random) -> None:
    """Record a correction that makes sense, and publish it without starting dbt."""
    before = csv_file.read_corrections(harness.settings)
    actors = sorted(i for (i,) in harness.published("select entity_id from entities"))
    one, other = chance.choice(actors), chance.choice(actors)
    article = chance.choice(sorted(harness.articles()))
    action, pairs = chance.choice(
        [
            ("merge", [("actor", one), ("into", other)]),
            ("split", [("actor", one), ("article", article)]),
            ("split", [("actor", one), ("outlet", "Paper 1"), ("into", other)]),
            ("rename", [("actor", one), ("name", "Somebody Else")]),
            ("type", [("actor", one), ("type", "ORG")]),
            ("article", [("article", article), ("date", f"2025-0{chance.randint(2, 4)}-09")]),
            ("article", [("article", article), ("outlet", f"Paper {chance.randrange(4)}")]),
            *([(UNDO, [])] if before else []),
        ]
    )
    undoes = chance.choice(before).id if action == UNDO else ""
    new = record(action, pairs, because="test", author="test", undoes=undoes)
    if conflict_reason(before, new):
        return
    csv_file.append(harness.settings, lambda _: new)
    apply_corrections.apply_corrections(harness.settings)
    assert actor_links.check_links(harness.settings) == []
    done = build_models.build_models(harness.settings, everything(harness), is_all_corrected=True)
    assert done.method != "dbt"
    publish_run.publish_build(harness.settings, harness.in_use(), "quick")


def everything(harness: WarehouseHarness) -> list[str]:
    """The names of all models and data tests."""
    nodes = json.loads(dbt.parse(harness.settings.dbt_target).read_text())["nodes"].values()
    return [node["name"] for node in nodes if node["resource_type"] in ("model", "test")]


def compare(harness: WarehouseHarness, what: str, make: Callable[[], object]) -> None:
    """The published tables are the same after everything is rebuilt."""
    before = harness.main()
    make()
    after = harness.main()
    assert before.keys() == after.keys()
    for name, rows in before.items():
        assert after[name] == rows, f"{name} after {what}"


def live(harness: WarehouseHarness, seed: int, times: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)

    def rebuild_all() -> None:
        rebuild.clear_for_rebuild(harness.settings)
        harness.ingest(publish=True)

    for _ in range(times):
        for change in chance.choices((drop, forget, extract_anew), (5, 1, 1), k=LOADS):
            change(harness, chance)
        harness.load(publish=True)
        for _ in range(CORRECTIONS):
            correct(harness, chance)
        compare(harness, "a full refresh", harness.build_by_dbt)
    compare(harness, "a rebuild", rebuild_all)


@pytest.fixture
def words_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a rollback goes back to."""
    monkeypatch.setitem(extract._factories, DEFAULT_EXTRACTOR, Words)


@pytest.mark.usefixtures("words_in_use")
def test_a_random_history_leaves_what_a_full_refresh_and_a_rebuild_make(
    published: WarehouseHarness,
) -> None:
    live(published, seed(), times=1)


@pytest.mark.soak
@pytest.mark.usefixtures("words_in_use")
@pytest.mark.parametrize("seed", range(25))
def test_many_random_histories(seed: int, published: WarehouseHarness) -> None:
    live(published, seed, times=4)
