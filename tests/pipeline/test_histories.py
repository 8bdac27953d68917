"""After any history a warehouse is what a full refresh, and a rebuild from the backup, make of it.

Articles come, change, are forgotten and extracted anew; actors are corrected and uncorrected. Only
what all that concerns is modelled anew. dbt is started for the first models and for those to
compare with. Every published table is compared row for row.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from etl import extract
from etl.corrections import csv_file
from etl.corrections.plan import why_refused
from etl.corrections.records import UNDO, record
from etl.extract import DEFAULT_EXTRACTOR
from etl.pipeline import apply_corrections, build_models, reextract, stages
from etl.warehouse import dbt
from pipeline.warehouse_harness import Words, World, story, text

LOADS, CORRECTIONS = 4, 5
"""Changes of articles, then corrections, a round."""


def drop(world: World, chance: random.Random) -> None:
    """A new text, a reprint of one elsewhere, or another version of one; several quote the same."""
    number = chance.randrange(12)
    said = f"after all Person{chance.randrange(3)} said this before us"
    body = f"“{said}”: {story(number)}"
    world.drop(
        f"{chance.randrange(9)}.txt",
        text(
            body, day=f"2025-03-{chance.randint(1, 28):02}", outlet=f"Paper {chance.randrange(3)}"
        ),
    )
    world.ingest()


def forget(world: World, chance: random.Random) -> None:
    world.forget(chance.choice(sorted(world.articles())))
    world.load()


def extract_anew(world: World, chance: random.Random) -> None:
    """Promote another extractor, or take that back."""
    if reextract.name_in_use(world.settings) == "few":
        world.roll_back()
    else:
        world.candidate()
        world.promote()


def correct(world: World, chance: random.Random) -> None:
    """Record a correction that makes sense, and publish it without starting dbt."""
    before = csv_file.read_corrections(world.settings)
    actors = sorted(i for (i,) in world.published("select entity_id from entities"))
    one, other = chance.choice(actors), chance.choice(actors)
    article = chance.choice(sorted(world.articles()))
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
    if why_refused(before, new):
        return
    csv_file.append(world.settings, lambda _: new)
    apply_corrections.correct(world.settings)
    assert stages.check_links(world.settings) == []
    done = build_models.build_models(world.settings, everything(world), is_all_corrected=True)
    assert type(done).__name__ == "RefreshResult"
    stages.publish_build(world.settings, world.in_use(), "quick")


def everything(world: World) -> list[str]:
    """The names of all models and data tests."""
    nodes = json.loads(dbt.parse(world.settings.dbt_target).read_text())["nodes"].values()
    return [node["name"] for node in nodes if node["resource_type"] in ("model", "test")]


def compare(world: World, what: str, make: Callable[[], object]) -> None:
    """What is published is the same, table by table, after all is made anew."""
    before = world.main()
    make()
    after = world.main()
    assert before.keys() == after.keys()
    for name, rows in before.items():
        assert after[name] == rows, f"{name} after {what}"


def live(world: World, seed: int, rounds: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)

    def rebuild() -> None:
        stages.clear_for_rebuild(world.settings)
        world.ingest(publish=True)

    for _ in range(rounds):
        for change in chance.choices((drop, forget, extract_anew), (5, 1, 1), k=LOADS):
            change(world, chance)
        world.load(publish=True)
        for _ in range(CORRECTIONS):
            correct(world, chance)
        compare(world, "a full refresh", world.build_by_dbt)
    compare(world, "a rebuild", rebuild)


@pytest.fixture
def words_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a rollback goes back to."""
    monkeypatch.setitem(extract._factories, DEFAULT_EXTRACTOR, Words)


@pytest.mark.usefixtures("words_in_use")
def test_a_random_history_leaves_what_a_full_refresh_and_a_rebuild_make(published: World) -> None:
    live(published, random.randrange(10**6), rounds=1)


@pytest.mark.soak
@pytest.mark.usefixtures("words_in_use")
@pytest.mark.parametrize("seed", range(25))
def test_many_random_histories(seed: int, published: World) -> None:
    live(published, seed, rounds=4)
