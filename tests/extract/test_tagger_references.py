"""References: the network's vectors of anaphors and names, compared through a whole text."""

from __future__ import annotations

import numpy as np
import pytest
from extract_noisy import NoisyTagger, noisy_extractor
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.extract.tagger import tags
from etl.extract.tagger.engine import WEIGHTS
from etl.extract.tagger.tags import References

SHE, ANN, LEE, IAN, ROY = range(5)
"""Offsets of words; "Ann Lee" and "Ian Roy" are names of two words."""


def references(*closeness: float) -> References:
    """Return vectors by which "she" is as close to each other word as given."""
    found = References()
    keys = np.array([[0.0], *([2 * c] for c in closeness)], np.float32)
    found.add([SHE, *range(1, 1 + len(closeness))], np.ones_like(keys), keys)
    return found


def test_the_closest_candidate_is_the_most_probable() -> None:
    ann, ian = references(3, 3, 1, 1).shares(SHE, [[(ANN, LEE)], [(IAN, ROY)]]) or []
    assert ann > ian
    assert ann + ian < 1, "some is left for none of them"


def test_all_mentions_of_a_candidate_count_but_not_their_number() -> None:
    found = references(2, 2, 2, 2)
    once, twice = ([(ANN, LEE)], [(ANN, LEE), (IAN, ROY)])
    assert found.shares(SHE, [once]) == pytest.approx(found.shares(SHE, [twice]))


def test_a_word_without_vector_is_unknown_and_a_candidate_without_one_is_improbable() -> None:
    found = references(3, 3)
    assert found.shares(99, [[(ANN, LEE)]]) is None
    assert found.shares(SHE, [[(98, 99)]]) == [0]
    assert found.shares(SHE, []) == []


@given(st.lists(st.lists(st.integers(0, 30), max_size=4), max_size=6))
def test_shares_are_probabilities(candidates: list[list[int]]) -> None:
    rng = np.random.default_rng(len(candidates))
    found = References()
    for begin in (0, 10, 20):
        vectors = rng.normal(0, 9, (2, 10, 8)).astype(np.float32)
        found.add(range(begin, begin + 10), *vectors)
    shares = found.shares(5, [[(word, word) for word in words] for words in candidates])
    assert shares is not None
    assert len(shares) == len(candidates)
    assert all(share >= 0 for share in shares)
    assert sum(shares) <= 1 + 1e-9


def test_they_reach_from_the_headline_to_the_end_of_a_long_text() -> None:
    text = f"{'Nothing happened there. ' * 400}She left early."
    (reading, *_) = noisy_extractor().readings([Article("Ann Lee wins", text)])
    (body,) = (r for r in reading if r.part == "body")
    words = [t.start for t in body.doc.tokens if t.text == "She"]
    shift = body.refer.tags["body"].begin
    assert body.refer.tags["body"].references.shares(words[0] + shift, [[(0, 4)]])


def test_a_text_full_of_names_keeps_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "MOST_VECTORS", 300)
    text = "Ann Lee left early. " * 1_000
    (found,) = NoisyTagger(WEIGHTS, threads=1).tag([text], [[]])
    assert found.references.shares(0, [[(0, 4)]])
    assert found.references.shares(text.rindex("Ann"), [[(0, 4)]]) is None
