"""Extraction rows beside the active ones: a candidate to judge, the former rows, and the switch.

    reextraction/candidate/    what another extractor found in selected articles, and `about.json`
    reextraction/former-<n>/   what the promotion of batch n replaced
    reextraction/active.json   the last switch, and which extractor reads new articles since

Both folders hold staging batches as `extracted/` does. Writing `active.json` is the commit point:
before it nothing has changed; after it `finish` completes the switch and may run any number of
times.

Belongs here: these files and crash safety. Does not belong here: what goes into them
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
from etl.storage.files import remove_folder
from etl.storage.staging import Staging

Kind = Literal["promote", "rollback"]


@dataclass(frozen=True)
class ArticleSelection:
    """Articles by publication day (both ends inclusive) and outlet; all articles by default."""

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
    """The extractor (name and version) and the selected articles of a set of extraction rows."""

    extractor: str
    version: str
    selection: ArticleSelection = field(default_factory=ArticleSelection)
    layout: int = SCHEMA_VERSION
    """Layout version of its staged tables."""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Edition:
        first, last = (values[n] and date.fromisoformat(values[n]) for n in ("from_day", "to_day"))
        selection = ArticleSelection(first, last, tuple(values["outlets"]))
        return cls(values["extractor"], values["version"], selection, values["layout"])

    def to_json(self) -> dict[str, Any]:
        first, last = self.selection.from_day, self.selection.to_day
        return {
            "extractor": self.extractor,
            "version": self.version,
            "from_day": first and first.isoformat(),
            "to_day": last and last.isoformat(),
            "outlets": list(self.selection.outlets),
            "layout": self.layout,
        }


@dataclass(frozen=True)
class Switch:
    """A promotion or its rollback: the batch it staged, and the extractor of new articles since.

    `edition` is the edition that was promoted or rolled back. `sequence` is the last manifest
    sequence loaded at that time; later arrivals are not part of it. Extractors are names known to
    `get_extractor`; None is the package's default.
    """

    kind: Kind
    number: int
    sequence: int
    articles: int
    edition: Edition
    extractor: str | None
    former_extractor: str | None


def last_switch(settings: Settings) -> Switch | None:
    """Return the last promotion or rollback, None if there never was one.

    Raises DamagedError if its record is damaged.
    """
    file = settings.reextraction / "active.json"
    checksums.verify(settings.reextraction, ["active.json"])
    if not file.exists():
        return None
    values = json.loads(file.read_text())
    return Switch(**values | {"edition": Edition.from_json(values["edition"])})


def candidate(settings: Settings) -> Edition | None:
    """Return the edition that waits to be judged or promoted."""
    about = _candidate(settings) / "about.json"
    checksums.verify(about.parent, [about.name])
    return Edition.from_json(json.loads(about.read_text())) if about.exists() else None


def candidate_rows(settings: Settings) -> Staging:
    """Return the batches extracted for the candidate so far."""
    return Staging(_candidate(settings))


def former_rows(settings: Settings, number: int) -> Staging:
    """Return the batches that the promotion of batch `number` replaced."""
    return Staging(settings.reextraction / f"former-{number}")


def start_candidate(settings: Settings, edition: Edition) -> None:
    """Make this edition the candidate. The caller holds the intake lock.

    Rows that the same extractor version extracted are kept, even for another selection.
    """
    before = candidate(settings)
    if before is None or replace(before, selection=edition.selection) != edition:
        remove_folder(_candidate(settings))
    if before != edition:
        _write_json(_candidate(settings) / "about.json", edition.to_json())


def switch(settings: Settings, to: Switch, tables: Mapping[str, Iterable[pa.Table]]) -> None:
    """Add rows to the active ones and set the extractor of new articles, in one step.

    `tables` are those of a re-extraction batch. If killed, either nothing has changed or `finish`
    completes the switch. The caller holds the writer lock and the intake lock.
    """
    stage = Staging(settings.extracted)
    made_by = to.edition.version if to.kind == "promote" else "former"
    stage.prepare("reextract", to.number, to.number, made_by, tables, "switched")
    _write_json(
        settings.reextraction / "active.json", asdict(to) | {"edition": to.edition.to_json()}
    )
    finish(settings)


def finish(settings: Settings) -> None:
    """Complete the last switch and remove a killed one's leftovers. The caller holds the lock."""
    done = last_switch(settings)
    stage = Staging(settings.extracted)
    if done is not None and stage.prepared("switched", done.number):
        # Before the commit: only until then is this known to be the candidate of the switch.
        if done.kind == "promote" and candidate(settings) == done.edition:
            remove_folder(_candidate(settings))
        stage.commit("switched", done.number)
    stage.sweep("switched")
    kept = f"former-{done.number}" if done is not None and done.kind == "promote" else None
    for folder in settings.reextraction.glob("former-*"):
        if folder.name != kept:
            remove_folder(folder)
    for leftover in settings.reextraction.glob(".gone-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def drop(settings: Settings, hashes: frozenset[str]) -> None:
    """Remove article versions with these hashes from the candidate and the former rows."""
    for folder in settings.reextraction.glob("*/"):
        stage = Staging(folder)
        stage.sweep("gone")
        stage.drop(hashes)


def _candidate(settings: Settings) -> Path:
    return settings.reextraction / "candidate"


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    checksums.replace(path, json.dumps(values, indent=2).encode() + b"\n")
