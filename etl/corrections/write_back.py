"""Writes the result of a replay into schema `loaded`, touching only rows that differ.

Belongs here: comparing the replayed tables with those in the database. Does not belong here: making
them (`replay`), and transactions and stages (`etl.pipeline.apply_corrections`).
"""

from __future__ import annotations

import duckdb

from etl.schema import tables

_COMPARED = """
create or replace temp table compared as
from {}
union
select text_actor_id from moving where entity_id <> linked_id
union
select text_actor_id from loaded.actor_links where method = 'correction'
"""
"""All other actors of texts have the linker's link, now as before."""


def write_back(con: duckdb.DuckDBPyConnection, new_links: str | None = None) -> set[str]:
    """Write the tables that `replay` made into schema `loaded`; leave unchanged rows alone.

    `new_links` names a table of the links (text_actor_id) that were added to `text_links` since the
    last call. None compares all links, which takes 4 s for 11 million.

    Returns the names of the tables that changed. The temporary table `corrected_actors` (entity_id,
    text_actor_id) then holds the actors of rows that were added, removed or changed;
    `text_actor_id` is set for an added link and null otherwise.
    """
    changed = set()
    con.execute(
        "create or replace temp table corrected_actors (entity_id varchar, text_actor_id varchar)"
    )
    if new_links is not None:
        con.execute(_COMPARED.format(new_links))
    for table in tables.CORRECTED:
        columns = ", ".join(column.name for column in table.columns)
        (key,) = table.key
        now, before = f"corrected_{table.name}", f"loaded.{table.name}"
        if new_links is not None and table is tables.ACTOR_LINKS:
            for sample, relation in (("compared_now", now), ("compared_before", before)):
                con.execute(
                    f"create or replace temp table {sample} as "
                    f"select {columns} from {relation} semi join compared using (text_actor_id)"
                )
            now, before = "compared_now", "compared_before"
        differs = " or ".join(
            f"a.{column.name} is distinct from b.{column.name}" for column in table.columns
        )
        con.execute(
            f"""
            create or replace temp table differing as
            select coalesce(a.{key}, b.{key}) as {key}
            from {now} a full join {before} b using ({key})
            where {differs}
            """
        )
        for name, relation in (("added", now), ("removed", before)):
            con.execute(
                f"create or replace temp table {name} as "
                f"select {columns} from {relation} semi join differing using ({key})"
            )
        con.execute(f"delete from loaded.{table.name} where {key} in (select {key} from removed)")
        con.execute(f"insert into loaded.{table.name} by name select {columns} from added")
        if con.execute("from differing limit 1").fetchone():
            changed.add(table.name)
        if any(column.name == "entity_id" for column in table.columns):
            text_actor = "text_actor_id" if table is tables.ACTOR_LINKS else "null"
            con.execute(
                f"insert into corrected_actors select entity_id, {text_actor} from added "
                "union select entity_id, null from removed"
            )
    return changed
