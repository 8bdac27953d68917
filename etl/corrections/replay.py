"""Replays a plan of corrections over the links of the automatic linker, in SQL.

Belongs here: the links, redirects and overrides that corrections lead to in one warehouse. Does not
belong here: what rows mean (`plan`), their outcomes (`outcomes`), writing the result into the
database (`write_back`), and the file (`csv_file`).

A replay starts from `loaded.text_links`, never from corrected links, so an undone correction leaves
no trace. It reads only actors of texts that a step may touch, and runs all steps of a level at
once: 2,000 corrections take about as long as 20.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache

import duckdb
import pyarrow as pa

from etl.corrections.outcomes import correction_rows
from etl.corrections.plan import Plan, Step
from etl.schema import tables
from etl.schema.name_folding import fold_outlet, fold_outlet_sql
from etl.settings import RESOURCES

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

_AFFECTED = """
create or replace temp table affected_text_actors as
select text_actor_id from loaded.text_links l semi join steps s on l.entity_id = s.source
"""

_AFFECTED_BY_NAME = f"""
insert into affected_text_actors
select text_actor_id from loaded.text_actors a
semi join steps s on {_SPACES.format("a.name")} = s.spelling
"""
"""Run only if a step names a spelling, which is rare: eleven million names take a second."""

_MOVING = f"""
create or replace temp table moving as
select l.text_actor_id, l.entity_id as linked_id, l.entity_id, null::varchar as correction_id,
  {_SPACES.format("a.name")} as name, v.article_id,
  coalesce(o.published_on, v.published_on) as published_on,
  coalesce(c.outlet_key, {fold_outlet_sql("coalesce(o.outlet, v.outlet)")}) as outlet
from loaded.text_links l
semi join affected_text_actors using (text_actor_id)
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
"""An alias wins over the other steps of its level: it takes every actor of that spelling."""

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
"""A view: of ten million links few differ from the linker's."""

_REDIRECTS = """
create or replace temp table corrected_entity_redirects as
with affected as (
  select linked_id as entity_id from moving where entity_id <> linked_id
  union
  select entity_id from loaded.former_links
),
candidates as (
  from affected
  union
  select unnest([old_entity_id, entity_id]) from given_up
  union
  select old_entity_id from removed_by_name
),
living as (
  select distinct entity_id from corrected_actor_links semi join candidates using (entity_id)
),
linked as (
  select text_actor_id, entity_id from loaded.text_links semi join affected using (entity_id)
  union all
  from loaded.former_links
),
-- Only a move can leave an actor of the linker without a link.
emptied as (
  select l.entity_id as old_entity_id, mode(c.entity_id order by c.entity_id) as entity_id
  from linked l join corrected_actor_links c using (text_actor_id)
  where l.entity_id not in (from living)
  group by 1
),
removed as (
  select u.old_entity_id, mode(c.entity_id order by c.entity_id) as entity_id
  from removed_by_name u
  join loaded.text_actors a on trim(regexp_replace(a.name, '\\s+', ' ', 'g')) = u.spelling
  join corrected_actor_links c using (text_actor_id)
  group by 1
),
targets as (
  select old_entity_id, entity_id, 1 as priority from given_up
  union all
  select old_entity_id, entity_id, 2 from emptied
  union all
  select old_entity_id, entity_id, 3 from removed
)
select old_entity_id, entity_id from targets
where old_entity_id not in (from living)
qualify row_number() over (
  partition by old_entity_id
  order by priority = 1 and entity_id not in (from living), priority  -- prefer a living target
) = 1
"""
"""Redirects from old ids: ids given up by merges and undone splits; ids of the linker that
corrections or a relink left without links, which lead to the actor that has most of them now; and
actors that an alias made and its undo removed."""


@cache
def _known_outlets() -> tuple[tuple[str, str], ...]:
    """Return (alias, canonical name) of the outlets in the reference data, folded."""
    file = RESOURCES / "seeds" / "reference" / "outlets.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        return tuple(
            (fold_outlet(r["alias"]), fold_outlet(r["outlet"])) for r in csv.DictReader(rows)
        )


def _outlet_key(name: str) -> str:
    """Return the folded canonical name of an outlet, or its own if it has none."""
    return dict(_known_outlets()).get(fold_outlet(name), fold_outlet(name))


def _step(step: Step, redirects: Mapping[str, Sequence[str]]) -> dict[str, object]:
    c = step.correction
    is_split = c.action == "split"
    # What was said of an article holds for all articles that hold its text now.
    articles = [i for a in c.all("article") for i in (a, *redirects.get(a, ()))]
    return {
        "level": step.level,
        "source": step.source,
        "spelling": c.spelling if c.action == "alias" else None,
        "target": step.target,
        "correction_id": c.id,
        "articles": (is_split and articles) or None,
        "names": ([" ".join(n.split()) for n in c.all("name")] if is_split else None) or None,
        "outlets": ([_outlet_key(o) for o in c.all("outlet")] if is_split else None) or None,
        "from_day": c.get("from"),
        "to_day": c.get("to"),
    }


def replay(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Replay a plan into the temporary tables `corrected_<table>`.

    There is one for each of `etl.schema.tables.CORRECTED`: corrected_actor_links (a view),
    corrected_entity_redirects and so on. `con` sees schema `loaded`, which is only read: a
    published file will do.
    """
    redirects = _article_redirects(con, plan)
    steps = [_step(step, redirects) for step in plan.steps]
    _register(con, "steps", pa.Table.from_pylist(steps, _STEPS))
    _register(con, "known_outlets", _pairs("alias_key", "outlet_key", _known_outlets()))
    _register(con, "given_up", _pairs("old_entity_id", "entity_id", plan.redirects.items()))
    undone = [
        (c.minted, c.spelling) for c, _ in plan.of("undone") if c.action == "alias" and c.minted
    ]
    _register(con, "removed_by_name", _pairs("old_entity_id", "spelling", undone))
    _register(con, "corrected_article_overrides", _article_overrides(plan, redirects))
    con.execute("create or replace temp table moved_by (correction_id varchar, actors bigint)")
    con.execute(_AFFECTED)
    if any(step.correction.action == "alias" for step in plan.steps):
        con.execute(_AFFECTED_BY_NAME)
    con.execute(_MOVING)
    for level in sorted({step.level for step in plan.steps}):
        con.execute(_LEVEL.replace("$level", str(level)))
    con.execute(_LINKS)
    con.execute(_REDIRECTS)
    _register(con, "corrected_entity_overrides", _entity_overrides(plan))
    _register(con, "corrected_corrections", correction_rows(con, plan, redirects))


def _register(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Create a temporary table of these rows."""
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


def _article_redirects(con: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, list[str]]:
    """Return by given-up article id that a correction names the articles that hold its text."""
    named = {i for c in plan.corrections for i in c.all("article")}
    if not named or con.execute(_HAS_ARTICLE_REDIRECTS).fetchone() is None:
        return {}
    found = con.execute(
        "select old_article_id, list(article_id order by article_id) "
        "from loaded.article_redirects where old_article_id in (select unnest(?)) group by 1",
        [sorted(named)],
    )
    return dict(found.fetchall())


_HAS_ARTICLE_REDIRECTS = """
from duckdb_tables() where schema_name = 'loaded' and table_name = 'article_redirects'
"""
"""A file that an older version published has none."""


def _article_overrides(plan: Plan, redirects: Mapping[str, Sequence[str]]) -> pa.Table:
    """Return the corrected days and outlets.

    One of an article that is now part of another holds for that one, unless it has its own. One of
    an article that is several now holds for none: each states its own day and outlet.
    """
    days = {i: day for i, (day, _) in plan.dates.items()}
    outlets = {i: outlet for i, (outlet, _) in plan.outlets.items()}
    for old, (*others, last) in redirects.items():
        if not others and old in days:
            days.setdefault(last, days[old])
        if not others and old in outlets:
            outlets.setdefault(last, outlets[old])
    return pa.Table.from_pylist(
        [
            {"article_id": i, "published_on": days.get(i), "outlet": outlets.get(i)}
            for i in sorted({*days, *outlets})
        ],
        tables.ARTICLE_OVERRIDES.arrow_schema,
    )
