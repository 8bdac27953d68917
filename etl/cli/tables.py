"""Tables and lists: top actors, quotes, results of a query, candidates.

Belongs here: what rich prints for rows of the warehouse. Headlines, names and quotes come from
anybody's files, so all text passes `clean`. A pipe gets the same layout, without escape codes and
without cutting text to a width.
Does not belong here: SQL (`etl.query`), file formats (`etl.query.export`), and options.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from etl.cli.charts import grouped, sparkline
from etl.cli.terminal import console
from etl.query.display import clean, counted, number, percent
from etl.query.published import Row

_TOP_FIXED = 49
"""Width of the columns of `top` without the actor, the sparkline and the gaps."""
CELL_CHARACTERS = 80
"""Longest text that a query table shows in a cell."""
_PRONOUNS = {"he", "she", "it", "they", "we", "i", "you", "who"}


def top_table(rows: Sequence[Row], title: str, *, width: int) -> RenderableType:
    """Lay out the top actors, each with its weekly counts as a sparkline."""
    weeks = max((len(row["weekly"]) for row in rows), default=0)
    names = [clean(row["name"]) for row in rows]
    gap = 1 if width < 100 else 2
    left = width - _TOP_FIXED - 8 * gap
    longest = max(5, *map(cell_len, names))
    room = max(8, min(52, weeks, left - longest))
    series = {row["entity_id"]: grouped(row["weekly"], room) for row in rows}
    size = max((size for _, size in series.values()), default=1)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("#", justify="right", style="dim")
    table.add_column("actor", style="bold", max_width=max(10, left - room), overflow="ellipsis")
    table.add_column("type", style="cyan")
    for heading in ("articles", "mentions", "quotes", "share"):
        table.add_column(heading, justify="right")
    table.add_column("first seen")
    table.add_column("by week" if size == 1 else f"/{size} weeks", style="green")
    for column in table.columns:
        column.no_wrap = True
    for row, name in zip(rows, names, strict=True):
        table.add_row(
            str(row["rank"]),
            Text(name),
            row["type"],
            number(row["article_count"]),
            number(row["mention_count"]),
            number(row["statement_count"]),
            percent(row["share_of_articles"]),
            str(row["first_seen"] or "undated"),
            sparkline(series[row["entity_id"]][0]),
        )
    first, total = rows[0], rows[0]["actor_total"]
    of = f"{counted(total, 'actor')} in {counted(first['article_total'], 'article')}"
    note = f"{of}. Quotes are statements; share is of all these articles."
    if weeks:
        note += f" Weeks from {first['weekly_from']}, each line scaled to its own maximum."
    if total > len(rows):
        note += f" … {number(total - len(rows))} more actors, raise --limit."
    return Group(Text(clean(title), style="bold"), Text(), table, Text(), Text(note, style="dim"))


def entity_heading(entity: Row) -> Text:
    """Return the heading for numbers about one entity: name, type, id."""
    rest = f"  {entity['type']}  {clean(entity['entity_id'])}"
    return Text.assemble((clean(entity["name"]), "bold"), (rest, "dim"))


def quote_list(rows: Sequence[Row], pattern: str | None, *, plain: bool) -> RenderableType:
    """Lay out utterances in their sentences, with day, outlet, speaker, article and offsets.

    An utterance is bold, or in brackets if `plain`; the match is highlighted.
    """
    shown: list[RenderableType] = []
    for row in rows:
        head = Text.assemble((str(row["published_on"] or "undated"), "bold"))
        head.append(f"  {clean(row['outlet'] or 'outlet unknown')}", style="cyan")
        head.append("  ")
        name, surface = row["speaker_name"], row["speaker_surface"]
        head.append(clean(name or surface or "speaker unknown"), style="bold green" if name else "")
        if name and surface and clean(surface) != clean(name):
            head.append(f" (as written: {clean(surface)})")
        elif surface and not name:
            unresolved = clean(surface).lower() in _PRONOUNS
            head.append(" (speaker unresolved)" if unresolved else " (unnamed source)", style="dim")
        if row["act"] not in ("statement", None):
            head.append(f"  {row['act']}", style="yellow")
        words = Text()
        for text, is_said in row["stretches"]:
            # The ends keep the stretches apart: `clean` takes white space from both of them.
            shown_text = clean(f"|{text}|")[1:-1]
            is_marked = is_said and plain
            words.append(f"[{shown_text}]" if is_marked else shown_text, "bold" if is_said else "")
        if pattern:
            words.highlight_regex(pattern, "bold black on yellow")
        span = f"{row['part']}[{row['char_start']}:{row['char_end']}]"
        source = f"{clean(row['headline'] or 'no headline')}  {row['article_id']} {span}"
        block = Group(words, Text(source, style="dim"))
        shown += [head, block if plain else Padding(block, (0, 0, 0, 2), expand=False), Text()]
    total = rows[0]["utterance_total"]
    note = counted(total, "utterance")
    if total > len(rows):
        note += f", the newest {len(rows)} shown, raise --limit for more"
    return Group(*shown, Text(note, style="dim"))


def result_table(names: Sequence[str], rows: Sequence[Sequence[Any]], total: int) -> RenderableType:
    """Lay out the first rows of a query; a visible note says how many are not shown.

    If the columns don't fit the screen, each row is a block with one line per column.
    """
    shown = [[_cell(value) for value in row] for row in rows]
    hidden = total - len(rows)
    note = f"… {counted(hidden, 'more row')}, use --format csv" if hidden else counted(total, "row")
    end = Text(note, style="bold yellow" if hidden else "dim")
    screen = console()
    needed = sum(
        2 + max([cell_len(clean(name)), *(row[index].cell_len for row in shown)])
        for index, name in enumerate(names)
    )
    if screen.is_terminal and needed > screen.width:
        label = max(cell_len(clean(name)) for name in names)
        blocks: list[RenderableType] = []
        for number_, row in enumerate(shown, 1):
            blocks.append(Text(f"row {number_}", style="bold"))
            for name, cell in zip(names, row, strict=True):
                blocks.append(Text.assemble((f"  {clean(name):<{label}}  ", "cyan"), cell))
        return Group(*blocks, end)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for index, name in enumerate(names):
        values = [row[index] for row in rows if row[index] is not None]
        is_number = bool(values) and all(
            isinstance(value, int | float | Decimal) and not isinstance(value, bool)
            for value in values
        )
        table.add_column(Text(clean(name)), justify="right" if is_number else "left", no_wrap=True)
    for row in shown:
        table.add_row(*row)
    return Group(_Wide(table, needed), end)


class _Wide:
    """A renderable that takes the width it needs, for output without a screen to fit."""

    def __init__(self, inner: RenderableType, width: int) -> None:
        self.inner, self.width = inner, width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(
            self.inner, options.update_width(max(self.width, options.max_width))
        )


def _cell(value: object) -> Text:
    if value is None:
        return Text("null", style="dim italic")
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, list):
        value = [clean(item) if isinstance(item, str) else item for item in value]
    text = clean(f"{value:.6g}" if isinstance(value, float) else value)
    cut = len(text) > CELL_CHARACTERS
    return Text(text[: CELL_CHARACTERS - 1] + "…" if cut else text)


def candidates(rows: Sequence[Row]) -> RenderableType:
    """Lay out the entities that a name may refer to, with their ids."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
    for row in rows:
        articles = counted(row["article_count"], "article")
        days = f"{row['first_seen']} to {row['last_seen']}" if row["first_seen"] else "undated"
        entity_id = Text(clean(row["entity_id"]))
        table.add_row(Text(clean(row["name"])), row["type"], articles, days, entity_id)
    return Padding(table, (0, 0, 0, 2), expand=False)
