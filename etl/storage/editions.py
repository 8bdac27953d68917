"""Rows beside the active ones: a candidate to judge, the former ones to go back to, the switch.

    reextraction/candidate/    what another extractor found in chosen articles, with `about.json`
    reextraction/former-<n>/   what the promotion of batch n replaced
    reextraction/active.json   the last switch; who reads new articles since

Both folders hold staged batches as `extracted/` does. Writing `active.json` is the switch: before
it nothing has changed, after it `finish` does the rest, as often as it takes.
Belongs here: these files and what makes a kill harmless. Does not belong here: what goes into them
(`etl.pipeline.reextract`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from etl.schema.tables import SCHEMA_VERSION
from etl.settings import Settings
from etl.storage import checksums
from etl.storage.files import sync_directory
from etl.storage.staging import Staging

Kind = Literal["promote", "rollback"]


@dataclass(frozen=True)
class ArticleSelection:
    """Which articles: publication days, both included, and outlets; by default all."""

    from_day: date | None = None
    to_day: date | None = None
    outlets: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        return self == ArticleSelection()

    def __str__(self) -> str:
        if self.is_all:
            return "all articles"
        parts = (
            f"from {self.from_day}" if self.from_day else "",
            f"to {self.to_day}" if self.to_day else "",
            f"of {', '.join(self.outlets)}" if self.outlets else "",
        )
        return " ".join(["articles", *filter(None, parts)])


@dataclass(frozen=True)
class Edition:
    """What one extractor, by name and version, finds in a choice of articles."""

    extractor: str
    version: str
    choice: ArticleSelection = field(default_factory=ArticleSelection)
    layout: int = SCHEMA_VERSION
    """Of the staged tables when it was made: rows of another cannot be loaded."""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Edition:
        first, last = (values[n] and date.fromisoformat(values[n]) for n in ("from_day", "to_day"))
        choice = ArticleSelection(first, last, tuple(values["outlets"]))
        return cls(values["extractor"], values["version"], choice, values["layout"])

    def to_json(self) -> dict[str, Any]:
        first, last = self.choice.from_day, self.choice.to_day
        return {
            "extractor": self.extractor,
            "version": self.version,
            "from_day": first and first.isoformat(),
            "to_day": last and last.isoformat(),
            "outlets": list(self.choice.outlets),
            "layout": self.layout,
        }


@dataclass(frozen=True)
class Switch:
    """A promotion, or the rollback of one: the batch it staged, and who reads new articles since.

    `edition` is the one promoted or taken back, `sequence` the last of the manifest that was loaded
    then: what came since is beyond. An extractor is named by what `get_extractor`
    knows; None is the one that the package takes by default.
    """

    kind: Kind
    number: int
    sequence: int
    articles: int
    edition: Edition
    extractor: str | None
    former_extractor: str | None


def last_switch(settings: Settings) -> Switch | None:
    """The last promotion or rollback, None where there never was one.

    Raises DamagedError where what is noted of it is damaged.
    """
    file = settings.reextraction / "active.json"
    checksums.require(settings.reextraction, ["active.json"])
    if not file.exists():
        return None
    values = json.loads(file.read_text())
    return Switch(**values | {"edition": Edition.from_json(values["edition"])})


def candidate(settings: Settings) -> Edition | None:
    """The edition that waits to be judged or promoted."""
    about = _candidate(settings) / "about.json"
    checksums.require(about.parent, [about.name])
    return Edition.from_json(json.loads(about.read_text())) if about.exists() else None


def candidate_rows(settings: Settings) -> Staging:
    """What was extracted for the candidate so far."""
    return Staging(_candidate(settings))


def former_rows(settings: Settings, number: int) -> Staging:
    """What the promotion that staged batch `number` replaced."""
    return Staging(settings.reextraction / f"former-{number}")


def start_candidate(settings: Settings, edition: Edition) -> None:
    """Make this the candidate. The caller holds the intake lock.

    What was extracted by the same version is kept, also for another choice of articles.
    """
    before = candidate(settings)
    if before is None or replace(before, choice=edition.choice) != edition:
        _remove(_candidate(settings))
    if before != edition:
        _write_json(_candidate(settings) / "about.json", edition.to_json())


def switch(settings: Settings, to: Switch, tables: Mapping[str, Iterable[pa.Table]]) -> None:
    """Put rows among the active ones and set who reads new articles, in one step.

    `tables` are those of a re-extracted batch. Killed before the end, nothing has changed or
    `finish` completes it. The caller holds the writer lock and the intake lock.
    """
    stage = Staging(settings.extracted)
    made_by = to.edition.version if to.kind == "promote" else "former"
    stage.prepare("reextract", to.number, to.number, made_by, tables, "switched")
    _write_json(
        settings.reextraction / "active.json", asdict(to) | {"edition": to.edition.to_json()}
    )
    finish(settings)


def finish(settings: Settings) -> None:
    """Complete the last switch, and remove what a kill left of one. The caller holds the lock."""
    done = last_switch(settings)
    stage = Staging(settings.extracted)
    if done is not None and stage.prepared("switched", done.number):
        # Before the batch is let in: until then this is known to be the candidate of the switch.
        if done.kind == "promote" and candidate(settings) == done.edition:
            _remove(_candidate(settings))
        stage.let_in("switched", done.number)
    stage.sweep("switched")
    kept = f"former-{done.number}" if done is not None and done.kind == "promote" else None
    for folder in settings.reextraction.glob("former-*"):
        if folder.name != kept:
            _remove(folder)
    for leftover in settings.reextraction.glob(".gone-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def drop(settings: Settings, hashes: frozenset[str]) -> None:
    """Take article versions with these hashes out of everything that is kept here."""
    for folder in settings.reextraction.glob("*/"):
        stage = Staging(folder)
        stage.sweep("gone")
        stage.drop(hashes)


def _candidate(settings: Settings) -> Path:
    return settings.reextraction / "candidate"


def _remove(folder: Path) -> None:
    """Remove a folder so that a kill leaves it whole or not at all."""
    if folder.exists():
        gone = folder.with_name(f".gone-{folder.name}")
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
        sync_directory(folder.parent)
        shutil.rmtree(gone, ignore_errors=True)


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    checksums.replace(path, json.dumps(values, indent=2).encode() + b"\n")
