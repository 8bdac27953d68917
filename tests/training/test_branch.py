"""The branch for references: it learns, and leaves what the network said of anything else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etl.domain import Article
from etl.extract.tagger.engine import WEIGHTS, Tagger
from etl.extract.tagger_extractor import Reading
from training.anaphors.examples import Annotated, Right

NO_TORCH = "training/requirements.txt is not installed"
onnx: Any = pytest.importorskip("onnx", reason=NO_TORCH)
branch: Any = pytest.importorskip("training.anaphors.branch", reason=NO_TORCH)

TEXT = "Ann Lee met Eva Ray in town. She left early. Nobody knows why."


def linked(number: int) -> Annotated:
    """Return an article whose "She" is Eva Ray."""

    def right_of(readings: Sequence[Reading]) -> Right:
        actors = {m.actor for reading in readings for m in reading.names if m.actor is not None}
        return lambda part, start, end: {actor for actor in actors if actor.name == "Eva Ray"}

    return Annotated(f"text {number}", Article(None, TEXT), right_of)


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(branch, "annotated", lambda: map(linked, range(4)))
    return branch.read(tmp_path)


def test_texts_hold_the_pieces_of_anaphors_and_mentions(texts: list[Any], tmp_path: Path) -> None:
    assert [text.source for text in texts] == [f"text {number}" for number in range(4)]
    (example,), ((at, candidates),) = texts[0].examples, texts[0].places
    assert len(example.right) == 1
    assert example.right[0] < len(candidates) == 2
    assert all(first <= last < at for mentions in candidates for first, last in mentions)
    assert sum(texts[0].sizes) == len(texts[0].states)
    again = branch.read(tmp_path)  # from the file
    assert [text.places for text in again] == [text.places for text in texts]


def test_training_makes_the_right_candidate_more_probable(
    texts: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branch, "_EPOCHS", 8)
    weights = branch.shipped(onnx.load(WEIGHTS / "model.onnx"))
    given = branch.features_scores(texts)
    before = branch.loss(branch.Branch(weights).eval(), texts, given).item()
    assert branch.loss(branch.train(texts, weights), texts, given).item() < 0.8 * before


def test_the_exported_network_differs_in_nothing_but_references(tmp_path: Path) -> None:
    model = onnx.load(WEIGHTS / "model.onnx")
    branch.export(branch.Branch(branch.shipped(model)).eval(), model, tmp_path)
    old, new = (Tagger(folder, threads=1)._session for folder in (WEIGHTS, tmp_path))
    random = np.random.default_rng(0)
    for length in (3, 40, 256):
        given = {
            "ids": random.integers(1_000, 20_000, (1, length)),
            "shapes": random.integers(0, 3, (1, length)),
        }
        (tags, links), (new_tags, new_links) = old.run(None, given), new.run(None, given)
        width = links.shape[-1] // 3
        assert np.array_equal(tags, new_tags)
        assert np.array_equal(links[..., : 2 * width], new_links[..., : 2 * width])
        references, again = links[..., 2 * width :], new_links[..., 2 * width :]
        # The weights were rounded to int8 twice.
        assert np.corrcoef(references.ravel(), again.ravel())[0, 1] > 0.97
