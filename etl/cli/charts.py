"""Text charts: sparklines, bars and columns over time.

Does not belong here: the counts (`etl.query.timelines`). Untrusted text passes `clean`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from rich.console import Group, RenderableType
from rich.text import Text

from etl.query.display import counted, number, percent
from etl.query.published import Row

BARS = "▁▂▃▄▅▆▇█"
ZERO = "·"


def grouped(values: Sequence[int], most: int) -> tuple[list[int], int]:
    """Sum neighbouring values into at most `most` groups; return the sums and the group size."""
    size = max(1, -(-len(values) // most))
    return [sum(values[i : i + size]) for i in range(0, len(values), size)], size


def sparkline(values: Iterable[int]) -> str:
    """Draw a bar per value, scaled to the highest value; zero is a dot, never the lowest bar."""
    numbers = list(values)
    top = max(numbers, default=0)
    return "".join(
        ZERO if value <= 0 else BARS[-(-value * len(BARS) // top) - 1] for value in numbers
    )


def timeline_chart(
    rows: Sequence[Row], heading: Text, grain: str, *, width: int, height: int = 8
) -> RenderableType:
    """Chart articles by period: up to 31 periods as lines, more as columns over a time axis."""
    values = [row["article_count"] for row in rows]
    busiest = max(rows, key=lambda row: row["article_count"])
    silent = sum(value == 0 for value in values)
    totals = ", ".join(
        (
            counted(sum(values), "article"),
            counted(sum(row["mention_count"] for row in rows), "mention"),
            counted(sum(row["statement_count"] for row in rows), "statement"),
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
    """Yield a line per period: its start, a bar, its numbers."""
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
        line.append(f" {number(row['mention_count']):>9} {number(row['statement_count']):>7}")
        line.append(f" {percent(row['share_of_articles']):>6}")
        yield line


def _columns(rows: Sequence[Row], grain: str, width: int, height: int) -> Iterable[Text]:
    """Yield a column per period, or per several periods if the width is too small; dates below."""
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
