"""The contract of every extractor for any text, on which the warehouse relies."""

from __future__ import annotations

import random
from functools import lru_cache
from itertools import pairwise

import extract_texts as texts
import pytest
from extract_noisy import noisy_extractor
from extract_time import check_linear_time, cpu_seconds
from hypothesis import given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.domain import Article, Extraction, Part
from etl.extract import Extractor, extractor_names, get_extractor, register_extractor
from etl.extract.tagger.engine import Tagger
from etl.extract.tagger_extractor import TaggerExtractor
from etl.extract.tokens import MAX_CHARACTERS, MAX_TOKENS, TextTooLongError

PARTS: tuple[Part, ...] = ("headline", "body")
EACH = pytest.mark.parametrize("name", ["rules", "tagger", "fast"])


@lru_cache
def extractor_of(name: str) -> Extractor:
    return noisy_extractor() if name == "noisy" else get_extractor(name)


def assert_sound(article: Article, extraction: Extraction) -> None:
    """Check that offsets match surfaces, nothing is duplicated and every reference resolves."""
    actors = {actor.local_id for actor in extraction.actors}
    assert len(actors) == len(extraction.actors)
    assert {m.actor for m in extraction.mentions} - {None} == actors, "an actor has no mention"
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


@EACH
@settings(deadline=None, max_examples=examples(25))
@given(st.lists(texts.ARTICLES, min_size=1, max_size=6))
def test_any_text_yields_a_sound_extraction(name: str, articles: list[Article]) -> None:
    extractor = extractor_of(name)
    together = extractor.extract_many(articles)
    for article, extraction in zip(articles, together, strict=True):
        assert_sound(article, extraction)
    assert together == [extractor.extract(article) for article in articles]


@settings(deadline=None, max_examples=examples(50))
@given(texts.ARTICLES)
def test_a_random_network_yields_sound_rows(article: Article) -> None:
    assert_sound(article, extractor_of("noisy").extract(article))


@EACH
def test_rows_depend_only_on_the_article(name: str) -> None:
    articles = [
        Article("Merkel: bridge closes", texts.news(5_000)),
        Article(None, ""),
        Article(None, texts.news(700).replace("\n", "\r\n")),
        Article("Angela Merkel left", "She said “it is over now” and left."),
        *(Article(None, text) for text in texts.news(4_000).split("\n\n")),
    ]
    extractor = extractor_of(name)
    expected = {article: extractor.extract(article) for article in articles}
    again = get_extractor(name)
    if isinstance(again, TaggerExtractor):
        again._tagger = Tagger(again._weights, threads=1)
    for size in (1, 3, len(articles)):
        random.Random(size).shuffle(articles)
        for begin in range(0, len(articles), size):
            group = articles[begin : begin + size]
            assert again.extract_many(group) == [expected[article] for article in group]


@EACH
def test_crlf_yields_the_same_mentions_as_lf(name: str) -> None:
    text = texts.news(2_000)
    article = Article(None, text.replace("\n", "\r\n"))
    extraction = extractor_of(name).extract(article)
    assert_sound(article, extraction)
    expected = [m.surface for m in extractor_of(name).extract(Article(None, text)).mentions]
    assert [m.surface for m in extraction.mentions] == expected


@EACH
def test_a_person_is_found_beside_unusual_characters(name: str) -> None:
    for sign in ("\u200b", "\ud800", "\u202e", "🙂", "\x00", "\ufeff", "é\u0301\u0323"):
        body = f"{sign} Chancellor Angela Merkel said {sign} that it was so. {sign}"
        extraction = extractor_of(name).extract(Article(None, body))
        assert_sound(Article(None, body), extraction)
        assert ("Angela Merkel", "PERSON") in {(m.surface, m.type) for m in extraction.mentions}


@pytest.mark.parametrize(
    ("name", "kind", "size"),
    [
        *(("rules", kind, 25_000) for kind in texts.KINDS),
        *(("noisy", kind, 10_000) for kind in ["news", "acronyms", "ministers", "pronouns"]),
        *(("noisy", kind, 10_000) for kind in ["cues with sources", "speech", "words in marks"]),
    ],
)
def test_no_text_takes_more_than_linear_time(name: str, kind: str, size: int) -> None:
    extractor = extractor_of(name)
    articles = {n: Article(None, texts.text(kind, n)) for n in (size, 4 * size)}

    def seconds(characters: int) -> float:
        return cpu_seconds(lambda: extractor.extract(articles[characters]))

    seconds(size)  # the first call fills caches
    check_linear_time(seconds, size)


@EACH
def test_a_text_over_the_limits_is_refused_with_a_remedy(name: str) -> None:
    with pytest.raises(TextTooLongError, match=r"5,242,881 characters.*split the file"):
        extractor_of(name).extract(Article(None, "a" * (MAX_CHARACTERS + 1)))
    with pytest.raises(TextTooLongError, match=r"2,500,000 words and signs.*split the file"):
        extractor_of(name).extract(Article(None, "?!" * (MAX_TOKENS // 2 + 1)))


@EACH
def test_empty_text_yields_nothing(name: str) -> None:
    for article in (Article(None, ""), Article("", " \n\t\u200b")):
        assert extractor_of(name).extract(article) == Extraction()
    assert extractor_of(name).extract_many([]) == []


def test_extractors_are_found_by_name() -> None:
    assert {"rules", "tagger"} <= set(extractor_names())  # other tests register more
    assert get_extractor("rules").version.startswith("rules-")
    assert get_extractor("tagger").version.startswith("tagger-")
    with pytest.raises(ValueError, match="rules"):
        get_extractor("absent")
    with pytest.raises(ValueError, match="already"):
        register_extractor("rules", get_extractor)
