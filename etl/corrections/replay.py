"""Applies a plan of corrections to the links that the automatic linker gives, in SQL.

Belongs here: what corrections come to in one warehouse: links, redirects, overrides, and which
corrections find nothing to change. Does not belong here: what rows mean (`plan`), the file
(`store.registry`).

Always from `loaded.text_links`, never from what was corrected before: so what a correction did is
gone without a trace once it is undone. Only actors of texts that some step may touch are looked at,
and all steps of a level at once: 2,000 corrections take about as long as 20.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import duckdb
import pyarrow as pa

from etl.corrections.plan import Plan, Step
from etl.schema import tables
from etl.schema.name_folding import fold_outlet, fold_outlet_sql
from etl.settings import REPOSITORY

_STEPS = pa.schema(
    {
        "level": pa.int32(),
        "source": pa.string(),
        "spelling": pa.string(),
        "target": pa.string(),
        "correction_id": pa.string(),
        "articles": pa.list_(pa.string()),
        "names": pa.list_(pa.string()),
        "outlets": pa.list_(pa.string()),
        "from_day": pa.string(),
        "to_day": pa.string(),
    }
)

_SPACES = r"trim(regexp_replace({}, '\s+', ' ', 'g'))"

_ASKED_FOR = """
create or replace temp table asked_for as
select text_actor_id from loaded.text_links l semi join steps s on l.entity_id = s.source
"""

_NAMED = f"""
insert into asked_for
select text_actor_id from loaded.text_actors a
semi join steps s on {_SPACES.format("a.name")} = s.spelling
"""
"""Apart: eleven million names take a second, and mostly no step is about a spelling."""

_MOVING = f"""
create or replace temp table moving as
select l.text_actor_id, l.entity_id as linked_id, l.entity_id, null::varchar as correction_id,
  {_SPACES.format("a.name")} as name, v.article_id,
  coalesce(o.published_on, v.published_on) as published_on,
  coalesce(c.outlet_key, {fold_outlet_sql("coalesce(o.outlet, v.outlet)")}) as outlet
from loaded.text_links l
semi join asked_for using (text_actor_id)
join loaded.text_actors a using (text_actor_id)
join loaded.article_versions v using (content_sha256)
left join corrected_article_overrides o using (article_id)
left join known_outlets c on c.alias_key = {fold_outlet_sql("coalesce(o.outlet, v.outlet)")}
"""

_LEVEL = """
create or replace temp table matched as
select m.text_actor_id, s.target, s.correction_id, s.spelling is not null as by_name
from moving m join steps s on s.level = $level and s.spelling = m.name
union all
select m.text_actor_id, s.target, s.correction_id, false
from moving m join steps s on s.level = $level and s.source = m.entity_id
where (s.articles is null or list_contains(s.articles, m.article_id))
  and (s.names is null or list_contains(s.names, m.name))
  and (s.outlets is null or list_contains(s.outlets, m.outlet))
  and (s.from_day is null or m.published_on >= s.from_day::date)
  and (s.to_day is null or m.published_on <= s.to_day::date);

insert into moved_by select correction_id, count(*) from matched group by 1;

create or replace temp table moving as
with chosen as (
  select * from matched
  qualify row_number() over (partition by text_actor_id order by by_name desc) = 1
)
select m.* replace (
  coalesce(c.target, m.entity_id) as entity_id,
  coalesce(c.correction_id, m.correction_id) as correction_id
)
from moving m left join chosen c using (text_actor_id);
"""
"""An alias takes whom an article calls so, whatever another step of its level does with it."""

_LINKS = """
create or replace temp view corrected_actor_links as
with elsewhere as (
  select text_actor_id, entity_id, correction_id from moving where entity_id <> linked_id
)
select l.text_actor_id, coalesce(e.entity_id, l.entity_id) as entity_id,
  case when e.entity_id is null then l.method else 'correction' end as method,
  case when e.entity_id is null then l.confidence else 1.0 end as confidence,
  e.correction_id
from loaded.text_links l left join elsewhere e using (text_actor_id)
"""
"""A view: of ten million links few are others than the linker's."""

_REDIRECTS = """
create or replace temp table corrected_entity_redirects as
with at_stake as (
  select linked_id as entity_id from moving where entity_id <> linked_id
  union
  select entity_id from loaded.former_links
),
asked as (
  from at_stake
  union
  select unnest([old_entity_id, entity_id]) from given_up
  union
  select old_entity_id from unmade_by_name
),
living as (
  select distinct entity_id from corrected_actor_links semi join asked using (entity_id)
),
linked as (
  select text_actor_id, entity_id from loaded.text_links semi join at_stake using (entity_id)
  union all
  from loaded.former_links
),
-- Only what was moved can leave an actor of the linker without a link.
emptied as (
  select l.entity_id as old_entity_id, mode(c.entity_id order by c.entity_id) as entity_id
  from linked l join corrected_actor_links c using (text_actor_id)
  where l.entity_id not in (from living)
  group by 1
),
unmade as (
  select u.old_entity_id, mode(c.entity_id order by c.entity_id) as entity_id
  from unmade_by_name u
  join loaded.text_actors a on trim(regexp_replace(a.name, '\\s+', ' ', 'g')) = u.spelling
  join corrected_actor_links c using (text_actor_id)
  group by 1
),
ways as (
  select old_entity_id, entity_id, 1 as turn from given_up
  union all
  select old_entity_id, entity_id, 2 from emptied
  union all
  select old_entity_id, entity_id, 3 from unmade
)
select old_entity_id, entity_id from ways
where old_entity_id not in (from living)
qualify row_number() over (
  partition by old_entity_id
  order by turn = 1 and entity_id not in (from living), turn  -- what has a link lives
) = 1
"""
"""Old ids: given up by merges and undone splits; ids of the linker of which corrections or a relink
left nothing, which lead to whoever has most of it; and actors that an alias made and its undo
unmade."""


@cache
def _known_outlets() -> tuple[tuple[str, str], ...]:
    """(alias, canonical name) of the outlets in the reference data, folded."""
    file = REPOSITORY / "seeds" / "reference" / "outlets.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        return tuple(
            (fold_outlet(r["alias"]), fold_outlet(r["outlet"])) for r in csv.DictReader(rows)
        )


def _outlet_key(name: str) -> str:
    """An outlet as compared: its canonical name where it has one, without case."""
    return dict(_known_outlets()).get(fold_outlet(name), fold_outlet(name))


def _step(step: Step) -> dict[str, object]:
    c = step.correction
    is_split = c.action == "split"
    return {
        "level": step.level,
        "source": step.source,
        "spelling": c.spelling if c.action == "alias" else None,
        "target": step.target,
        "correction_id": c.id,
        "articles": (is_split and c.all("article")) or None,
        "names": ([" ".join(n.split()) for n in c.all("name")] if is_split else None) or None,
        "outlets": ([_outlet_key(o) for o in c.all("outlet")] if is_split else None) or None,
        "from_day": c.get("from"),
        "to_day": c.get("to"),
    }


def replay(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Make the temporary tables `corrected_<table>` of what corrections come to.

    `con` sees schema `loaded`, which is not changed: a published file will do. The tables are those
    of `schema.CORRECTED`: corrected_actor_links, corrected_entity_redirects and so on.
    """
    _register(con, "steps", pa.Table.from_pylist([_step(s) for s in plan.steps], _STEPS))
    _register(con, "known_outlets", _pairs("alias_key", "outlet_key", _known_outlets()))
    _register(con, "given_up", _pairs("old_entity_id", "entity_id", plan.redirects.items()))
    undone = [
        (c.minted, c.spelling) for c, _ in plan.of("undone") if c.action == "alias" and c.minted
    ]
    _register(con, "unmade_by_name", _pairs("old_entity_id", "spelling", undone))
    _register(con, "corrected_article_overrides", _article_overrides(plan))
    con.execute("create or replace temp table moved_by (correction_id varchar, actors bigint)")
    con.execute(_ASKED_FOR)
    if any(step.correction.action == "alias" for step in plan.steps):
        con.execute(_NAMED)
    con.execute(_MOVING)
    for level in sorted({step.level for step in plan.steps}):
        con.execute(_LEVEL.replace("$level", str(level)))
    con.execute(_LINKS)
    con.execute(_REDIRECTS)
    _register(con, "corrected_entity_overrides", _entity_overrides(plan))
    _register(con, "corrected_corrections", _history(con, plan))


def _register(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """A temporary table of these rows."""
    con.register("given_rows", rows)
    con.execute(f"create or replace temp table {name} as from given_rows")
    con.unregister("given_rows")


def _pairs(first: str, second: str, rows: object) -> pa.Table:
    values = list(rows)  # type: ignore[call-overload]
    return pa.table(
        {
            first: pa.array([a for a, _ in values], pa.string()),
            second: pa.array([b for _, b in values], pa.string()),
        }
    )


def _entity_overrides(plan: Plan) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "entity_id": entity_id,
                "name": plan.names.get(entity_id, (None,))[0],
                "type": plan.types.get(entity_id, (None,))[0],
            }
            for entity_id in sorted({*plan.names, *plan.types})
        ],
        tables.ENTITY_OVERRIDES.arrow_schema,
    )


def _article_overrides(plan: Plan) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "article_id": article_id,
                "published_on": plan.dates.get(article_id, (None,))[0],
                "outlet": plan.outlets.get(article_id, (None,))[0],
            }
            for article_id in sorted({*plan.dates, *plan.outlets})
        ],
        tables.ARTICLE_OVERRIDES.arrow_schema,
    )


def _history(con: duckdb.DuckDBPyConnection, plan: Plan) -> pa.Table:
    """Every row of the file with what became of it in this warehouse."""
    moved: dict[str, int] = dict(
        con.execute("select correction_id, sum(actors)::bigint from moved_by group by 1").fetchall()
    )
    takes_part = {step.correction.id for step in plan.steps}
    entities, articles = _existing(con, plan)
    rows = []
    for position, c in enumerate(plan.corrections, 1):
        outcome = plan.outcomes[c.id]
        status, detail = outcome.status, outcome.detail
        if status == "applied":
            idle = ""
            if c.id in takes_part:
                idle = "" if moved.get(c.id) else "no article has what it is about"
            elif c.action in ("rename", "type", "distinct"):
                gone = [
                    i
                    for key, i in c.arguments
                    if key in ("actor", "other") and plan.resolve(i) not in entities
                ]
                idle = f"{gone[0]} is in no article" if gone else ""
            elif c.action == "article" and c["article"] not in articles:
                idle = f"there is no article {c['article']}"
            status, detail = ("idle", idle) if idle else (status, detail)
        if c.was_changed:
            detail = "; ".join(filter(None, (detail, CHANGED)))
        rows.append(
            {
                "correction_id": c.id,
                "position": position,
                "recorded_at": _time(c.at),
                "author": c.author,
                "action": c.action,
                "arguments": c.argument_text,
                "because": c.because,
                "undoes": c.undoes or None,
                "minted_entity_id": c.minted,
                "status": status,
                "detail": detail or None,
                "text_actor_count": moved.get(c.id, 0) if c.id in takes_part else None,
            }
        )
    return pa.Table.from_pylist(rows, tables.CORRECTIONS.arrow_schema)


CHANGED = "the row was changed after it was recorded"


def _existing(con: duckdb.DuckDBPyConnection, plan: Plan) -> tuple[set[str], set[str]]:
    """The entities and articles among those that corrections name which the warehouse has."""
    entities = {*plan.names, *plan.types, *(i for a, b, _ in plan.distinct for i in (a, b))}
    articles = {*plan.dates, *plan.outlets}
    return (
        _among(con, entities, "select distinct entity_id from corrected_actor_links"),
        _among(con, articles, "select distinct article_id from loaded.article_versions"),
    )


def _among(con: duckdb.DuckDBPyConnection, ids: set[str], sql: str) -> set[str]:
    if not ids:
        return set()
    found = con.execute(
        f"select * from ({sql}) as q(id) where id in (select unnest($ids))", {"ids": sorted(ids)}
    ).fetchall()
    return {i for (i,) in found}


def _time(text: str) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def store(con: duckdb.DuckDBPyConnection, new_links: str | None = None) -> set[str]:
    """Put what `replay` made into schema `loaded`; rows that stay as they are are not rewritten.

    `new_links` names a table of the links (text_actor_id) that came to `text_links` since this was
    last done; None: all are looked at, which takes 4 s of 11 million.

    Returns the names of the tables that are others now. The actors of rows that came, went or
    changed are left in the temporary table `corrected_actors` (entity_id, text_actor_id); the
    latter says which actor of a text has a link that came, null for all else.
    """
    others = set()
    con.execute(
        "create or replace temp table corrected_actors (entity_id varchar, text_actor_id varchar)"
    )
    if new_links is not None:
        con.execute(_LOOKED_AT.format(new_links))
    for table in tables.CORRECTED:
        columns = ", ".join(column.name for column in table.columns)
        (key,) = table.key
        now, before = f"corrected_{table.name}", f"loaded.{table.name}"
        if new_links is not None and table is tables.ACTOR_LINKS:
            for some, of in (("now_looked_at", now), ("before_looked_at", before)):
                con.execute(
                    f"create or replace temp table {some} as "
                    f"select {columns} from {of} semi join looked_at using (text_actor_id)"
                )
            now, before = "now_looked_at", "before_looked_at"
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
        for name, one in (("came", now), ("went", before)):
            con.execute(
                f"create or replace temp table {name} as "
                f"select {columns} from {one} semi join differing using ({key})"
            )
        con.execute(f"delete from loaded.{table.name} where {key} in (select {key} from went)")
        con.execute(f"insert into loaded.{table.name} by name select {columns} from came")
        if con.execute("from differing limit 1").fetchone():
            others.add(table.name)
        if any(column.name == "entity_id" for column in table.columns):
            text_actor = "text_actor_id" if table is tables.ACTOR_LINKS else "null"
            con.execute(
                f"insert into corrected_actors select entity_id, {text_actor} from came "
                "union select entity_id, null from went"
            )
    return others


_LOOKED_AT = """
create or replace temp table looked_at as
from {}
union
select text_actor_id from moving where entity_id <> linked_id
union
select text_actor_id from loaded.actor_links where method = 'correction'
"""
"""Of all other actors of texts the link is the linker's, and was before."""


def problems(history: Sequence[tuple[str, str, str | None]]) -> list[str]:
    """What is amiss with corrections, of (id, status, detail) each."""
    return [
        f"{correction_id}: {detail}"
        for correction_id, status, detail in history
        if detail and status in ("idle", "skipped", "applied")
    ]
