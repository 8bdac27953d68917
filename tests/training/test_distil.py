"""The fast network learns what it is taught, and padding changes nothing. Needs torch."""

from __future__ import annotations

import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etl.extract.tagger.engine import WEIGHTS
from etl.extract.tagger.pieces import CASINGS, Window, load_tokenizer, windows
from training.model.teacher_targets import Taught

WITHOUT = "training/requirements.txt is not installed"
torch = pytest.importorskip("torch", reason=WITHOUT)
distil: Any = pytest.importorskip("training.model.distil", reason=WITHOUT)
network: Any = pytest.importorskip("training.model.network", reason=WITHOUT)
student: Any = pytest.importorskip("training.model.student", reason=WITHOUT)

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


def own(model: Any, window: Window) -> Taught:
    """A window with what the network itself says of it."""
    with torch.no_grad():
        tags, vectors = model(torch.tensor([window.ids]), torch.tensor([window.shapes]))
    parts = vectors[0, window.firsts].split(SIZES.link_width, -1)
    links = {}
    for n, kind in enumerate(network.LINKS):
        sources, targets = [0, 2], [1, 3, 4]
        scores = parts[2 * n][sources] @ parts[2 * n + 1][targets].T / SIZES.link_width**0.5
        links[kind] = (sources, targets, scores.numpy().astype(np.float16))
    return Taught(window, tags[0, window.firsts].numpy().astype(np.float16), links)


def random_words(window: Window, seed: int) -> Taught:
    rng = np.random.default_rng(seed)
    tags = rng.normal(scale=3, size=(len(window.words), TAGS)).astype(np.float16)
    links = {
        kind: ([0, 2], [1, 3, 4], rng.normal(scale=3, size=(2, 3)).astype(np.float16))
        for kind in network.LINKS
    }
    return Taught(window, tags, links)


def test_a_window_gives_the_same_alone_and_padded_beside_a_longer_one(model: Any) -> None:
    short, long = map(cut, TEXTS)
    batch = distil.collate([random_words(short, 1), random_words(long, 2)], None)
    with torch.no_grad():
        together = model(batch.ids, batch.shapes, batch.mask)
        alone = model(torch.tensor([short.ids]), torch.tensor([short.shapes]))
    for one, of_two in zip(alone, together, strict=True):
        torch.testing.assert_close(of_two[0, : len(short.ids)], one[0], atol=1e-4, rtol=1e-4)


def test_noise_hides_words_and_changes_cases_and_what_is_taught_stays() -> None:
    window = cut(TEXTS[1])
    plain = distil.collate([random_words(window, 1)], None)
    hidden, recased = 0, 0
    for seed in range(200):
        noisy = distil.collate([random_words(window, 1)], random.Random(seed))
        changed = (noisy.ids != plain.ids).nonzero()[:, 1].tolist()
        assert set(changed) <= set(window.firsts)
        hidden += len(changed)
        recased += bool((noisy.shapes != plain.shapes).any())
        assert torch.equal(noisy.shapes // CASINGS, plain.shapes // CASINGS), "lists stay"
        assert torch.equal(noisy.tags, plain.tags)
    assert 0.02 < hidden / 200 / len(window.firsts) < 0.06
    assert 2 <= recased <= 30


def test_nothing_is_to_be_learned_from_ones_own_words(model: Any) -> None:
    group = [own(model, cut(text)) for text in TEXTS]
    of_tags, of_links, agreed = distil.losses(model, distil.collate(group, None), SIZES, 1.5)
    assert of_tags.item() < 1e-3
    assert of_links.item() < 1e-3
    assert agreed > 0.9, "but for ties within float16"
    other = [random_words(cut(text), 5) for text in TEXTS]
    of_tags, of_links, _ = distil.losses(model, distil.collate(other, None), SIZES, 1.5)
    assert min(of_tags.item(), of_links.item()) > 0.3


def test_learning_brings_both_losses_down(model: Any) -> None:
    batch = distil.collate([random_words(cut(text), n) for n, text in enumerate(TEXTS)], None)
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    seen = []
    for _ in range(60):
        of_tags, of_links, agreed = distil.losses(model, batch, SIZES, 1.5)
        optimizer.zero_grad()
        (of_tags + of_links).backward()
        optimizer.step()
        seen.append((of_tags.item(), of_links.item()))
    assert seen[-1][0] < 0.2 * seen[0][0]
    assert seen[-1][1] < 0.2 * seen[0][1]
    assert agreed > 0.9


def test_a_shard_is_read_as_it_was_written(tmp_path: Path) -> None:
    told = random_words(cut(TEXTS[0]), 1)
    file = tmp_path / "000.pickle"
    file.write_bytes(pickle.dumps([(told.window, told.tags, told.links)]))
    (found,) = distil.read(file)
    assert found.window == told.window
    np.testing.assert_array_equal(found.tags, told.tags)
