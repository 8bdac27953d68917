"""One staging batch: its name, its files, and the layout of their tables.

Belongs here: what a batch says about itself. Does not belong here: which batches there are, and
writing or removing them (`storage.staging`).
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

NAME = re.compile(r"(?P<kind>ingest|reextract)-(?P<first>\d{10})-(?P<last>\d{10})\.(?P<version>.+)")


class StagingError(NewsactorsError):
    """A staged batch cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Batch:
    """A staged batch: manifest sequences `first` to `last`, or re-extraction number `first`."""

    path: Path
    kind: str
    first: int
    last: int
    extractor_version: str

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
        """The files that the batch is made of."""
        return [self.file(name) for name in STAGED_TABLES]

    def check(self) -> None:
        """Raise StagingError where a file is not as it was written."""
        try:
            checksums.require(self.path)
        except checksums.DamagedError as error:
            raise StagingError(str(error)) from None

    @property
    def has_checksums(self) -> bool:
        """Whether checksums were noted when it was written, as it says in its files."""
        try:
            return _LAYOUT_KEY in (pq.read_schema(self.file(ARTICLES)).metadata or {})
        except (OSError, pa.ArrowException):
            return False

    @property
    def layout(self) -> int:
        """The layout of its tables; a damaged file says nothing of it, and counts as current.

        Where none is noted, a batch with the columns of today is of today's.
        """
        try:
            found = pq.read_schema(self.file(ARTICLES))
            if noted := (found.metadata or {}).get(_LAYOUT_KEY):
                return int(noted)
            articles = STAGED_ARTICLES if self.kind == "ingest" else REEXTRACTED
            wanted = {ARTICLES: articles, **{t.name: t.arrow_schema for t in tables.EXTRACTED}}
            is_of_today = all(
                pq.read_schema(self.file(name)).names == columns.names
                for name, columns in wanted.items()
            )
        except (OSError, pa.ArrowException):
            return tables.SCHEMA_VERSION
        return tables.SCHEMA_VERSION if is_of_today else tables.SCHEMA_VERSION - 1


def read(batch: Batch, table: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a table of a batch, or some columns of them."""
    return pq.read_table(batch.file(table), columns=columns and list(columns))


def with_layout(rows: pa.Table) -> pa.Table:
    """Return the rows with the current layout version in their schema metadata."""
    return rows.replace_schema_metadata({_LAYOUT_KEY: str(tables.SCHEMA_VERSION)})
