"""The identity ledger: an append-only record of which entity each name was decided to be.

Belongs here: the files of the ledger, and reading the decisions in force. Does not belong here: how
a decision is made (`resolver`), and what users decide (`etl.corrections`, applied on top).

The ledger consists of numbered Parquet files, each written once. A decision never changes; only
`newsactors actors relink` adds a later one for the same name. Because of the ledger a rebuild gives
the same ids, so it belongs in the backup. Checksums are kept beside the files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from etl.errors import NewsactorsError
from etl.storage import checksums
from etl.storage.files import sync_directory, sync_file

LEDGER_VERSION = 1
"""Version of the files, in their metadata. A file without one has version 1."""
_VERSION_KEY = b"newsactors_ledger"

DECISIONS = pa.schema(
    [
        pa.field("name", pa.string(), False),
        pa.field("type", pa.string(), False),
        pa.field("scope", pa.string(), False),
        pa.field("block", pa.list_(pa.string()), False),
        pa.field("entity_id", pa.string(), False),
        pa.field("method", pa.string(), False),
        pa.field("confidence", pa.float64(), False),
        pa.field("evidence", pa.string(), True),
        pa.field("decided_at", pa.timestamp("us", tz="UTC"), False),
    ]
)
"""Columns of a decision. `name` and `type` are as in `text_actors`. `scope` says where it holds:
empty for everywhere, else a month and title ("2016-05|mrs"), for names that mean different people
at different times. `block` holds the blocking keys. `method`, `confidence` and `evidence` say how
the entity was decided, how surely, and by which other name."""


class LedgerError(NewsactorsError):
    """A file of the ledger cannot be read; the message names it and says what to do."""


class Ledger:
    """The decisions in a folder. Only the holder of the writer lock may write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self) -> list[Path]:
        """Return the files in order. Raises LedgerError if a number is missing."""
        files = sorted(self.folder.glob("*.parquet"))
        for number, file in enumerate(files, start=1):
            if file.stem != f"{number:06}":
                raise LedgerError(
                    f"{self.folder}: file {number:06}.parquet is missing; the ledger is numbered "
                    "without gaps. Restore it from a backup: without it actors get other ids"
                )
        return files

    def register(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create the temporary table `ledger` of the decisions in force.

        `former` lists the other entities that a name had before relinks. Raises LedgerError if a
        file is damaged, missing or made by a newer version.
        """
        self._check()
        self.read(con, self.files())

    def read(self, con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
        """Like `register`, but reads only these files and does not check them."""
        columns = ", ".join(DECISIONS.names)
        if not files:
            con.register("no_decisions", DECISIONS.empty_table())
            con.execute(
                "create or replace temp table ledger as "
                "select *, []::varchar[] as former from no_decisions"
            )
            con.unregister("no_decisions")
            return
        try:
            con.execute(
                f"""
                create or replace temp table ledger as
                select {columns},
                  list_filter(list(entity_id) over same, lambda e: e <> entity_id) as former
                from read_parquet(?, filename = true, file_row_number = true)
                window same as (partition by name, type, scope)
                qualify row_number() over (
                  partition by name, type, scope order by filename desc, file_row_number desc
                ) = 1
                """,
                [[str(file) for file in files]],
            )
        except duckdb.Error as error:
            raise LedgerError(
                f"the identity ledger in {self.folder} cannot be read ({error}); restore it from a "
                "backup: without it actors get other ids"
            ) from error

    def _check(self) -> None:
        try:
            checksums.require(self.folder)
        except checksums.DamagedError as error:
            raise LedgerError(
                f"{error}, or restore it from a backup: without it actors get other ids"
            ) from None
        for file in self.files():
            if (version := version_of(file)) > LEDGER_VERSION:
                raise LedgerError(
                    f"{file} has version {version}, this newsactors knows {LEDGER_VERSION}: "
                    "update newsactors; nothing was changed"
                )

    def append(self, decisions: pa.Table) -> Path | None:
        """Write decisions atomically as the next file. Writes nothing for an empty table."""
        if not decisions.num_rows:
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        files = self.files()
        file = self.folder / f"{len(files) + 1:06}.parquet"
        temporary = file.with_suffix(".tmp")
        pq.write_table(_versioned(decisions), temporary, compression="zstd")
        sync_file(temporary)
        temporary.replace(file)
        sync_directory(self.folder)
        # Also for files written by an older version, or by a run that was killed right here.
        checksums.note(self.folder, file.name, *(p.name for p in checksums.unnoted(self.folder)))
        return file

    def digest(self) -> str:
        """Return a digest of the decisions in the folder. Raises LedgerError like `register`."""
        try:
            noted = sorted(checksums.noted(self.folder).items())
        except checksums.DamagedError as error:
            raise LedgerError(str(error)) from None
        return hashlib.sha256(repr(noted).encode()).hexdigest()

    def numbers_noted(self) -> set[str]:
        """Return the names of all files that were ever written, including lost ones."""
        return set(checksums.noted(self.folder))

    def blank(self, name: str) -> None:
        """Write an empty placeholder for a lost file, so that the numbering has no gap."""
        sink = pa.BufferOutputStream()
        pq.write_table(_versioned(DECISIONS.empty_table()), sink)
        checksums.replace(self.folder / name, sink.getvalue().to_pybytes())

    def forget(self, con: duckdb.DuckDBPyConnection) -> None:
        """Remove names that no text uses any more, such as those of a forgotten article.

        The temporary table `forms` holds the names in use. This is the one exception to "written
        once": files are replaced one after the other. Idempotent.
        """
        self._check()
        for file in self.files():
            left = con.execute(
                """
                select l.* exclude (evidence, file_row_number),
                  case when l.evidence in (select name from forms) then l.evidence end as evidence
                from read_parquet(?, file_row_number = true) l
                semi join forms using (name, type, scope)
                order by l.file_row_number
                """,
                [str(file)],
            ).to_arrow_table()
            sink = pa.BufferOutputStream()
            pq.write_table(_versioned(left.select(DECISIONS.names)), sink, compression="zstd")
            checksums.replace(file, sink.getvalue().to_pybytes())


def version_of(file: Path) -> int:
    """Return the version of a file of the ledger. Raises LedgerError if it cannot be read."""
    try:
        metadata = pq.read_schema(file).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise LedgerError(f"{file} cannot be read ({error}); {checksums.REMEDY}") from error
    return int(metadata.get(_VERSION_KEY, 1))


def _versioned(decisions: pa.Table) -> pa.Table:
    metadata = {_VERSION_KEY: str(LEDGER_VERSION)}
    return decisions.cast(DECISIONS).replace_schema_metadata(metadata)
