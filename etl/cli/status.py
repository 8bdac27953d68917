"""What `newsactors status` shows: contents, runs, quarantine and versions in one report.

Reads the published file and the run state; writes nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from etl.corrections.csv_file import RegistryError, read_corrections
from etl.query.actors import history
from etl.query.display import clean
from etl.query.overview import open_published
from etl.settings import Settings
from etl.storage.quarantine import QuarantinedItem
from etl.storage.run_history import Run
from etl.storage.run_state import State

SHOWN = 5
RUNS = 100
"""Runs that the report holds: enough to find the last ingest among other kinds."""


@dataclass(frozen=True)
class Contents:
    """What the published file holds."""

    articles: int
    undated: int
    entities: int
    mentions: int
    quotes: int
    outlets: int
    first_day: date | None
    last_day: date | None
    properties: dict[str, str]


@dataclass(frozen=True)
class Report:
    """The state of a warehouse; `contents` is None where nothing is published."""

    published: str
    contents: Contents | None
    runs: list[Run]
    quarantine: list[QuarantinedItem]
    corrections: dict[str, int]
    """How many corrections are 'applied', 'idle', 'skipped', 'undone', 'pending' or 'gone'."""
    correction_problems: list[str]

    def as_dict(self) -> dict[str, object]:
        """The report as JSON-ready values."""
        return {
            "published": self.published,
            "contents": asdict(self.contents) if self.contents else None,
            "runs": [asdict(run) for run in self.runs],
            "quarantine": [asdict(r) for r in self.quarantine],
            "corrections": self.corrections,
            "correction_problems": self.correction_problems,
        }

    def trouble(self, max_age: timedelta, now: datetime) -> str | None:
        """Why a monitor should worry, None where the last runs are as they should be."""
        finished = [r for r in self.runs if r.kind == "ingest" and r.status != "running"]
        if not finished:
            return "no ingest has finished yet"
        if finished[0].status != "success":
            return f"the last ingest failed: {clean(finished[0].error or 'no reason recorded')}"
        last = finished[0].finished_at or finished[0].started_at
        if now - last > max_age:
            return f"the last ingest ended {_ago(now - last)} ago, more than {_ago(max_age)}"
        return None


def _ago(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    if hours < 2:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def collect(settings: Settings) -> Report:
    """Read the state of the warehouse."""
    state = State(settings.state_file)
    return Report(
        str(settings.published),
        _contents(settings),
        state.runs(RUNS),
        state.quarantine(),
        *_corrections(settings),
    )


def _corrections(settings: Settings) -> tuple[dict[str, int], list[str]]:
    """Corrections by what became of them, and what is amiss with some."""
    try:
        rows = read_corrections(settings)
    except RegistryError as error:
        return {}, [str(error)]
    if settings.published.exists():
        with open_published(settings) as con:
            found = history(con, rows)
    else:
        found = history(None, rows)
    amiss = [r for r in found if r["detail"] and r["status"] != "undone"]
    problems = [f"{r['correction_id']} ({r['status']}): {r['detail']}" for r in amiss]
    return dict(Counter(r["status"] for r in found)), problems


def undated_sources(settings: Settings, run_id: str) -> list[str]:
    """Source paths of the published articles that a run brought and that have no date."""
    found = _of_run(
        settings,
        run_id,
        "select source_path from main.articles "
        "where run_id = ? and published_on is null order by 1",
    )
    return [path for (path,) in found]


def foreign_counts(settings: Settings, run_id: str) -> dict[str, int]:
    """By language, the published articles that a run brought and that are not in English."""
    found = _of_run(
        settings,
        run_id,
        "select language, count(*) from main.articles "
        "where run_id = ? and language <> 'en' group by 1 order by 2 desc, 1",
    )
    return dict(found)


def _of_run(settings: Settings, run_id: str, query: str) -> list[Any]:
    """What the published file says of a run; nothing where nothing is published."""
    if not settings.published.exists():
        return []
    with open_published(settings) as con:
        return con.execute(query, [run_id]).fetchall()


def _contents(settings: Settings) -> Contents | None:
    if not settings.published.exists():
        return None
    with open_published(settings) as con:
        row = (
            con.execute(
                """
            select count(*) as articles, count(*) filter (published_on is null) as undated,
              (select count(*) from main.entities) as entities,
              (select count(*) from main.mentions) as mentions,
              (select count(*) from main.quotes) as quotes, count(distinct outlet) as outlets,
              min(published_on) as first_day, max(published_on) as last_day
            from main.articles
            """
            )
            .to_arrow_table()
            .to_pylist()[0]
        )
        properties = dict(con.execute("select property, value from main.warehouse_info").fetchall())
    return Contents(**row, properties=properties)


def render(report: Report) -> RenderableType:
    """The report for a terminal."""
    parts: list[RenderableType] = []
    contents = report.contents
    if contents is None:
        parts.append(Text("Nothing is published yet: run `newsactors ingest`."))
    else:
        parts.append(_contents_table(report.published, contents))
    parts += [Text("\nLast runs", style="bold"), _runs_table(report.runs[:SHOWN])]
    parts.append(_quarantine(report.quarantine))
    if report.corrections or report.correction_problems:
        counts = ", ".join(f"{count:,} {status}" for status, count in report.corrections.items())
        parts.append(Text(f"\nCorrections: {counts or 'cannot be read'}", style="bold"))
        shown = report.correction_problems[:SHOWN]
        parts += [Text(clean(f"  {problem}")) for problem in shown]
        if len(report.correction_problems) > SHOWN:
            parts.append(Text("  … and more: newsactors actors history"))
    return Group(*parts)


def _contents_table(published: str, contents: Contents) -> Table:
    table = Table.grid(padding=(0, 2))
    properties = contents.properties
    for name, value in (
        ("published file", published),
        ("published at", properties.get("published_at", "")),
        ("articles", f"{contents.articles:,} of {contents.outlets:,} outlets"),
        ("days", f"{contents.first_day} to {contents.last_day}"),
        ("without a date", f"{contents.undated:,} (in no series)"),
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
