"""Stories through the pipeline: ids survive batches, versions, forgetting and rebuilds."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.pipeline import archive_files, article_stories
from etl.stories import assign
from etl.warehouse import build_db
from pipeline.warehouse_harness import WarehouseHarness, story, text

LEXICON = [
    a + b for a in ("ba", "de", "fi", "go", "hu", "ka", "le", "mi") for b in ("lon", "mer", "tis")
]


def report(number: int, sentences: int = 12) -> list[str]:
    """Sentences unlike those of any other number; too long to be taken for a template."""
    rng = random.Random(number)
    return [
        f"The {' '.join(rng.choices(LEXICON, k=8))} of Person{number} {rng.choice(LEXICON)}."
        for _ in range(sentences)
    ]


ONE, TWO = report(1), report(2)
COPY, CUT = " ".join(ONE), " ".join(ONE[:7])
BOTH = " ".join([*ONE[:8], *TWO[:8]])


def stories(harness: WarehouseHarness) -> dict[str, str]:
    """The story of each article, by the name of its first file."""
    return dict(
        harness.query(
            "select first(source_path order by sequence), any_value(story_id) "
            "from loaded.article_stories join loaded.article_sources using (article_id) "
            "group by article_id"
        )
    )


def by_article(harness: WarehouseHarness) -> dict[str, str]:
    return dict(harness.query("select article_id, story_id from loaded.article_stories"))


def redirects(harness: WarehouseHarness) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = harness.query("from loaded.story_redirects order by all")
    return found


def drop(harness: WarehouseHarness, name: str, body: str, day: str, outlet: str) -> None:
    harness.drop(name, text(body, day=day, outlet=outlet))
    archive_files.archive_new(harness.settings, [], "run")


def test_a_reprint_within_fourteen_days_joins_the_story(harness: WarehouseHarness) -> None:
    drop(harness, "first.txt", COPY, "2025-03-01", "Wire")
    drop(harness, "cut.txt", CUT, "2025-03-15", "Paper")
    drop(harness, "late.txt", COPY, "2025-03-30", "Paper")
    drop(harness, "other.txt", " ".join(TWO), "2025-03-01", "Paper")
    harness.drop("undated.txt", f"Something Happened In Town\n\nBy Ann – Third\n\n{COPY}\n")
    harness.ingest()
    found = stories(harness)
    assert found["cut.txt"] == found["first.txt"] == f"S{first_article(harness, 'first.txt')}"
    assert len(set(found.values())) == 4, "15 days after, another text, no date"
    assert redirects(harness) == []


def test_texts_too_short_to_match_are_compared_with_none(harness: WarehouseHarness) -> None:
    for number in range(3):
        harness.drop(f"{number}.txt", text(f"Alice spoke on case {number}."))
    harness.drop("long.txt", text(story(1)))
    harness.ingest()
    bands = harness.query("select len(bands) from bookkeeping.story_signatures order by all")
    assert bands == [(0,), (0,), (0,), (128,)]


def test_an_outlet_that_reuses_its_template_reports_another_story(
    harness: WarehouseHarness,
) -> None:
    forms = {"Wire": COPY, "Paper": " ".join(TWO)}
    for outlet, form in forms.items():
        for number, towns in enumerate(["Ald, Bran, Cray, Dent", "Elm, Fry, Gow, Hay"]):
            body, headline = f"{form} It goes to {towns}.", f"Grant For {towns[:3]} Announced"
            by = "Wire" if number else outlet
            harness.drop(f"{outlet}{number}.txt", text(body, outlet=by, headline=headline))
    harness.ingest()
    found = stories(harness)
    assert found["Wire0.txt"] != found["Wire1.txt"]
    assert found["Paper0.txt"] == found["Paper1.txt"], "in another outlet it may be a reprint"


def first_article(harness: WarehouseHarness, path: str) -> str:
    ((article_id,),) = harness.query(
        "select article_id from loaded.article_sources where source_path = ?", path
    )
    return str(article_id)


def test_an_article_that_joins_two_stories_leaves_a_redirect(
    harness: WarehouseHarness,
) -> None:
    drop(harness, "one.txt", COPY, "2025-03-01", "Wire")
    drop(harness, "two.txt", " ".join(TWO), "2025-03-01", "Paper")
    harness.ingest()
    before = stories(harness)
    drop(harness, "both.txt", BOTH, "2025-03-02", "Third")
    harness.ingest()
    assert set(stories(harness).values()) == {before["one.txt"]}
    assert redirects(harness) == [(before["two.txt"], before["one.txt"])]


def test_a_new_version_keeps_the_story_and_may_join_another(harness: WarehouseHarness) -> None:
    drop(harness, "one.txt", COPY, "2025-03-01", "Wire")
    drop(harness, "brief.txt", " ".join(report(3)), "2025-03-02", "Paper")
    harness.ingest()
    before = stories(harness)
    drop(harness, "one.txt", " ".join([*ONE, *report(4)]), "2025-03-01", "Wire")
    drop(harness, "brief.txt", " ".join([*report(3), *ONE]), "2025-03-02", "Paper")
    harness.ingest()
    assert stories(harness) == dict.fromkeys(before, before["one.txt"])
    assert redirects(harness) == [(before["brief.txt"], before["one.txt"])]


def test_the_story_survives_forgetting_its_first_article(
    harness: WarehouseHarness,
) -> None:
    drop(harness, "first.txt", COPY, "2025-03-01", "Wire")
    drop(harness, "start.txt", CUT, "2025-03-02", "Paper")
    drop(harness, "end.txt", " ".join(ONE[7:]), "2025-03-03", "Third")
    harness.ingest()
    before = stories(harness)
    assert len(set(before.values())) == 1
    harness.forget(first_article(harness, "first.txt"))
    del before["first.txt"]
    for again in (harness.load, harness.rebuild):
        again()
        assert stories(harness) == before
    drop(harness, "again.txt", " ".join(ONE[6:]), "2025-03-04", "Fourth")
    harness.ingest()
    assert set(stories(harness).values()) == set(before.values())


def test_stories_decided_by_other_rules_are_decided_again(
    harness: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(harness, "first.txt", COPY, "2025-03-01", "Wire")
    drop(harness, "cut.txt", CUT, "2025-03-02", "Paper")
    harness.ingest()
    before = harness.loaded()
    monkeypatch.setattr(article_stories, "STORIES_VERSION", "other")
    assert [p.check for p in article_stories.check_stories(harness.settings)] == []
    with build_db.open_build(harness.settings.build_file) as con:
        assert build_db.get_property(con, "storied_generation") == ""
        con.execute("update loaded.article_stories set story_id = 'Sother'")
    assert article_stories.group(harness.settings) == 1
    assert harness.loaded() == before


def test_checks_report_articles_without_a_story_and_dangling_ids(
    harness: WarehouseHarness,
) -> None:
    drop(harness, "one.txt", COPY, "2025-03-01", "Wire")
    drop(harness, "two.txt", " ".join(TWO), "2025-03-01", "Paper")
    harness.ingest()
    with build_db.open_build(harness.settings.build_file) as con:
        con.execute("delete from loaded.article_stories where rowid = 0")
        con.execute(
            "insert into loaded.story_redirects select story_id, 'Snowhere' "
            "from loaded.article_stories"
        )
    found = {(p.table, p.check) for p in article_stories.check_stories(harness.settings)}
    assert found == {
        ("article_stories", "all_in_a_story"),
        ("story_redirects", "no_orphans"),
        ("story_redirects", "no_dangling_redirects"),
    }


TEXTS = [COPY, CUT, BOTH, " ".join(TWO), " ".join(TWO[3:]), " ".join(ONE[5:]), "Short one."]
ARRIVALS = st.lists(
    st.tuples(
        st.sampled_from(TEXTS),
        st.sampled_from(["2025-03-01", "2025-03-09", "2025-03-20"]),
        st.sampled_from(["Wire", "Paper"]),
        st.sampled_from(["a.txt", "b.txt", "c.txt", "d.txt"]),
    ),
    min_size=3,
    max_size=9,
)


def check_that_ids_depend_neither_on_batches_nor_on_what_was_forgotten(
    arrivals: list[tuple[str, str, str, str]], cuts: set[int], forgotten: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stepwise, at_once = (
            WarehouseHarness(Path(folder) / name) for name in ("stepwise", "at_once")
        )
        for number, (body, day, outlet, name) in enumerate(arrivals):
            drop(stepwise, name, body, day, outlet)
            if number in cuts:
                stepwise.ingest()
        stepwise.ingest()
        shutil.copytree(stepwise.settings.raw, at_once.settings.raw)
        at_once.stage()
        at_once.load()
        assert stepwise.loaded() == at_once.loaded()

        before = by_article(stepwise)
        gone = sorted(before)[forgotten % len(before)]
        led = redirects(stepwise)
        stepwise.forget(gone)
        del before[gone]
        kept = [(old, new) for old, new in led if new in before.values()]
        for again in (stepwise.load, stepwise.rebuild):
            again()
            assert by_article(stepwise) == before
            assert redirects(stepwise) == kept


@settings(max_examples=examples(2), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ARRIVALS, st.sets(st.integers(0, 8)), st.integers(0, 9))
def test_ids_depend_neither_on_batches_nor_on_what_was_forgotten(
    arrivals: list[tuple[str, str, str, str]], cuts: set[int], forgotten: int
) -> None:
    check_that_ids_depend_neither_on_batches_nor_on_what_was_forgotten(arrivals, cuts, forgotten)


@pytest.mark.soak
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ARRIVALS, st.sets(st.integers(0, 8)), st.integers(0, 9))
def test_ids_depend_on_neither_in_many_more_histories(
    arrivals: list[tuple[str, str, str, str]], cuts: set[int], forgotten: int
) -> None:
    check_that_ids_depend_neither_on_batches_nor_on_what_was_forgotten(arrivals, cuts, forgotten)


def test_texts_are_read_in_batches_and_a_killed_run_resumes(
    harness: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        drop(harness, f"{number}.txt", TEXTS[number % 6], f"2025-03-0{number + 1}", "Wire")
    harness.ingest()
    before = harness.loaded()
    monkeypatch.setattr(assign, "_TEXTS_AT_A_TIME", 2)
    done = []

    def stop(stage: str, part: int, total: int) -> None:
        done.append((part, total))
        if len(done) == 2:
            raise KeyboardInterrupt

    with build_db.open_build(harness.settings.build_file) as con:
        assign.clear_stories(con)
    with pytest.raises(KeyboardInterrupt):
        article_stories.group(harness.settings, stop)
    assert done == [(2, 7), (4, 7)]
    article_stories.group(harness.settings)
    assert harness.loaded() == before


def test_the_samples_hold_one_story_in_three_outlets_and_who_was_first(samples: Path) -> None:
    with duckdb.connect(str((samples / "news.duckdb").resolve()), read_only=True) as con:
        assert con.execute(
            "select first_outlet, first_published_on::varchar, article_count, outlet_count "
            "from stories where article_count > 1"
        ).fetchall() == [("Meridian Wire", "2025-05-21", 3, 3)]
        assert con.execute(
            "select outlet from articles where is_reprint order by published_on"
        ).fetchall() == [("Northwater Tribune",), ("The Sound Observer",)]
        assert con.execute("select count(*), sum(article_count) from stories").fetchall() == [
            (46, 48)
        ]
