"""What holds for any text whatever: the promises that the warehouse relies on."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.extract import extractor_names, get_extractor, register_extractor
from etl.model import Article, Extraction, Part

EXTRACTOR = get_extractor()
PARTS: tuple[Part, ...] = ("headline", "body")

# Arbitrary text seldom looks like news, so half of it is made from what the rules react to.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
NAMES = ["Lise Holm", "Holm", "Emil", "Osterby", "OHA", "(OHA)", "Russia", "Russian", "A", "U.S."]
WORDS = ["she", "He", "said", "told", "added", "according to", "that", "the", "of", "and", "who"]
TITLES = ["mayor", "President", "Ministry", "Mr.", "Jr.", "von", "officials"]
SIGNS = ["(", ")", "“", "”", "‘", "’", "'", '"', "''", ",", ".", "?", ":", "—", "\n", "\n\n", "’s"]
OTHERS = ["É\u0301", "🙂", "שלום", "الخبر", "\u202e", "\u00ad", "\x00"]
FRAGMENTS = st.sampled_from(NAMES + WORDS + TITLES + SIGNS + OTHERS)
NEWSLIKE = st.lists(FRAGMENTS, max_size=60).map(" ".join)
TEXT = st.one_of(ANY_TEXT, NEWSLIKE, st.lists(FRAGMENTS, max_size=40).map("".join))
ARTICLES = st.builds(Article, headline=st.none() | TEXT, body=TEXT)


def assert_sound(article: Article, extraction: Extraction) -> None:
    """Offsets give the surfaces, nothing appears twice, every reference resolves."""
    actors = {actor.local_id for actor in extraction.actors}
    assert len(actors) == len(extraction.actors)
    assert {m.actor for m in extraction.mentions} - {None} == actors, "an actor without mention"
    for part in PARTS:
        text = article.text(part)
        mentions = [m for m in extraction.mentions if m.part == part]
        for m in mentions:
            assert m.surface
            assert text[m.char_start : m.char_end] == m.surface
            assert 0 <= m.confidence <= 1
        spans = sorted((m.char_start, m.char_end) for m in mentions)
        assert all(left[1] <= right[0] for left, right in pairwise(spans)), "mentions overlap"
        assert all(a.sentence <= b.sentence for a, b in pairwise(mentions))
        quotes = [q for q in extraction.quotes if q.part == part]
        assert len({(q.char_start, q.char_end) for q in quotes}) == len(quotes)
        for q in quotes:
            assert q.text.strip()
            assert text[q.char_start : q.char_end] == q.text
            assert 0 <= q.confidence <= 1
            assert q.speaker is None or q.speaker in actors
            if q.speaker_surface is None:
                assert (q.speaker, q.speaker_char_start, q.speaker_char_end) == (None, None, None)
            else:
                assert text[q.speaker_char_start : q.speaker_char_end] == q.speaker_surface
    numbers = sorted({q.utterance for q in extraction.quotes})
    assert numbers == list(range(len(numbers)))


@settings(deadline=None, max_examples=400)
@given(ARTICLES)
def test_any_text_is_read_without_fault_and_soundly(article: Article) -> None:
    assert_sound(article, EXTRACTOR.extract(article))


@settings(deadline=None, max_examples=50)
@given(ARTICLES)
def test_the_same_text_always_yields_the_same(article: Article) -> None:
    assert get_extractor().extract(article) == EXTRACTOR.extract(article)


@pytest.mark.parametrize(
    "body",
    [
        "Alpha " * 10_000,
        "a" * 1_000_000,
        "“Foo said " * 5_000,
        '"' * 20_000,
        "‘Abc’s " * 20_000,
        "said, " * 20_000,
        "Ministry of " * 10_000,
        "he said “It is so now, dear,” " * 3_000,
        "Foo said:\n\n“Yes I do agree.\n\n" * 3_000,
        " ".join(f"N{i} Smith said “Yes it is so.”" for i in range(3_000)),
    ],
    ids=lambda body: body[:12].strip(),
)
def test_no_text_takes_more_than_linear_time(body: str) -> None:
    # 2.5 s allows for a busy machine: the slowest takes half a second, a quadratic one minutes.
    article = Article(None, body)
    began = time.perf_counter()
    extraction = EXTRACTOR.extract(article)
    assert time.perf_counter() - began < 2.5
    assert_sound(article, extraction)


def test_nothing_yields_nothing() -> None:
    assert EXTRACTOR.extract(Article(None, "")) == Extraction()


def test_extractors_are_found_by_name() -> None:
    assert "rules" in extractor_names()
    assert get_extractor("rules").version.startswith("rules-")
    with pytest.raises(ValueError, match="rules"):
        get_extractor("absent")
    with pytest.raises(ValueError, match="already"):
        register_extractor("rules", get_extractor)
