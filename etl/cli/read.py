"""`newsactors top`, `timeline` and `quotes`.

Standard output holds the answer and nothing else; notes go to standard error.
Does not belong here: SQL (`etl.query`), and layout (`etl.cli.tables`, `etl.cli.charts`).
"""

from __future__ import annotations

from datetime import date
from typing import get_args

import click
import pyarrow as pa

from etl.cli import charts, tables, terminal
from etl.cli.answers import find_actor, reading_command
from etl.cli.options import (
    from_option,
    json_option,
    limit_option,
    outlet_option,
    to_option,
)
from etl.domain import Act, EntityType
from etl.query import export, timelines
from etl.query import quotes as quote_queries
from etl.query.period import Period, known_outlet
from etl.query.published import Row, open_published
from etl.query.quotes import text_pattern
from etl.query.timelines import Grain
from etl.settings import Settings


def _require_order(from_day: date | None, to_day: date | None) -> None:
    if from_day and to_day and from_day > to_day:
        raise click.UsageError(f"--from {from_day} is after --to {to_day}")


def _print_json(rows: list[Row], leave_out: tuple[str, ...] = ()) -> None:
    kept = [{k: v for k, v in row.items() if k not in leave_out} for row in rows]
    click.echo(terminal.as_json(kept, indent=2))


@click.command()
@limit_option(20)
@click.option(
    "--type",
    "type_",
    type=click.Choice(get_args(EntityType), case_sensitive=False),
    metavar="TYPE",
    help=f"Only {', '.join(get_args(EntityType))}.",
)
@from_option
@to_option
@outlet_option
@json_option
@click.pass_obj
@reading_command
def top(
    settings: Settings,
    limit: int,
    type_: str | None,
    from_day: date | None,
    to_day: date | None,
    outlet: str | None,
    as_json: bool,
) -> None:
    """Show the actors in the most articles, and when they appear.

    Ranked by articles, then by mentions. The share is of all articles in the period and outlet.
    With --from or --to, undated articles don't count. A dot in a sparkline is a week without
    articles.

    \b
    Examples:
      newsactors top
      newsactors top --type PERSON --from 2025-01 --to 2025-03
      newsactors top --outlet "Harbour Courier" --limit 50 --json
    """
    _require_order(from_day, to_day)
    with open_published(settings) as connection:
        outlet = known_outlet(connection, outlet)
        period = Period(from_day, to_day, outlet)
        rows = timelines.top_actors(connection, period, type=type_, limit=limit)
    if as_json:
        _print_json(rows, ("actor_total", "article_total"))
        return
    if not rows:
        click.echo("No actors in this period.")
        return
    title = " ".join(
        part
        for part in (
            f"Top {type_ or 'actors'}",
            f"from {from_day}" if from_day else "",
            f"to {to_day}" if to_day else "",
            f"in {outlet}" if outlet else "",
        )
        if part
    )
    terminal.show(tables.top_table(rows, title, width=terminal.console().width))


@click.command()
@click.argument("name")
@click.option(
    "--by",
    "grain",
    type=click.Choice(["day", "week", "month"]),
    default="week",
    show_default=True,
    help="Length of a period; weeks start on Monday.",
)
@from_option
@to_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV and nothing else.")
@click.pass_obj
@reading_command
def timeline(
    settings: Settings,
    name: str,
    grain: Grain,
    from_day: date | None,
    to_day: date | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show how often NAME appears over time, empty periods included.

    NAME is a name, an alias, part of one, or an entity id; case and accents don't matter. If it
    matches several actors or none, the likely ones are listed and the exit code is 3. Periods are
    whole: --from 2025-01-15 --by month starts with all of January. The default is from the first
    appearance to the last day of the warehouse.

    \b
    Examples:
      newsactors timeline "Nadia Verholt"
      newsactors timeline verholt --by month --from 2025-05
      newsactors timeline verholt --by day --csv > verholt.csv
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    _require_order(from_day, to_day)
    with open_published(settings) as connection:
        entity = find_actor(connection, name)
        rows = timelines.timeline(connection, entity, grain, from_day, to_day)
    if as_json:
        shown = {k: entity[k] for k in ("entity_id", "name", "type")}
        click.echo(terminal.as_json({**shown, "by": grain, "periods": rows}, indent=2))
        return
    if as_csv:
        _write_csv(rows)
        return
    heading = tables.entity_heading(entity)
    if not rows:
        terminal.show(heading)
        click.echo("No dated article in this period.")
        return
    width = terminal.console().width
    terminal.show(charts.timeline_chart(rows, heading, grain, width=width))


def _write_csv(rows: list[Row]) -> None:
    if rows:
        table = pa.Table.from_pylist(rows)
        with terminal.standard_output() as sink:
            export.write_rows(table.to_reader(), sink, "csv")


@click.command()
@click.argument("text", required=False)
@click.option("--by", "speaker", metavar="NAME", help="Only this speaker; as in `timeline`.")
@from_option
@to_option
@outlet_option
@click.option(
    "--act", type=click.Choice(get_args(Act)), help="Only what is said, thought or wanted."
)
@limit_option(20)
@json_option
@click.pass_obj
@reading_command
def quotes(
    settings: Settings,
    text: str | None,
    speaker: str | None,
    from_day: date | None,
    to_day: date | None,
    outlet: str | None,
    act: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show who said what: utterances in their sentence, with speaker and article; newest first.

    TEXT matches anywhere in a quote, whatever its case, line breaks or style of apostrophe. Without
    TEXT and --by, all utterances are shown. The words in brackets (on a screen: in bold) are the
    utterance. The span, such as body[120:180], counts characters in the article with that id.

    \b
    Examples:
      newsactors quotes "climate change"
      newsactors quotes --by "Coraline Ashgrove" --from 2025-06
      newsactors quotes bank --by krayle --json
    """
    _require_order(from_day, to_day)
    with open_published(settings) as connection:
        period = Period(from_day, to_day, known_outlet(connection, outlet))
        entity_id = find_actor(connection, speaker)["entity_id"] if speaker else None
        rows = quote_queries.quotes(
            connection, period, speaker=entity_id, act=act, words=text, limit=limit
        )
    if as_json:
        _print_json(rows, ("utterance_total", "stretches"))
        return
    if not rows:
        click.echo("No quotes found.")
        return
    pattern = text_pattern(text) if text and text.strip() else None
    is_plain = not terminal.console().is_terminal
    terminal.show(tables.quote_list(rows, pattern, plain=is_plain), wrap=not is_plain)
