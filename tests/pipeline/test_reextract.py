"""Extracting again changes only the selected articles, and only once."""

from __future__ import annotations

import time
from datetime import date

import pytest

from etl.domain import Article, Extraction
from etl.pipeline import reextract
from etl.pipeline.errors import InputError
from etl.readers import read_file
from etl.storage.editions import ArticleSelection
from pipeline.warehouse_harness import FewerWords, WarehouseHarness, Words


def versions(harness: WarehouseHarness) -> dict[str, set[str]]:
    """The extractor versions of the articles and mentions of each outlet."""
    rows = harness.query(
        "select concat(outlet, ' ', published_on), extractor_version, method "
        "from loaded.article_versions join loaded.text_mentions using (content_sha256)"
    )
    return {key: {v for k, *vs in rows if k == key for v in vs} for key, *_ in rows}


def test_only_chosen_days_and_outlets_change(published: WarehouseHarness) -> None:
    before = published.loaded()
    chosen = reextract.stage_reextraction(
        published.settings,
        FewerWords("words-2"),
        ArticleSelection(date(2025, 3, 3), None, ("Paper 0",)),
    )
    assert chosen.articles == 2
    result = published.load()
    assert result.is_publish_due
    assert result.touched_days == {date(2025, 3, 3), date(2025, 3, 5)}
    new = {key for key, found in versions(published).items() if found == {"words-2"}}
    assert new == {"Paper 0 2025-03-03", "Paper 0 2025-03-05"}
    after = published.loaded()
    assert len(before["text_mentions"]) - len(after["text_mentions"]) == 2 * 5
    assert before["article_sources"] == after["article_sources"]

    assert published.load().rows_new == {}, "what is loaded is not loaded again"
    reextract.stage_reextraction(
        published.settings,
        FewerWords("words-2"),
        ArticleSelection(date(2025, 3, 3), None, ("Paper 0",)),
    )
    published.load()
    assert published.loaded() == after


def test_it_is_loaded_even_after_staging_was_lost(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    for second, version in enumerate(("words-2", "words-3")):
        monkeypatch.setattr(time, "time", lambda s=second: 1_800_000_000.0 + s)
        reextract.stage_reextraction(published.settings, Words(version), ArticleSelection())
        published.load()
        for folder in published.settings.extracted.glob("*/"):
            folder.rename(published.root / f"{version}-{folder.name}")
    assert set().union(*versions(published).values()) == {"words-3"}


def test_an_undated_article_is_published_again_too(published: WarehouseHarness) -> None:
    staged = reextract.stage_reextraction(
        published.settings, Words("words-2"), ArticleSelection(outlets=("Third Paper",))
    )
    assert staged.articles == 1
    result = published.load()
    assert (result.touched_days, result.is_publish_due) == (set(), True)


def test_an_article_on_which_the_extractor_fails_keeps_what_it_has(
    published: WarehouseHarness,
) -> None:
    staged = reextract.stage_reextraction(
        published.settings, Words("words-2", fails_on="Person3"), ArticleSelection()
    )
    assert staged.articles == 6
    published.load()
    assert sorted(map(sorted, versions(published).values())) == [["words-1"]] + [["words-2"]] * 6


def test_an_empty_selection_or_warehouse_is_refused(
    harness: WarehouseHarness, published: WarehouseHarness
) -> None:
    with pytest.raises(InputError, match="nothing is published yet"):
        reextract.stage_reextraction(harness.settings, Words(), ArticleSelection())
    with pytest.raises(InputError, match="no article matches"):
        reextract.stage_reextraction(
            published.settings, Words(), ArticleSelection(outlets=("No Paper",))
        )


def test_the_extractor_gets_what_the_reader_returned(published: WarehouseHarness) -> None:
    seen: list[Article] = []

    class Watching(Words):
        def extract(self, article: Article) -> Extraction:
            seen.append(article)
            return super().extract(article)

    reextract.stage_reextraction(published.settings, Watching(), ArticleSelection())
    read = [
        item.article
        for path in published.inbox.iterdir()
        for item in read_file(path.read_bytes(), path.name)
        if item.article
    ]
    assert sorted(map(repr, seen)) == sorted(map(repr, read))
