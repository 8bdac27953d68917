"""The figures on the gold set, and the asset check against the recorded ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import pytest

from etl.domain import Article, Extraction, Mention, Quote, TextActor
from etl.extract import DEFAULT_EXTRACTOR, Extractor, extractor_names, get_extractor
from etl.extract.rule_extractor import RuleExtractor
from etl.orchestration.checks import is_as_good_as_recorded
from etl.orchestration.resources import Warehouse
from etl.quality import evaluation, figures
from etl.quality.__main__ import main
from etl.quality.gold import GoldArticle, parse_gold, read_gold

GOLD = parse_gold(
    "example",
    """lise PERSON
emil PERSON
osterby GPE
===
===
Mayor {Lise Holm|lise|Mayor} of {Osterby|osterby} said <i1 lise|{she|=lise} would> “<m1 lise|wait>.”

“<d2 emil|No,>” said {Emil Holm|emil}. <~i3 "aides"|It rained>, aides said.
""",
)


def perfect_extraction(gold: GoldArticle) -> Extraction:
    """Return the extraction that matches a gold article, optional quotes included."""
    numbers = {key: number for number, key in enumerate(gold.actors)}
    return Extraction(
        tuple(TextActor(number, key, gold.actors[key]) for key, number in numbers.items()),
        tuple(
            Mention(
                actor=numbers[m.actor],
                part=m.part,
                char_start=m.char_start,
                char_end=m.char_end,
                surface=m.surface,
                type=m.type,
                kind=m.kind,
                paragraph=0,
                sentence=0,
                role=m.roles[0] if m.roles else None,
                is_in_quote=False,
                method="gold",
                confidence=1.0,
            )
            for m in gold.mentions
        ),
        tuple(
            Quote(
                utterance=q.utterance,
                part=q.part,
                char_start=q.char_start,
                char_end=q.char_end,
                text=q.text,
                kind=q.kind,
                cue=None,
                speaker=numbers[q.speaker] if q.speaker else None,
                speaker_surface=q.source or q.speaker,
                speaker_char_start=None,
                speaker_char_end=None,
                method="gold",
                confidence=1.0,
            )
            for q in gold.quotes
        ),
    )


@dataclass
class ForgetfulExtractor:
    """A worse version of the rules, which drops every second mention and quote."""

    name: str
    version: str

    def extract(self, article: Article) -> Extraction:
        found = RuleExtractor().extract(article)
        actors = {m.actor for m in found.mentions[::2]}
        return Extraction(
            tuple(actor for actor in found.actors if actor.local_id in actors),
            found.mentions[::2],
            tuple(replace(q, speaker=None, speaker_surface=None) for q in found.quotes[::2]),
        )

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        return [self.extract(article) for article in articles]


_forgetful = ForgetfulExtractor("rules", "rules-forgetful")


class WorseWarehouse(Warehouse):
    @property
    def extractor(self) -> Extractor:
        return _forgetful


def checked(warehouse: Warehouse) -> dg.AssetCheckResult:
    result = is_as_good_as_recorded(warehouse)
    assert isinstance(result, dg.AssetCheckResult)
    return result


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_records_by_version", {})


def test_a_perfect_extraction_scores_100() -> None:
    for gold in (GOLD, *read_gold()):
        scores = evaluation.score_article(gold, perfect_extraction(gold))
        rates = {name: (r.precision, r.recall) for name, r in scores.rates.items()}
        assert set(rates.values()) <= {(100.0, 100.0), (0.0, 0.0)}, (gold.name, rates)
        assert all(rate.f1 == 100 for rate in (scores.names, scores.quotes_exact, scores.speakers))


def test_an_empty_extraction_scores_0() -> None:
    assert set(evaluation.score_article(GOLD, Extraction()).figures.values()) == {0.0}


def test_each_mistake_lowers_only_its_own_score() -> None:
    right = perfect_extraction(GOLD)
    holm, osterby, she, emil = right.mentions
    would, wait, no, rained = right.quotes

    def changed(**parts: object) -> evaluation.Scores:
        return evaluation.score_article(GOLD, replace(right, **parts))  # type: ignore[arg-type]

    wrong_type = changed(mentions=(holm, replace(osterby, type="LOC"), she, emil)).names
    assert (wrong_type.hits, wrong_type.found, wrong_type.gold) == (2, 3, 3)
    role = changed(mentions=(replace(holm, role="Lady"), osterby, she, emil)).roles
    assert (role.hits, role.found, role.gold) == (0, 1, 1)
    # Both Holms merged: two of three names share their cluster with another actor.
    merged = changed(mentions=(holm, osterby, she, replace(emil, actor=holm.actor)))
    assert merged.coreference.b_cubed.precision == pytest.approx(100 * 2 / 3)
    assert merged.coreference.b_cubed.recall == 100
    his = changed(mentions=(holm, osterby, replace(she, actor=emil.actor), emil)).references
    assert (his.hits, his.found, his.gold) == (0, 1, 1)
    # A comma more or less is not a mistake, a word is; the utterance still overlaps enough.
    longer = changed(quotes=(would, wait, replace(no, char_end=no.char_end - 1), rained))
    assert longer.quotes_exact.f1 == 100
    cut = changed(quotes=(replace(would, char_start=would.char_start + 4), wait, no, rained))
    assert (cut.quotes_exact.hits, cut.quotes_overlap.f1) == (2, 100)
    # An optional quote may be missing, and its speaker is not scored.
    assert (
        changed(quotes=(would, wait, no)).figures == evaluation.score_article(GOLD, right).figures
    )
    speaker = changed(quotes=(would, wait, replace(no, speaker=holm.actor), rained)).speakers
    assert (speaker.hits, speaker.gold) == (1, 2)


def test_the_recorded_figures_match_the_gold_set_and_the_shipped_extractors() -> None:
    recorded = figures.read_recorded()
    assert DEFAULT_EXTRACTOR in recorded
    assert set(recorded) <= set(extractor_names())
    assert {r.gold for r in recorded.values()} == {figures.gold_version()}, (
        "the gold set changed: run `python -m etl.quality --record` for each recorded extractor"
    )


def test_the_shipped_extractor_passes_and_the_figures_are_shown(tmp_path: Path) -> None:
    result = checked(Warehouse(home=str(tmp_path)))
    assert result.passed
    assert result.metadata["extractor"].value == get_extractor().version
    table = str(result.metadata["F1 on the gold articles"].value)
    assert table.startswith("| figure | recorded | now | change |")
    assert all(
        f"| {name} |" in table for name in figures.read_recorded()[DEFAULT_EXTRACTOR].figures
    )


def test_a_worse_extractor_fails_the_check_without_blocking(tmp_path: Path) -> None:
    result = checked(WorseWarehouse(home=str(tmp_path)))
    assert not result.passed
    assert result.severity is dg.AssetCheckSeverity.ERROR
    assert result.description is not None
    assert "names: F1" in result.description
    assert not any(spec.blocking for spec in is_as_good_as_recorded.check_specs)


def test_a_drop_of_one_point_is_tolerated_but_not_more() -> None:
    assert figures.regressions({"names": 80.0, "roles": 79.9}, {"names": 81.0, "roles": 81.0}) == [
        "roles"
    ]
    assert figures.regressions({}, {"names": 81.0}) == ["names"]


def test_a_version_is_scored_once_across_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "build" / "gold_figures.json"
    first = figures.cached_measurement(_forgetful, cache)
    monkeypatch.setattr(figures, "score", lambda *_: pytest.fail("scored again"))
    assert figures.cached_measurement(_forgetful, tmp_path / "other.json") == first  # this process
    figures._records_by_version.clear()
    assert figures.cached_measurement(_forgetful, cache) == first  # the next one


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": "rules-forgetful", "gold": "?"}'])
def test_an_unusable_cache_is_rewritten(tmp_path: Path, content: str) -> None:
    cache = tmp_path / "cache.json"
    cache.write_text(content)
    assert figures.cached_measurement(_forgetful, cache) == figures.measure(_forgetful)
    assert json.loads(cache.read_text())["gold"] == figures.gold_version()


def test_the_command_prints_and_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = tmp_path / "recorded.json"
    monkeypatch.setattr("etl.quality.__main__.RECORDED", recorded)
    assert main(["--extractor", "rules", "--json", "--record"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["figures"] == figures.read_recorded(recorded)["rules"].figures
    assert main(["--extractor", "rules"]) == 0
    assert "names" in capsys.readouterr().out
