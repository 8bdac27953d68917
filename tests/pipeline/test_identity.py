"""Whether a text is a new article, a new version of one, or the same one again."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.pipeline import archive_files
from pipeline.warehouse_harness import WarehouseHarness, story, text

FIRST, OTHER = story(1), story(2)


def sources_of(harness: WarehouseHarness) -> dict[str, list[str]]:
    """The paths of each article, in order."""
    return dict(
        harness.query(
            "select article_id, list(source_path order by sequence) from loaded.article_sources "
            "group by 1"
        )
    )


def test_the_same_file_under_two_names_is_one_article_with_two_sources(
    harness: WarehouseHarness,
) -> None:
    harness.drop("a.txt", text(FIRST))
    harness.drop("b/copy.txt", text(FIRST))
    harness.ingest()
    assert list(sources_of(harness).values()) == [["a.txt", "b/copy.txt"]]


@pytest.mark.parametrize("other", [{"outlet": "Second Paper"}, {"day": "2025-03-02"}])
def test_the_same_text_of_another_outlet_or_day_is_another_article(
    harness: WarehouseHarness, other: dict[str, str]
) -> None:
    harness.drop("a.txt", text(FIRST))
    harness.ingest()
    harness.drop("a.txt", text(FIRST, **other))
    harness.ingest()
    assert len(harness.articles()) == 2


@pytest.mark.parametrize("batch_articles", [1, 500])
@pytest.mark.parametrize(
    ("edited", "articles"),
    [
        pytest.param(text(FIRST + " And one sentence more."), 1, id="added"),
        pytest.param(text(FIRST[: len(FIRST) // 3]), 1, id="cut"),
        pytest.param(text(FIRST, author="Bob Byline"), 1, id="byline"),
        pytest.param(text(FIRST, headline="Quite Another Headline"), 1, id="headline"),
        pytest.param(text(OTHER), 2, id="other text"),
    ],
)
def test_an_edited_file_is_a_new_version_if_half_the_text_is_the_same(
    tmp_path: Path, batch_articles: int, edited: str, articles: int
) -> None:
    harness = WarehouseHarness(tmp_path, batch_articles)
    for content in (text(FIRST), edited):
        harness.drop("a.txt", content)
        archive_files.archive_new(harness.settings, [], "run")
    harness.stage()
    harness.load()
    assert len(harness.articles()) == articles
    assert harness.query("select count(*) from loaded.article_versions") == [(2,)]


def test_the_last_text_is_the_current_one_even_if_it_was_there_before(
    harness: WarehouseHarness,
) -> None:
    edited = FIRST + " And one sentence more."
    ids: set[str] = set()
    for body in (FIRST, edited, FIRST):
        harness.drop("a.txt", text(body))
        harness.ingest()
        assert list(harness.articles().values()) == [body]
        ids |= harness.articles().keys()
    assert len(ids) == 1
    assert harness.query("select count(*) from loaded.article_versions") == [(2,)]


def test_a_removed_file_stays_an_article(harness: WarehouseHarness) -> None:
    path = harness.drop("a.txt", text(FIRST))
    harness.ingest()
    path.unlink()
    harness.ingest()
    assert len(harness.articles()) == 1


BODIES = [
    FIRST,
    FIRST + " More of it.",
    FIRST[: len(FIRST) // 2],
    OTHER,
    FIRST[: len(FIRST) // 2] + " " + OTHER,
    "Short one.",
]
ARRIVALS = st.tuples(
    st.sampled_from(["a.txt", "b.txt", "c.txt"]),
    st.builds(
        text,
        st.sampled_from(BODIES),
        day=st.sampled_from(["2025-03-01", "2025-03-02"]),
        outlet=st.sampled_from(["Daily Test", "Second Paper"]),
        author=st.sampled_from(["Ann Author", "Bob Byline"]),
    ),
)


HISTORIES = st.lists(ARRIVALS, min_size=3, max_size=10)


def check_that_ids_depend_on_neither_batches_nor_the_forgotten(
    arrivals: list[tuple[str, str]], forgotten: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        worlds = [WarehouseHarness(Path(folder) / str(size), size) for size in (500, 3, 1)]
        first = worlds[0]
        for name, content in arrivals:
            first.drop(name, content)
            archive_files.archive_new(first.settings, [], "run")
        for harness in worlds:
            if harness is not first:
                shutil.copytree(first.settings.raw, harness.settings.raw)
            harness.stage()
            harness.load()
            assert harness.loaded() == first.loaded()

        gone = sorted(first.articles())[forgotten % len(first.articles())]
        versions = "select content_sha256, article_id from loaded.article_versions"
        kept = sorted(first.query(f"{versions} where article_id <> ?", gone))
        first.forget(gone)
        for again in (first.load, first.rebuild):
            again()
            assert sorted(first.query(versions)) == kept


@settings(max_examples=examples(2), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HISTORIES, st.integers(0, 9))
def test_ids_depend_neither_on_batches_nor_on_what_was_forgotten(
    arrivals: list[tuple[str, str]], forgotten: int
) -> None:
    check_that_ids_depend_on_neither_batches_nor_the_forgotten(arrivals, forgotten)


@pytest.mark.soak
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HISTORIES, st.integers(0, 9))
def test_ids_depend_on_neither_in_many_more_histories(
    arrivals: list[tuple[str, str]], forgotten: int
) -> None:
    check_that_ids_depend_on_neither_batches_nor_the_forgotten(arrivals, forgotten)
