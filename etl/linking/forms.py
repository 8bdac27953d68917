"""Reads names as forms, and the evidence about them, from the loaded texts.

Belongs here: linking's queries on schema `loaded`. Does not belong here: deciding (`resolver`), the
order of a nightly run (`link`) and of a relink (`relink`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import duckdb

from etl.linking.common_bodies import register_scopes
from etl.linking.decisions import Evidence, Form, NameType, is_short
from etl.linking.name_keys import name_key
from etl.linking.reference import load_reference
from etl.linking.relations import register_strings
from etl.linking.shared_context import shared_by_pair, shared_by_text


def register_forms(
    con: duckdb.DuckDBPyConnection, source: str = "loaded.text_actors", table: str = "forms"
) -> None:
    """Create a temporary table of the actors of texts, each with its name, type and scope.

    `text_scope` is the scope of a decision on that text alone, null for names that are no lone
    surnames.
    `source` may name a table of some rows of `loaded.text_actors`: a million articles have ten
    million of them.
    """
    people = con.execute(f"select distinct name from {source} where type = 'PERSON'").fetchall()
    short = [name for (name,) in people if is_short(name, "PERSON")]
    register_strings(con, "short_names", {"name": short})
    register_scopes(con, source, load_reference())
    con.execute(
        f"""
        create or replace temp table {table} as
        with short as (
          select text_actor_id from {source}
          where type = 'PERSON' and name in (from short_names)
        ),
        titles as (
          select m.text_actor_id, min(lower(rtrim(m.role, '.'))) as title
          from loaded.text_mentions m semi join short using (text_actor_id)
          where m.role is not null
          group by all
        ),
        scoped as (
        select a.text_actor_id, a.name, a.type, a.content_sha256,
          strftime(v.published_on, '%Y-%m') as month,
          case when a.type = 'PERSON' and a.name in (from short_names)
            then coalesce(strftime(v.published_on, '%Y-%m'), '') || '|' || coalesce(t.title, '')
            else coalesce(b.scope, '') end as scope
        from {source} a
        join loaded.article_versions v using (content_sha256)
        left join titles t using (text_actor_id)
        left join body_scopes b using (text_actor_id)
        )
        select * exclude (content_sha256),
          case when type = 'PERSON' and scope <> '' then scope || '|' || content_sha256 end
            as text_scope
        from scoped
        """
    )
    con.unregister("short_names")


def evidence_of(
    con: duckdb.DuckDBPyConnection, forms: Iterable[Form], short: str = "forms"
) -> Evidence:
    """Return the evidence in the loaded texts on forms of the temporary table `forms`.

    `short` is the table with the short names that are decided text by text.
    """
    people = {form.name for form in forms if form.type == "PERSON" and not form.scope}
    register_strings(con, "wanted_people", {"value": sorted(people)})
    months: dict[NameType, dict[str, int]] = defaultdict(dict)
    for name, month, texts in con.execute(
        """
        select name, month, count(*) from forms
        where type = 'PERSON' and scope = '' and month is not null
          and name in (from wanted_people)
        group by all
        """
    ).fetchall():
        months[name, "PERSON"][month] = texts
    con.unregister("wanted_people")
    return Evidence(
        expansions=lambda acronyms: _expansions(con, acronyms),
        months=months,
        together=lambda pairs: _named_together(con, pairs),
        shared=lambda pairs: shared_by_pair(con, pairs),
        shared_by_text=lambda names, whole: shared_by_text(con, names, whole, short),
        titles=lambda names: _titles(con, names),
        called=lambda names: _called(con, names),
    )


def _expansions(con: duckdb.DuckDBPyConnection, names: Collection[str]) -> list[tuple[str, str]]:
    """Return each acronym with every organisation that some text also calls by it."""
    if not names:
        return []
    acronyms = sorted({name.replace(".", "") for name in names})
    register_strings(con, "wanted_acronyms", {"value": acronyms})
    found = con.execute(
        """
        select distinct m.surface, a.name
        from loaded.text_mentions m join loaded.text_actors a using (text_actor_id)
        where length(m.surface) <= $longest
          and replace(m.surface, '.', '') in (from wanted_acronyms)
          and a.type = 'ORG' and m.kind = 'name' and m.surface <> a.name
        order by all
        """,
        # Twice the length leaves room for full stops. Most of 25 million mentions are longer.
        {"longest": 2 * max(map(len, acronyms))},
    ).fetchall()
    con.unregister("wanted_acronyms")
    return found


def _called(
    con: duckdb.DuckDBPyConnection, names: Mapping[str, Collection[str]]
) -> dict[str, dict[str, int]]:
    """Return by short name how many texts call each of its organisations by it."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    if not names:
        return found
    full = sorted({name for of_short in names.values() for name in of_short})
    register_strings(con, "full_names", {"name": full})
    con.execute(
        """
        create or replace temp table other_surfaces as
        select m.surface, a.name, m.content_sha256
        from loaded.text_mentions m join (
          select text_actor_id, name from loaded.text_actors
          where type = 'ORG' and name in (from full_names)
        ) a using (text_actor_id)
        where m.kind = 'name' and m.surface <> a.name
        """
    )
    con.unregister("full_names")
    pairs = con.execute("select distinct surface, name from other_surfaces").fetchall()
    calling = [
        (surface, name, short)
        for surface, name in pairs
        if name in names.get(short := name_key(surface, "ORG"), ())
    ]
    columns = {c: [row[i] for row in calling] for i, c in enumerate(("surface", "name", "short"))}
    register_strings(con, "calling", columns)
    for short, name, texts in con.execute(
        """
        select short, name, count(distinct content_sha256)
        from other_surfaces join calling using (surface, name) group by all
        """
    ).fetchall():
        found[short][name] = texts
    con.unregister("calling")
    con.execute("drop table other_surfaces")
    return found


def _titles(con: duckdb.DuckDBPyConnection, names: set[str]) -> dict[str, dict[str, int]]:
    """Return by full name the titles that texts give it, and in how many texts."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    if not names:
        return found
    register_strings(con, "wanted_names", {"value": sorted(names)})
    for name, title, texts in con.execute(
        """
        with named as (
          select text_actor_id, name, content_sha256 from loaded.text_actors
          where type = 'PERSON' and name in (from wanted_names)
        )
        select name, lower(rtrim(role, '.')), count(distinct named.content_sha256)
        from loaded.text_mentions m join named using (text_actor_id)
        where role is not null
        group by all
        """
    ).fetchall():
        found[name][title] = texts
    con.unregister("wanted_names")
    return found


def _named_together(
    con: duckdb.DuckDBPyConnection, pairs: set[frozenset[NameType]]
) -> set[frozenset[NameType]]:
    if not pairs:
        return set()
    ordered = [sorted(pair) for pair in pairs]
    columns = {"a": [a for (a, _), _ in ordered], "b": [b for _, (b, _) in ordered]}
    register_strings(con, "pairs", columns)
    found = con.execute(
        """
        with named as materialized (
          select name, content_sha256 from loaded.text_actors
          where type = 'PERSON' and name in (select a from pairs union select b from pairs)
        )
        select distinct p.a, p.b from pairs p
        join named x on x.name = p.a
        join named y on y.name = p.b and x.content_sha256 = y.content_sha256
        """
    ).fetchall()
    con.unregister("pairs")
    return {frozenset(((a, "PERSON"), (b, "PERSON"))) for a, b in found}
