"""The identity ledger: which entity each name was decided to be, written down once and kept.

Belongs here: the files of the ledger, and reading what holds. Does not belong here: how a decision
is made (`link`), and what users correct (corrections are applied on top, and are theirs).

The ledger is numbered Parquet files, written once each: a decision is never changed, only followed
by a later one for the same name (`newsactors actors relink` alone does that). It is what makes a
rebuild give the same ids, so it belongs to the backup. Their checksums are noted beside them.
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

LEDGER_VERSION = 2
"""Of the files; each says it in its metadata. Those that say none are of version 1, which lacks the
column `beside`."""
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
        pa.field("beside", pa.list_(pa.string()), True),
        pa.field("decided_at", pa.timestamp("us", tz="UTC"), False),
    ]
)
"""A decision: the name and type as in `text_actors`, and in which scope it holds (empty: in all;
else month and title, "2016-05|mrs", for names that mean different people at different times, and a
text where the decision is for that text alone); keys under which its spellings are found; the
entity; how and how surely it was decided, by which other name, and, for a decision by context, by
which names that articles share."""


class LedgerError(NewsactorsError):
    """A file of the ledger cannot be read; the message says which and what to do."""


class Ledger:
    """The decisions in a folder. One process writes at a time: the holder of the writer lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self) -> list[Path]:
        """The files in order. Raises LedgerError where one is missing from the numbering."""
        files = sorted(self.folder.glob("*.parquet"))
        for number, file in enumerate(files, start=1):
            if file.stem != f"{number:06}":
                raise LedgerError(
                    f"{self.folder}: file {number:06}.parquet is missing; the ledger is numbered "
                    "without gaps. Restore it from a backup: without it actors get other ids"
                )
        return files

    def register(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make a temporary table `ledger` of the decisions that hold.

        `former` are the other entities that a name was before relinks. Raises LedgerError where a
        file is damaged, missing or made by a newer version.
        """
        self._check()
        self.read(con, self.files())

    def read(self, con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
        """As `register`, of these files alone and unchecked."""
        columns = ", ".join(DECISIONS.names)
        con.register("no_decisions", DECISIONS.empty_table())
        if not files:
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
                with stored as (
                  from read_parquet(
                    ?, filename = true, file_row_number = true, union_by_name = true
                  )
                  union all by name
                  from no_decisions -- has the columns that older files lack
                )
                select {columns},
                  list_filter(list(entity_id) over same, lambda e: e <> entity_id) as former
                from stored
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
        finally:
            con.unregister("no_decisions")

    def _check(self) -> None:
        try:
            checksums.verify(self.folder)
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
        """Write decisions as the next file, whole or not at all; none for an empty table."""
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
        # With those that an older version wrote, or one that was killed here.
        checksums.record(
            self.folder, file.name, *(p.name for p in checksums.unrecorded(self.folder))
        )
        return file

    def digest(self) -> str:
        """What tells the decisions in the folder from others. Raises LedgerError as `register`."""
        try:
            noted = sorted(checksums.recorded(self.folder).items())
        except checksums.DamagedError as error:
            raise LedgerError(str(error)) from None
        return hashlib.sha256(repr(noted).encode()).hexdigest()

    def numbers_noted(self) -> set[str]:
        """The names of all files that were ever written, lost ones included."""
        return set(checksums.recorded(self.folder))

    def blank(self, name: str) -> None:
        """Put an empty file in the place of a lost one, so that the numbering has no gap."""
        sink = pa.BufferOutputStream()
        pq.write_table(_versioned(DECISIONS.empty_table()), sink)
        checksums.replace(self.folder / name, sink.getvalue().to_pybytes())

    def forget(self, con: duckdb.DuckDBPyConnection) -> None:
        """Remove names that no text has any more, for good: a forgotten article's among them.

        Temporary table `forms` holds those that are left. The one exception to "written once":
        files are replaced one after the other, and doing it again changes nothing.
        """
        self._check()
        for file in self.files():
            stored = _with_all_columns(pq.read_table(file))
            con.register("stored", stored)
            left = con.execute(
                """
                with kept as (
                  select *, row_number() over () as position from stored l
                  where (name, type, scope) in (select (name, type, scope) from forms)
                    or (name, type, scope) in (select (name, type, text_scope) from forms)
                ),
                beside_left as (
                  select position, list(name order by rank) as beside from (
                    select position, unnest(beside) as name, generate_subscripts(beside, 1) as rank
                    from kept
                  ) semi join forms using (name) group by position
                )
                select kept.* exclude (evidence, beside, position),
                  case when evidence in (select name from forms) then evidence end as evidence,
                  beside_left.beside
                from kept left join beside_left using (position) order by position
                """
            ).to_arrow_table()
            con.unregister("stored")
            sink = pa.BufferOutputStream()
            pq.write_table(_versioned(left.select(DECISIONS.names)), sink, compression="zstd")
            checksums.replace(file, sink.getvalue().to_pybytes())


def version_of(file: Path) -> int:
    """The version of a file of the ledger. Raises LedgerError where it cannot be read."""
    try:
        metadata = pq.read_schema(file).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise LedgerError(f"{file} cannot be read ({error}); {checksums.REMEDY}") from error
    return int(metadata.get(_VERSION_KEY, 1))


def _with_all_columns(decisions: pa.Table) -> pa.Table:
    """Return decisions of any version with the columns of this one."""
    for field in DECISIONS:
        if field.name not in decisions.column_names:
            decisions = decisions.append_column(field, pa.nulls(decisions.num_rows, field.type))
    return decisions


def _versioned(decisions: pa.Table) -> pa.Table:
    metadata = {_VERSION_KEY: str(LEDGER_VERSION)}
    return decisions.cast(DECISIONS).replace_schema_metadata(metadata)
