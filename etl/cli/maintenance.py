"""`newsactors rebuild` and `forget`.

Does not belong here: what they do (`etl.pipeline.rebuild`, `etl.pipeline.tombstone_article`).
"""

from __future__ import annotations

import click
import duckdb

from etl.cli.lost_archive import accept_loss_option, accept_lost_archive, writer_lock
from etl.cli.options import verbose_option
from etl.cli.run import run_job
from etl.pipeline.rebuild import clear_for_rebuild
from etl.pipeline.tombstone_article import tombstone_article
from etl.query import display
from etl.query.published import NotPublishedError, open_published
from etl.settings import Settings

SHOWN = 10
"""Articles that a warning names."""


@click.command()
@accept_loss_option
@verbose_option
@click.pass_obj
def rebuild(settings: Settings, accept_loss: bool, verbose: bool) -> None:
    """Rebuild the warehouse from the raw archive, with the same ids.

    Readers keep the published file until the new one replaces it. Refuses if the archive is lost,
    or older than what is published. Names articles that were published and are not read any more,
    because a mapping or a reader has changed.
    """
    if accept_loss:
        accept_lost_archive(settings)
    before = _articles(settings)
    with writer_lock(settings):
        clear_for_rebuild(settings)
    run = run_job(settings, "rebuild", {}, verbose)
    click.echo(f"{run.articles_new:,} articles rebuilt from the archive", err=True)
    if gone := sorted(before.keys() - _articles(settings).keys()):
        shown = ", ".join(f"{article} ({before[article]})" for article in gone[:SHOWN])
        more = f" and {len(gone) - SHOWN:,} more" if len(gone) > SHOWN else ""
        click.echo(
            display.clean(
                f"warning: {display.counted(len(gone), 'published article')} not found in the "
                f"archive any more, or under another id: {shown}{more}"
            ),
            err=True,
        )


def _articles(settings: Settings) -> dict[str, str]:
    """Return the paths of the published articles by id; empty if nothing is published."""
    try:
        with open_published(settings) as con:
            return dict(con.execute("select article_id, source_path from articles").fetchall())
    except (NotPublishedError, duckdb.Error):
        return {}  # a rebuild is also for a published file that can't be read


@click.command()
@click.argument("article_id")
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@verbose_option
@click.pass_obj
def forget(settings: Settings, article_id: str, yes: bool, verbose: bool) -> None:
    """Remove ARTICLE_ID everywhere, the archive included. This can't be undone.

    A copy in the inbox stays and won't be ingested again; delete it yourself. The archived bytes of
    a file that holds other records stay as well, and are never read as this article again.
    """
    if not yes:
        click.confirm(f"Remove article {article_id} for good, archive included?", abort=True)
    with writer_lock(settings):
        remains = tombstone_article(settings, article_id, run_id="forget")
    run_job(settings, "republish", {}, verbose)
    click.echo(f"article {article_id} is forgotten", err=True)
    for remark in remains:
        click.echo(display.clean(f"note: {remark}"), err=True)
