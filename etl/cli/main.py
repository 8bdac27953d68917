"""The `newsactors` command: its help, its settings, and its list of commands.

Does not belong here: the commands (the other modules of `etl.cli`), and the Dagster jobs that they
run (`etl.__main__` passes them in).
"""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any

import click

from etl import __version__
from etl.cli import terminal
from etl.cli.run import Commands, collect_rarely
from etl.settings import Settings


class ImportedOnUse(UserDict[str, Any]):
    """Commands by name, each given as its module and function, and imported when it is looked up.

    That makes `newsactors top` take 0.8 s of the processor instead of 1.5 s (a busy machine). Only
    the help of `newsactors` itself looks up all commands.
    """

    def __getitem__(self, name: str) -> Any:
        module, function = super().__getitem__(name)
        return getattr(import_module(f"etl.cli.{module}"), function)


COMMANDS = ImportedOnUse(
    {
        "ingest": ("ingest", "ingest"),
        "reextract": ("reextract", "reextract"),
        "reread": ("reread", "reread"),
        "rebuild": ("maintenance", "rebuild"),
        "forget": ("maintenance", "forget"),
        "status": ("status", "status"),
        "top": ("read", "top"),
        "timeline": ("read", "timeline"),
        "quotes": ("read", "quotes"),
        "sql": ("export", "sql"),
        "export": ("export", "export_table"),
        "actors": ("corrections", "actors"),
        "doctor": ("doctor", "doctor"),
        "quarantine": ("quarantine", "quarantine"),
        "explore": ("explore", "explore"),
        "report": ("explore", "report"),
        "dev": ("dev", "dev"),
    }
)


@click.group(
    cls=Commands,
    commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="newsactors")
@click.pass_context
def main(context: click.Context) -> None:
    """Who appears in the news, how often, since when, and who is quoted.

    \b
    Start:   newsactors ingest seeds/articles
    Look:    newsactors top
             newsactors timeline "Nadia Verholt" --by week
             newsactors quotes --by "Nadia Verholt"
    Explore: newsactors explore
    Operate: newsactors dev
    Query:   newsactors sql "select outlet, count(*) from articles group by all"

    The warehouse is in $NEWSACTORS_HOME (default: warehouse/ of the checkout or, if installed, of
    the current folder); readers open $NEWSACTORS_HOME/news.duckdb. Commands run as Dagster jobs,
    which appear in its UI (newsactors dev).
    """
    terminal.replace_unprintable()
    collect_rarely()
    context.obj = Settings.from_env()
