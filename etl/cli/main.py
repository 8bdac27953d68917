"""The `newsactors` command: its help, its settings, and its list of commands.

Does not belong here: the commands (the other modules of `etl.cli`), and the Dagster jobs that they
run (`etl.__main__` passes them in).
"""

from __future__ import annotations

import click

from etl import __version__
from etl.cli import (
    corrections,
    dev,
    doctor,
    explore,
    export,
    ingest,
    maintenance,
    quarantine,
    read,
    reextract,
    reread,
    status,
    terminal,
)
from etl.cli.run import Commands, collect_rarely
from etl.settings import Settings


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
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


for command in (
    ingest.ingest,
    reextract.reextract,
    reread.reread,
    maintenance.rebuild,
    maintenance.forget,
    status.status,
    read.top,
    read.timeline,
    read.quotes,
    export.sql,
    export.export_table,
    corrections.actors,
    doctor.doctor,
    quarantine.quarantine,
    explore.explore,
    explore.report,
    dev.dev,
):
    main.add_command(command)
