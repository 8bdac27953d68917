"""The fast network learns from the teacher, and padding changes nothing. Needs torch."""

from __future__ import annotations

import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etl.extract.tagger.engine import WEIGHTS
from etl.extract.tagger.pieces import CASINGS, Window, load_tokenizer, windows
from training.model.teacher_targets import TaughtWindow

NO_TORCH = "training/requirements.txt is not installed"
torch = pytest.importorskip("torch", reason=NO_TORCH)
distil: Any = pytest.importorskip("training.model.distil", reason=NO_TORCH)
network: Any = pytest.importorskip("training.model.network", reason=NO_TORCH)
student: Any = pytest.importorskip("training.model.student", reason=NO_TORCH)

SIZES = student.Sizes(width=32, layers="ca", attention_heads=2, link_width=8)
TAGS = sum(map(len, network.HEADS.values()))
TEXTS = ("Mary Holm met John Vik.", "“It is closed,” she told him on Monday, and he shrugged.")


def cut(text: str) -> Window:
    tokenizer = load_tokenizer((WEIGHTS / "tokenizer.json").read_bytes())
    (found,) = windows(text, [], tokenizer)
    return found


@pytest.fixture
def model() -> Any:
    torch.manual_seed(3)
    return student.Student(SIZES).eval()


def taught_by_itself(model: Any, window: Window) -> TaughtWindow:
    """A window with the model's own scores."""
    with torch.no_grad():
        tags, vectors = model(torch.tensor([window.ids]), torch.tensor([window.shapes]))
    parts = vectors[0, window.firsts].split(SIZES.link_width, -1)
    links = {}
    for n, kind in enumerate(network.LINKS):
        sources, targets = [0, 2], [1, 3, 4]
        scores = parts[2 * n][sources] @ parts[2 * n + 1][targets].T / SIZES.link_width**0.5
        links[kind] = (sources, targets, scores.numpy().astype(np.float16))
    return TaughtWindow(window, tags[0, window.firsts].numpy().astype(np.float16), links)


def with_random_scores(window: Window, seed: int) -> TaughtWindow:
    rng = np.random.default_rng(seed)
    tags = rng.normal(scale=3, size=(len(window.words), TAGS)).astype(np.float16)
    links = {
        kind: ([0, 2], [1, 3, 4], rng.normal(scale=3, size=(2, 3)).astype(np.float16))
        for kind in network.LINKS
    }
    return TaughtWindow(window, tags, links)


def test_a_window_has_the_same_scores_alone_and_padded(model: Any) -> None:
    short, long = map(cut, TEXTS)
    batch = distil.collate([with_random_scores(short, 1), with_random_scores(long, 2)], None)
    with torch.no_grad():
        together = model(batch.ids, batch.shapes, batch.mask)
        alone = model(torch.tensor([short.ids]), torch.tensor([short.shapes]))
    for unpadded, padded in zip(alone, together, strict=True):
        torch.testing.assert_close(padded[0, : len(short.ids)], unpadded[0], atol=1e-4, rtol=1e-4)


def test_noise_masks_words_and_changes_cases_but_not_targets() -> None:
    window = cut(TEXTS[1])
    plain = distil.collate([with_random_scores(window, 1)], None)
    masked, recased = 0, 0
    for seed in range(200):
        noisy = distil.collate([with_random_scores(window, 1)], random.Random(seed))
        changed = (noisy.ids != plain.ids).nonzero()[:, 1].tolist()
        assert set(changed) <= set(window.firsts)
        masked += len(changed)
        recased += bool((noisy.shapes != plain.shapes).any())
        assert torch.equal(noisy.shapes // CASINGS, plain.shapes // CASINGS), "lists are unchanged"
        assert torch.equal(noisy.tags, plain.tags)
    assert 0.02 < masked / 200 / len(window.firsts) < 0.06
    assert 2 <= recased <= 30


def test_there_is_no_loss_against_own_scores(model: Any) -> None:
    group = [taught_by_itself(model, cut(text)) for text in TEXTS]
    tag_loss, link_loss, agreed = distil.losses(model, distil.collate(group, None), SIZES, 1.5)
    assert tag_loss.item() < 1e-3
    assert link_loss.item() < 1e-3
    assert agreed > 0.9, "except ties within float16"
    other = [with_random_scores(cut(text), 5) for text in TEXTS]
    tag_loss, link_loss, _ = distil.losses(model, distil.collate(other, None), SIZES, 1.5)
    assert min(tag_loss.item(), link_loss.item()) > 0.3


def test_training_reduces_both_losses(model: Any) -> None:
    batch = distil.collate([with_random_scores(cut(text), n) for n, text in enumerate(TEXTS)], None)
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(60):
        tag_loss, link_loss, agreed = distil.losses(model, batch, SIZES, 1.5)
        optimizer.zero_grad()
        (tag_loss + link_loss).backward()
        optimizer.step()
        losses.append((tag_loss.item(), link_loss.item()))
    assert losses[-1][0] < 0.2 * losses[0][0]
    assert losses[-1][1] < 0.2 * losses[0][1]
    assert agreed > 0.9


def test_a_shard_round_trips(tmp_path: Path) -> None:
    written = with_random_scores(cut(TEXTS[0]), 1)
    file = tmp_path / "000.pickle"
    file.write_bytes(pickle.dumps([(written.window, written.tags, written.links)]))
    (found,) = distil.read(file)
    assert found.window == written.window
    np.testing.assert_array_equal(found.tags, written.tags)
