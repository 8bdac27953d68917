"""Comparing a candidate: the predicted changes, counted by hand, and those after the publish."""

from __future__ import annotations

import json
from dataclasses import replace

import duckdb
import pytest

from etl import extract
from etl.cli.comparison import render
from etl.cli.terminal import show
from etl.domain import Act, Article, Extraction, TextActor
from etl.extract import get_extractor
from etl.pipeline import series_shifts
from etl.pipeline.compare import Comparison, compare_candidate
from etl.pipeline.series_shifts import published_shifts
from etl.query import export
from etl.storage.editions import ArticleSelection
from pipeline.warehouse_harness import WarehouseHarness, Words, story, text


class Other(Words):
    """Finds the same but: a role at the first mention, a longer second one, no third one, a place
    beside the person, and nobody known who speaks.
    """

    def extract(self, article: Article) -> Extraction:
        found = super().extract(article)
        first, second, _, *rest = found.mentions
        start = article.body.index("story")
        place = replace(
            first, actor=9, char_start=start, char_end=start + 5, surface="story", type="GPE",
        )  # fmt: skip
        end = second.char_end + len(" said")
        mentions = (
            replace(first, role="the boss"),
            replace(second, char_end=end, surface=article.body[second.char_start : end]),
            place,
            *rest,
        )
        quotes = tuple(replace(q, speaker=None, speaker_surface="someone") for q in found.quotes)
        return Extraction((*found.actors, TextActor(9, "Story", "GPE")), mentions, quotes)


@pytest.fixture
def other(published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch) -> Comparison:
    """Six mentions of one person and a quote by them in each of three articles of Paper 0."""
    monkeypatch.setitem(extract._factories, "other", lambda: Other("other-1", name="other"))
    published.candidate("other", ArticleSelection(outlets=("Paper 0",)))
    return compare_candidate(published.settings)


def counts(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(row[name] for name in ("before", "after", "gained", "lost", "changed"))


def test_changes_are_counted_by_type_and_actor(other: Comparison) -> None:
    assert (other.articles, other.changed_articles) == (3, 3)
    assert {row["what"]: counts(row) for row in other.totals} == {
        "mention": (42, 42, 3, 3, 6), "quote": (7, 7, 0, 0, 3),
    }  # fmt: skip
    assert {(row["what"], row["type"]): counts(row) for row in other.by_type} == {
        ("mention", "GPE"): (0, 3, 3, 0, 0),
        ("mention", "PERSON"): (42, 39, 0, 3, 6),
        ("quote", "direct"): (7, 7, 0, 0, 3),
    }
    first, *_ = [row for row in other.by_actor if row["name"] == "Person0"]
    assert {k: v for k, v in first.items() if k.startswith("mentions_")} == {
        "mentions_before": 6, "mentions_after": 5, "mentions_gained": 0, "mentions_lost": 1,
        "mentions_changed": 2,
    }  # fmt: skip
    assert (first["quotes_before"], first["quotes_after"], first["quotes_lost"]) == (1, 0, 1)
    assert {row["name"] for row in other.by_actor} == {"Person0", "Person2", "Person4", "Story"}


def test_examples_show_every_kind_of_change_in_its_sentence(other: Comparison) -> None:
    assert len(other.examples) == 15, "of 15; never more than 20"
    sorts = {(e["what"], e["change"], *e["fields"]) for e in other.examples}
    assert sorts == {
        ("mention", "gained"), ("mention", "lost"), ("mention", "changed", "role"),
        ("mention", "changed", "span"), ("quote", "changed", "speaker"),
    }  # fmt: skip
    for example in other.examples:
        for side in filter(None, (example["before"], example["after"])):
            at = example["sentence_char_start"]
            shown = example["sentence"][side["char_start"] - at : side["char_end"] - at]
            assert shown == side["text"]
        assert example["sentence"].endswith("."), "a whole sentence"
        assert example["sentence"].count(" said ") == 1
    assert json.loads(export.to_json(other.as_dict()))["candidate"]["version"] == "other-1"


def test_it_fits_a_screen(other: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    show(render(other))
    shown = capsys.readouterr().out
    for part in ("3 texts extracted", "mentions  all", "[Person", "by someone, direct", "the boss"):
        assert part in shown


def test_an_utterance_that_turns_out_to_be_an_intention_is_a_change_of_its_actor(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows without an act were statements, so a candidate's statements change nothing."""

    class WithActs(Words):
        def extract(self, article: Article) -> Extraction:
            found = super().extract(article)
            act: Act = "intention" if article.outlet == "Paper 0" else "statement"
            return replace(found, quotes=tuple(replace(q, act=act) for q in found.quotes))

    monkeypatch.setitem(extract._factories, "acts", lambda: WithActs("acts-1", name="acts"))
    published.candidate("acts")
    found = compare_candidate(published.settings)
    statements = {
        row["name"]: (row["statements_before"], row["statements_after"]) for row in found.by_actor
    }
    assert statements == dict.fromkeys(("Person0", "Person2", "Person4"), (1, 0))
    assert {tuple(example["fields"]) for example in found.examples} == {("act",)}
    assert {example["after"]["act"] for example in found.examples} == {"intention"}


def test_the_same_extractor_changes_nothing(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(extract._factories, "same", lambda: Words("words-2", name="same"))
    published.candidate("same")
    found = compare_candidate(published.settings)
    assert (found.articles, found.changed_articles, found.by_actor) == (7, 0, [])
    assert all(row["before"] == row["after"] for row in found.totals)


def test_a_full_name_in_the_candidate_settles_the_surname_in_all_articles(
    harness: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a night does, but in the trial only."""

    class Full(Words):
        def extract(self, article: Article) -> Extraction:
            found = super().extract(article)
            name = TextActor(0, "Anna Berg", "PERSON")
            return Extraction((name,), (replace(found.mentions[0], actor=0),))

    monkeypatch.setitem(extract._factories, "full", lambda: Full("full-1", name="full"))
    harness.drop("1.txt", text("Berg left."))
    harness.drop("2.txt", text("Berg spoke.", outlet="Other"))
    harness.ingest(publish=True)
    harness.candidate("full", ArticleSelection(outlets=("Other",)))
    found = compare_candidate(harness.settings)
    assert (found.articles, found.changed_articles) == (1, 2)
    counted = {(row["mentions_before"], row["mentions_after"]) for row in found.by_actor}
    assert counted == {(2, 0), (0, 2)}, "the undecided actor gives way to the person"
    assert not (harness.settings.identity_ledger / "000002.parquet").exists(), "only a trial"


def test_a_shift_is_predicted_and_reported_after_the_publish_and_news_is_no_shift(
    harness: WarehouseHarness,
) -> None:
    for n in range(6):
        harness.drop(f"{n}.txt", text(f"Maria met Omar, {n}.", day=f"2025-03-{n + 1:02}"))
    harness.drop("one.txt", text("Xaver met Zora."))
    harness.ingest(publish=True)
    assert published_shifts(harness.settings) == [], "nothing to compare with"
    harness.candidate()
    foretold = compare_candidate(harness.settings).shifted
    assert [
        (s["name"], s["articles_before"], s["articles_after"], s["share"]) for s in foretold
    ] == [("Omar", 6, 0, 1.0)]  # Zora is gone too, from one article
    harness.promote(publish=True)
    assert published_shifts(harness.settings) == foretold
    assert series_shifts.busiest(foretold) == "Omar: 6 to 0 articles (100% of its weeks)"
    assert published_shifts(replace(harness.settings, shift_share=1.0)) == []
    for n in range(6):
        harness.drop(f"new{n}.txt", text(f"Maria left, {n}.", day=f"2025-03-{n + 1:02}"))
    harness.ingest(publish=True)
    assert published_shifts(harness.settings) == [], "what came is news"
    assert get_extractor("few").version in str(harness.published("from articles"))


def test_a_former_file_of_an_older_version_is_not_compared(published: WarehouseHarness) -> None:
    published.drop("7.txt", text(story(7), day="2025-03-07"))
    published.ingest(publish=True)
    former = published.settings.snapshots / "1" / "news.duckdb"
    former.chmod(0o644)
    with duckdb.connect(str(former)) as con:
        con.execute("alter table main.actor_articles rename to actor_texts")
    assert published_shifts(published.settings) is None
