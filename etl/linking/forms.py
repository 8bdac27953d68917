"""What the loaded texts say: their names as forms, and the evidence on who is meant by them.

Belongs here: every query on schema `loaded` that linking asks. Does not belong here: deciding
(`linker`), the order of a night (`link`) and of a relink (`relink`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from etl.linking.decisions import Evidence, Form, NameType, is_short
from etl.linking.variants import is_acronym


def register_forms(
    con: duckdb.DuckDBPyConnection, of: str = "loaded.text_actors", table: str = "forms"
) -> None:
    """A temporary table: each actor of a text with its name, type and scope.

    `of` may name some of the rows of `loaded.text_actors`, for there are ten millions where there
    are a million articles.
    """
    people = con.execute(f"select distinct name from {of} where type = 'PERSON'").fetchall()
    short = [name for (name,) in people if is_short(name, "PERSON")]
    con.register("short_names", pa.table({"name": pa.array(short, pa.string())}))
    con.execute(
        f"""
        create or replace temp table {table} as
        with short as (
          select text_actor_id from {of}
          where type = 'PERSON' and name in (from short_names)
        ),
        titles as (
          select m.text_actor_id, min(lower(rtrim(m.role, '.'))) as title
          from loaded.text_mentions m semi join short using (text_actor_id)
          where m.role is not null
          group by all
        )
        select a.text_actor_id, a.name, a.type,
          strftime(v.published_on, '%Y-%m') as month,
          case when a.type = 'PERSON' and a.name in (from short_names)
            then coalesce(strftime(v.published_on, '%Y-%m'), '') || '|' || coalesce(t.title, '')
            else '' end as scope
        from {of} a
        join loaded.article_versions v using (content_sha256)
        left join titles t using (text_actor_id)
        """
    )
    con.unregister("short_names")


def evidence_of(
    con: duckdb.DuckDBPyConnection, forms: Iterable[Form], table: str = "forms"
) -> Evidence:
    """What the loaded texts say of these forms, which `register_forms` put into this table."""
    people, acronyms = set(), set()
    for form in forms:
        if form.type == "PERSON" and not form.scope:
            people.add(form.name)
        elif is_acronym(form.name):
            acronyms.add(form.name.replace(".", ""))
    _register(con, "asked_people", sorted(people))
    months: dict[NameType, dict[str, int]] = defaultdict(dict)
    for name, month, texts in con.execute(
        f"""
        select name, month, count(*) from {table}
        where type = 'PERSON' and scope = '' and month is not null
          and name in (from asked_people)
        group by all
        """
    ).fetchall():
        months[name, "PERSON"][month] = texts
    con.unregister("asked_people")
    return Evidence(_expansions(con, sorted(acronyms)), months, lambda pairs: _together(con, pairs))


def _expansions(con: duckdb.DuckDBPyConnection, acronyms: list[str]) -> list[tuple[str, str]]:
    """Each acronym of these with the organisations that a text names by it, too."""
    if not acronyms:
        return []
    _register(con, "asked_acronyms", acronyms)
    found = con.execute(
        """
        select distinct m.surface, a.name
        from loaded.text_mentions m join loaded.text_actors a using (text_actor_id)
        where length(m.surface) <= $longest
          and replace(m.surface, '.', '') in (from asked_acronyms)
          and a.type = 'ORG' and m.kind = 'name' and m.surface <> a.name
        order by all
        """,
        # With a full stop after each letter; of 25 million mentions most are longer.
        {"longest": 2 * max(map(len, acronyms))},
    ).fetchall()
    con.unregister("asked_acronyms")
    return found


def _register(con: duckdb.DuckDBPyConnection, name: str, values: list[str]) -> None:
    con.register(name, pa.table({"value": pa.array(values, pa.string())}))


def _together(
    con: duckdb.DuckDBPyConnection, pairs: set[frozenset[NameType]]
) -> set[frozenset[NameType]]:
    ordered = [sorted(pair) for pair in pairs]
    con.register(
        "pairs",
        pa.table(
            {
                "a": pa.array([a for (a, _), _ in ordered], pa.string()),
                "b": pa.array([b for _, (b, _) in ordered], pa.string()),
            }
        ),
    )
    found = con.execute(
        """
        select distinct p.a, p.b from pairs p
        join loaded.text_actors x on x.name = p.a and x.type = 'PERSON'
        join loaded.text_actors y
          on y.name = p.b and y.type = 'PERSON' and x.content_sha256 = y.content_sha256
        """
    ).fetchall()
    con.unregister("pairs")
    return {frozenset(((a, "PERSON"), (b, "PERSON"))) for a, b in found}
