"""What the reading commands look like on a screen: tables, sparklines, charts, quotes.

Belongs here: layout, colours, progress, and the removal of what could drive a terminal.
Does not belong here: SQL (`etl.query.published`), file formats (`etl.query.export`), options and exit codes
(`etl.cli.read`).

Every function gives something rich can print, and takes values as they stand in the warehouse:
headlines, names and quotes come from anybody's files, so all text passes `clean`. Into a pipe
goes the same layout without escape codes and without cutting text to a width.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, cast

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from typing_extensions import Buffer

from etl.query.display import clean, counted, number, percent

Row = dict[str, Any]

BARS = "▁▂▃▄▅▆▇█"
ZERO = "·"
PIPE_WIDTH = 200
"""Columns where nobody looks, unless COLUMNS says; a table of a query takes what it needs."""
QUIET_SECONDS = 2.0
"""Work that takes longer says so on standard error."""
TERMINAL_REPORT_SECONDS, LOG_REPORT_SECONDS = 0.5, 10.0
_TOP_FIXED = 49
"""What the columns of `top` take apart from the actor, the sparkline and the gaps."""
CELL_CHARACTERS = 80
"""What a table of a query shows of one cell."""

_PRONOUNS = {"he", "she", "it", "they", "we", "i", "you", "who"}


def console(*, stderr: bool = False) -> Console:
    """A console for standard output (or error); plain and wide when that is no terminal."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def show(renderable: RenderableType, *, wrap: bool = True) -> None:
    """Print to standard output; into a pipe without cutting, wrapping or trailing blanks."""
    screen = console()
    if screen.is_terminal:
        screen.print(renderable, soft_wrap=not wrap)
        return
    with screen.capture() as captured:
        screen.print(renderable, soft_wrap=not wrap)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def grouped(values: Sequence[int], most: int) -> tuple[list[int], int]:
    """The values summed so that at most `most` remain, and how many each one holds."""
    size = max(1, -(-len(values) // most))
    return [sum(values[i : i + size]) for i in range(0, len(values), size)], size


def sparkline(values: Iterable[int]) -> str:
    """A bar a value, its own highest value the tallest; zero is a dot, never the lowest bar."""
    numbers = list(values)
    top = max(numbers, default=0)
    return "".join(
        ZERO if value <= 0 else BARS[-(-value * len(BARS) // top) - 1] for value in numbers
    )


def top_table(rows: Sequence[Row], title: str, *, width: int) -> RenderableType:
    """The actors in most articles, each with its weeks as a sparkline."""
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
            number(row["utterance_count"]),
            percent(row["share_of_articles"]),
            str(row["first_seen"] or "undated"),
            sparkline(series[row["entity_id"]][0]),
        )
    first, total = rows[0], rows[0]["actor_total"]
    of = f"{counted(total, 'actor')} in {counted(first['article_total'], 'article')}"
    note = f"{of}. Quotes are utterances; share is of all these articles."
    if weeks:
        note += f" Weeks from {first['weekly_from']}, each line to its own height."
    if total > len(rows):
        note += f" … {number(total - len(rows))} more actors, raise --limit."
    return Group(Text(clean(title), style="bold"), Text(), table, Text(), Text(note, style="dim"))


def entity_heading(entity: Row) -> Text:
    """Which entity the numbers below are of."""
    rest = f"  {entity['type']}  {clean(entity['entity_id'])}"
    return Text.assemble((clean(entity["name"]), "bold"), (rest, "dim"))


def timeline_chart(
    rows: Sequence[Row], heading: Text, grain: str, *, width: int, height: int = 8
) -> RenderableType:
    """Articles by period: a line each for few periods, columns over a time axis for many."""
    values = [row["article_count"] for row in rows]
    busiest = max(rows, key=lambda row: row["article_count"])
    silent = sum(value == 0 for value in values)
    totals = ", ".join(
        (
            counted(sum(values), "article"),
            counted(sum(row["mention_count"] for row in rows), "mention"),
            counted(sum(row["utterance_count"] for row in rows), "utterance"),
        )
    )
    totals += f" in {counted(len(rows), grain)}"
    if sum(values):
        when = {"day": "on", "week": "in the week from", "month": "in"}[grain]
        totals += f"; most {when} {_period(busiest['period_start'], grain)}"
        totals += f" ({number(busiest['article_count'])}); {number(silent)} without any"
    chart = _lines if len(rows) <= 31 else _columns
    return Group(heading, Text(), *chart(rows, grain, width, height), Text(), Text(totals))


def _period(start: date, grain: str) -> str:
    return f"{start:%Y-%m}" if grain == "month" else start.isoformat()


def _lines(rows: Sequence[Row], grain: str, width: int, height: int) -> Iterable[Text]:
    """A line a period: its start, a bar, its numbers."""
    top = max(1, *(row["article_count"] for row in rows))
    label = {"day": "day", "week": "week from", "month": "month"}[grain]
    room = max(8, min(60, width - 52))
    yield Text(
        f"{label:<10} {'articles':>9}  {'':<{room}} {'mentions':>9} {'quotes':>7} {'share':>6}",
        style="dim",
    )
    for row in rows:
        eighths = -(-row["article_count"] * room * 8 // top)
        bar = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip() or ZERO
        line = Text(
            f"{_period(row['period_start'], grain):<10} {number(row['article_count']):>9}  "
        )
        line.append(f"{bar:<{room}}", style="green" if row["article_count"] else "dim")
        line.append(f" {number(row['mention_count']):>9} {number(row['utterance_count']):>7}")
        line.append(f" {percent(row['share_of_articles']):>6}")
        yield line


def _columns(rows: Sequence[Row], grain: str, width: int, height: int) -> Iterable[Text]:
    """A column a period, or several periods where the width does not do; dates below."""
    margin = max(len(number(sum(row["article_count"] for row in rows))), 8)
    room = max(20, min(width, 160) - margin - 2)
    values, size = grouped([row["article_count"] for row in rows], room)
    step = max(1, min(4, room // len(values)))
    top = max(1, *values)
    top += top % 2 if top > 1 else 0  # even, so that half of it can be labelled
    yield Text(f"{'articles':>{margin}}", style="dim")
    for level in range(height, 0, -1):
        label = top if level == height else top // 2 or None if level * 2 == height else None
        line = Text(f"{'' if label is None else number(label):>{margin}} ┤")
        for value in values:
            eighths = -(-value * height * 8 // top) - (level - 1) * 8
            mark = " " if eighths <= 0 else BARS[min(eighths, 8) - 1]
            mark = ZERO if value == 0 and level == 1 else mark
            bar = (mark * max(1, step - 1)).ljust(step)
            line.append(bar, style="dim" if mark == ZERO else "green")
        yield line
    axis, dates = ["─"] * (len(values) * step), [" "] * (len(values) * step + 12)
    free = 0
    for index in range(len(values)):
        at = index * step
        text = _period(rows[index * size]["period_start"], grain)
        if at >= free and at + len(text) <= len(axis) + 2:
            axis[at] = "┬"
            dates[at : at + len(text)] = text
            free = at + max(len(text) + 2, 16)
    yield Text(f"{'0':>{margin}} └{''.join(axis)}")
    yield Text(f"{'':>{margin}}  {''.join(dates).rstrip()}", style="dim")
    if size > 1:
        yield Text(f"Each column holds {counted(size, grain)}.", style="dim")


def quote_list(rows: Sequence[Row], pattern: str | None, *, plain: bool) -> RenderableType:
    """Quotes with day, outlet, speaker, article and offsets; the match stands out."""
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
            head.append(" (not told who)" if unresolved else " (unnamed source)", style="dim")
        said = clean(row["text"])
        words = Text(said if row["kind"] == "indirect" else f"“{said}”")
        if pattern:
            words.highlight_regex(pattern, "bold black on yellow")
        span = f"{row['part']}[{row['char_start']}:{row['char_end']}]"
        source = f"{clean(row['headline'] or 'no headline')}  {row['article_id']} {span}"
        block = Group(words, Text(source, style="dim"))
        shown += [head, block if plain else Padding(block, (0, 0, 0, 2), expand=False), Text()]
    total = rows[0]["quote_total"]
    note = counted(total, "quote")
    if total > len(rows):
        note += f", the newest {len(rows)} shown, raise --limit for more"
    return Group(*shown, Text(note, style="dim"))


def result_table(names: Sequence[str], rows: Sequence[Sequence[Any]], total: int) -> RenderableType:
    """The first rows of a query; a visible note says how many are not shown.

    Where the columns do not fit the screen, a row is a block with a line a column.
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
    """A renderable with as many columns as it needs, where there is no screen to fit."""

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
    text = clean(f"{value:.6g}" if isinstance(value, float) else value)
    cut = len(text) > CELL_CHARACTERS
    return Text(text[: CELL_CHARACTERS - 1] + "…" if cut else text)


def candidates(rows: Sequence[Row]) -> RenderableType:
    """Entities that a name may have meant, with the ids that settle it."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
    for row in rows:
        articles = counted(row["article_count"], "article")
        days = f"{row['first_seen']} to {row['last_seen']}" if row["first_seen"] else "undated"
        entity_id = Text(clean(row["entity_id"]))
        table.add_row(Text(clean(row["name"])), row["type"], articles, days, entity_id)
    return Padding(table, (0, 0, 0, 2), expand=False)


class _CleanStream(io.RawIOBase):
    """Standard output of a terminal, for files shown there: their text must not drive it."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        piece = bytes(data)
        sys.stdout.write(clean(self._decoder.decode(piece), lines=True))
        return len(piece)


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Standard output for bytes: as they are into a pipe or file, cleaned onto a terminal."""
    if sys.stdout.isatty():
        yield cast(BinaryIO, _CleanStream())
    else:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()


@contextmanager
def progress(label: str) -> Iterator[Callable[[int], None]]:
    """Tell standard error, once work is slow, that it goes on: how long, how many rows so far.

    The function that it gives is told the number of rows.
    """
    rows, started, done = 0, time.monotonic(), threading.Event()
    is_terminal = sys.stderr.isatty()

    def report(count: int) -> None:
        nonlocal rows
        rows = count

    def tell() -> None:
        pause = QUIET_SECONDS
        while not done.wait(pause):
            pause = TERMINAL_REPORT_SECONDS if is_terminal else LOG_REPORT_SECONDS
            line = clean(f"{label}: {time.monotonic() - started:.0f} s, {counted(rows, 'row')}")
            sys.stderr.write(f"\r\x1b[K{line}" if is_terminal else f"{line}\n")
            sys.stderr.flush()

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield report
    finally:
        done.set()
        teller.join()
        if is_terminal and time.monotonic() - started > QUIET_SECONDS:
            sys.stderr.write("\r\x1b[K")
