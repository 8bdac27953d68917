"""Windows cover every word of any text once, in order and at its offsets."""

from __future__ import annotations

from itertools import pairwise

import pytest
from extract_texts import ANY_TEXT, SURROGATES
from hypothesis import example, given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.extract.tagger.engine import WEIGHTS
from etl.extract.tagger.pieces import (
    CASINGS,
    CLS,
    LISTS,
    PIECES,
    SEP,
    Window,
    load_tokenizer,
    shape,
    windows,
)

TOKENIZER = load_tokenizer((WEIGHTS / "tokenizer.json").read_bytes())


def windows_of(text: str, cuts: list[int] | None = None) -> list[Window]:
    return list(windows(text, cuts or [], TOKENIZER))


def assert_sound(text: str, found: list[Window]) -> None:
    """Check that windows fit the network and that their words are in order and within the text."""
    for window in found:
        assert len(window.ids) == len(window.shapes) <= PIECES
        assert (window.ids[0], window.ids[-1]) == (CLS, SEP)
        assert window.shapes[0] == window.shapes[-1] == 0
        assert all(x % CASINGS > 0 and x < CASINGS * LISTS for x in window.shapes[1:-1])
        assert len(window.firsts) == len(window.words) > 0
        assert window.firsts[0] == 1
        assert all(a < b for a, b in pairwise([*window.firsts, len(window.ids) - 1]))
    words = [word for window in found for word in window.words]
    assert all(0 <= start < end <= len(text) for start, end in words)
    assert all(left[1] <= right[0] for left, right in pairwise(words)), "words overlap"


@settings(deadline=None, max_examples=examples(100))
@given(ANY_TEXT)
@example("\ud83d lone \ude00")
@example("a\u0301\u0323e\u200d\u00ad\r\nI\u0307\ufeff")
@example("≠ 한국어 \u037e \u1fef ﷺ ﬁ İ")
def test_any_text_has_sound_windows(text: str) -> None:
    assert_sound(text, windows_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "Angela Merkel met 1,200 voters. " * 700,
        "?!… “” " * 3_000,
        "antidisestablishmentarianism " * 900,
        "Ünïted\r\nNätions\r\n\r\n" * 900,
    ],
    ids=["news", "marks", "many pieces a word", "CRLF"],
)
def test_every_word_is_in_one_window(text: str) -> None:
    found = windows_of(text)
    assert_sound(text, found)
    words = [word for window in found for word in window.words]
    unread = [text[b:a] for (_, b), (a, _) in pairwise([(0, 0), *words, (len(text), 0)])]
    assert not "".join(unread).strip()
    # The same pieces as from the tokenizer alone: segments must not change them.
    assert sum(len(w.ids) - 2 for w in found) == len(
        TOKENIZER.encode(text, add_special_tokens=False).ids
    )


@settings(deadline=None, max_examples=examples(30))
@given(st.lists(st.integers(1, 120), min_size=1, max_size=40))
def test_windows_end_at_sentence_ends(lengths: list[int]) -> None:
    sentences = [" ".join(["word"] * (length - 1) + ["end"]) for length in lengths]
    ends, at = [], 0
    for sentence in sentences:
        at += len(sentence)
        ends.append(at)
        at += 1
    found = windows_of(" ".join(sentences), ends)
    assert {window.words[-1][1] for window in found} <= set(ends)


def test_a_window_without_a_sentence_end_ends_after_the_last_word_that_fits() -> None:
    first, *_ = windows_of("word " * 1_000, [])
    assert len(first.ids) == PIECES


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), (" \n\t\u00a0" * 500, 0), ("\u200b\u00ad\x00" * 500, 0), ("x" * 2_000_000, 1)],
    ids=["nothing", "blanks", "nothing visible", "one word of megabytes"],
)
def test_texts_with_no_word_or_one(text: str, count: int) -> None:
    found = windows_of(text)
    assert_sound(text, found)
    assert len(found) == count
    if count:
        assert (found[0].words[0][0], found[-1].words[-1][1]) == (0, len(text))


@given(st.text(SURROGATES, min_size=1, max_size=5))
def test_half_a_surrogate_pair_does_not_shift_words(lone: str) -> None:
    # Python reads these from JSON, but no encoding writes them and the tokenizer rejects them.
    before, whole = windows_of("Angela Merkel left"), windows_of(f"Angela Merkel left {lone}")
    assert whole[0].words[:3] == before[0].words
    assert whole[0].ids[:4] == before[0].ids[:4]


def test_a_shape_encodes_casing_and_word_lists() -> None:
    assert shape("Paris") % CASINGS == 2
    assert shape("PARIS") // CASINGS == shape("Paris") // CASINGS > 0
    assert shape("Qwzx") // CASINGS == 0
    assert shape("Mary") // CASINGS != shape("Nairobi") // CASINGS
