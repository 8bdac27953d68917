"""Integrity checks over schema `loaded`, from the table definitions: keys, references, offsets.

Belongs here: every check of loaded data; each reports all failures, not the first. Does not belong
here: tests of schema `main`, which are dbt's (`sql/`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from etl.domain import Article, Extraction
from etl.schema import tables as schema


@dataclass(frozen=True)
class Problem:
    """A failed check: the table, what failed in how many rows, and one example."""

    table: str
    check: str
    detail: str
    rows: int
    example: str

    def __str__(self) -> str:
        return (
            f"loaded.{self.table} {self.check} ({self.detail}): "
            f"{self.rows} rows, such as {self.example}"
        )


UNIQUE_KEY, NO_ORPHANS = "unique_key", "no_orphans"
OFFSETS, ALL_LINKED = "offsets_round_trip", "all_linked"
ALL_IN_A_STORY, NO_DANGLING = "all_in_a_story", "no_dangling_redirects"


DESCRIPTIONS = {
    UNIQUE_KEY: "No two rows share a key.",
    NO_ORPHANS: "Every reference leads to a row.",
    OFFSETS: "body[char_start:char_end] is the text shown, for every row.",
    ALL_LINKED: "Every actor of a text has a link.",
    ALL_IN_A_STORY: "Every article is in a story.",
    NO_DANGLING: "No id that was given up is in use.",
}


def check_names(table: schema.Table) -> list[str]:
    """The names of the checks that exist for a table."""
    return [
        UNIQUE_KEY,
        *([NO_ORPHANS] if table.references else []),
        *([OFFSETS] if table in (schema.TEXT_MENTIONS, schema.TEXT_QUOTES) else []),
        *([ALL_LINKED] if table is schema.ACTOR_LINKS else []),
        *([ALL_IN_A_STORY] if table is schema.ARTICLE_STORIES else []),
        *([NO_DANGLING] if table is schema.STORY_REDIRECTS else []),
    ]


def fault_of(article: Article, extraction: Extraction) -> str | None:
    """What is wrong with an extraction; None if its rows will pass the checks."""
    actors = {actor.local_id for actor in extraction.actors}
    if len(actors) != len(extraction.actors):
        return "two actors share a number"
    for spans, kind in ((extraction.mentions, "mentions"), (extraction.quotes, "quotes")):
        places = [(s.part, s.char_start, s.char_end) for s in spans]
        if len(places) != len(set(places)):
            return f"two {kind} share a span"
    for part, start, end, shown, actor in (
        *((m.part, m.char_start, m.char_end, m.surface, m.actor) for m in extraction.mentions),
        *((q.part, q.char_start, q.char_end, q.text, q.speaker) for q in extraction.quotes),
        *(
            (q.part, q.speaker_char_start, q.speaker_char_end, q.speaker_surface, q.speaker)
            for q in extraction.quotes
        ),
    ):
        if start is not None and article.text(part)[start:end] != (shown or ""):
            return f"{part}[{start}:{end}] is not the text shown"
        if actor is not None and actor not in actors:
            return f"there is no actor {actor}"
    return None


def check_loaded(
    con: duckdb.DuckDBPyConnection, contents: Sequence[str] | None = None
) -> list[Problem]:
    """All failures of keys, references and offsets in schema `loaded`; empty if there are none.

    With `contents`, of the extracted rows only those of these versions are checked: the others
    passed before. Keys are compared with those of all rows; references must lead to rows of the
    same text.
    """
    found = _duplicate_keys(con, (schema.ARTICLE_VERSIONS, schema.ARTICLE_SOURCES))
    found += _orphans(con, (schema.ARTICLE_VERSIONS, schema.ARTICLE_SOURCES))
    if contents is None:
        return [
            *found,
            *_duplicate_keys(con, schema.EXTRACTED),
            *_orphans(con, schema.EXTRACTED),
            *_offsets(con),
        ]
    # DuckDB pushes a list down into scans and joins, but not a semi join.
    listed = ", ".join(f"'{content}'" for content in contents) or "null"
    rows = {
        table.name: f"(select * from loaded.{table.name} where content_sha256 in ({listed}))"
        for table in (schema.ARTICLE_VERSIONS, *schema.EXTRACTED)
    }
    for table in schema.EXTRACTED:
        (key,) = table.key
        of_these = f"(select {key} from {rows[table.name]})"
        all_of_these = f"(select * from loaded.{table.name} where {key} in {of_these})"
        found += _duplicate_keys(con, [table], {table.name: all_of_these})
    return [*found, *_orphans(con, schema.EXTRACTED, rows), *_offsets(con, rows)]


def check_links(con: duckdb.DuckDBPyConnection) -> list[Problem]:
    """Failures of `actor_links`: each text actor is linked exactly once, and nothing else is."""
    linked, actors = (
        con.execute(
            "select count(*), bit_xor(hash(text_actor_id)), sum(hash(text_actor_id)) "
            f"from loaded.{table.name}"
        ).fetchone()
        for table in (schema.ACTOR_LINKS, schema.TEXT_ACTORS)
    )
    if linked == actors:
        return []  # the same ids, each once: 0.7 instead of 4.5 s for 11 million
    return [
        *_duplicate_keys(con, (schema.ACTOR_LINKS,)),
        *_orphans(con, (schema.ACTOR_LINKS,)),
        *_problem(
            con,
            schema.ACTOR_LINKS.name,
            ALL_LINKED,
            "every actor of a text has a link",
            "select text_actor_id from loaded.text_actors anti join loaded.actor_links "
            "using (text_actor_id)",
        ),
    ]


def check_stories(con: duckdb.DuckDBPyConnection) -> list[Problem]:
    """Failures of stories: each article is in exactly one, and redirects lead to one."""
    outside = _problem(
        con,
        schema.ARTICLE_STORIES.name,
        ALL_IN_A_STORY,
        "every article is in a story",
        "select distinct article_id from loaded.article_versions anti join loaded.article_stories "
        "using (article_id)",
    )
    in_use = _problem(
        con,
        schema.STORY_REDIRECTS.name,
        NO_DANGLING,
        "no article is in a story that was given up",
        "select old_story_id from loaded.story_redirects r semi join loaded.article_stories s "
        "on s.story_id = r.old_story_id",
    )
    return [
        *_duplicate_keys(con, schema.STORIES),
        *_orphans(con, schema.STORIES),
        *outside,
        *in_use,
    ]


def _duplicate_keys(
    con: duckdb.DuckDBPyConnection,
    tables: Iterable[schema.Table],
    rows: Mapping[str, str] | None = None,
) -> list[Problem]:
    rows, problems = rows or _ALL, []
    for table in tables:
        key = ", ".join(table.key)
        problems += _problem(
            con,
            table.name,
            UNIQUE_KEY,
            key,
            f"select concat_ws(' ', {key}) from {rows[table.name]} as t "
            f"group by {key} having count(*) > 1",
        )
    return problems


def _orphans(
    con: duckdb.DuckDBPyConnection,
    tables: Iterable[schema.Table],
    rows: Mapping[str, str] | None = None,
) -> list[Problem]:
    rows, problems = rows or _ALL, []
    for table in tables:
        for r in table.references:
            problems += _problem(
                con,
                table.name,
                NO_ORPHANS,
                f"{r.column} in {r.table}.{r.target}",
                f"select t.{r.column} from {rows[table.name]} t anti join {rows[r.table]} p "
                f"on t.{r.column} = p.{r.target} where t.{r.column} is not null",
            )
    return problems


def _offsets(
    con: duckdb.DuckDBPyConnection, rows: Mapping[str, str] | None = None
) -> list[Problem]:
    rows, problems = rows or _ALL, []
    for table, span, shown in (
        (schema.TEXT_MENTIONS, "", "surface"),
        (schema.TEXT_QUOTES, "", "text"),
        (schema.TEXT_QUOTES, "speaker_", "speaker_surface"),
    ):
        problems += _problem(
            con,
            table.name,
            OFFSETS,
            f"the span gives {shown}",
            f"""
            select t.{table.key[0]} from {rows[table.name]} t
            join {rows[schema.ARTICLE_VERSIONS.name]} v using (content_sha256)
            where t.{shown} is not null and t.{span}char_start is not null
              and coalesce(
                case t.part when 'body' then v.body when 'headline' then v.headline end
                [t.{span}char_start + 1 : t.{span}char_end], '') <> t.{shown}
            """,
        )
    return problems


_ALL = {table.name: f"loaded.{table.name}" for table in schema.TABLES}
"""By table, the SQL for all its rows."""


def _problem(
    con: duckdb.DuckDBPyConnection, table: str, check: str, detail: str, bad: str
) -> list[Problem]:
    count, example = con.execute(
        f"select count(*), any_value(bad) from ({bad}) as q(bad)"
    ).fetchone() or (0, "")
    return [Problem(table, check, detail, count, str(example))] if count else []
