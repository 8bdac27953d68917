"""The tables that Python writes, defined once for DDL, Parquet layout, checks and documentation.

Belongs here: table and column definitions of schema `loaded`. Does not belong here: the published
models of schema `main`, which dbt owns (`sql/models/**/*.yml`), and any data access.

Every table of `TABLES` lives in schema `loaded` of the build database. There are no primary-key
indexes: uniqueness of `key` is a check that blocks the publish.

One file although it has over 400 lines: it is a flat list of definitions.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

SCHEMA_VERSION = 7
"""Layout of schema `loaded`. A build database of an older version is loaded again from staging.

An added table needs no new version: opening a build database creates missing tables.
"""
READABLE_SINCE = 4
"""The oldest layout of staging that is loaded; of an older one the archive is read again."""
ADDED_COLUMNS = frozenset({"act", "date_note", "dateline", "is_truncated"})
"""Columns that staging has only since a later layout than READABLE_SINCE. They are null in rows of
earlier ones, until these are extracted again (`act`) or read again (the others)."""

STRING, INT, LONG, FLOAT, BOOL = pa.string(), pa.int32(), pa.int64(), pa.float64(), pa.bool_()
DATE, TIMESTAMP, STRINGS = pa.date32(), pa.timestamp("us", tz="UTC"), pa.list_(pa.string())

_DUCKDB_TYPES = {
    STRING: "varchar",
    INT: "integer",
    LONG: "bigint",
    FLOAT: "double",
    BOOL: "boolean",
    DATE: "date",
    TIMESTAMP: "timestamptz",
    STRINGS: "varchar[]",
}


@dataclass(frozen=True)
class Column:
    """A column: its Arrow type, whether null is a legal value, and what it means."""

    name: str
    type: pa.DataType
    description: str
    nullable: bool = False


@dataclass(frozen=True)
class Reference:
    """A foreign key: values of `column` must exist in `table`.`target`; null is allowed."""

    column: str
    table: str
    target: str


@dataclass(frozen=True)
class Table:
    """A table of schema `loaded`: its grain in words, its key, and what it refers to."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[Reference, ...] = ()

    @property
    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema of a batch of rows."""
        return pa.schema([pa.field(c.name, c.type, c.nullable) for c in self.columns])

    @property
    def ddl(self) -> str:
        """The statement that creates the table in schema `loaded` if it does not exist."""
        body = ",\n  ".join(
            f"{c.name} {_DUCKDB_TYPES[c.type]}{'' if c.nullable else ' not null'}"
            for c in self.columns
        )
        return f"create table if not exists loaded.{self.name} (\n  {body}\n)"


def _span(prefix: str = "", *, nullable: bool = False) -> tuple[Column, Column]:
    unit = "in code points into the part"
    return (
        Column(f"{prefix}char_start", INT, f"First character, {unit}, from 0.", nullable),
        Column(f"{prefix}char_end", INT, f"One past the last character, {unit}.", nullable),
    )


_CONTENT = Column("content_sha256", STRING, "The article version: hash of what was read.")
_PART = Column("part", STRING, "'body' or 'headline'.")
_METHOD = Column("method", STRING, "How the value was inferred.")
_CONFIDENCE = Column("confidence", FLOAT, "Confidence of the method, 0 to 1.")
_RUN_ID = Column("run_id", STRING, "The run that first archived it.")

ARTICLE_VERSIONS = Table(
    "article_versions",
    "one row per distinct text of an article",
    ("content_sha256",),
    (
        _CONTENT,
        Column("article_id", STRING, "The article; fixed when it is first seen."),
        Column("outlet", STRING, "Outlet as written in the source.", True),
        Column("authors", STRINGS, "Authors as written, in order; empty when unknown."),
        Column("headline", STRING, "Headline without its date.", True),
        Column("published_on", DATE, "Publication day, in the outlet's time zone.", True),
        Column("published_at", TIMESTAMP, "Publication time, if the source gives one.", True),
        Column("headline_method", STRING, "How the headline was found.", True),
        Column("date_method", STRING, "How the date was found.", True),
        Column("date_note", STRING, "Why a date that the source gave is not used.", True),
        Column("outlet_method", STRING, "How the outlet was found.", True),
        Column("authors_method", STRING, "How the authors were found.", True),
        Column("dateline", STRING, "Place of the dateline as written.", True),
        Column(
            "is_truncated",
            BOOL,
            "Whether the source cut the text; null if an older version read it.",
            True,
        ),
        Column("language", STRING, "ISO 639-1 code; null when not determined.", True),
        Column("body", STRING, "Body as decoded, CRLF made LF, without byline and boilerplate."),
        Column("word_count", INT, "Words of the body, split at white space."),
        Column("source_format", STRING, "The reader that parsed it."),
        Column("extractor_version", STRING, "Extractor and version that its mentions come from."),
        Column("first_sequence", LONG, "Manifest sequence at which it was first seen."),
        Column("ingested_at", TIMESTAMP, "When its bytes were first archived."),
        _RUN_ID,
    ),
)

ARTICLE_SOURCES = Table(
    "article_sources",
    "one row per item of an archived file that was read as an article",
    ("sequence", "item"),
    (
        Column("sequence", LONG, "Manifest sequence of the file."),
        Column("item", INT, "Number of the item within the file, from 0."),
        Column("source_key", STRING, "Canonical URL, else source path and item."),
        Column("source_path", STRING, "Path in the inbox, else as given, made absolute."),
        Column("source_sha256", STRING, "Hash of the archived bytes."),
        Column("source_format", STRING, "The reader that parsed it."),
        _CONTENT,
        Column("article_id", STRING, "The article that it is a source of."),
        Column("archived_at", TIMESTAMP, "When the bytes were archived."),
        _RUN_ID,
    ),
    (Reference("content_sha256", "article_versions", "content_sha256"),),
)

ARTICLE_REDIRECTS = Table(
    "article_redirects",
    "one row per article id given up by a reread and article that holds text of it",
    ("old_article_id", "article_id"),
    (
        Column("old_article_id", STRING, "The id given up."),
        Column("article_id", STRING, "An article that holds text of it; never a given-up id."),
        Column(
            "share_of_text",
            FLOAT,
            "Share of the former article's text found in this one, 0 to 1.",
        ),
    ),
    (Reference("article_id", "article_versions", "article_id"),),
)

TEXT_ACTORS = Table(
    "text_actors",
    "one row per actor within one article version",
    ("text_actor_id",),
    (
        Column("text_actor_id", STRING, "Hash of the version and the actor's number in it."),
        _CONTENT,
        Column("name", STRING, "Fullest form of the name in this text."),
        Column("type", STRING, "PERSON, ORG, GPE, LOC, NORP, FAC or OTHER."),
    ),
    (Reference("content_sha256", "article_versions", "content_sha256"),),
)

TEXT_MENTIONS = Table(
    "text_mentions",
    "one row per mention of an actor in one article version",
    ("mention_id",),
    (
        Column("mention_id", STRING, "Hash of the version, part, start and end."),
        _CONTENT,
        Column("text_actor_id", STRING, "The actor mentioned; null when unresolved.", True),
        _PART,
        *_span(),
        Column("surface", STRING, "The characters of the span."),
        Column("type", STRING, "Type of this mention, as for actors."),
        Column("kind", STRING, "'name', 'nominal' or 'pronoun'."),
        Column("paragraph", INT, "Paragraph within the part, from 0."),
        Column("sentence", INT, "Sentence within the part, from 0."),
        Column("role", STRING, "Title as written beside the mention.", True),
        Column("is_in_quote", BOOL, "Whether it is inside quotation marks."),
        _METHOD,
        _CONFIDENCE,
    ),
    (
        Reference("content_sha256", "article_versions", "content_sha256"),
        Reference("text_actor_id", "text_actors", "text_actor_id"),
    ),
)

TEXT_QUOTES = Table(
    "text_quotes",
    "one row per contiguous quoted span in one article version",
    ("quote_id",),
    (
        Column("quote_id", STRING, "Hash of the version, part, start and end."),
        Column("utterance_id", STRING, "Shared by the pieces of one utterance."),
        _CONTENT,
        _PART,
        *_span(),
        Column("text", STRING, "The characters of the span, inside the marks."),
        Column("kind", STRING, "'direct', 'indirect' or 'mixed'."),
        Column("cue", STRING, "The verb or phrase that attributes it.", True),
        Column("speaker_text_actor_id", STRING, "The speaker; null when unnamed or unknown.", True),
        Column("speaker_surface", STRING, "The speaker as written.", True),
        *_span("speaker_", nullable=True),
        _METHOD,
        Column("confidence", FLOAT, "Confidence that this was said or thought, 0 to 1."),
        Column(
            "speaker_confidence",
            FLOAT,
            "Confidence that the named speaker says it, 0 to 1; null without one.",
            True,
        ),
        Column(
            "act",
            STRING,
            "'statement', 'opinion' or 'intention'; null in rows extracted before acts existed.",
            True,
        ),
    ),
    (
        Reference("content_sha256", "article_versions", "content_sha256"),
        Reference("speaker_text_actor_id", "text_actors", "text_actor_id"),
    ),
)

_LINK = (
    Column("text_actor_id", STRING, "The actor within one article."),
    Column("entity_id", STRING, "The actor across articles."),
)
_OF_TEXT_ACTORS = (Reference("text_actor_id", "text_actors", "text_actor_id"),)

TEXT_LINKS = Table(
    "text_links",
    "one row per actor within an article: its entity according to the automatic linker",
    ("text_actor_id",),
    (
        *_LINK,
        Column(
            "method",
            STRING,
            "'name' if linked by its own name, 'ambiguous' if it is undecided, 'context' if "
            "articles on the same events decided, else how it was resolved.",
        ),
        _CONFIDENCE,
    ),
    _OF_TEXT_ACTORS,
)

FORMER_LINKS = Table(
    "former_links",
    "one row per actor within an article and former entity that a relink left without actors",
    ("text_actor_id", "entity_id"),
    (_LINK[0], Column("entity_id", STRING, "The entity that has no actor of an article any more.")),
    _OF_TEXT_ACTORS,
)

ACTOR_LINKS = Table(
    "actor_links",
    "one row per actor within an article: its entity, corrections included",
    ("text_actor_id",),
    (
        *_LINK,
        Column("method", STRING, "As in `text_links`, or 'correction' if a correction moved it."),
        _CONFIDENCE,
        Column("correction_id", STRING, "The correction that moved it last; null for none.", True),
    ),
    _OF_TEXT_ACTORS,
)

ENTITY_REDIRECTS = Table(
    "entity_redirects",
    "one row per entity id that was given up and redirects to another",
    ("old_entity_id",),
    (
        Column("old_entity_id", STRING, "The id given up."),
        Column("entity_id", STRING, "The entity that it means now; never a given-up id."),
    ),
)

ENTITY_OVERRIDES = Table(
    "entity_overrides",
    "one row per entity whose name or type was corrected",
    ("entity_id",),
    (
        Column("entity_id", STRING, "The entity."),
        Column("name", STRING, "Its corrected name; null: the most frequent one.", True),
        Column("type", STRING, "Its corrected type; null: the most frequent one.", True),
    ),
)

ARTICLE_OVERRIDES = Table(
    "article_overrides",
    "one row per article whose date or outlet was corrected",
    ("article_id",),
    (
        Column("article_id", STRING, "The article."),
        Column("published_on", DATE, "Its corrected day; null: as read.", True),
        Column("outlet", STRING, "Its corrected outlet; null: as read.", True),
    ),
)

CORRECTIONS = Table(
    "corrections",
    "one row per correction in the file, undone ones included",
    ("correction_id",),
    (
        Column("correction_id", STRING, "Its id: a hash of the row."),
        Column("position", INT, "Place in the file, from 1."),
        Column("recorded_at", TIMESTAMP, "When it was recorded; null if not stated.", True),
        Column("author", STRING, "Who decided; empty if not stated."),
        Column("action", STRING, "'merge', 'split', 'alias', 'distinct', 'rename', 'type', "
               "'article' or 'undo'."),
        Column("arguments", STRING, "Its arguments as in the file: key=value;key=value."),
        Column("because", STRING, "Why."),
        Column("undoes", STRING, "The correction that an undo reverses.", True),
        Column("minted_entity_id", STRING, "The actor that it created; null for none.", True),
        Column("status", STRING, "'applied', 'idle' (nothing to change), 'undone' or 'skipped' "
               "(contradicts an earlier one)."),
        Column("detail", STRING, "Why it is idle or skipped, or what undid it.", True),
        Column("text_actor_count", LONG, "Actors of articles that it moved; null: it moves none.",
               True),
    ),
)  # fmt: skip

CORRECTED = (ACTOR_LINKS, ENTITY_REDIRECTS, ENTITY_OVERRIDES, ARTICLE_OVERRIDES, CORRECTIONS)
"""Tables that the replay of corrections fills."""

ARTICLE_STORIES = Table(
    "article_stories",
    "one row per article: the story it belongs to",
    ("article_id",),
    (
        Column("article_id", STRING, "The article."),
        Column("story_id", STRING, "The text lineage: 'S' and the id of its first seen article."),
        Column(
            "method",
            STRING,
            "How it got its story when first seen. 'first': no earlier article matched; 'text': "
            "shares text with matched_article_id; 'kept': the article it matched was forgotten.",
        ),
        Column(
            "containment",
            FLOAT,
            "Share of the shorter text found in the other, 0 to 1; null unless 'text'.",
            True,
        ),
        Column(
            "matched_article_id",
            STRING,
            "The earlier article that it shares most text with; null unless 'text'.",
            True,
        ),
    ),
    (
        Reference("article_id", "article_versions", "article_id"),
        Reference("matched_article_id", "article_versions", "article_id"),
    ),
)

STORY_REDIRECTS = Table(
    "story_redirects",
    "one row per story id given up because a later article merged two stories",
    ("old_story_id",),
    (
        Column("old_story_id", STRING, "The id given up."),
        Column("story_id", STRING, "The story that it is part of now; never a given-up id."),
    ),
    (Reference("story_id", "article_stories", "story_id"),),
)

INGEST_RUNS = Table(
    "ingest_runs",
    "one row per run, failed ones included, as of the publish",
    ("run_id",),
    (
        Column("run_id", STRING, "Dagster's run id, or that of the command."),
        Column(
            "kind",
            STRING,
            "'ingest', 'reextract', 'promote', 'rollback', 'reread', 'rebuild', 'republish', "
            "'correct', 'relink', 'retry', 'accept_loss' or 'materialize'.",
        ),
        Column("status", STRING, "'running', 'success' or 'failure'."),
        Column("started_at", TIMESTAMP, "Start of the run."),
        Column("finished_at", TIMESTAMP, "End of the run; null while it runs or if killed.", True),
        Column("files_seen", LONG, "Files found in the inbox."),
        Column("files_new", LONG, "Files archived for the first time."),
        Column("articles_new", LONG, "Articles seen for the first time."),
        Column("versions_new", LONG, "Article versions seen for the first time."),
        Column("quarantined", LONG, "Items quarantined by this run."),
        Column("error", STRING, "What failed, in one line.", True),
        Column("newsactors_version", STRING, "Version of the package."),
        Column("extractor_version", STRING, "Version of the extractor."),
    ),
)

QUARANTINE = Table(
    "quarantine",
    "one row per item that could not be read, as of the publish",
    ("source_sha256", "source_path", "item"),
    (
        Column("source_sha256", STRING, "Hash of the bytes; empty when they could not be read."),
        Column("source_path", STRING, "Where it came from."),
        Column("item", INT, "Number of the item within the file, from 0."),
        Column("reason", STRING, "One of a fixed list, such as 'empty' or 'undecodable'."),
        Column("detail", STRING, "What exactly, and where."),
        Column("remedy", STRING, "What to do about it."),
        Column("first_seen_at", TIMESTAMP, "When it was first quarantined."),
        _RUN_ID,
        Column("attempts", INT, "How many runs tried to read it."),
        Column("quarantine_id", STRING, "Its id for `newsactors quarantine`."),
    ),
)

WAREHOUSE_INFO = Table(
    "warehouse_info",
    "one row per property of this file: versions, fingerprint, publish time",
    ("property",),
    (
        Column("property", STRING, "Name of the property."),
        Column("value", STRING, "Its value."),
    ),
)

EXTRACTED = (TEXT_ACTORS, TEXT_MENTIONS, TEXT_QUOTES)
"""Tables that extraction fills; each refers only to earlier ones."""

INGESTED = (ARTICLE_VERSIONS, ARTICLE_SOURCES, *EXTRACTED)
"""Tables that one batch loads, in one transaction."""

LOADED = (*INGESTED, ARTICLE_REDIRECTS)
"""Tables that a load fills."""

STORIES = (ARTICLE_STORIES, STORY_REDIRECTS)
"""Tables that assigning stories fills."""

LINKED = (TEXT_LINKS, FORMER_LINKS)
"""Tables that linking fills."""

TABLES = (
    *LOADED,
    *LINKED,
    *CORRECTED,
    *STORIES,
    INGEST_RUNS,
    QUARANTINE,
    WAREHOUSE_INFO,
)
"""All tables of schema `loaded`."""
