"""One staging batch: its folder name, its files, and the layout version of their tables.

Belongs here: what a batch states about itself. Does not belong here: listing, writing and removing
batches (`storage.staging`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from etl.errors import NewsactorsError
from etl.schema import tables
from etl.storage import checksums
from etl.storage.staged_tables import ARTICLES, REEXTRACTED, STAGED_ARTICLES, STAGED_TABLES

KINDS = ("ingest", "reextract")

_LAYOUT_KEY = b"newsactors_layout"
_NAME = re.compile(
    r"(?P<kind>ingest|reextract)-(?P<first>\d{10})-(?P<last>\d{10})\.(?P<version>.+)"
)


class StagingError(NewsactorsError):
    """A staging batch cannot be used; the message says why and what to do."""


def batch_name(kind: str, first: int, last: int, extractor_version: str) -> str:
    """Return the folder name of a batch."""
    return f"{kind}-{first:010d}-{last:010d}.{extractor_version}"


@dataclass(frozen=True)
class Batch:
    """A staging batch: manifest sequences `first` to `last`, or re-extraction number `first`."""

    path: Path
    kind: str
    first: int
    last: int
    extractor_version: str

    @classmethod
    def at(cls, path: Path) -> Batch | None:
        """Return the batch that a folder's name describes, None if it is not a batch."""
        if (m := _NAME.fullmatch(path.name)) is None:
            return None
        return cls(path, m["kind"], int(m["first"]), int(m["last"]), m["version"])

    @property
    def name(self) -> str:
        return self.path.name

    def file(self, table: str) -> Path:
        return self.path / f"{table}.parquet"

    @property
    def article_count(self) -> int:
        rows: int = pq.read_metadata(self.file(ARTICLES)).num_rows
        return rows

    def expected_files(self) -> list[Path]:
        """Return the files that a whole batch has."""
        return [self.file(name) for name in STAGED_TABLES]

    def check(self) -> None:
        """Raise StagingError if a file differs from its checksum."""
        try:
            checksums.verify(self.path)
        except checksums.DamagedError as error:
            raise StagingError(str(error)) from None

    @property
    def has_checksums(self) -> bool:
        """Whether it was written by a version that records checksums.

        Read from the Parquet metadata, so a missing checksum file is noticed.
        """
        try:
            return _LAYOUT_KEY in (pq.read_schema(self.file(ARTICLES)).metadata or {})
        except (OSError, pa.ArrowException):
            return False

    @property
    def layout(self) -> int:
        """The layout version of its tables; a damaged batch counts as current.

        The first batches have no version: their columns tell whether they can be loaded.
        """
        try:
            schema = pq.read_schema(self.file(ARTICLES))
            if version := (schema.metadata or {}).get(_LAYOUT_KEY):
                return int(version)
            articles = STAGED_ARTICLES if self.kind == "ingest" else REEXTRACTED
            current = {ARTICLES: articles, **{t.name: t.arrow_schema for t in tables.EXTRACTED}}
            is_readable = all(
                pq.read_schema(self.file(name)).names
                == [column for column in columns.names if column not in tables.ADDED_COLUMNS]
                for name, columns in current.items()
            )
        except (OSError, pa.ArrowException):
            return tables.SCHEMA_VERSION
        return tables.READABLE_SINCE if is_readable else tables.READABLE_SINCE - 1


def read(batch: Batch, table: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the rows of one table of a batch, all columns or the given ones."""
    return pq.read_table(batch.file(table), columns=columns and list(columns))


def with_layout(rows: pa.Table) -> pa.Table:
    """Return the rows with the current layout version in their schema metadata."""
    return rows.replace_schema_metadata({_LAYOUT_KEY: str(tables.SCHEMA_VERSION)})
