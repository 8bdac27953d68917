"""The `newsactors` command: the commands that change a warehouse, and `status`.

Belongs here: options, messages, exit codes. Does not belong here: the reading commands
(`etl.cli.read`), those about actors (`etl.cli.corrections`), and the work itself (`etl.pipeline`, run
through Dagster for its history, see `etl.cli.run`).

Exit codes: 0 done (warnings included, unless --strict), 1 error, 2 usage.
"""

from __future__ import annotations

import glob
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click
import duckdb

from etl import __version__
from etl.cli import (
    comparison,
    corrections,
    doctor,
    quarantine,
    read,
    terminal,
)
from etl.cli import explore as explorer_cli
from etl.cli import (
    status as status_report,
)
from etl.cli.run import (
    Commands,
    as_row,
    collect_rarely,
    json_option,
    progress_bars,
    run_job,
    show_preview,
    verbose_option,
)
from etl.extract import extractor_names, get_extractor
from etl.pipeline import compare, series_shifts
from etl.pipeline.errors import InputError
from etl.pipeline.extractor_in_use import extractor_in_use, name_in_use
from etl.pipeline.progress import WAITING
from etl.pipeline.rebuild import clear_for_rebuild
from etl.pipeline.reextract import build_candidate
from etl.pipeline.tombstone_article import tombstone_article
from etl.query import display, export, published
from etl.query.published import Row
from etl.settings import Settings, SettingsError, location
from etl.storage.archive import ArchiveError
from etl.storage.checksums import DamagedError
from etl.storage.editions import ArticleSelection, last_switch
from etl.storage.run_state import Rejected, State, StateError
from etl.storage.staging import StagingError
from etl.storage.writer_lock import WriterLock
from etl.warehouse.build_db import BuildError

SHOWN_WARNINGS = 10


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
    try:
        context.obj = Settings.from_env()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


read.register(main)
main.add_command(corrections.actors)
main.add_command(doctor.doctor)
main.add_command(quarantine.quarantine)
main.add_command(explorer_cli.explore)
main.add_command(explorer_cli.report)


def _expand(patterns: Sequence[str]) -> list[str]:
    """Absolute paths, globs expanded where the shell did not, and addresses as they are.

    UsageError for what is not there, and for addresses that are not read.
    """
    found: list[str] = []
    for pattern in patterns:
        try:
            where = location(pattern)
        except SettingsError as error:
            raise click.UsageError(str(error)) from None
        if isinstance(where, str) or where.exists() or where.is_symlink():
            found.append(str(where))
        elif matches := sorted(glob.glob(str(where), recursive=True)):  # noqa: PTH207 - a user's
            found += matches
        else:
            raise click.UsageError(f"{display.clean(pattern)!r}: no such file, folder or match")
    return found


@main.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--strict", is_flag=True, help="Exit with 1 where anything went to quarantine.")
@click.option("--dry-run", is_flag=True, help="Show what each file would become; write nothing.")
@json_option
@verbose_option
@click.pass_obj
def ingest(
    settings: Settings,
    paths: tuple[str, ...],
    strict: bool,
    dry_run: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Ingest files, folders, globs and s3:// addresses; without any, the inbox ($NEWSACTORS_INBOX).

    Text, Markdown, HTML, JSON, JSON lines, CSV, RSS and Atom, NewsML-G2, NITF, Reuters SGML, WARC,
    mail, PDF and DOCX, also inside .gz, .bz2, .xz, .zst, .zip and .tar (docs/formats.md). What
    was read before is not read again. A file or record that cannot be read goes to quarantine,
    with the reason and the remedy, and the rest goes on. Files that are still being written are
    left for the next run. Articles in other languages than English are stored and not extracted.

    \b
    Examples:
      newsactors ingest                      # what is new in the inbox
      newsactors ingest --dry-run dump.zip   # an item a line: date, outlet, words, or the reason
      newsactors ingest ~/news 'archive/**/*.txt'
      newsactors ingest --strict --json feed/
      newsactors ingest s3://bucket/news/    # needs pip install 'newsactors[s3]'
    """
    if dry_run:
        if show_preview(settings, [location(path) for path in _expand(paths)], as_json) and strict:
            sys.exit(1)
        return
    started = datetime.now(UTC)
    config = {"raw_files": {"config": {"paths": _expand(paths)}}}
    run = run_job(settings, "nightly_ingest", config, verbose)
    quarantined = [r for r in State(settings.state_file).quarantine() if r.run_id == run.run_id]
    if as_json:
        click.echo(
            export.to_json(
                {**as_row(run), "quarantine": [as_row(r) for r in quarantined]}, indent=2
            )
        )
    else:
        seconds = (datetime.now(UTC) - started).total_seconds()
        click.echo(
            f"{run.files_seen:,} files seen, {run.files_new:,} new; "
            f"{run.articles_new:,} new articles, {run.versions_new - run.articles_new:,} new "
            f"versions; {len(quarantined):,} warnings; {seconds:.1f} s",
            err=True,
        )
        _show_undated(status_report.undated_sources(settings, run.run_id))
        _show_foreign(status_report.foreign_counts(settings, run.run_id))
        _show_quarantine(quarantined)
    if strict and quarantined:
        sys.exit(1)


def _show_undated(paths: Sequence[str]) -> None:
    if paths:
        shown = ", ".join(display.clean(path) for path in paths[:3])
        more = f" and {len(paths) - 3:,} more" if len(paths) > 3 else ""
        click.echo(
            f"note: {len(paths):,} of the new articles have no date and stand in no timeline: "
            f"{shown}{more}",
            err=True,
        )


def _show_foreign(counts: Mapping[str, int]) -> None:
    if counts:
        shown = ", ".join(f"{count:,} in {language}" for language, count in counts.items())
        click.echo(
            f"note: {sum(counts.values()):,} of the new articles are in other languages ({shown}): "
            "stored, not extracted",
            err=True,
        )


def _show_quarantine(rejected: Sequence[Rejected]) -> None:
    for r in rejected[:SHOWN_WARNINGS]:
        click.echo(
            display.clean(f"warning: {r.source_path}: {r.reason}: {r.detail}; {r.remedy}"),
            err=True,
        )
    if len(rejected) > SHOWN_WARNINGS:
        click.echo(
            f"… and {len(rejected) - SHOWN_WARNINGS:,} more: newsactors quarantine list", err=True
        )


@main.command()
@click.option(
    "--diff", is_flag=True, help="Extract beside what is published, and say what differs."
)
@click.option("--promote", is_flag=True, help="Publish what --diff extracted, and what came since.")
@click.option("--rollback", is_flag=True, help="Publish again what the last --promote replaced.")
@click.option("--extractor", metavar="NAME", help="With --diff: try this one.")
@click.option("--from", "from_day", type=read.Day(), help="First publication day.")
@click.option("--to", "to_day", type=read.Day(end=True), help="Last publication day.")
@click.option("--outlet", "outlets", multiple=True, help="Outlet; may be given several times.")
@click.option("--strict", is_flag=True, help="Exit with 1 where an actor's series shifts too much.")
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
    """Extract published articles again, as the current extractor sees them.

    Without options all articles, at once; days include both ends. To judge first: --diff extracts
    beside what is published and reports the mentions and quotes gained, lost and changed, by type
    and actor, with examples; stopped, it goes on where it was. --promote publishes that, and
    extracts what came since in the same way. Promoted for all articles, NAME reads new ones too.
    Too much is more than $NEWSACTORS_SHIFT_SHARE of an actor's articles by week.

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
        raise click.UsageError("a switch is of what --diff was given; choose articles there")
    if extractor and not diff:
        raise click.UsageError("--extractor goes with --diff: judge it before it is used")
    choice = ArticleSelection(from_day, to_day, outlets)
    if diff:
        shifted = _diff(settings, extractor, choice, as_json)
    else:
        job = "promote" if promote else "rollback" if rollback else "reextract"
        days = {"from_day": from_day, "to_day": to_day}
        config = {
            job: True,
            **{name: day.isoformat() for name, day in days.items() if day},
            "outlets": list(outlets),
        }
        run = run_job(settings, job, {"staged_batches": {"config": config}}, verbose)
        shifted = series_shifts.published_shifts(settings)
        if as_json:
            click.echo(export.to_json({**as_row(run), "shifted": shifted}, indent=2))
        else:
            _say_switched(settings, job, shifted)
    if strict and shifted:
        sys.exit(1)


def _diff(
    settings: Settings, name: str | None, choice: ArticleSelection, as_json: bool
) -> list[Row]:
    """Make the candidate, show what it changes, and return the actors whose series shift."""
    if name is not None and name not in extractor_names():
        known = ", ".join(extractor_names())
        raise click.UsageError(f"no extractor is named {display.clean(name)!r}; known: {known}")
    try:
        with progress_bars() as report:
            extractor = get_extractor(name) if name else extractor_in_use(settings)
            build_candidate(settings, extractor, choice, report)
            found = compare.compare_candidate(settings, report)
    except (InputError, ArchiveError) as error:
        raise click.ClickException(display.clean(error, lines=True)) from None
    except (OSError, duckdb.Error) as error:
        raise click.ClickException(
            f"{published.first_line(error)}; nothing was published, and what was extracted is kept: "
            "mend that and run again"
        ) from None
    if as_json:
        click.echo(export.to_json(found.as_dict(), indent=2))
    else:
        terminal.show(comparison.render(found))
        if found.articles:
            click.echo("To publish this: newsactors reextract --promote", err=True)
    return found.shifted


def _say_switched(settings: Settings, job: str, shifted: Sequence[Row]) -> None:
    last = last_switch(settings)
    if job == "reextract" or last is None:
        click.echo("extracted again and published", err=True)
    elif job == "promote":
        click.echo(
            f"{last.articles:,} texts are published as {last.edition.version} sees them; "
            "to go back: newsactors reextract --rollback",
            err=True,
        )
    else:
        click.echo(
            f"{last.articles:,} texts are published as before {last.edition.version}", err=True
        )
    if job != "reextract":
        click.echo(f"new articles are read by {name_in_use(settings)!r}", err=True)
    if shifted:
        click.echo(
            display.clean(f"warning: series shifted: {series_shifts.busiest(shifted)}"), err=True
        )


@contextmanager
def _writing(settings: Settings) -> Iterator[None]:
    writer = WriterLock(settings, on_wait=lambda: click.echo(WAITING, err=True))
    writer.acquire()
    try:
        yield
    except (InputError, BuildError, ArchiveError, DamagedError, StagingError) as error:
        raise click.ClickException(str(error)) from None
    finally:
        writer.release()


@main.command()
@verbose_option
@click.pass_obj
def rebuild(settings: Settings, verbose: bool) -> None:
    """Make everything again from the raw archive, to the same ids.

    Readers keep what is published until the new one is there.
    """
    with _writing(settings):
        clear_for_rebuild(settings)
    run = run_job(settings, "rebuild", {}, verbose)
    click.echo(f"{run.articles_new:,} articles rebuilt from the archive", err=True)


@main.command()
@click.argument("article_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@verbose_option
@click.pass_obj
def forget(settings: Settings, article_id: str, yes: bool, verbose: bool) -> None:
    """Remove ARTICLE_ID everywhere, the archive included. There is no way back.

    A file of it that is still in the inbox is not read again, and is yours to delete.
    """
    if not yes:
        click.confirm(f"Remove article {article_id} for good, archive included?", abort=True)
    with _writing(settings):
        tombstone_article(settings, article_id, run_id="forget")
    run_job(settings, "republish", {}, verbose)
    click.echo(f"article {article_id} is forgotten", err=True)


class Age(click.ParamType[timedelta]):
    """A length of time: 26h, 90m, 3d."""

    name = "age"
    _UNITS = {"m": "minutes", "h": "hours", "d": "days"}  # noqa: RUF012 - never changed

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        if not (match := re.fullmatch(r"(\d{1,6})([mhd])", str(value))):
            self.fail(f"{value!r} is not a length of time; write 26h, 90m or 3d", param, ctx)
        return timedelta(**{self._UNITS[match[2]]: int(match[1])})


@main.command()
@click.option(
    "--max-age",
    type=Age(),
    help="Exit with 1 where the last ingest failed, or ended longer ago (26h, 90m, 3d).",
)
@json_option
@click.pass_obj
def status(settings: Settings, max_age: timedelta | None, as_json: bool) -> None:
    """What is in the warehouse, the last runs, the quarantine, and the versions.

    For monitors: `newsactors status --max-age 26h` fails where last night's run did.
    """
    try:
        report = status_report.collect(settings)
    except StateError as error:
        raise click.ClickException(str(error)) from None
    trouble = None if max_age is None else report.trouble(max_age, datetime.now(UTC))
    if as_json:
        click.echo(export.to_json({**report.as_dict(), "trouble": trouble}, indent=2))
    else:
        terminal.console().print(status_report.render(report))
    if trouble:
        raise click.ClickException(trouble)
