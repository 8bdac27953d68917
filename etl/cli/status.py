"""`newsactors status`: contents, runs, quarantine, corrections, space and versions in one report.

It reads the published file, the run state and the corrections; it writes nothing.
Does not belong here: SQL (`etl.query.contents`), and measuring files (`etl.query.space`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from etl.cli import terminal
from etl.cli.options import Age, json_option
from etl.corrections.csv_file import RegistryError, read_corrections
from etl.query.contents import Contents, published_contents
from etl.query.correction_history import published_history
from etl.query.display import clean
from etl.query.space import Space, Use, used_space
from etl.settings import Settings
from etl.storage.quarantine import QuarantinedItem
from etl.storage.run_history import Run
from etl.storage.run_state import State

SHOWN = 5
RUNS = 100
"""Runs in the report: enough to include the last ingest among runs of other kinds."""


@click.command()
@click.option(
    "--max-age",
    type=Age(),
    help="Exit with 1 if the last ingest failed, or ended longer ago than this (26h, 90m, 3d) "
    "without the schedule having looked and found nothing since.",
)
@json_option
@click.pass_obj
def status(settings: Settings, max_age: timedelta | None, as_json: bool) -> None:
    """Show the contents of the warehouse, the last runs, the quarantine, space and versions.

    For monitoring: `newsactors status --max-age 26h` fails if there was no good run last night.
    """
    report = collect(settings)
    trouble = None if max_age is None else report.trouble(max_age, datetime.now(UTC))
    if as_json:
        click.echo(terminal.as_json({**report.as_dict(), "trouble": trouble}, indent=2))
    else:
        terminal.console().print(render(report))
    if trouble:
        raise click.ClickException(trouble)


@dataclass(frozen=True)
class Report:
    """The state of a warehouse; `contents` is None if nothing is published."""

    published: str
    contents: Contents | None
    runs: list[Run]
    quarantine: list[QuarantinedItem]
    corrections: dict[str, int]
    """Corrections by status: 'applied', 'idle', 'skipped', 'undone', 'pending' or 'gone'."""
    correction_problems: list[str]
    space: Space
    looked_at: datetime | None
    """When the nightly schedule last looked and found nothing to do; it starts no run then."""

    def as_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return {
            "published": self.published,
            "contents": asdict(self.contents) if self.contents else None,
            "runs": [asdict(run) for run in self.runs],
            "quarantine": [asdict(r) for r in self.quarantine],
            "corrections": self.corrections,
            "correction_problems": self.correction_problems,
            "space": asdict(self.space),
            "looked_at": self.looked_at,
        }

    def trouble(self, max_age: timedelta, now: datetime) -> str | None:
        """Return why a monitor should raise an alarm; None if the last ingest is fine."""
        finished = [r for r in self.runs if r.kind == "ingest" and r.status != "running"]
        if not finished:
            return "no ingest has finished yet"
        if finished[0].status != "success":
            return f"the last ingest failed: {clean(finished[0].error or 'no reason recorded')}"
        last = finished[0].finished_at or finished[0].started_at
        if self.looked_at is not None and self.looked_at > last:
            last, what = self.looked_at, "the schedule last looked for news"
        else:
            what = "the last ingest ended"
        if now - last > max_age:
            return f"{what} {_ago(now - last)} ago, more than {_ago(max_age)}"
        return None


def _ago(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    if hours < 2:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def collect(settings: Settings) -> Report:
    """Read the state of the warehouse. Raises StateError if the run state can't be read."""
    state = State(settings.state_file)
    return Report(
        str(settings.published),
        published_contents(settings),
        state.runs(RUNS),
        state.quarantine(),
        *_corrections(settings),
        used_space(settings),
        state.looked_at(),
    )


def _corrections(settings: Settings) -> tuple[dict[str, int], list[str]]:
    """Count corrections by status, and list their problems."""
    try:
        corrections = read_corrections(settings)
    except RegistryError as error:
        return {}, [str(error)]
    history = published_history(settings, corrections)
    problems = [
        f"{row['correction_id']} ({row['status']}): {row['detail']}"
        for row in history
        if row["detail"] and row["status"] != "undone"
    ]
    return dict(Counter(row["status"] for row in history)), problems


def render(report: Report) -> RenderableType:
    """Lay out the report for a terminal."""
    parts: list[RenderableType] = []
    contents = report.contents
    if contents is None:
        parts.append(Text("Nothing is published yet: run `newsactors ingest`."))
    else:
        parts.append(_contents_table(report.published, contents))
    parts += [Text("\nLast runs", style="bold"), _runs_table(report.runs[:SHOWN])]
    if report.looked_at is not None:
        parts.append(
            Text(f"The schedule found nothing new at {report.looked_at:%Y-%m-%d %H:%M:%S} (UTC).")
        )
    parts.append(_quarantine(report.quarantine))
    if report.corrections or report.correction_problems:
        counts = ", ".join(f"{count:,} {status}" for status, count in report.corrections.items())
        parts.append(Text(f"\nCorrections: {counts or 'cannot be read'}", style="bold"))
        shown = report.correction_problems[:SHOWN]
        parts += [Text(clean(f"  {problem}")) for problem in shown]
        if len(report.correction_problems) > SHOWN:
            parts.append(Text("  … and more: newsactors actors history"))
    parts += _space(report.space)
    return Group(*parts)


def _space(space: Space) -> list[RenderableType]:
    """Lay out the bytes of the folders, and of the parts of the published file."""
    parts: list[RenderableType] = []
    for title, uses in (("On disk", space.folders), ("Published file", space.schemas)):
        if uses:
            total = sum(use.bytes for use in uses)
            parts += [Text(f"\n{title}: {_megabytes(total)}", style="bold"), _uses_table(uses)]
    return parts


def _uses_table(uses: list[Use]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for use in uses:
        table.add_row(Text(clean(use.part)), _megabytes(use.bytes), Text(use.what, style="dim"))
    return table


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _contents_table(published: str, contents: Contents) -> Table:
    table = Table.grid(padding=(0, 2))
    properties = contents.properties
    for name, value in (
        ("published file", published),
        ("published at", properties.get("published_at", "")),
        ("articles", f"{contents.articles:,} from {contents.outlets:,} outlets"),
        ("days", f"{contents.first_day} to {contents.last_day}"),
        ("without a date", f"{contents.undated:,} (in no timeline)"),
        ("cut by the source", _known(contents.truncated)),
        ("actors", f"{contents.entities:,}"),
        ("mentions", f"{contents.mentions:,}"),
        ("quotes", f"{contents.quotes:,}"),
        (
            "versions",
            ", ".join(
                f"{name.removesuffix('_version')} {properties.get(name, '?')}"
                for name in (
                    "newsactors_version",
                    "schema_version",
                    "readers_version",
                    "extractor_version",
                    "models_version",
                )
            ),
        ),
    ):
        table.add_row(Text(name, style="dim"), Text(value))
    return table


def _known(count: int | None) -> str:
    return "unknown until the next ingest" if count is None else f"{count:,} (only the beginning)"


def _runs_table(runs: list[Run]) -> RenderableType:
    if not runs:
        return Text("none")
    table = Table(box=None, pad_edge=False)
    for name in ("started (UTC)", "kind", "status", "files new", "articles new", "quarantined", ""):
        table.add_column(name, justify="right" if "new" in name or "quar" in name else "left")
    for run in runs:
        table.add_row(
            f"{run.started_at:%Y-%m-%d %H:%M:%S}",
            run.kind,
            Text(run.status, style={"success": "green", "failure": "red"}.get(run.status, "")),
            f"{run.files_new:,}",
            f"{run.articles_new:,}",
            f"{run.quarantined:,}",
            Text(clean(run.error or "")),
        )
    return table


def _quarantine(rejected: list[QuarantinedItem]) -> RenderableType:
    if not rejected:
        return Text("\nQuarantine: empty")
    lines = [Text(f"\nQuarantine: {len(rejected):,} items", style="bold")]
    lines += [
        Text(clean(f"  {r.source_path}: {r.reason}: {r.detail}; {r.remedy}"))
        for r in rejected[:SHOWN]
    ]
    if len(rejected) > SHOWN:
        lines.append(Text(f"  … and {len(rejected) - SHOWN:,} more: newsactors quarantine list"))
    return Group(*lines)
