"""`newsactors ingest`: options, the summary of a run, and the preview of --dry-run.

Does not belong here: reading and staging (`etl.pipeline.archive_files`,
`etl.pipeline.stage_articles`), and previewing (`etl.pipeline.preview`).
"""

from __future__ import annotations

import glob
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import click

from etl.cli import terminal
from etl.cli.lost_archive import accept_loss_option, accept_lost_archive
from etl.cli.options import json_option, verbose_option
from etl.cli.run import as_row, run_job
from etl.pipeline.path_proposal import PathProposal
from etl.pipeline.preview import COLUMNS, preview
from etl.pipeline.preview_tally import Tally
from etl.query import display
from etl.query.contents import copies_read, foreign_counts, undated_sources
from etl.settings import Location, Settings, SettingsError, location
from etl.storage.inbox import recorded_path
from etl.storage.quarantine import QuarantinedItem
from etl.storage.run_state import State

SHOWN_WARNINGS = 10


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything went to quarantine.")
@click.option("--dry-run", is_flag=True, help="Show what each file would become; write nothing.")
@accept_loss_option
@json_option
@verbose_option
@click.pass_obj
def ingest(
    settings: Settings,
    paths: tuple[str, ...],
    strict: bool,
    dry_run: bool,
    accept_loss: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Ingest files, folders, globs and s3:// URLs; by default the inbox ($NEWSACTORS_INBOX).

    Reads text, Markdown, HTML, saved pages, JSON, JSON lines, CSV, RSS and Atom, NewsML-G2, NITF,
    Reuters SGML, WARC, mail, PDF, DOCX, ODT and EPUB, also inside .gz, .bz2, .xz, .zst, .zip and
    .tar (docs/formats.md). Files that were ingested before are skipped. A file or record that
    cannot be read goes to quarantine with the reason and a remedy, and the ingest continues. Files
    that are still being written wait for the next run. Articles in languages other than English are
    stored, not extracted.

    \b
    Examples:
      newsactors ingest                      # new files in the inbox
      newsactors ingest --dry-run dump.zip   # a line per article, or why not
      newsactors ingest ~/news 'archive/**/*.txt'
      newsactors ingest --strict --json feed/
      newsactors ingest s3://bucket/news/    # needs pip install 'newsactors[s3]'
    """
    if dry_run:
        if show_preview(settings, [location(path) for path in _expand(paths)], as_json) and strict:
            sys.exit(1)
        return
    started = datetime.now(UTC)
    if accept_loss:
        accept_lost_archive(settings)
    run = run_job(settings, "nightly_ingest", {"paths": _expand(paths)}, verbose)
    quarantined = [r for r in State(settings.state_file).quarantine() if r.run_id == run.run_id]
    if as_json:
        click.echo(
            terminal.as_json(
                {**as_row(run), "quarantine": [as_row(r) for r in quarantined]}, indent=2
            )
        )
    else:
        seconds = (datetime.now(UTC) - started).total_seconds()
        click.echo(
            f"{run.files_seen:,} files seen, {run.files_new:,} new; "
            f"{run.articles_new:,} new articles, {run.versions_new - run.articles_new:,} new "
            f"versions; {len(quarantined):,} to quarantine; {seconds:.1f} s",
            err=True,
        )
        _show_copies(copies_read(settings, run.run_id))
        _show_undated(undated_sources(settings, run.run_id))
        _show_foreign(foreign_counts(settings, run.run_id))
        _show_quarantine(quarantined)
    if strict and quarantined:
        sys.exit(1)


def _expand(patterns: Sequence[str]) -> list[str]:
    """Return absolute paths, with globs expanded if the shell did not, and URLs unchanged.

    Raises UsageError for a path that doesn't exist and for an unsupported URL.
    """
    found: list[str] = []
    for pattern in patterns:
        try:
            place = location(pattern)
        except SettingsError as error:
            raise click.UsageError(str(error)) from None
        if isinstance(place, str) or place.exists() or place.is_symlink():
            found.append(str(place))
        elif matches := sorted(glob.glob(str(place), recursive=True)):  # noqa: PTH207 - absolute
            found += matches
        else:
            raise click.UsageError(f"{display.clean(pattern)!r}: no such file, folder or match")
    return found


def show_preview(settings: Settings, places: Sequence[Location], as_json: bool) -> int:
    """Print what each item would become; return how many items would go to quarantine.

    Items are printed as they are read. As JSON they are one list, with an item per line.
    """
    tally = Tally()
    roots = [recorded_path(p, settings.inbox) for p in places or [settings.inbox]]
    proposal = PathProposal(roots)
    beside_pages: list[str] = []
    for row in preview(settings, places, beside_pages):
        if as_json:
            line = terminal.as_json(row.as_dict())
            click.echo(("[" if not tally.items else ",\n") + line, nl=False)
        else:
            if not tally.items:
                click.echo(f"# {'  '.join(COLUMNS)}", err=True)
            click.echo("  ".join(map(display.clean, row.values())))
        tally.add(row)
        if row.reason is None and row.outlet_method in (None, "address"):
            proposal.add(row.path)
    if as_json:
        click.echo("]" if tally.items else "[]")
    click.echo(f"{tally}; nothing was written", err=True)
    if beside_pages:
        shown = display.clean(", ".join(beside_pages[:3]))
        more = f" and {len(beside_pages) - 3:,} more" if len(beside_pages) > 3 else ""
        click.echo(f"note: skipped, as a browser saved it with a page: {shown}{more}", err=True)
    _propose(settings, proposal)
    return tally.rejected


def _propose(settings: Settings, proposal: PathProposal) -> None:
    """Show the entry of fields.yaml that takes outlets from folders, if they look like outlets."""
    entries, outlets = proposal.entries()
    if entries:
        shown = ", ".join(outlets[:5]) + (" …" if len(outlets) > 5 else "")
        note = (
            f"note: folders look like outlets ({shown}), and articles in them name none. If they "
            f"are outlets, add to {settings.field_mappings}:"
        )
        for line in (note, *entries):
            click.echo(display.clean(line), err=True)


def _show_copies(count: int) -> None:
    if count:
        click.echo(
            f"note: {display.counted(count, 'more item')} copied from articles here; "
            "article_sources has their files",
            err=True,
        )


def _show_undated(paths: Sequence[str]) -> None:
    if paths:
        shown = ", ".join(display.clean(path) for path in paths[:3])
        more = f" and {len(paths) - 3:,} more" if len(paths) > 3 else ""
        articles = display.counted(len(paths), "new article")
        click.echo(f"note: no timeline counts {articles} without a date: {shown}{more}", err=True)


def _show_foreign(counts: Mapping[str, int]) -> None:
    if counts:
        shown = ", ".join(f"{count:,} in {language}" for language, count in counts.items())
        click.echo(
            f"note: {sum(counts.values()):,} of the new articles are not in English ({shown}): "
            "stored, not extracted",
            err=True,
        )


def _show_quarantine(rejected: Sequence[QuarantinedItem]) -> None:
    for r in rejected[:SHOWN_WARNINGS]:
        click.echo(
            display.clean(f"warning: {r.source_path}: {r.reason}: {r.detail}; {r.remedy}"),
            err=True,
        )
    if len(rejected) > SHOWN_WARNINGS:
        click.echo(
            f"… and {len(rejected) - SHOWN_WARNINGS:,} more: newsactors quarantine list", err=True
        )
