"""Coverage of intervals: the shipped series over constructed appearances."""

from __future__ import annotations

from datetime import date
from math import inf

import pytest

from etl.domain import EntityType, Mention
from training.evaluation.coverage import HEADER, coverage, reach_of
from training.evaluation.coverage_samples import Appearance


def appearance(entity: str, type_: EntityType, sentence: int, **gold: int) -> Appearance:
    mention = Mention(
        0, "body", 0, 3, "Ada", type_, "name", 0, sentence, None, False, "test", 1.0
    )  # fmt: skip
    return Appearance(entity, f"of {entity}", date(2024, 1, 1), "", gold, [mention])


def test_intervals_contain_a_miss_that_had_a_chance() -> None:
    """Four actors found in no headline and with no quote, though some were there and spoke."""
    sample = [
        appearance("early", "PERSON", 0, headline_article=1, utterance=1),
        appearance("late", "PERSON", 9, headline_article=1, utterance=1),
        appearance("place", "GPE", 0, headline_article=1, utterance=1),
        appearance("nobody", "PERSON", 9, headline_article=0, utterance=0),
    ]
    within = HEADER.index("of these within, %")
    held = {str(row[0]): row[within] for row in coverage("made", sample) if row[2] == "month"}
    assert held == {
        "headline_article_count: made": pytest.approx(200 / 3),
        "utterance_count: made": pytest.approx(200 / 3),
    }


def test_reach_covers_nine_in_ten_and_one_more() -> None:
    assert reach_of([(float(n), 1.0) for n in range(1, 20)]) == 18
    assert reach_of([(1.0, 1.0)] * 8) == inf
    assert reach_of([(1.0, 90.0), (2.0, 10.0), (9.0, 5.0)]) == 2
