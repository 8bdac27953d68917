"""Corrections through all stages: published, undone and rebuilt."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from etl.corrections import (
    csv_file,
    replay,
)
from etl.corrections.csv_file import RegistryError, read_corrections
from etl.corrections.lease import CorrectionsLease
from etl.corrections.plan import make_plan
from etl.corrections.records import UNDO, Correction, record
from etl.corrections.write_back import write_back
from etl.doctor.examine import examine
from etl.pipeline import (
    actor_links,
    apply_corrections,
    archive_files,
    build_models,
    load,
    publish_run,
    rebuild,
)
from etl.warehouse import build_db, dbt
from etl.warehouse.publish import PublishError
from pipeline.warehouse_harness import Rows, WarehouseHarness, Words, story, text

Correct = Callable[..., Correction]

CORRECTED = ("actor_articles", "entities", "entity_redirects", "corrections", "articles",
             "article_metadata", "quote_attributions", "int_actor_forms", "int_spikes",
             "int_spike_articles",
             "mentions", "quotes", "utterances", "article_stories", "stories", "story_redirects",
             "publication_days", "publication_periods", "actor_daily", "actor_weekly",
             "actor_monthly", "actor_outlet_monthly", "actor_voice_monthly", "actor_roles",
             "actor_pairs_monthly", "actor_spikes", "quotes_about", "quote_group_members",
             "quote_groups", "attribution_conflicts", "actor", "actor_timeline")  # fmt: skip


@pytest.fixture
def correct(published: WarehouseHarness) -> Correct:
    """Append a row to the file of corrections; actors are given by name."""

    def add(action: str, undoes: str = "", **arguments: str) -> Correction:
        pairs = [(key.rstrip("_"), value) for key, value in arguments.items()]
        new = record(action, pairs, because="test", author="test", undoes=undoes)
        return csv_file.append(published.settings, lambda _: new)

    return add


def ids(harness: WarehouseHarness) -> dict[str, str]:
    return dict(harness.published("select name, entity_id from entities"))


def without_corrections(rows: Rows) -> Rows:
    """The loaded rows except the history of corrections."""
    return {name: found for name, found in rows.items() if name != "corrections"}


def test_a_merge_is_published_and_its_undo_restores_the_same_rows(
    published: WarehouseHarness, correct: Correct
) -> None:
    before, loaded, id_of = published.main(), published.loaded(), ids(published)
    one = correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    assert published.load(publish=True).is_publish_due
    assert "Person1" not in ids(published)
    assert ids(published)["Person2"] == id_of["Person2"]
    assert published.published("from entity_redirects") == [(id_of["Person1"], id_of["Person2"])]
    assert published.published(f"select name, mention_count from actor('{id_of['Person1']}')") == [
        ("Person2", 12)
    ]
    assert published.published("select correction_id, author, status from corrections") == [
        (one.id, "test", "applied")
    ]
    assert not published.load(publish=True).is_publish_due

    correct(UNDO, undoes=one.id)
    assert published.load(publish=True).is_publish_due
    assert published.main() == before
    assert without_corrections(published.loaded()) == without_corrections(loaded)


def test_names_types_dates_and_outlets_are_corrected_everywhere(
    published: WarehouseHarness, correct: Correct
) -> None:
    id_of = ids(published)
    ((article, day),) = published.published(
        "select article_id, published_on from actor_articles "
        f"where entity_id = '{id_of['Person1']}'"
    )
    correct("rename", actor=id_of["Person1"], name="Person; the First")
    correct("type", actor=id_of["Person1"], type="ORG")
    correct("article", article=article, date="2026-01-09", outlet="nyt")
    published.load(publish=True)
    assert published.published(
        f"select name, type, aliases, first_seen::varchar from actor('{id_of['Person1']}')"
    ) == [("Person; the First", "ORG", ["Person1"], "2026-01-09")]
    assert published.published(
        "select outlet, outlet_as_written, date_method, outlet_method, published_on::varchar "
        f"from articles where article_id = '{article}'"
    ) == [("The New York Times", "Paper 1", "correction", "correction", "2026-01-09")]
    days = {d for (d,) in published.published("select published_on from publication_days")}
    assert day not in days
    assert published.published("select sum(article_count) from publication_days") == [(6,)]


@pytest.mark.soak
def test_a_refresh_by_compiled_sql_equals_a_full_build(
    published: WarehouseHarness, correct: Correct
) -> None:
    for number, body in enumerate(("Person1 said “%s” on Monday.", "“%s”, Person3 said.")):
        said = body % "all that Person2 and Person4 said to us is right"
        published.drop(f"said{number}.txt", text(said, day=f"2025-03-2{number}", outlet="Heard"))
    published.ingest(publish=True)
    settings, id_of = published.settings, ids(published)
    correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    correct("split", actor=id_of["Person3"], to="2025-03-01", name="Person3")
    for day in ("2025-03-05", "2025-03-20"):
        ((article,),) = published.published(
            f"select article_id from articles where published_on = '{day}'"
        )
        correct("article", article=article, date="2025-04-01", outlet="Corrected")
    manifest = json.loads(dbt.parse(settings.dbt_target).read_text())["nodes"].values()
    tests = [
        n["name"] for n in manifest
        if n["resource_type"] == "test" and n.get("attached_node", "").split(".")[-1] in CORRECTED
    ]  # fmt: skip
    assert len(tests) > 10
    apply_corrections.apply_corrections(settings)
    assert actor_links.check_links(settings) == []
    done = build_models.build_models(settings, [*CORRECTED, *tests], is_all_corrected=True)
    assert {r.node.name for r in done.results} == {*CORRECTED, *tests}
    assert done.method != "dbt", "dbt was not started"
    publish_run.publish_build(settings, Words(), "quick")
    quick = published.main()
    assert all(quick[n] for n in ("quotes_about", "quote_groups", "attribution_conflicts"))
    published.build_by_dbt()
    assert published.main() == quick


def test_a_merge_updates_rows_of_other_actors_that_name_the_two(
    published: WarehouseHarness, correct: Correct
) -> None:
    """Rows of Anna name Bruno and Carla, and count stories of Anna that name neither."""
    first = date(2025, 4, 1)
    for number in range(60):
        words = " ".join(f"w{number}x{i}" for i in range(30))  # a story of its own
        who = f"Anna met {('Bruno', 'Carla', 'Emil')[number % 3]}"
        if number < 40:
            who = "Anna alone" if number % 16 == 0 else f"Dora{number}"
        day = first + timedelta(min(number, 40))
        published.drop(f"{number}.txt", text(f"{words} {who}.", day=str(day)))
    published.ingest(publish=True)
    id_of = ids(published)

    def companions() -> set[object]:
        return {
            i
            for (i,) in published.published(
                "select unnest(companion_entity_ids) from actor_spikes "
                f"where entity_id = '{id_of['Anna']}' and grain = 'day'"
            )
        }

    def together() -> dict[object, object]:
        pairs = published.published(
            "select if(entity_id_a = $1, entity_id_b, entity_id_a), story_count "
            "from actor_pairs_monthly where $1 in (entity_id_a, entity_id_b)".replace(
                "$1", f"'{id_of['Anna']}'"
            )
        )
        return dict(pairs)

    two = {id_of["Bruno"], id_of["Carla"]}
    assert two <= companions()
    assert together() == {id_of["Bruno"]: 6, id_of["Carla"]: 7, id_of["Emil"]: 7}
    correct("merge", actor=id_of["Bruno"], into=id_of["Carla"])
    apply_corrections.apply_corrections(published.settings)
    assert actor_links.check_links(published.settings) == []
    done = build_models.build_models(published.settings, CORRECTED, is_all_corrected=True)
    assert done.method != "dbt", "dbt was not started"
    publish_run.publish_build(published.settings, Words(), "quick")
    quick = published.main()
    assert companions() & two == {id_of["Carla"]}
    assert together() == {id_of["Carla"]: 13, id_of["Emil"]: 7}
    published.build_by_dbt()
    assert published.main() == quick


def test_a_merge_does_not_rebuild_rows_of_unaffected_actors(
    published: WarehouseHarness, correct: Correct
) -> None:
    settings, id_of = published.settings, ids(published)
    dbt.parse(settings.dbt_target)
    # Marks the rows: a rebuilt row would lose the mark.
    published.query(
        "update main.actor_articles set mention_count = 99 "
        f"where entity_id <> '{id_of['Person1']}' returning 1"
    )
    correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    apply_corrections.apply_corrections(settings)
    assert actor_links.check_links(settings) == []
    done = build_models.build_models(settings, CORRECTED, is_all_corrected=True)
    assert done.method != "dbt", "dbt was not started"
    assert dict(
        published.query("select entity_id, max(mention_count) from main.actor_articles group by 1")
    ) == {i: 6 if i == id_of["Person2"] else 99 for i in id_of.values() if i != id_of["Person1"]}
    assert published.query("from bookkeeping.unmodelled_actors") == []


@pytest.mark.parametrize("are_noted", [True, False], ids=["noted", "killed before they were"])
def test_new_links_are_corrected_without_reading_all_links(
    published: WarehouseHarness, correct: Correct, are_noted: bool
) -> None:
    settings, id_of = published.settings, ids(published)
    correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    published.load()
    published.drop("again.txt", text(story(1) + " Edited.", outlet="Another"))
    archive_files.archive_new(settings, [], "run")
    published.stage()
    load.load_staged(settings, "run")
    load.check_loaded(settings)
    actor_links.link(settings)
    noted = published.query("select text_actor_id from bookkeeping.uncorrected_links")
    assert 0 < len(noted) < len(published.query("from loaded.text_links"))
    if not are_noted:
        with build_db.open_build(settings.build_file) as con:
            con.execute("delete from bookkeeping.uncorrected_links")
            build_db.set_property(con, build_db.LINKS_NOTED, "")
    apply_corrections.apply_corrections(settings)
    assert actor_links.check_links(settings) == []
    assert published.query("from bookkeeping.uncorrected_links") == []
    came = published.query("select distinct method from loaded.actor_links "
                           "semi join (select unnest(?) as text_actor_id) using (text_actor_id) "
                           "order by 1", [i for (i,) in noted])  # fmt: skip
    assert came == [("correction",), ("name",)]
    with build_db.open_build(settings.build_file) as con:
        replay.replay(con, make_plan(read_corrections(settings)))
        assert write_back(con) == set(), "all looked at, none is otherwise"


def test_a_changed_day_does_not_rebuild_rows_of_other_articles_and_periods(
    published: WarehouseHarness, correct: Correct
) -> None:
    settings = published.settings
    dbt.parse(settings.dbt_target)
    ((article, day),) = published.published(
        "select article_id, published_on from articles where published_on = '2025-03-05'"
    )
    for name in ("actor_articles", "actor_daily"):
        published.query(f"update main.{name} set mention_count = 99 returning 1")
    correct("article", article=article, date="2025-04-01")
    apply_corrections.apply_corrections(settings)
    done = build_models.build_models(settings, CORRECTED, is_all_corrected=True)
    assert done.method != "dbt", "dbt was not started"
    stale = {
        "actor_articles": f"article_id = '{article}'",
        "actor_daily": "period_start = '2025-04-01'",
    }
    for name, condition in stale.items():
        unmarked = published.query(f"select bool_and({condition}), count(*) from main.{name} "
                                   "where mention_count <> 99")  # fmt: skip
        assert unmarked == [(True, unmarked[0][1])], name
        assert unmarked[0][1] > 0, name
    assert published.query(f"from main.actor_daily where period_start = '{day}'") == []
    assert published.query("from bookkeeping.unmodelled_articles") == []


def test_a_failing_test_stops_a_refresh_and_changes_nothing(
    published: WarehouseHarness, correct: Correct
) -> None:
    settings, id_of = published.settings, ids(published)
    before = published.main()
    correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    apply_corrections.apply_corrections(settings)
    published.query("insert into loaded.actor_links from loaded.actor_links")
    assert actor_links.check_links(settings)
    with pytest.raises(dbt.DbtError, match="grain_mentions_mention_id"):
        build_models.build_models(
            settings, [*CORRECTED, "grain_mentions_mention_id"], is_all_corrected=True
        )
    assert published.query("select count(*) from main.entities") == [(len(id_of),)]
    with pytest.raises(PublishError, match="not linked, not modelled"):
        publish_run.publish_build(settings, Words(), "run")
    assert published.main() == before


def test_a_rebuild_from_archive_and_corrections_gives_the_same(
    published: WarehouseHarness, correct: Correct
) -> None:
    id_of = ids(published)
    parted = correct("split", actor=id_of["Person1"], name="Person1", from_="2025-01-01")
    correct("merge", actor=id_of["Person2"], into=parted.minted or "")
    gone = correct("merge", actor=id_of["Person3"], into=id_of["Person4"])
    correct("alias", spelling="Person5")
    correct(UNDO, undoes=gone.id)
    published.load(publish=True)
    loaded, main = published.loaded(), published.main()
    assert parted.minted in {i for (i,) in published.published("select entity_id from entities")}
    rebuild.clear_for_rebuild(published.settings)
    published.ingest(publish=True)
    assert published.loaded() == loaded
    assert published.main() == main


def test_later_articles_are_corrected_too(published: WarehouseHarness, correct: Correct) -> None:
    id_of = ids(published)
    correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    correct("alias", spelling="Person20", actor=id_of["Person2"])
    published.drop("late.txt", text(story(1) + " A later one."))
    published.drop("new.txt", text(story(20)))
    published.ingest(publish=True)
    assert published.published(
        f"select article_count from entities where entity_id = '{id_of['Person2']}'"
    ) == [(4,)]
    assert ids(published).keys().isdisjoint({"Person1", "Person20"})


def test_a_correction_of_a_forgotten_article_stops_no_run_and_is_reported(
    published: WarehouseHarness, correct: Correct
) -> None:
    id_of = ids(published)
    correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    correct("rename", actor=id_of["Person3"], name="Nobody")
    for person in ("Person1", "Person3"):
        ((article,),) = published.published(
            f"select article_id from actor_articles where entity_id = '{id_of[person]}'"
        )
        published.forget(article)
    published.load(publish=True)
    assert published.published("select status, detail from corrections order by position") == [
        ("idle", "no article matches it"),
        ("idle", f"{id_of['Person3']} is in no article"),
    ]
    assert len(apply_corrections.apply_corrections(published.settings).problems) == 2


def test_a_correction_recorded_during_a_run_is_published_by_it(
    published: WarehouseHarness, correct: Correct
) -> None:
    settings, id_of = published.settings, ids(published)
    published.drop("new.txt", text(story(20)))
    published.ingest()
    build_models.build_models(settings)
    correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    lease = CorrectionsLease(settings)
    assert apply_corrections.apply_late_corrections(settings, lease)
    publish_run.publish_build(settings, Words(), "run")
    assert "Person1" not in ids(published)
    assert not apply_corrections.is_correction_due(settings)
    assert not apply_corrections.apply_late_corrections(settings, lease)


def test_a_run_with_nothing_to_publish_checks_for_corrections_after_its_lease(
    published: WarehouseHarness, correct: Correct
) -> None:
    """A recorder that saw the lease left its row to this run, so the run must publish."""
    settings, id_of = published.settings, ids(published)
    lease, other = CorrectionsLease(settings), CorrectionsLease(settings)
    lease.take()
    assert other.is_held_elsewhere()
    assert not published_is_due(published)
    correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    assert apply_corrections.has_late_corrections(settings, lease)
    assert other.is_held_elsewhere(), "it looks again before it publishes"
    lease.end()
    published.load(publish=True)
    assert "Person1" not in ids(published)
    assert not apply_corrections.has_late_corrections(settings, lease)
    assert not other.is_held_elsewhere()


def published_is_due(harness: WarehouseHarness) -> bool:
    with build_db.open_build(harness.settings.build_file) as con:
        return publish_run.is_publish_due(harness.settings, con)


def test_an_unreadable_file_stops_the_publish_and_is_reported_with_its_line(
    published: WarehouseHarness, correct: Correct
) -> None:
    before, id_of = published.main(), ids(published)
    correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    file = csv_file.corrections_file(published.settings)
    good = file.read_text()
    file.write_text(good + "by hand\n")
    with pytest.raises(RegistryError, match=r"corrections.csv:3: it has 1 fields, not 7"):
        published.load(publish=True)
    assert published.main() == before
    file.write_text(good)
    published.load(publish=True)
    assert "Person1" not in ids(published)


def test_a_removed_or_changed_row_is_reported(
    published: WarehouseHarness, correct: Correct
) -> None:
    id_of = ids(published)
    one = correct("merge", actor=id_of["Person1"], into=id_of["Person2"])
    two = correct("rename", actor=id_of["Person3"], name="Other")
    apply_corrections.apply_corrections(published.settings)
    file = csv_file.corrections_file(published.settings)
    rows = file.read_text().replace("name=Other", "name=Another").splitlines()
    file.write_text("\n".join([rows[0], rows[2]]) + "\n")
    (note,) = [f for f in examine(published.settings) if f.part == "corrections" and f.remedy]
    assert (note.level, one.id in note.what, two.id in note.what) == ("note", True, False)
    done = apply_corrections.apply_corrections(published.settings)
    assert done.problems == [
        f"{two.id}: the row was changed after it was recorded",
        f"{one.id}: was applied and is no longer in the file as it was; what it did is taken back",
    ]
