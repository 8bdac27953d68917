"""Metrics against examples counted by hand and examples from the papers."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.quality.coreference import Coreference, best_pairing, score_coreference
from etl.quality.scores import (
    Counts,
    Match,
    calibration,
    match_utterances,
    score_gap,
    score_spans,
)

Clusters = list[set[str]]


def clusters(*words: str) -> Clusters:
    """Return clusters of mentions; each letter is a mention."""
    return [set(word) for word in words]


def rates(scores: Coreference, metric: str) -> tuple[float, float, float]:
    credit = getattr(scores, metric)
    return round(credit.precision, 1), round(credit.recall, 1), round(credit.f1, 1)


# ------------------------------------------------------------------------------- spans


def test_exact_spans() -> None:
    # The second has the wrong type, the third the wrong end: 1 of 3 found and 1 of 4 gold spans.
    gold = {(0, 4, "PER"), (9, 12, "ORG"), (20, 30, "LOC"), (40, 44, "PER")}
    found = {(0, 4, "PER"), (9, 12, "LOC"), (20, 29, "LOC")}
    counts = score_spans(gold, found)
    assert counts == Counts(hits=1, found=3, gold=4)
    assert counts.precision == pytest.approx(100 / 3)
    assert counts.recall == 25
    assert counts.f1 == pytest.approx(200 / 7)  # 2 · 1 / (3 + 4)


def test_counts_are_summed_before_rates_are_computed() -> None:
    assert Counts(1, 1, 1) + Counts(0, 3, 1) == Counts(1, 4, 2)
    assert (Counts().precision, Counts().recall, Counts().f1) == (0, 0, 0)


# -------------------------------------------------------------------------- utterances


def test_overlap_is_the_share_of_gold_words_or_of_the_union() -> None:
    gold = [set(range(10))]
    found = [set(range(4, 24))]
    # 6 words in common: 6 of 10 gold words, 6 of 24 in the union.
    assert match_utterances(gold, found, 0.3) == [Match(0, 0, 0.6)]
    assert match_utterances(gold, found, 0.8) == []
    assert match_utterances(gold, found, 0.2, "union") == [Match(0, 0, 0.25)]
    assert match_utterances(gold, found, 0.3, "union") == []


def test_each_utterance_matches_once_best_pairs_first() -> None:
    gold = [{1, 2, 3, 4}, {3, 4}, {8, 9}, set()]
    found = [{3, 4}, {1, 2, 3, 4}, {9}, {9}]
    # Both found cover gold 1 fully; the union prefers the equal one. Gold 2 takes one of two.
    pairs = {(m.gold, m.found) for m in match_utterances(gold, found, 0.3)}
    assert pairs == {(0, 1), (1, 0), (2, 2)}


# ------------------------------------------------------------------------- coreference


def test_example_of_the_reference_scorer() -> None:
    """Pradhan et al. 2014, Figure 1: key abc defg, response ab cd fghi."""
    scores = score_coreference(clusters("abc", "defg"), clusters("ab", "cd", "fghi"))
    # MUC: recall ((3 - 2) + (4 - 3)) / (2 + 3), where e is missing: defg is in the parts d, fg, e.
    # Precision (1 + 0 + 1) / (1 + 1 + 3).
    assert rates(scores, "muc") == (40.0, 40.0, 40.0)
    # B³: recall (4/3 + 1/3 + 1/4 + 4/4) / 7 = 0.417; precision (4/2 + 1/2 + 1/2 + 4/4) / 8 = 0.5.
    assert rates(scores, "b_cubed") == (50.0, 41.7, 45.5)
    # CEAF-e: abc-ab 2·2/5, defg-fghi 2·2/8; 1.3 of 3 found and of 2 gold clusters.
    assert rates(scores, "ceaf_e") == (43.3, 65.0, 52.0)
    assert scores.conll == pytest.approx((40.0 + 45.4545 + 52.0) / 3, abs=0.01)


@pytest.mark.parametrize(
    ("found", "b_cubed_precision"),
    [(("12345", "6789ABC"), 76.2), (("1234589ABC", "67"), 58.3)],
)
def test_example_of_bagga_and_baldwin(found: tuple[str, ...], b_cubed_precision: float) -> None:
    """1998: MUC sees one wrong link in both responses; B³ sees how much it merges."""
    scores = score_coreference(clusters("12345", "67", "89ABC"), clusters(*found))
    # 9 of 10 links are right, all 9 are found.
    assert rates(scores, "muc") == (90.0, 100.0, 94.7)
    # (5·1 + 2·2/7 + 5·5/7) / 12 and (5·5/10 + 5·5/10 + 2·1) / 12.
    assert rates(scores, "b_cubed")[:2] == (b_cubed_precision, 100.0)


def test_example_of_vilain_with_singletons() -> None:
    """1995: key abcd, response ab cd; MUC ignores a singleton on both sides."""
    scores = score_coreference(clusters("abcd", "x"), clusters("ab", "cd", "x"))
    assert rates(scores, "muc")[:2] == (100.0, 66.7)
    assert rates(scores, "b_cubed")[:2] == (100.0, 60.0)  # (4 · 2/4 + 1) / 5
    assert rates(scores, "ceaf_e")[:2] == (55.6, 83.3)  # 2·2/6 + 1, of 3 and of 2


def test_pairing_maximises_the_sum_not_the_best_pair() -> None:
    assert best_pairing([[0.9, 0.8], [0.8, 0.1]]) == pytest.approx(1.6)
    assert best_pairing([]) == 0


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(st.floats(0, 1), min_size=width, max_size=width), min_size=1, max_size=4
        )
    )
)
def test_pairing_equals_brute_force(weights: list[list[float]]) -> None:
    count, width = len(weights), len(weights[0])
    size = max(count, width)
    square = [
        [weights[i][j] if i < count and j < width else 0.0 for j in range(size)]
        for i in range(size)
    ]
    best = max(
        sum(square[i][j] for i, j in enumerate(order)) for order in permutations(range(size))
    )
    assert best_pairing(weights) == pytest.approx(best)


@st.composite
def partitions(draw: st.DrawFn) -> Clusters:
    """Draw some of eight mentions, each in one of five clusters."""
    homes = draw(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 4)))
    return [{m for m, home in homes.items() if home == k} for k in set(homes.values())]


@given(partitions(), partitions())
def test_coreference_is_symmetric_bounded_and_perfect_on_itself(
    one: Clusters, other: Clusters
) -> None:
    there, back = score_coreference(one, other), score_coreference(other, one)
    for metric in ("muc", "b_cubed", "ceaf_e"):
        precision, recall, _ = rates(there, metric)
        assert rates(back, metric)[:2] == (recall, precision)
        assert 0 <= precision <= 100
    itself = score_coreference(one, one)
    assert itself.b_cubed.f1 == pytest.approx(100 if one else 0)
    assert itself.ceaf_e.f1 == pytest.approx(100 if one else 0)


# ---------------------------------------------------------------------------- pronouns


def test_gap_counts_pairs_like_its_official_scorer() -> None:
    # Masculine: 1 hit, 1 wrong, 1 missed: F1 50. Feminine: 1 hit, 1 missed: 66.7. Overall 2 hits
    # of 3 found and 4 gold: 4/7.
    gap = score_gap(
        [
            ("He", True, True),
            ("He", False, True),
            ("his", True, False),
            ("his", False, False),
            ("Her", True, True),
            ("she", True, False),
        ]
    )
    assert (gap.masculine, gap.feminine) == (Counts(1, 2, 2), Counts(1, 1, 2))
    assert gap.overall.f1 == pytest.approx(400 / 7)
    assert gap.bias == pytest.approx(4 / 3)
    assert score_gap([("he", True, True)]).bias is None


# -------------------------------------------------------------------------- confidence


def test_calibration_error_counted_by_hand() -> None:
    # Bin 0.8 to 0.9: two, mean confidence 0.85, half of them right: off by 0.35.
    # Bin 0.2 to 0.3: three, mean confidence 0.3, one right: off by 1/30.
    # (2 · 0.35 + 3 · 1/30) / 5 = 0.16.
    scored = calibration([(0.82, True), (0.88, False), (0.3, True), (0.3, False), (0.3, False)])
    assert scored.error == pytest.approx(0.16)
    assert [b.count for b in scored.bins] == [0, 0, 3, 0, 0, 0, 0, 0, 2, 0]
    assert scored.bins[8].mean_confidence == pytest.approx(0.85)
    assert scored.bins[8].share_right == 0.5
    assert scored.count == 5


def test_a_bin_ends_with_its_upper_bound() -> None:
    bins = calibration([(n / 10, True) for n in range(11)]).bins
    assert [b.count for b in bins] == [2, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert calibration([]).error == 0
    with pytest.raises(ValueError, match=r"1\.5"):
        calibration([(1.5, True)])


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans())))
def test_calibration_counts_every_outcome_and_is_in_0_to_1(
    outcomes: list[tuple[float, bool]],
) -> None:
    scored = calibration(outcomes)
    assert scored.count == len(outcomes)
    assert 0 <= scored.error <= 1
