"""Decoding against its definition: all tag sequences enumerated with their probabilities."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.extract.tagger.decode import IMPOSSIBLE, Chain, FloatArray, TagSpan

TAGS = ("O", "B-X", "I-X", "B-Y", "I-Y")
LONGEST = 5
Path = tuple[int, ...]


def may_follow(before: str, after: str) -> bool:
    """Whether BIO allows a transition: an I must follow a B or I of the same label."""
    return after[0] != "I" or (before != "O" and before[1:] == after[1:])


def is_legal(path: Path) -> bool:
    return all(may_follow(a, b) for a, b in pairwise(["O", *(TAGS[t] for t in path)]))


PATHS = {
    n: [p for p in product(range(len(TAGS)), repeat=n) if is_legal(p)] for n in range(LONGEST + 1)
}


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    transitions = random_scores(draw, len(TAGS) + 1)
    forbidden = [[not may_follow(a, b) for b in TAGS] for a in (*TAGS, "O")]
    return Chain(TAGS, np.where(forbidden, IMPOSSIBLE, transitions))


def random_scores(draw: st.DrawFn, words: int) -> FloatArray:
    # Use a generator: drawing thousands of floats one by one would take Hypothesis minutes.
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(0, draw(st.sampled_from([0.1, 2.0, 20.0])), (words, len(TAGS)))


@st.composite
def windows_of_scores(draw: st.DrawFn) -> list[FloatArray]:
    return [random_scores(draw, n) for n in draw(st.lists(st.integers(0, LONGEST), max_size=5))]


def score(chain: Chain, emissions: FloatArray, path: Path) -> float:
    before, total = len(TAGS), 0.0
    for word, tag in zip(emissions, path, strict=True):
        total += float(chain.transitions[before, tag] + word[tag])
        before = tag
    return total


def spans_of(path: Path) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for i, tag in enumerate(path):
        if TAGS[tag][0] == "B":
            found.append((i, i + 1, TAGS[tag][2:]))
        elif TAGS[tag][0] == "I":
            found[-1] = (found[-1][0], i + 1, found[-1][2])
    return found


@settings(deadline=None, max_examples=examples(30))
@given(chains(), windows_of_scores())
def test_spans_and_confidences_equal_those_by_enumeration(
    chain: Chain, emissions: list[FloatArray]
) -> None:
    for window, found in zip(emissions, chain.spans(emissions), strict=True):
        paths = PATHS[len(window)]
        scores = np.array([score(chain, window, path) for path in paths])
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        assert [(s.first, s.last, s.label) for s in found] == spans_of(paths[scores.argmax()])
        for span in found:
            having = [(span.first, span.last, span.label) in spans_of(path) for path in paths]
            assert span.confidence == pytest.approx(float(shares[having].sum()), abs=1e-9)


@settings(deadline=None, max_examples=examples(30))
@given(chains(), windows_of_scores())
def test_a_window_is_decoded_the_same_alone_and_in_a_batch(
    chain: Chain, emissions: list[FloatArray]
) -> None:
    # Equal to the last bit: the rows of an article must not depend on its neighbours.
    assert chain.spans(emissions) == [chain.spans([window])[0] for window in emissions]


def test_windows_without_words_have_no_spans() -> None:
    chain = Chain(("O", "B", "I"), np.zeros((4, 3)))
    empty, word = np.empty((0, 3)), np.array([[0.0, 9.0, 0.0]])
    assert chain.spans([]) == []
    assert chain.spans([empty, empty]) == [[], []]
    (span,) = chain.spans([empty, word])[1]
    assert span == TagSpan(0, 1, "", span.confidence)
    assert span.confidence > 0.99
