"""What two articles of the same days both name: evidence that a name in them is one person's.

Belongs here: queries that compare articles by the names in them. Does not belong here: how much of
it is enough (`settling`).

Two articles are compared by the Jaccard index of the names in them: the number of shared names by
that of all their names. It depends on these two articles alone, so later articles never change it.
Lone surnames don't count, and no name that shares a word with the names to compare.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import duckdb

from etl.linking.decisions import Form, Shared, is_short
from etl.linking.relations import register_strings

DAYS_AROUND = 14
"""Articles on the same events are at most this many days apart. Undated ones compare with each
other only."""
MOST_TEXTS = 30
"""The articles of one name that are compared with those of another, the first ones by day."""
MOST_NAMES = 5
"""The shared names that are kept as evidence."""
_SEPARATOR = chr(31)


def shared_by_pair(
    con: duckdb.DuckDBPyConnection, pairs: set[frozenset[str]]
) -> dict[frozenset[str], Shared]:
    """Return for pairs of people's names what two articles share that share most."""
    ordered = [tuple(sorted(pair)) for pair in pairs if len(pair) == 2]
    if not ordered:
        return {}
    register_strings(
        con, "named_pairs", {"a": [a for a, _ in ordered], "b": [b for _, b in ordered]}
    )
    con.execute(
        """
        create or replace temp table pair_texts as
        select name, content_sha256, published_on
        from loaded.text_actors join loaded.article_versions using (content_sha256)
        where type = 'PERSON'
          and name in (select a from named_pairs union select b from named_pairs)
        qualify row_number() over (partition by name order by published_on, content_sha256)
          <= $most;
        """,
        {"most": MOST_TEXTS},
    )
    con.execute(
        f"""
        create or replace temp table compared_texts as
        select p.a || chr(31) || p.b as key, p.b as name,
          x.content_sha256 as one, y.content_sha256 as other
        from named_pairs p join pair_texts x on x.name = p.a join pair_texts y on y.name = p.b
        where x.content_sha256 <> y.content_sha256 and {_NEAR}
        """
    )
    con.unregister("named_pairs")
    found = _best(con, {_SEPARATOR.join(pair): pair for pair in ordered})
    return {frozenset(key.split(_SEPARATOR)): best for (key, _), best in found.items()}


def shared_by_text(
    con: duckdb.DuckDBPyConnection,
    names: Mapping[Form, Iterable[str]],
    whole: Collection[Form],
    table: str,
) -> dict[Form, dict[str, Shared]]:
    """Return for texts of the given forms what they share with an article of each name.

    Of forms in `whole` all texts count, of others those near a day in the temporary table
    `arrived_days`. `table` is one of `register_forms`.
    """
    rows = [(f, name) for f, of_form in names.items() for name in of_form]
    if not rows:
        return {}
    forms = list(names)
    register_strings(
        con, "open_forms", {"name": [f.name for f in forms], "scope": [f.scope for f in forms]}
    )
    register_strings(
        con,
        "whole_forms",
        {"name": [f.name for f in whole], "scope": [f.scope for f in whole]},
    )
    register_strings(
        con,
        "wanted_bearers",
        {
            "name": [f.name for f, _ in rows],
            "scope": [f.scope for f, _ in rows],
            "bearer": [name for _, name in rows],
        },
    )
    con.execute(
        f"""
        create temp table if not exists arrived_days (day date); -- a relink has none

        create or replace temp table open_texts as
        select f.name, f.scope, f.text_scope, v.content_sha256, v.published_on
        from {table} f semi join open_forms using (name, scope)
        join loaded.article_versions v on v.content_sha256 = split_part(f.text_scope, '|', 3)
        where f.type = 'PERSON' and (
          v.published_on is null
          or v.published_on in (
            select day + n::integer
            from arrived_days, range(-{DAYS_AROUND}, {DAYS_AROUND + 1}) as around(n)
          )
          or (f.name, f.scope) in (select (name, scope) from whole_forms)
        );

        create or replace temp table bearer_texts as
        select name, content_sha256, published_on
        from loaded.text_actors join loaded.article_versions using (content_sha256)
        where type = 'PERSON' and name in (
          select bearer from wanted_bearers semi join open_texts using (name, scope)
        );

        -- An article that names a bearer itself knew better than to mean that one.
        create or replace temp table compared_texts as
        select x.name || chr(31) || x.text_scope as key, b.bearer as name,
          x.content_sha256 as one, y.content_sha256 as other
        from open_texts x join wanted_bearers b using (name, scope)
        join bearer_texts y on y.name = b.bearer
        where {_NEAR} and not exists (
          select 1 from bearer_texts own join wanted_bearers w on w.bearer = own.name
          where own.content_sha256 = x.content_sha256 and w.name = x.name and w.scope = x.scope
        )
        """
    )
    found: dict[Form, dict[str, Shared]] = {
        Form(name, "PERSON", scope): {}
        for name, scope in con.execute(
            "select distinct name, text_scope from open_texts order by all"
        ).fetchall()
    }
    for relation in ("open_forms", "whole_forms", "wanted_bearers"):
        con.unregister(relation)
    keys = {
        key: (key.partition(_SEPARATOR)[0],)
        for (key,) in con.execute("select distinct key from compared_texts").fetchall()
    }
    for (key, bearer), best in _best(con, keys).items():
        name, _, scope = key.partition(_SEPARATOR)
        found[Form(name, "PERSON", scope)][bearer] = best
    return found


_NEAR = f"""(
  abs(x.published_on - y.published_on) <= {DAYS_AROUND}
  or (x.published_on is null and y.published_on is null)
)"""


def _best(
    con: duckdb.DuckDBPyConnection, names: Mapping[str, tuple[str, ...]]
) -> dict[tuple[str, str], Shared]:
    """Return by key and name of `compared_texts` what the two likest texts share.

    `names` are the names that each key compares.
    """
    people = con.execute(
        """
        create or replace temp table texts_beside as
        select content_sha256, name, type from loaded.text_actors semi join (
          select one as content_sha256 from compared_texts
          union select other from compared_texts
        ) using (content_sha256);
        select distinct name from texts_beside where type = 'PERSON'
        """
    ).fetchall()
    short = [name for (name,) in people if is_short(name, "PERSON")]
    register_strings(con, "short_beside", {"name": short})
    own = [(key, word) for key, of_key in names.items() for n in of_key for word in _words(n)]
    register_strings(con, "own_words", {"key": [k for k, _ in own], "word": [w for _, w in own]})
    rows = con.execute(
        """
        with beside as (
          select distinct content_sha256, name from texts_beside
          where type <> 'PERSON' or name not in (from short_beside)
        ),
        totals as (select content_sha256, count(*) as names from beside group by content_sha256),
        own as (select key, list(word) as words from own_words group by key),
        shared as (
          select c.key, c.name, c.one, c.other, count(*) as names,
            list(x.name order by x.name)[:$most] as kept
          from compared_texts c
          join own using (key)
          join beside x on x.content_sha256 = c.one
          join beside y on y.content_sha256 = c.other and y.name = x.name
          where not list_has_any(string_split(lower(x.name), ' '), own.words)
          group by all
        )
        select s.key, s.name, s.names, s.names / (a.names + b.names - s.names) as share, s.kept
        from shared s join totals a on a.content_sha256 = one
        join totals b on b.content_sha256 = other
        qualify row_number() over (
          partition by s.key, s.name order by share desc, s.names desc, other, one
        ) = 1
        """,
        {"most": MOST_NAMES},
    ).fetchall()
    con.unregister("short_beside")
    con.unregister("own_words")
    return {
        (key, name): Shared(count, share, tuple(kept)) for key, name, count, share, kept in rows
    }


def _words(name: str) -> list[str]:
    return name.lower().split()
