"""The figures of an extractor on the gold set: measured now, and recorded on its release.

Belongs here: the record file, the cache, and comparing the two. Does not belong here: scoring
(`evaluation`), Dagster.
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
"""Points by which a figure may fall below the recorded one: other processors round differently, and
on this small set one decision is worth a third of a point or more."""


@dataclass(frozen=True, slots=True)
class Record:
    """The figures of one extractor version on one version of the gold set."""

    version: str
    gold: str
    figures: Figures


def gold_version(folder: Path = GOLD) -> str:
    """Return a short hash of the gold files; figures on different texts are not comparable."""
    texts = b"".join(path.read_bytes() for path in sorted(folder.glob("*.txt")))
    return sha256(texts).hexdigest()[:12]


def measure(extractor: Extractor) -> Record:
    """Measure an extractor on the gold set that ships with the package."""
    return Record(extractor.version, gold_version(), score(extractor, read_gold()).figures)


_records_by_version: dict[str, Record] = {}


def cached_measurement(extractor: Extractor, cache: Path) -> Record:
    """Measure an extractor, unless this process or the file `cache` has figures of its version.

    That is safe because a version always extracts the same. An unreadable cache is rewritten.
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
    """Return the recorded figures by extractor name."""
    return {name: Record(**value) for name, value in json.loads(path.read_text("utf-8")).items()}


def write_recorded(name: str, record: Record, path: Path = RECORDED) -> None:
    """Replace the recorded figures of one extractor."""
    recorded = {**(read_recorded(path) if path.exists() else {}), name: record}
    values = {key: asdict(recorded[key]) for key in sorted(recorded)}
    path.write_text(json.dumps(values, indent=2) + "\n", "utf-8")


def recorded_for(name: str) -> Record:
    """Return the recorded figures of an extractor, or those of the default one if it has none."""
    recorded = read_recorded()
    return recorded.get(name) or recorded[DEFAULT_EXTRACTOR]


def regressions(current: Figures, recorded: Figures) -> list[str]:
    """Return the names of the figures that are more than TOLERANCE below the recorded ones."""
    return [
        name
        for name, earlier in recorded.items()
        if earlier - current.get(name, 0.0) > TOLERANCE + 1e-9
    ]
