"""`newsactors actors list | show | suggest | history`: the commands that only read.

They read the published file and `corrections.csv`, never the build database, so they work during a
run.
Does not belong here: SQL (`etl.query.actors`, `etl.query.correction_history`), ranking likely pairs
(`etl.linking.suggest`), and the commands that record corrections (`etl.cli.corrections`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, ParamSpec

import click
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from etl.cli import tables, terminal
from etl.cli.answers import note_other_actors, reading_command
from etl.cli.options import json_option, limit_option
from etl.corrections.csv_file import read_corrections
from etl.corrections.plan import make_plan
from etl.corrections.records import TYPES
from etl.linking import suggest as suggesting
from etl.query import actors, display, names
from etl.query.correction_history import correction_history, published_history
from etl.query.display import clean, counted
from etl.query.published import Row, open_published
from etl.settings import Settings

P = ParamSpec("P")


def _reading(command: Callable[P, None]) -> Callable[P, None]:
    return click.pass_obj(reading_command(command))


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        is_number = name in ("articles", "mentions", "quotes", "score")
        is_short = is_number or name in ("id", "id ", "at", "type")
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(name, justify=justify, no_wrap=is_short, overflow="fold")
    return table


type_option = click.option(
    "--type",
    "type_",
    type=click.Choice(TYPES, case_sensitive=False),
    help="Only actors of this type.",
)


@click.command("list")
@click.argument("like", required=False, metavar="[TEXT]")
@type_option
@click.option("--corrected", is_flag=True, help="Only actors that corrections moved mentions to.")
@limit_option(30)
@json_option
@_reading
def list_actors(
    settings: Settings,
    like: str | None,
    type_: str | None,
    corrected: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List actors with their ids and other names; with TEXT, those with TEXT in a name.

    \b
    Examples:
      newsactors actors list --type PERSON
      newsactors actors list ash --json
    """
    with open_published(settings) as con:
        rows = actors.list_actors(con, type=type_, like=like, corrected=corrected, limit=limit)
    if as_json:
        kept = [{k: v for k, v in row.items() if k != "actor_total"} for row in rows]
        click.echo(terminal.as_json(kept, indent=2))
        return
    if not rows:
        click.echo("No actors found.")
        return
    table = _table("id", "actor", "type", "articles", "mentions", "also called")
    for row in rows:
        table.add_row(
            Text(row["entity_id"]),
            Text(clean(row["name"]), style="bold"),
            row["type"],
            display.number(row["article_count"]),
            display.number(row["mention_count"]),
            Text(clean(", ".join(row["aliases"][:4])), style="dim"),
        )
    more = rows[0]["actor_total"] - len(rows)
    note = f"… {display.number(more)} more, raise --limit." if more else ""
    terminal.show(Group(table, Text(note, style="dim")))


@click.command()
@click.argument("name")
@json_option
@_reading
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show one actor: its forms, old ids, roles, outlets, co-occurring actors and corrections.

    NAME is a name, an alias, part of one, or an entity id, also of a merged actor.
    """
    rows = read_corrections(settings)
    with open_published(settings) as con:
        entity, others = names.resolve(con, name)
        found = actors.actor_details(con, entity["entity_id"])
        ids = {found["entity_id"], *found["old_entity_ids"]}
        found["corrections"] = [
            row
            for row in correction_history(con, rows)
            if ids & {*(value for _, value in row["arguments"]), row["minted_entity_id"]}
        ]
    if as_json:
        click.echo(terminal.as_json(found, indent=2))
        return
    note_other_actors(name, others)
    terminal.show(_layout(found))


def _layout(found: Row) -> RenderableType:
    days = f"{found['first_seen']} to {found['last_seen']}" if found["first_seen"] else "undated"
    forms = [f"{r['name']} ({r['article_count']}, {r['method']})" for r in found["forms"]]
    lines = {
        "country": found["country_code"] or "",
        "seen": days,
        "counts": ", ".join(
            (
                counted(found["article_count"], "article"),
                counted(found["mention_count"], "mention"),
                counted(found["statement_count"], "statement"),
                counted(
                    found["utterance_count"] - found["statement_count"],
                    "opinion or intention",
                    "opinions and intentions",
                ),
            )
        ),
        "fullest forms": ", ".join(forms),
        "also called": ", ".join(found["aliases"][:12]),
        "roles": ", ".join(f"{r['role']} ({r['mention_count']})" for r in found["roles"]),
        "outlets": ", ".join(f"{r['outlet']} ({r['article_count']})" for r in found["outlets"]),
        "together with": ", ".join(
            f"{r['name']} ({r['article_count']})" for r in found["together_with"]
        ),
        "old ids": ", ".join(found["old_entity_ids"]),
    }
    grid = Table.grid(padding=(0, 2))
    for label, text in lines.items():
        if text:
            grid.add_row(Text(label, style="dim"), Text(clean(text)))
    parts: list[RenderableType] = [tables.entity_heading(found), grid]
    if found["corrections"]:
        parts += [Text(), _history_table(found["corrections"])]
    return Group(*parts)


@click.command()
@limit_option(20)
@type_option
@json_option
@_reading
def suggest(settings: Settings, limit: int, type_: str | None, as_json: bool) -> None:
    """List pairs that are probably one actor, with the evidence.

    Those come first whose merge would correct most mentions: their number times the likelihood
    that the two are one. This merges nothing. Check a pair, then `merge` it, or mark it as
    `distinct` to remove it from this list. Two names that appear side by side in an article are
    never suggested.
    """
    plan = make_plan(read_corrections(settings))
    with open_published(settings) as con:
        pairs = suggesting.suggest(con, plan, limit=limit, type_=type_)
    if as_json:
        click.echo(terminal.as_json(pairs, indent=2))
        return
    if not pairs:
        click.echo("No likely pairs.")
        return
    table = _table("score", "mentions", "actor", "id", "into", "id ", "evidence")
    for pair in pairs:
        table.add_row(
            f"{pair['score']:.2f}",
            f"{pair['moved_mentions']:,}",
            Text(f"{clean(pair['name'])} ({pair['article_count']})"),
            pair["entity_id"],
            Text(f"{clean(pair['into_name'])} ({pair['into_article_count']})", style="bold"),
            pair["into_entity_id"],
            Text(clean("; ".join(pair["evidence"])), style="dim"),
        )
    note = 'To merge a pair: newsactors actors merge ID ID --because "…"'
    terminal.show(Group(table, Text(), Text(note, style="dim")))


@click.command()
@json_option
@_reading
def history(settings: Settings, as_json: bool) -> None:
    """List every correction: who decided what, when and why, and whether it is published.

    'idle': there is nothing to change. 'skipped': it contradicts an earlier correction. 'pending':
    it is in the file but not published yet. 'gone': it is published, but was removed from the file
    or changed there.
    """
    found = published_history(settings, read_corrections(settings))
    if as_json:
        click.echo(terminal.as_json(found, indent=2))
        return
    if not found:
        click.echo("No corrections yet.")
        return
    terminal.show(_history_table(found))


def _history_table(rows: list[Row]) -> RenderableType:
    table = _table("id", "at", "who", "what", "because", "status")
    for row in rows:
        detail = f": {row['detail']}" if row["detail"] else ""
        table.add_row(
            row["correction_id"],
            str(row["at"] or "")[:10],
            Text(clean(row["author"])),
            Text(clean(correction_summary(row))),
            Text(clean(row["because"])),
            Text(clean(row["status"] + detail)),
        )
    return table


def correction_summary(row: Row) -> str:
    """Return a correction in words: "merge A. Ash (E1) into Ann Ash (E2)"."""
    names_by_id = row["about"]

    def label(value: str) -> str:
        return f"{names_by_id[value]} ({value})" if value in names_by_id else value

    if row["undoes"]:
        return f"undo {row['undoes']}"
    words = [row["action"]]
    for key, value in row["arguments"]:
        is_subject = key in ("actor", "spelling", "", "article") and len(words) == 1
        words.append(label(value) if is_subject else f"{key} {label(value)}")
    if row["minted_entity_id"]:
        words.append(f"creates {label(row['minted_entity_id'])}")
    return " ".join(words)
