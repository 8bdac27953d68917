"""The `newsactors` command, assembled from the modules of its commands."""

from __future__ import annotations

import click

from etl import __version__
from etl.cli import (
    corrections,
    doctor,
    explore,
    export,
    ingest,
    maintenance,
    quarantine,
    read,
    reextract,
    status,
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
    Ask:     newsactors sql "select outlet, count(*) from articles group by all"

    State lives in $NEWSACTORS_HOME (default: warehouse/ of the checkout); what others read is
    $NEWSACTORS_HOME/news.duckdb. Runs go through Dagster: with DAGSTER_HOME set they appear in
    its UI.
    """
    collect_rarely()
    context.obj = Settings.from_env()


for command in (
    ingest.ingest,
    reextract.reextract,
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
):
    main.add_command(command)
