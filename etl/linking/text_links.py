"""Writes the links of texts' actors to entities that follow from the ledger.

Belongs here: `loaded.text_links` and `loaded.former_links`. Does not belong here: the decisions
that they follow from (`link`, `ledger`), and what users correct (`etl.corrections`).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from etl.linking.decisions import CONTEXT, UNDECIDED, Decision
from etl.linking.forms import register_forms
from etl.linking.relations import register_strings

RESOLVED = f"""
select f.text_actor_id, coalesce(t.entity_id, l.entity_id) as entity_id,
  coalesce(t.method, l.method) as method, coalesce(t.confidence, l.confidence) as confidence
from {{forms}} f
join ledger l on l.name = f.name and l.type = f.type and l.scope = f.scope
left join ledger t on t.name = f.name and t.type = f.type and t.scope = f.text_scope
  and t.method = '{CONTEXT}' and l.method in {UNDECIDED}
"""
"""Links the actors in a table of `register_forms` by the temporary table `ledger`. A decision on
one text counts as long as the name itself is undecided."""


def only_lacks_links(con: duckdb.DuckDBPyConnection, new_in: str) -> bool:
    """Whether links and actors agree, apart from actors of the given articles without a link.

    Creates the temporary table `unlinked_actors` of those.
    """
    con.execute(
        f"""
        create or replace temp table new_actors as
        select a.* from loaded.text_actors a semi join (
          select content_sha256 from loaded.article_versions semi join {new_in} using (article_id)
        ) using (content_sha256);
        create or replace temp table unlinked_actors as
        select * from new_actors anti join loaded.text_links using (text_actor_id);
        drop table new_actors
        """
    )
    row = con.execute(
        """
        select (select count(*) from loaded.text_links) + (select count(*) from unlinked_actors)
          = (select count(*) from loaded.text_actors)
        """
    ).fetchone()
    return bool(row and row[0])


def fill(con: duckdb.DuckDBPyConnection) -> None:
    """Rebuild `text_links`, and `former_links` with the entities that were left empty."""
    con.execute("begin")
    con.execute("delete from loaded.text_links")
    con.execute(f"insert into loaded.text_links by name {RESOLVED.format(forms='forms')}")
    con.execute("delete from loaded.former_links")
    con.execute(_FORMER.format(forms="forms"))
    con.execute("commit")


_FORMER = f"""
insert into loaded.former_links by name
with given_up as (
  select f.text_actor_id, unnest(l.former) as entity_id
  from {{forms}} f join ledger l using (name, type, scope)
  union
  select f.text_actor_id, l.entity_id
  from {{forms}} f join ledger l using (name, type, scope)
  join ledger t on t.name = f.name and t.type = f.type and t.scope = f.text_scope
  where t.method = '{CONTEXT}' and t.decided_at > l.decided_at
)
from given_up where entity_id not in (select entity_id from loaded.text_links)
"""
"""Entities that names have had, and that are empty: those of earlier decisions, and that of an
undecided name which was settled later, text by text."""


def update(con: duckdb.DuckDBPyConnection, decided: Sequence[Decision]) -> None:
    """Add the links of new texts, and change those that settled names have in earlier texts.

    The temporary table `relinked_actors` then holds the actors of both.
    """
    keys = [d.form.key for d in decided]
    columns = {name: [key[i] for key in keys] for i, name in enumerate(("name", "type", "scope"))}
    register_strings(con, "decided_keys", columns)
    con.execute(
        """
        create or replace temp table settled_actors as
        select * from loaded.text_actors where name in (select name from decided_keys)
        """
    )
    register_forms(con, "settled_actors", "all_settled_forms")
    con.execute(
        f"""
        create or replace temp table settled_forms as
        from all_settled_forms
        where text_actor_id in (
          select text_actor_id from all_settled_forms semi join decided_keys
            using (name, type, scope)
          union
          select text_actor_id from all_settled_forms f semi join decided_keys d
            on d.name = f.name and d.type = f.type and d.scope = f.text_scope
          except
          select text_actor_id from unlinked_actors
        );

        create or replace temp table resettled as {RESOLVED.format(forms="settled_forms")};
        create or replace temp table changed_links as
        select r.*, l.entity_id as former_id
        from resettled r join loaded.text_links l using (text_actor_id)
        where (r.entity_id, r.method) is distinct from (l.entity_id, l.method);

        create or replace temp table relinked_actors as
        select text_actor_id from unlinked_actors
        union all
        select text_actor_id from changed_links;

        begin;
        delete from loaded.text_links
        where text_actor_id in (select text_actor_id from changed_links);
        insert into loaded.text_links by name
        select * exclude (former_id) from changed_links
        union all by name
        {RESOLVED.format(forms="forms")};

        create or replace temp table concerned_forms as
        from forms union all by name from settled_forms;
        delete from loaded.former_links
        where text_actor_id in (select text_actor_id from concerned_forms)
          or entity_id in (
            select entity_id from loaded.text_links semi join concerned_forms using (text_actor_id)
          );
        {_FORMER.format(forms="concerned_forms")};
        commit;
        """
    )
    con.unregister("decided_keys")
