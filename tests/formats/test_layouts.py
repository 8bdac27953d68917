"""The body is extracted from pages of any layout; docs/formats.md has the scores."""

from __future__ import annotations

from bench.layouts import PUBLISHED, f1, mean, ours, scores, theirs


def test_the_body_is_extracted_in_every_layout() -> None:
    found = scores(ours)
    precision, recall = mean(found)
    assert len(found) >= 10
    assert precision >= PUBLISHED[0], found
    assert recall >= PUBLISHED[1], found
    assert f1(precision, recall) >= 0.95, found
    assert f1(precision, recall) >= f1(*mean(scores(theirs)))
