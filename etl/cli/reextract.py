"""`newsactors reextract`: at once, or as a candidate that is compared, promoted and rolled back.

Does not belong here: extracting (`etl.pipeline.reextract`), comparing (`etl.pipeline.compare`), and
the layout of a comparison (`etl.cli.comparison`).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date

import click
import duckdb

from etl.cli import comparison, terminal
from etl.cli.options import Day, json_option, verbose_option
from etl.cli.progress import progress_bars
from etl.cli.run import as_row, run_job
from etl.errors import first_line
from etl.extract import extractor_names, get_extractor
from etl.pipeline import compare
from etl.pipeline.extractor_in_use import (
    extractor_in_use,
    name_in_use,
)
from etl.pipeline.reextract import build_candidate
from etl.pipeline.series_shifts import (
    busiest,
    published_shifts,
)
from etl.query import display
from etl.query.published import Row
from etl.settings import Settings
from etl.storage.editions import ArticleSelection, last_switch


@click.command()
@click.option(
    "--diff", is_flag=True, help="Extract a candidate beside the published rows, and compare."
)
@click.option("--promote", is_flag=True, help="Publish the candidate of --diff.")
@click.option("--rollback", is_flag=True, help="Restore the rows that the last --promote replaced.")
@click.option("--extractor", metavar="NAME", help="With --diff: the extractor to try.")
@click.option("--from", "from_day", type=Day(), help="First publication day.")
@click.option("--to", "to_day", type=Day(end=True), help="Last publication day.")
@click.option("--outlet", "outlets", multiple=True, help="Outlet; may be repeated.")
@click.option("--strict", is_flag=True, help="Exit with 1 if an actor's series shifts too much.")
@json_option
@verbose_option
@click.pass_obj
def reextract(
    settings: Settings,
    diff: bool,
    promote: bool,
    rollback: bool,
    extractor: str | None,
    from_day: date | None,
    to_day: date | None,
    outlets: tuple[str, ...],
    strict: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Extract published articles again with the current extractor.

    By default this extracts all articles and publishes at once; days are inclusive. To compare
    first, use --diff: it extracts a candidate beside the published rows and reports the mentions
    and quotes gained, lost and changed, by type and actor, with examples. An interrupted --diff
    resumes when you run it again. --promote publishes the candidate, and extracts articles that
    arrived since then in the same way. After a promotion for all articles, NAME also extracts new
    articles. With --strict, a series shifts too much if more than $NEWSACTORS_SHIFT_SHARE of an
    actor's weekly articles change.

    \b
    Examples:
      newsactors reextract --from 2025-05 --outlet "Harbour Courier"
      newsactors reextract --diff --extractor NAME
      newsactors reextract --diff --strict --json > diff.json && newsactors reextract --promote
      newsactors reextract --rollback
    """
    if diff + promote + rollback > 1:
        raise click.UsageError("--diff, --promote and --rollback exclude each other")
    if (promote or rollback) and (from_day or to_day or outlets or extractor):
        raise click.UsageError("--promote and --rollback take no selection: give it to --diff")
    if extractor and not diff:
        raise click.UsageError("--extractor goes with --diff: compare it before you use it")
    choice = ArticleSelection(from_day, to_day, outlets)
    if diff:
        shifted = _diff(settings, extractor, choice, as_json)
    else:
        job = "promote" if promote else "rollback" if rollback else "reextract"
        days = {"from_day": from_day, "to_day": to_day}
        chosen = {name: day.isoformat() for name, day in days.items() if day}
        request = {**chosen, "outlets": list(outlets)} if job == "reextract" else {}
        run = run_job(settings, job, request, verbose)
        after = published_shifts(settings)
        shifted = after or []
        if as_json:
            click.echo(terminal.as_json({**as_row(run), "shifted": after}, indent=2))
        else:
            _report_published(settings, job, shifted)
            if after is None:
                click.echo(
                    "series not compared: an older version published the former file", err=True
                )
    if strict and shifted:
        sys.exit(1)


def _diff(
    settings: Settings, name: str | None, choice: ArticleSelection, as_json: bool
) -> list[Row]:
    """Build the candidate, show what it changes, and return the actors whose series shift."""
    if name is not None and name not in extractor_names():
        known = ", ".join(extractor_names())
        raise click.UsageError(f"no extractor is named {display.clean(name)!r}; known: {known}")
    try:
        with progress_bars() as report:
            extractor = get_extractor(name) if name else extractor_in_use(settings)
            build_candidate(settings, extractor, choice, report)
            found = compare.compare_candidate(settings, report)
    except (OSError, duckdb.Error) as error:
        raise click.ClickException(
            f"{first_line(error)}; nothing was published, and what was extracted is kept: "
            "fix that and run again"
        ) from None
    if as_json:
        click.echo(terminal.as_json(found.as_dict(), indent=2))
    else:
        terminal.show(comparison.render(found))
        if found.articles:
            click.echo("To publish this: newsactors reextract --promote", err=True)
    return found.shifted


def _report_published(settings: Settings, job: str, shifted: Sequence[Row]) -> None:
    last = last_switch(settings)
    if job == "reextract" or last is None:
        click.echo("extracted again and published", err=True)
    elif job == "promote":
        click.echo(
            f"{last.articles:,} texts are published as {last.edition.version} extracted them; "
            "to go back: newsactors reextract --rollback",
            err=True,
        )
    else:
        click.echo(
            f"{last.articles:,} texts are published as before {last.edition.version}", err=True
        )
    if job != "reextract":
        click.echo(f"new articles are extracted by {name_in_use(settings)!r}", err=True)
    if shifted:
        click.echo(display.clean(f"warning: series shifted: {busiest(shifted)}"), err=True)
