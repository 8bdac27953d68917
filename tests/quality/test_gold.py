"""The gold set is valid, and its parser rejects unclear annotations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from etl.domain import EntityType
from etl.quality.gold import (
    GOLD,
    PRONOUNS,
    GoldArticle,
    GoldError,
    GoldMention,
    parse_gold,
    read_gold,
    unmarked_names,
)

SHIPPED = read_gold()
by_article = pytest.mark.parametrize("gold", SHIPPED, ids=lambda gold: gold.name)


def gold_file(body: str, headline: str = "", actors: str = "holm PERSON\ndrahm PERSON") -> str:
    return f"{actors}\n===\n{headline}\n===\n{body}\n"


@by_article
def test_every_annotation_matches_its_offsets(gold: GoldArticle) -> None:
    for m in gold.mentions:
        assert gold.article.text(m.part)[m.char_start : m.char_end] == m.surface
    for q in gold.quotes:
        assert gold.article.text(q.part)[q.char_start : q.char_end] == q.text
        assert q.speaker is None or q.speaker in gold.actors
    assert not re.search(r"[{}<>|\\]", gold.article.body), "the text still contains markup"


@by_article
def test_a_name_is_marked_wherever_it_occurs(gold: GoldArticle) -> None:
    assert not unmarked_names(gold)


@by_article
def test_gold_articles_have_the_length_of_a_short_report(gold: GoldArticle) -> None:
    assert 150 <= len(gold.article.body.split()) <= 350


def test_the_set_covers_everything_that_is_extracted() -> None:
    mentions = [m for gold in SHIPPED for m in gold.mentions]
    quotes = [q for gold in SHIPPED for q in gold.quotes]
    names = {m.type for m in mentions if m.kind == "name"}
    assert names == {"PERSON", "ORG", "GPE", "LOC", "NORP", "FAC"}
    assert {m.kind for m in mentions} == {"name", "nominal", "pronoun"}
    assert {q.kind for q in quotes} == {"direct", "indirect", "mixed"}
    assert {gold.article.headline is None for gold in SHIPPED} == {True, False}
    assert any(q.speaker is None and q.source is None for q in quotes)
    assert any(q.source for q in quotes)
    bodies = "".join(gold.article.body for gold in SHIPPED)
    assert all(mark in bodies for mark in "“‘«\"'—[") and "``" in bodies


def test_text_and_annotations_are_parsed() -> None:
    text = gold_file(
        'Mayor {Lise Holm|holm|Mayor} said <i2 holm|{the {Drahm|drahm} heir|=drahm} had> "<m2 holm|'
        'gone>." "<d3 "aides"|He \\{left\\}>," aides said.',
        headline='"<d1 ?|No>"',
    )
    gold = parse_gold("x", text)
    assert gold.article.headline == '"No"'
    assert gold.article.body == (
        'Mayor Lise Holm said the Drahm heir had "gone." "He {left}," aides said.'
    )
    assert [(m.surface, m.kind, m.actor, m.roles) for m in gold.mentions] == [
        ("Lise Holm", "name", "holm", ("Mayor",)),
        ("the Drahm heir", "nominal", "drahm", ()),
        ("Drahm", "name", "drahm", ()),
    ]
    assert [(q.utterance, q.kind, q.speaker, q.source) for q in gold.quotes] == [
        (1, "direct", None, None),
        (2, "indirect", "holm", None),
        (2, "mixed", "holm", None),
        (3, "direct", None, "aides"),
    ]


NAMED = "{Holm|holm} {Drahm|drahm} "


@pytest.mark.parametrize(
    ("body", "line", "fault"),
    [
        ("{Holm|hulm}", 6, "undeclared actor 'hulm'"),
        ("{Holm}", 6, "undeclared actor ''"),
        ("Then\n\n{Holm|holm", 8, "'{' is never closed"),
        ("Holm}", 6, r"'}' closes nothing; open it, or write \\}"),
        ("{ Holm|holm}", 6, "no space around them"),
        ("{Holm\nLise|holm}", 7, "spans several lines"),
        ("{she|holm}", 6, r"write {she\|=holm}"),
        ("{Lise {Holm|holm}|holm}", 6, "only a nominal may contain names"),
        ("{the mayor|=holm|mayor}", 6, "put the role on the name"),
        ("{Holm|holm|mayor}, a mayor", 6, "is not beside 'Holm'"),
        ("“<direct holm|Yes>”", 6, "not a quote label"),
        ("“<d1 hulm|Yes>”", 6, "speaker 'hulm' is not declared"),
        ("“<d2 holm|Yes>”", 6, "number them from 1"),
        ("“<d1 holm|Yes>” “<d1 drahm|No>”", 6, "has speakers holm and drahm"),
        ("<d1 holm|Yes>", 6, "follows no quotation mark"),
        ("“<i1 holm|Yes>”", 6, "use i outside marks"),
        ("“<d1 holm|“<d2 holm|Yes>”>”", 6, "a quote within a quote"),
        ("“<d1 holm|{Holm|holm>”}", 6, "undeclared actor"),
        ('“<d1 "officials"|Yes>”', 6, "source 'officials' is not in the body"),
        ("a | b", 6, r"write \\\|"),
        ("a \\ b", 6, "a lone backslash"),
    ],
)
def test_a_mistake_is_rejected_with_line_fault_and_remedy(body: str, line: int, fault: str) -> None:
    with pytest.raises(GoldError, match=rf"^x\.txt:{line}: .*{fault}"):
        parse_gold("x", gold_file(body, headline=NAMED))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("holm PERSON\n===\nbody", "1: 1 lines '===' instead of two"),
        (gold_file(NAMED, actors="holm PERSON\nholm ORG"), "2: actor 'holm' is declared twice"),
        (gold_file(NAMED, actors="# who\nholm MAN"), "2: 'MAN' is not a type; use one of PERSON"),
        (gold_file(NAMED, actors="Lise Holm PERSON"), "1: 'Lise Holm PERSON' is not an actor"),
        (gold_file("{Holm|holm}"), "2: actor 'drahm' is never named; mark its name or remove it"),
        (gold_file("", headline=NAMED), "the article has no body"),
    ],
)
def test_a_malformed_file_is_rejected(text: str, fault: str) -> None:
    with pytest.raises(GoldError, match=re.escape(fault)):
        parse_gold("x", text)


def test_a_folder_without_articles_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="no gold articles"):
        read_gold(tmp_path)


# A text as a list of pieces, each with the actor that it names or None.
KEYS: dict[str, EntityType] = {"holm": "PERSON", "osterby": "GPE"}
WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
SURFACES = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12)
PIECES = st.lists(
    st.tuples(WORDS, st.none()) | st.tuples(SURFACES, st.sampled_from(sorted(KEYS))), max_size=12
)


def escaped(text: str) -> str:
    return re.sub(r"([{}<>|\\])", r"\\\1", text)


@given(PIECES)
def test_escaping_and_markup_round_trip(
    pieces: Iterable[tuple[str, str | None]],
) -> None:
    # Every actor must be named; blank lines at the edges and lone dividers are not text.
    pieces = [("Holm", "holm"), ("; ", None), *pieces, (". ", None), ("Osterby", "osterby")]
    marked = "".join(
        escaped(text) if key is None else f"{{{escaped(text)}|{key}}}" for text, key in pieces
    )
    assume("\n===\n" not in marked and not {p[0].lower() for p in pieces} & PRONOUNS)
    actors = "\n".join(f"{key} {kind}" for key, kind in KEYS.items())
    gold = parse_gold("x", gold_file(marked, actors=actors))
    assert gold.article.body == "".join(text for text, _ in pieces)
    found: list[GoldMention] = list(gold.mentions)
    assert [(m.surface, m.actor) for m in found] == [p for p in pieces if p[1] is not None]
    assert all(gold.article.body[m.char_start : m.char_end] == m.surface for m in found)


def test_the_gold_set_is_packaged() -> None:
    assert len(SHIPPED) == len(list(GOLD.glob("*.txt"))) >= 20
