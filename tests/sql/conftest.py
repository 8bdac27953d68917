"""A small warehouse, built once a session by dbt from rows written by hand."""

from __future__ import annotations

import hashlib
import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from session_cache import begin, once

from etl.schema import tables as schema
from etl.warehouse.dbt import run_dbt

EPOCH = datetime(2024, 6, 1, tzinfo=UTC)
SURE, UNSURE = 0.9, 0.5
"""Confidence of mentions by name and of others."""


@dataclass(frozen=True)
class Said:
    """An utterance in pieces, as they stand in the body, and who says it (None: unknown)."""

    speaker: str | None
    pieces: tuple[str, ...]
    act: str | None = None


@dataclass(frozen=True)
class Text:
    """One version of an article; `mentions` are (entity, kind, surface) in order of the body."""

    article_id: str
    headline: str | None
    body: str
    outlet: str | None = None
    published_on: date | None = None
    mentions: tuple[tuple[str | None, str, str], ...] = ()
    in_headline: tuple[tuple[str, str], ...] = ()
    quotes: tuple[Said, ...] = ()
    reprints: str | None = None
    """The article whose text it repeats."""

    @property
    def story_id(self) -> str:
        return f"S{self.reprints or self.article_id}"


TSELENSKYY, GERMANY, GEORGIA, GONE = "e-tselenskyy", "e-germany", "e-georgia", "e-gone"
TYPES = {TSELENSKYY: "PERSON", GERMANY: "GPE", GEORGIA: "GPE", GONE: "ORG"}

TEXTS = (
    Text(
        "a1",
        "First form",
        "Gone Ltd was in the first form only.",
        outlet=" nyt ",
        published_on=date(2023, 12, 31),
        mentions=((GONE, "name", "Gone Ltd"),),
    ),
    Text(
        "a1",
        "Tselenskyy speaks 🇺🇦 to Germany",
        "👨‍👩‍👧 Cafe\u0301 — Wolodar Tselenskyy said “we wait”, and he added: “for you”. "
        "Germany listened.",
        outlet=" nyt ",
        published_on=date(2024, 1, 1),
        mentions=(
            (TSELENSKYY, "name", "Wolodar Tselenskyy"),
            (TSELENSKYY, "pronoun", "he"),
            (GERMANY, "name", "Germany"),
        ),
        in_headline=((TSELENSKYY, "Tselenskyy"), (GERMANY, "Germany")),
        quotes=(Said(TSELENSKYY, ("we wait", "for you")),),
    ),
    Text(
        "a2",
        "Elsewhere",
        "Tselenský met the chancellor of Germany. “Good”, somebody said. They left.",
        outlet="Reuters",
        published_on=date(2024, 1, 1),
        mentions=(
            (TSELENSKYY, "name", "Tselenský"),
            (GERMANY, "name", "Germany"),
            (None, "pronoun", "They"),
        ),
        quotes=(Said(None, ("Good",)),),
        reprints="a1",
    ),
    Text(
        "a3",
        None,
        "Georgia voted. “We won”, Georgia said. “Twice”, it said.",
        outlet="The Tbilisi Paper",
        published_on=date(2024, 1, 3),
        mentions=((GEORGIA, "name", "Georgia"), (GEORGIA, "nominal", "it")),
        quotes=(Said(GEORGIA, ("We won",)), Said(GEORGIA, ("Twice",), "opinion")),
    ),
    Text(
        "a4",
        "Nobody",
        "Nothing happened.",
        outlet=None,
        published_on=date(2024, 1, 9),
        reprints="a3",
    ),
    Text(
        "a5",
        "No day",
        "Wolodar Tselenskyy, undated.",
        outlet="Reuters",
        mentions=((TSELENSKYY, "name", "Wolodar Tselenskyy"),),
    ),
    Text(
        "a6",
        "Later",
        "Wolodar Tselenskyy again, in the Germany of today.",
        outlet=None,
        published_on=date(2024, 2, 5),
        mentions=((TSELENSKYY, "name", "Wolodar Tselenskyy"), (GERMANY, "name", "Germany")),
    ),
    Text(
        "a7",
        "Last",
        "Germany ends it.",
        outlet="New York   Times",
        published_on=date(2024, 4, 30),
        mentions=((GERMANY, "name", "Germany"),),
    ),
)
"""In order of arrival: the second text of `a1` supersedes its first."""


def current_texts() -> list[Text]:
    return list({text.article_id: text for text in TEXTS}.values())


def sha(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


@dataclass
class Rows:
    """Rows by table of schema `loaded`."""

    tables: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def add(self, table: str, **row: object) -> None:
        self.tables.setdefault(table, []).append(row)


def rows_of(texts: tuple[Text, ...]) -> Rows:
    rows = Rows()
    for sequence, text in enumerate(texts):
        content = sha(text.article_id, text.body)
        rows.add(
            "article_versions",
            content_sha256=content,
            article_id=text.article_id,
            outlet=text.outlet,
            authors=["A. Writer"],
            headline=text.headline,
            published_on=text.published_on,
            body=text.body,
            word_count=len(text.body.split()),
            source_format="text",
            extractor_version="test-1",
            first_sequence=sequence,
            ingested_at=EPOCH,
            run_id="run-1",
        )
        rows.add(
            "article_sources",
            sequence=sequence,
            item=0,
            source_key=text.article_id,
            source_path=f"{text.article_id}.txt",
            source_sha256=sha("bytes", sequence),
            source_format="text",
            content_sha256=content,
            article_id=text.article_id,
            archived_at=EPOCH,
            run_id="run-1",
        )
        _add_actors(rows, text, content)
        _add_quotes(rows, text, content)
    for text in {text.article_id: text for text in texts}.values():
        rows.add(
            "article_stories",
            article_id=text.article_id,
            story_id=text.story_id,
            method="text" if text.reprints else "first",
            containment=0.9 if text.reprints else None,
            matched_article_id=text.reprints,
        )
    if texts:
        rows.add("story_redirects", old_story_id="Sgone", story_id="Sa1")
    rows.add(
        "ingest_runs",
        run_id="run-1",
        kind="ingest",
        status="success",
        started_at=EPOCH,
        **dict.fromkeys(
            ("files_seen", "files_new", "articles_new", "versions_new", "quarantined"), 1
        ),
        newsactors_version="0",
        extractor_version="test-1",
    )
    rows.add(
        "quarantine",
        source_sha256="",
        source_path="bad.txt",
        item=0,
        reason="empty",
        detail="no text",
        remedy="none",
        first_seen_at=EPOCH,
        run_id="run-1",
        attempts=1,
        quarantine_id="0123456789abcde",
    )
    rows.add("warehouse_info", property="schema_version", value=str(schema.SCHEMA_VERSION))
    return rows


def _add_actors(rows: Rows, text: Text, content: str) -> None:
    names: dict[str, str] = {}
    for entity, kind, surface in text.mentions:
        if entity and kind == "name":
            names.setdefault(entity, surface)
    for entity, name in names.items():
        actor = sha(content, entity)
        rows.add(
            "text_actors",
            text_actor_id=actor,
            content_sha256=content,
            name=name,
            type=TYPES[entity],
        )
        rows.add(
            "actor_links", text_actor_id=actor, entity_id=entity, method="name", confidence=1.0
        )
    spans = [("body", *mention) for mention in text.mentions]
    spans += [("headline", entity, "name", surface) for entity, surface in text.in_headline]
    start = {"body": 0, "headline": 0}
    for number, (part, entity, kind, surface) in enumerate(spans):
        whole = text.body if part == "body" else text.headline or ""
        at = whole.index(surface, start[part])
        start[part] = at + len(surface)
        rows.add(
            "text_mentions",
            mention_id=sha(content, part, at),
            content_sha256=content,
            text_actor_id=sha(content, entity) if entity else None,
            part=part,
            char_start=at,
            char_end=at + len(surface),
            surface=surface,
            type=TYPES.get(entity or "", "OTHER"),
            kind=kind,
            paragraph=0,
            sentence=number,
            is_in_quote=False,
            method="test",
            confidence=SURE if kind == "name" else UNSURE,
        )


def _add_quotes(rows: Rows, text: Text, content: str) -> None:
    for number, said in enumerate(text.quotes):
        for piece in said.pieces:
            at = text.body.index(piece)
            rows.add(
                "text_quotes",
                quote_id=sha(content, "quote", at),
                utterance_id=sha(content, "utterance", number),
                content_sha256=content,
                part="body",
                char_start=at,
                char_end=at + len(piece),
                text=piece,
                kind="direct",
                cue="said",
                speaker_text_actor_id=sha(content, said.speaker) if said.speaker else None,
                method="test",
                confidence=1.0,
                act=said.act,
            )


def load(build_file: Path, rows: Rows) -> None:
    """Write a build database with all tables of schema `loaded`, filled with `rows`."""
    build_file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(build_file) as connection:
        connection.execute("create schema loaded")
        for table in schema.TABLES:
            connection.execute(table.ddl)
            names = [column.name for column in table.columns]
            for row in rows.tables.get(table.name, []):
                assert not set(row) - set(names)
                connection.execute(
                    f"insert into loaded.{table.name} values ({', '.join('?' * len(names))})",
                    [row.get(name) for name in names],
                )


@dataclass(frozen=True)
class Warehouse:
    """A build database that dbt has filled, and the folder of dbt's artifacts."""

    file: Path
    target: Path


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The texts above, built with every data test and unit test of the dbt project."""

    def make(home: Path) -> None:
        begin(home, tmp_path_factory)
        build = home / "build"
        load(build / "news.duckdb", rows_of(TEXTS))
        run_dbt(["build"], build_file=build / "news.duckdb", target=build / "dbt")

    build = tmp_path_factory.mktemp("sql") / "build"
    shutil.copytree(once(tmp_path_factory, "sql-warehouse", make) / "build", build)
    return Warehouse(build / "news.duckdb", build / "dbt")


@pytest.fixture
def news(warehouse: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, opened read-only as users open it."""
    with duckdb.connect(warehouse.file, read_only=True) as connection:
        yield connection


def mentioned(text: Text) -> list[tuple[str, str, str]]:
    """(entity, part, kind) of each mention of somebody in a text."""
    body = [(entity, "body", kind) for entity, kind, _ in text.mentions if entity]
    return body + [(entity, "headline", "name") for entity, _ in text.in_headline]


def utterances(text: Text, entity: str) -> int:
    return sum(said.speaker == entity for said in text.quotes)


def statements(text: Text, entity: str) -> int:
    return sum(said.speaker == entity and said.act is None for said in text.quotes)


def quoted_words(text: Text, entity: str) -> int:
    pieces = [piece for said in text.quotes if said.speaker == entity for piece in said.pieces]
    return sum(len(piece.split()) for piece in pieces)


def entities_of(texts: list[Text]) -> list[str]:
    found = itertools.chain.from_iterable(mentioned(text) for text in texts)
    return sorted({entity for entity, _, _ in found})
