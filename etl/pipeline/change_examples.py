"""Examples of what a candidate changes, each with its sentence."""

from __future__ import annotations

import duckdb

from etl.extract import tokens
from etl.query import published
from etl.query.published import Row

EXAMPLES = 20


SENTENCE_CHARACTERS = 400
"""Most characters shown of a sentence, around the span."""


_EXAMPLES = """
with ranked as (
  select *, row_number() over (
    partition by what, change order by coalesce(new.id, old.id)  -- ids are hashes: no order of time
  ) as turn
  from changes
)
select what, change, fields, article_id, published_on, headline, body, old, new,
  before.name as old_name, after.name as new_name
from ranked
join old.main.articles using (article_id)
left join names as before on before.entity_id = old.entity_id
left join names as after on after.entity_id = new.entity_id
order by turn, what, change
limit $limit
"""


def change_examples(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """Return examples of changes, spread evenly over the kinds of change."""
    return [_example(row) for row in published.rows(con, _EXAMPLES, {"limit": EXAMPLES})]


def _example(row: Row) -> Row:
    sides = [side for side in (row["old"], row["new"]) if side]
    part = sides[0]["part"]
    text = row["headline"] if part == "headline" else row["body"]
    span = min(s["char_start"] for s in sides), max(s["char_end"] for s in sides)
    start, end = _sentence(text, *span)
    return {
        "what": row["what"],
        "change": row["change"],
        "fields": row["fields"],
        "article_id": row["article_id"],
        "published_on": row["published_on"],
        "part": part,
        "before": _side(row["old"], row["old_name"], row["what"]),
        "after": _side(row["new"], row["new_name"], row["what"]),
        "sentence": text[start:end],
        "sentence_char_start": start,
    }


def _side(span: Row | None, name: str | None, what: str) -> Row | None:
    if span is None:
        return None
    shown = {key: span[key] for key in ("char_start", "char_end", "text", "entity_id")}
    if what == "quote":
        return shown | {
            "speaker": name or span["speaker"],
            "kind": span["kind"],
            "cue": span["note"],
            "act": span["act"],
        }
    kinds = {"type": span["type"], "kind": span["kind"], "role": span["note"]}
    return shown | {"actor": name} | kinds


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the bounds of the sentences around a span, cut to SENTENCE_CHARACTERS."""
    document = tokens.segment(text)
    first, last = document.token_range(start, end)
    if first >= last:
        return start, end
    left = document.tokens[document.sentence_of(first).first].start
    right = document.tokens[document.sentence_of(last - 1).last - 1].end
    room = max(0, SENTENCE_CHARACTERS - (end - start)) // 2
    return max(left, start - room), min(right, end + room)
