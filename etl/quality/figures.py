"""The figures of an extractor on the gold set, and those recorded when it shipped.

Belongs here: the two files of figures. Does not belong here: how an extraction is compared with a
gold article (`evaluation`), Dagster.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from etl.extract import DEFAULT_EXTRACTOR, Extractor
from etl.quality.evaluation import Figures, score
from etl.quality.gold import GOLD, read_gold

RECORDED = Path(__file__).with_name("recorded.json")
TOLERANCE = 1.0
"""Points that a figure may lie below the recorded one: another kind of processor rounds otherwise,
and on this small set one decision is a third of a point or more."""


@dataclass(frozen=True, slots=True)
class Record:
    """Figures, and of what: the version of an extractor on a state of the gold set."""

    version: str
    gold: str
    figures: Figures


def gold_version(folder: Path = GOLD) -> str:
    """A short hash of the gold files: figures on other texts cannot be compared."""
    texts = b"".join(path.read_bytes() for path in sorted(folder.glob("*.txt")))
    return sha256(texts).hexdigest()[:12]


def measure(extractor: Extractor) -> Record:
    """The figures of an extractor on the gold set that ships with the package."""
    return Record(extractor.version, gold_version(), score(extractor, read_gold()).figures)


_records_by_version: dict[str, Record] = {}


def cached_measurement(extractor: Extractor, cache: Path) -> Record:
    """As `measure`, unless this process or the file `cache` knows the figures of this version.

    By contract a version always extracts the same. A cache that cannot be read is made anew.
    """
    record = _records_by_version.get(extractor.version)
    if record is None:
        try:
            record = Record(**json.loads(cache.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            record = None
    if record is None or (record.version, record.gold) != (extractor.version, gold_version()):
        record = measure(extractor)
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps(asdict(record)), "utf-8")
    _records_by_version[extractor.version] = record
    return record


def read_recorded(path: Path = RECORDED) -> dict[str, Record]:
    """The recorded figures by the name of the extractor."""
    return {name: Record(**value) for name, value in json.loads(path.read_text("utf-8")).items()}


def write_recorded(name: str, record: Record, path: Path = RECORDED) -> None:
    """Put an extractor's figures into the file, in place of those it had."""
    recorded = {**(read_recorded(path) if path.exists() else {}), name: record}
    values = {key: asdict(recorded[key]) for key in sorted(recorded)}
    path.write_text(json.dumps(values, indent=2) + "\n", "utf-8")


def recorded_for(name: str) -> Record:
    """What an extractor is held to: its own figures, else those of the default one."""
    recorded = read_recorded()
    return recorded.get(name) or recorded[DEFAULT_EXTRACTOR]


def regressions(current: Figures, recorded: Figures) -> list[str]:
    """The figures that lie more than the tolerance below what was recorded."""
    return [
        name
        for name, earlier in recorded.items()
        if earlier - current.get(name, 0.0) > TOLERANCE + 1e-9
    ]
