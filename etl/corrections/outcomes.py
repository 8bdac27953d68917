"""The outcome of each correction in one warehouse: applied, idle, skipped or undone, and why.

Belongs here: the rows of `loaded.corrections`, and which of them report a problem. Does not belong
here: what corrections mean together (`plan`), and what they do to links (`replay`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from etl.corrections.plan import Plan
from etl.schema import tables

CHANGED = "the row was changed after it was recorded"


def correction_rows(
    con: duckdb.DuckDBPyConnection, plan: Plan, redirects: Mapping[str, Sequence[str]]
) -> pa.Table:
    """Return the rows of `loaded.corrections`: every correction with its outcome here.

    `redirects` are the articles that hold the text of a given-up article. Needs the temporary
    tables of `replay`.
    """
    moved: dict[str, int] = dict(
        con.execute("select correction_id, sum(actors)::bigint from moved_by group by 1").fetchall()
    )
    moves_mentions = {step.correction.id for step in plan.steps}
    entities, articles = _existing(con, plan)
    rows = []
    for position, c in enumerate(plan.corrections, 1):
        outcome = plan.outcomes[c.id]
        status, detail = outcome.status, outcome.detail
        if status == "applied":
            idle = ""
            if c.id in moves_mentions:
                idle = "" if moved.get(c.id) else "no article matches it"
            elif c.action in ("rename", "type", "distinct"):
                missing = [
                    i
                    for key, i in c.arguments
                    if key in ("actor", "other") and plan.resolve(i) not in entities
                ]
                idle = f"{missing[0]} is in no article" if missing else ""
            elif c.action == "article" and c["article"] not in articles:
                idle = _missing_article(c["article"], redirects)
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
                "text_actor_count": moved.get(c.id, 0) if c.id in moves_mentions else None,
            }
        )
    return pa.Table.from_pylist(rows, tables.CORRECTIONS.arrow_schema)


def _missing_article(article_id: str, redirects: Mapping[str, Sequence[str]]) -> str:
    """Return why a correction of an article without rows is idle; empty if another takes it."""
    parts = redirects.get(article_id, ())
    if len(parts) == 1:
        return ""
    if parts:
        return (
            f"article {article_id} is {len(parts)} articles now, which state their own dates and "
            f"outlets; record it again for those that need it: {', '.join(parts)}"
        )
    return f"there is no article {article_id}"


def _existing(con: duckdb.DuckDBPyConnection, plan: Plan) -> tuple[set[str], set[str]]:
    """Return the entities and articles that corrections name and this warehouse has."""
    entities = {*plan.names, *plan.types, *(i for a, b, _ in plan.distinct for i in (a, b))}
    articles = {*plan.dates, *plan.outlets}
    return (
        _those_in(con, entities, "select distinct entity_id from corrected_actor_links"),
        _those_in(con, articles, "select distinct article_id from loaded.article_versions"),
    )


def _those_in(con: duckdb.DuckDBPyConnection, ids: set[str], sql: str) -> set[str]:
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


def correction_problems(history: Sequence[tuple[str, str, str | None]]) -> list[str]:
    """Return what is wrong with corrections, given the id, status and detail of each."""
    return [
        f"{correction_id}: {detail}"
        for correction_id, status, detail in history
        if detail and status in ("idle", "skipped", "applied")
    ]
