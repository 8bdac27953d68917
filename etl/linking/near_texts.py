"""Reads the texts of names that a night takes from the ledger.

Belongs here: the query for them, and whose texts a body's are that many countries have. Does not
belong here: which names a night takes (`near`).
"""

from __future__ import annotations

import duckdb

from etl.linking.common_bodies import BODY_TYPES, need_of
from etl.linking.forms import register_forms
from etl.linking.reference import Reference
from etl.linking.relations import register_strings


def select_texts(con: duckdb.DuckDBPyConnection, reference: Reference) -> None:
    """Create the temporary table `added_texts`: names, types and days of the names in `added`.

    A body of many countries that has no scope is the one of its usual country. Its texts are
    counted without those of others. How many texts name one with a scope does not matter.
    """
    rows = con.execute(
        f"select distinct name from added where scope = '' and type in {BODY_TYPES}"
    ).fetchall()
    shared = [name for (name,) in rows if need_of(name, reference)]
    register_strings(con, "shared_names", {"name": shared})
    con.execute(
        f"""
        create or replace temp table added_texts as
        select a.name, a.type, v.published_on as day
        from loaded.text_actors a
        semi join (from added where scope = '') x on x.name = a.name and x.type = a.type
        join loaded.article_versions v using (content_sha256)
        where a.type not in {BODY_TYPES} or a.name not in (from shared_names)
        """
    )
    if shared:
        con.execute(
            f"""
            create or replace temp table shared_actors as
            from loaded.text_actors where type in {BODY_TYPES} and name in (from shared_names)
            """
        )
        register_forms(con, "shared_actors", "shared_forms")
        con.execute(
            "insert into added_texts select name, type, null from shared_forms where scope = ''"
        )
    con.unregister("shared_names")
