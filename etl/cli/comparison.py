"""Layout of the comparison of a candidate with the published rows.

All text passes `clean`.
Does not belong here: computing the comparison (`etl.pipeline.compare`), options and exit codes
(`etl.cli.reextract`).
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from etl.pipeline.compare import Comparison
from etl.query.display import clean, counted, number, percent
from etl.query.published import Row
from etl.storage.editions import Edition

ACTORS = 20
"""Actors in the table; --json prints all of them."""
_STYLES = {"gained": "green", "lost": "red", "changed": "yellow"}
_COUNTS = ("before", "after", "gained", "lost", "changed")


def render(comparison: Comparison) -> RenderableType:
    """Lay out the comparison, most important first and examples last."""
    edition = Edition.from_json(comparison.candidate)
    parts: list[RenderableType] = [
        Text(f"{edition.version} instead of what is published ({edition.selection})", style="bold"),
        Text(
            f"{counted(comparison.articles, 'text')} extracted; something changes in "
            f"{counted(comparison.changed_articles, 'article')}"
        ),
    ]
    if not comparison.changed_articles:
        return Group(*parts)
    parts += [Text(), _counts(comparison), Text(), _actors(comparison.by_actor), Text()]
    parts += [_shifted(comparison), Text("\nExamples", style="bold")]
    parts += [_example(example) for example in comparison.examples]
    return Group(*parts)


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for index, name in enumerate(names):
        table.add_column(name, justify="left" if index < 2 else "right", no_wrap=True)
    return table


def _counts(comparison: Comparison) -> Table:
    table = _table("", "type", *_COUNTS)
    for total in comparison.totals:
        what = total["what"]
        table.add_row(f"{what}s", "all", *_numbers(total), style="bold")
        for row in comparison.by_type:
            if row["what"] == what:
                table.add_row("", row["type"], *_numbers(row))
    return table


def _numbers(row: Row) -> list[str]:
    return [number(row[name]) for name in _COUNTS]


def _actors(rows: Sequence[Row]) -> RenderableType:
    table = _table("actor", "type", "mentions", "", "+", "-", "~", "quotes", "", "+", "-", "~",
                   "statements", "")  # fmt: skip
    for row in rows[:ACTORS]:
        cells = [
            cell
            for what in ("mentions", "quotes")
            for cell in (
                number(row[f"{what}_before"]),
                f"-> {number(row[f'{what}_after'])}",
                *(number(row[f"{what}_{change}"]) for change in ("gained", "lost", "changed")),
            )
        ]
        cells += [number(row["statements_before"]), f"-> {number(row['statements_after'])}"]
        table.add_row(Text(clean(row["name"])), row["type"], *cells)
    note = "+ gained, - lost, ~ changed. A mention that moves to another actor is lost by one and "
    note += "gained by the other. Statements are quotes that are no opinion or intention."
    if len(rows) > ACTORS:
        note += f" … {number(len(rows) - ACTORS)} more actors: --json."
    return Group(table, Text(note, style="dim"))


def _shifted(comparison: Comparison) -> RenderableType:
    limit = percent(comparison.shift_share)
    if not comparison.shifted:
        return Text(f"No actor's series would shift by more than {limit}.")
    lines = [
        Text(f"{counted(len(comparison.shifted), 'series', 'series')} would shift by over {limit}:")
    ]
    lines += [
        Text(
            f"  {clean(row['name'])} ({row['type']}): {number(row['articles_before'])} -> "
            f"{number(row['articles_after'])} articles, {percent(row['share'])} of its weeks"
        )
        for row in comparison.shifted[:ACTORS]
    ]
    if len(comparison.shifted) > ACTORS:
        lines.append(Text(f"  … and {number(len(comparison.shifted) - ACTORS)} more: --json"))
    return Group(*lines)


def _example(example: Row) -> RenderableType:
    fields = f" ({', '.join(example['fields'])})" if example["fields"] else ""
    head = Text.assemble(
        ("\n" + example["change"], _STYLES[example["change"]]),
        f" {example['what']}{fields}",
        (f"  {example['article_id']} {example['published_on'] or 'undated'}", "dim"),
    )
    lines: list[RenderableType] = [_sentence(example)]
    lines += [
        Text(f"{name:<6} {_side(example[name], example['what'])}")
        for name in ("before", "after")
        if example[name]
    ]
    return Group(head, *(Padding(line, (0, 0, 0, 2), expand=False) for line in lines))


def _sentence(example: Row) -> Text:
    """Return the sentence with the span in bold and in brackets, which show in a pipe too."""
    span = example["after"] or example["before"]
    at = example["sentence_char_start"]
    start, end = span["char_start"] - at, span["char_end"] - at
    text = example["sentence"]
    shown = Text(clean(text[:start] + "\ue000" + text[start:end] + "\ue001" + text[end:]))
    plain = shown.plain.replace("\ue000", "[").replace("\ue001", "]")
    marked = Text(plain)
    marked.stylize("bold", shown.plain.index("\ue000"), shown.plain.index("\ue001") + 1)
    return marked


def _side(span: Row, what: str) -> str:
    if what == "quote":
        who = span["speaker"] or "speaker unknown"
        cue = f", cue: {span['cue']}" if span["cue"] else ""
        return clean(f"by {who}, {span['kind']} {span['act']}{cue}")
    role = f", role: {span['role']}" if span["role"] else ""
    who = span["actor"] or "unknown actor"
    return clean(f"{span['text']!r}: {who}, {span['type']} by {span['kind']}{role}")
