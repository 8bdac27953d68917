"""The targets of distillation are the scores of the accurate network, each text once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from etl.extract import tokens
from etl.extract.tagger.engine import Tagger, load_tagger
from training.model import teacher_targets
from training.model.teacher_targets import TaughtWindow

TEXTS = (
    "Mary Holm met John Vik in Osterby. “The bridge is closed,” she told him. He shrugged.",
    "The council said on Monday that it would wait. " * 40 + "Nobody at Nordlys Energy agreed.",
    "",
)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return load_tagger()


@pytest.fixture(scope="module")
def found(tagger: Tagger) -> list[TaughtWindow]:
    return list(teacher_targets.taught_windows(tagger, TEXTS))


def test_the_tags_of_the_windows_decode_to_the_tags_of_the_text(
    tagger: Tagger, found: list[TaughtWindow]
) -> None:
    expected = tagger.tag(TEXTS, [tokens.sentence_ends(text) for text in TEXTS])
    scores = [(t.tags.astype(np.float32), np.empty((0, 0), np.float32)) for t in found]
    decoded = tagger._spans(scores)
    assert len(found) > 2, "the long text takes several windows"
    for head, of_windows in decoded.items():
        spans = [
            (t.window.words[s.first][0], t.window.words[s.last - 1][1], s.label)
            for t, of_window in zip(found, of_windows, strict=True)
            for s in of_window
        ]
        assert spans == [(s.start, s.end, s.label) for e in expected for s in e.spans[head]], head
    assert sum(map(len, decoded["names"])) == 4


def test_links_connect_words_of_the_same_window(found: list[TaughtWindow]) -> None:
    linked = 0
    for t in found:
        assert set(t.links) == {"source", "content", "pronoun"}
        for sources, targets, scores in t.links.values():
            if sources and targets:
                assert scores.shape == (len(sources), len(targets))
                assert max(*sources, *targets) < len(t.window.words)
                linked += 1
    assert linked > 2
    sources, targets, scores = found[0].links["pronoun"]
    words = [TEXTS[0][a:b] for a, b in found[0].window.words]
    row = scores[[words[n] for n in sources].index("she")]
    score_of = dict(zip((words[n] for n in targets), row.tolist(), strict=True))
    assert score_of["Mary"] > score_of["John"]


def test_each_text_is_in_one_shard_and_each_shard_has_all_sources() -> None:
    def source(name: str, count: int) -> Callable[[], Iterator[str]]:
        return lambda: (f"{name} {n}" for n in range(count))

    sources = {"few": source("few", 4), "many": source("many", 30)}
    shards = list(teacher_targets.texts(sources, 4))
    every = [text for shard in shards for text in shard]
    assert len(every) == len(set(every)) == 34
    for shard in shards:
        assert sum(text.startswith("few") for text in shard) == 1
    assert shards == list(teacher_targets.texts(sources, 4)), (
        "an interrupted run resumes with the same shards"
    )
    assert every[:8] != sorted(every)[:8]
