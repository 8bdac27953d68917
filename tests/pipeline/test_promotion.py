"""A candidate's rows beside the active ones: built, promoted and rolled back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from etl import extract
from etl.extract import DEFAULT_EXTRACTOR, get_extractor
from etl.pipeline import compare, extractor_in_use, promotion
from etl.pipeline.errors import InputError
from etl.schema.tables import SCHEMA_VERSION
from etl.settings import Settings, SettingsError
from etl.storage import checksums, editions
from etl.storage.editions import ArticleSelection
from pipeline.test_forget import files_with, id_of
from pipeline.warehouse_harness import Rows, WarehouseHarness, Words, story, text

PAPER_0 = ArticleSelection(outlets=("Paper 0",))


def by_version(harness: WarehouseHarness) -> dict[str, int]:
    """The number of articles by extractor version."""
    rows = harness.query(
        "select extractor_version, count(*) from loaded.article_versions group by 1"
    )
    return dict(rows)


def made(harness: WarehouseHarness) -> Rows:
    """The extracted rows."""
    return {k: v for k, v in harness.loaded().items() if k in ("text_mentions", "text_quotes")}


def test_a_candidate_changes_nothing_until_it_is_promoted_for_old_and_new_articles(
    published: WarehouseHarness,
) -> None:
    before = published.loaded(), published.main(), published.snapshots()
    published.candidate()
    assert not published.load().is_publish_due
    assert (published.loaded(), published.main(), published.snapshots()) == before

    published.drop("late.txt", text(story(8), day="2025-03-08"))  # published, not in the candidate
    published.ingest(publish=True)
    published.drop("later.txt", text(story(9), day="2025-03-09"))  # loaded only
    published.ingest()
    published.promote(publish=True)
    assert by_version(published) == {"few-1": 9}
    assert editions.candidate(published.settings) is None
    assert extractor_in_use.name_in_use(published.settings) == "few"
    published.drop("last.txt", text(story(10), day="2025-03-10"))
    published.ingest(publish=True)
    assert by_version(published) == {"few-1": 10}
    assert published.query("select count(*) from loaded.text_mentions") == [(10,)]


def test_a_rollback_restores_every_row_and_reads_later_articles_again(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(extract._factories, DEFAULT_EXTRACTOR, Words)  # what is in use by default
    monkeypatch.setattr(promotion, "FORMER_ARTICLES", 3)
    before = published.loaded(), published.main()
    published.candidate()
    published.promote(publish=True)
    published.roll_back(publish=True)
    assert (published.loaded(), published.main()) == before
    assert extractor_in_use.name_in_use(published.settings) == DEFAULT_EXTRACTOR

    published.candidate()
    published.promote()
    published.drop("late.txt", text(story(8), day="2025-03-08"))
    published.ingest(publish=True)
    published.drop("later.txt", text(story(9), day="2025-03-09"))
    published.ingest()
    published.roll_back()
    assert by_version(published) == {"words-1": 9}
    published.settings.build_file.unlink()
    published.load()
    assert by_version(published) == {"words-1": 9}, "staging holds it too"


def test_later_articles_stay_if_the_former_version_is_gone(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package was upgraded: of the extractor, only the new version is installed."""
    monkeypatch.setitem(
        extract._factories, DEFAULT_EXTRACTOR, lambda: Words("new-2", name=DEFAULT_EXTRACTOR)
    )
    published.candidate(DEFAULT_EXTRACTOR)
    published.promote()
    published.drop("late.txt", text(story(8), day="2025-03-08"))
    published.ingest(get_extractor(DEFAULT_EXTRACTOR))
    published.roll_back()
    assert by_version(published) == {"words-1": 7, "new-2": 1}


def test_a_selection_is_promoted_alone_and_new_articles_are_read_as_before(
    published: WarehouseHarness,
) -> None:
    published.candidate(choice=ArticleSelection(date(2025, 3, 3), None, ("Paper 0",)))
    published.promote()
    assert by_version(published) == {"few-1": 2, "words-1": 5}
    assert extractor_in_use.name_in_use(published.settings) == DEFAULT_EXTRACTOR
    published.candidate(choice=PAPER_0)
    published.promote()
    assert by_version(published) == {"few-1": 3, "words-1": 4}
    published.roll_back()
    assert by_version(published) == {"few-1": 2, "words-1": 5}, "the last promotion alone"


def test_a_promotion_may_change_only_the_extractor_in_use(
    published: WarehouseHarness,
) -> None:
    published.candidate(choice=ArticleSelection(outlets=("Paper 0", "Paper 1", "Third Paper")))
    published.promote()
    published.candidate()
    published.promote()
    assert extractor_in_use.name_in_use(published.settings) == "few"
    published.roll_back()
    assert extractor_in_use.name_in_use(published.settings) == DEFAULT_EXTRACTOR
    assert by_version(published) == {"few-1": 7}, "the last promotion alone"


def test_articles_extracted_by_the_version_are_not_extracted_again(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = get_extractor("few")
    assert isinstance(few, Words)
    monkeypatch.setitem(extract._factories, "few", lambda: few)
    published.candidate(choice=PAPER_0)
    assert sum(few.calls) == 3
    published.candidate()
    assert sum(few.calls) == 7
    published.candidate()
    published.promote()
    assert sum(few.calls) == 7


def test_an_impossible_switch_is_refused_with_a_reason(
    harness: WarehouseHarness, published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(change: object, message: str) -> None:
        before = published.loaded()
        with pytest.raises(InputError, match=message):
            change()  # type: ignore[operator]
        assert published.loaded() == before

    with pytest.raises(InputError, match="nothing is published yet"):
        harness.candidate()
    refused(published.promote, "nothing to promote; make a candidate with")
    refused(published.roll_back, "nothing to roll back: nothing was promoted")
    refused(
        lambda: published.candidate(choice=ArticleSelection(outlets=("No Paper",))),
        "no article matches",
    )
    refused(lambda: compare.compare_candidate(published.settings), "there is no candidate")

    published.candidate()
    monkeypatch.setitem(extract._factories, "few", lambda: Words("few-2", name="few"))
    refused(published.promote, "made by few-1 .* installed is few-2 .* make another")
    published.candidate()  # which replaces it
    usage = shutil.disk_usage(published.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    refused(published.promote, r"0 MB free at .* free some space and run again")
    monkeypatch.undo()
    monkeypatch.setitem(extract._factories, "few", lambda: Words("few-2", name="few"))
    published.promote(publish=True)
    refused(published.promote, "nothing to promote; make a candidate with")
    monkeypatch.delitem(extract._factories, "few")
    with pytest.raises(InputError, match=r"no extractor is named 'few' .* --rollback"):
        extractor_in_use.extractor_in_use(published.settings)
    active = published.settings.reextraction / "active.json"
    switched = active.read_bytes()
    older = switched.replace(f'"layout": {SCHEMA_VERSION}'.encode(), b'"layout": 0')
    checksums.replace(active, older)
    refused(published.roll_back, "the replaced rows have layout 0, this newsactors writes layout")
    checksums.replace(active, switched)
    published.roll_back(publish=True)  # needs only what was in use before
    refused(published.roll_back, "nothing to roll back: few-2 was rolled back already")
    assert by_version(published) == {"words-1": 7}


def test_a_candidate_replaced_by_another_process_is_not_written_to(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Words):
        def extract_many(self, articles):  # type: ignore[no-untyped-def]
            monkeypatch.setitem(extract._factories, "slow", Words)
            published.candidate("few")
            return super().extract_many(articles)

    monkeypatch.setitem(extract._factories, "slow", lambda: Slow("slow-1", name="slow"))
    with pytest.raises(InputError, match="another process replaced the candidate"):
        published.candidate("slow")
    published.promote()
    assert by_version(published) == {"few-1": 7}


def test_a_forgotten_article_is_in_neither_candidate_nor_former_rows(
    published: WarehouseHarness,
) -> None:
    published.candidate()
    published.forget(id_of(published, story(3)))
    published.ingest(publish=True)
    assert files_with("Person3", published.settings.home) == []
    published.promote(publish=True)
    published.forget(id_of(published, story(4)))
    published.ingest(publish=True)
    assert files_with("Person4", published.settings.home) == []
    published.roll_back()
    assert by_version(published) == {"words-1": 5}


def test_a_rebuild_uses_the_promoted_extractor(published: WarehouseHarness) -> None:
    published.candidate()
    published.promote()
    after = made(published)
    published.rebuild()
    published.load()
    assert made(published) == after
    published.roll_back()
    assert by_version(published) == {"words-1": 7}


@pytest.fixture(autouse=True)
def _no_switch_is_left_incomplete(published: WarehouseHarness) -> Iterator[None]:
    yield
    extracted = published.settings.extracted
    assert [p.name for p in extracted.iterdir() if p.name.startswith(".")] == []


def test_the_setting_names_the_extractor_in_use_until_another_is_promoted(
    published: WarehouseHarness,
) -> None:
    chosen = replace(published.settings, extractor="rules")
    assert extractor_in_use.extractor_in_use(chosen).name == "rules"
    wrong = replace(published.settings, extractor="speedy")
    with pytest.raises(InputError, match=r"'speedy' .*known: .*correct NEWSACTORS_EXTRACTOR"):
        extractor_in_use.extractor_in_use(wrong)
    published.candidate()
    published.promote()
    assert extractor_in_use.name_in_use(chosen) == "few"
    published.roll_back()
    assert extractor_in_use.name_in_use(chosen) == "rules"
    assert Settings.from_env({}).extractor == DEFAULT_EXTRACTOR
    asked = Settings.from_env({"NEWSACTORS_EXTRACTOR": "fast", "NEWSACTORS_WORKERS": "3"})
    assert (asked.extractor, asked.workers) == ("fast", 3)
    with pytest.raises(SettingsError, match="NEWSACTORS_WORKERS='0' must be at least 1"):
        Settings.from_env({"NEWSACTORS_WORKERS": "0"})
