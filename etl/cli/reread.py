"""`newsactors reread`: reading archived files again with today's readers.

Does not belong here: finding what changes (`etl.pipeline.reread_plan`), and carrying it out
(`etl.pipeline.reread`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import click

from etl.cli import terminal
from etl.cli.options import json_option, verbose_option
from etl.cli.progress import progress_bars
from etl.cli.run import as_row, run_job
from etl.corrections.csv_file import read_corrections
from etl.corrections.plan import make_plan
from etl.pipeline.reread import known_formats, preview_reread
from etl.pipeline.reread_changes import FileChange, Former
from etl.query import display
from etl.settings import Settings

SHOWN = 20
"""Articles of a file that are shown; --json has all of them."""


@click.command()
@click.option("--format", "formats", multiple=True, metavar="FORMAT",
              help="Only files that were or are read in this format; may be repeated.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what changes; write nothing.")
@json_option
@verbose_option
@click.pass_obj
def reread(
    settings: Settings, formats: tuple[str, ...], dry_run: bool, as_json: bool, verbose: bool
) -> None:
    """Read archived files again with today's readers, and publish what they read otherwise.

    Use it after an upgrade: an export that an older version read as one article becomes the
    articles that it holds. Shows for each file the articles before and after, and what becomes of
    their ids. An article that is only read better keeps its id, and corrections of it apply. The
    id of one that is several now redirects (`article_redirects`). Forgotten articles stay
    forgotten: of a file that held one, only texts are read that its other articles held. Texts
    that are new are extracted, no others. An interrupted run resumes when you run it again.

    \b
    Examples:
      newsactors reread --dry-run
      newsactors reread --dry-run --json --format nexis > changes.json
      newsactors reread --format nexis --format factiva
    """
    known = known_formats(settings)
    if unknown := [name for name in formats if name not in known]:
        raise click.UsageError(
            f"no format is named {display.clean(unknown[0])!r}; known: {', '.join(known)}"
        )
    with progress_bars() as report:
        changes = list(preview_reread(settings, formats, report))
    orphaned = _orphaned_corrections(settings, changes)
    run = None
    if not dry_run:
        run = run_job(settings, "reread", {"formats": list(formats)}, verbose)
    if as_json:
        files = [change.as_dict() for change in changes]
        answer = {"files": files, "corrections_to_review": orphaned}
        click.echo(terminal.as_json({**answer, "run": run and as_row(run)}, indent=2))
        return
    for change in changes:
        if not change.is_detail:
            _show(change)
    for line in _summary(changes, orphaned):
        click.echo(line, err=True)
    if dry_run or not changes:
        why = "" if changes else "every archived file is read as before; "
        click.echo(f"{why}nothing was changed", err=True)
    else:
        click.echo("read again and published", err=True)


def _show(change: FileChange) -> None:
    was, now = (", ".join(formats) for formats in (change.formats_before, change.formats))
    formats = was if was == now or not now else f"{was} -> {now}" if was else now
    click.echo(
        display.clean(
            f"{change.path}: {display.counted(change.before, 'article')} -> {change.after:,} "
            f"({formats or 'not read'})"
        )
    )
    lines = [_fate(former) for former in change.former]
    lines += [
        f"{today.article_id} {'is new' if today.is_new else 'now'}: "
        f"{today.published_on or 'no date'}, {today.outlet or 'no outlet'}, "
        f"{today.headline or 'no headline'}"
        for today in change.today
    ]
    lines += [f"to quarantine: {reason}" for reason in change.rejected]
    for line in lines[:SHOWN]:
        click.echo(f"  {display.clean(line)}")
    if len(lines) > SHOWN:
        click.echo(f"  … and {len(lines) - SHOWN:,} more: --json")
    if change.withheld:
        click.echo(
            f"  {display.counted(change.withheld, 'article')} withheld: the file held a forgotten "
            "article, and this may be part of it"
        )


def _fate(former: Former) -> str:
    ids = ", ".join(former.becomes)
    what = {
        "changes": "keeps its id",
        "splits": f"splits into {ids}",
        "redirects": f"leads to {ids}",
        "vanishes": "vanishes: no article holds its text",
    }[former.fate]
    return f"{former.article_id} {what} ({former.headline or 'no headline'})"


def _summary(changes: Sequence[FileChange], orphaned: Sequence[str]) -> Iterable[str]:
    if changes:
        fates = Counter(former.fate for change in changes for former in change.former)
        yield (
            f"{display.counted(len(changes), 'file')}: "
            f"{display.counted(sum(c.before for c in changes), 'article')} -> "
            f"{sum(c.after for c in changes):,}; {fates['changes']:,} ids keep their article with "
            f"another text or headline, {fates['splits']:,} split, {fates['redirects']:,} lead to "
            f"another article, {fates['vanishes']:,} vanish; "
            f"{sum(c.withheld for c in changes):,} withheld"
        )
    if details := sum(change.is_detail for change in changes):
        yield f"in {display.counted(details, 'file')} only times, datelines or methods change"
    if orphaned:
        yield (
            "note: corrections of the date or outlet of an article that splits or vanishes don't "
            f"apply any more: {', '.join(orphaned)}; `newsactors actors history` shows them"
        )


def _orphaned_corrections(settings: Settings, changes: Sequence[FileChange]) -> list[str]:
    """Return the corrections of an article's date or outlet that no article takes over."""
    gone = {
        former.article_id
        for change in changes
        for former in change.former
        if former.fate in ("splits", "vanishes")
    }
    plan = make_plan(read_corrections(settings))
    named = plan.dates | plan.outlets
    found = {correction for article, (_, correction) in named.items() if article in gone}
    return sorted(found)
