"""Settings of one warehouse: paths and options, read once from the environment.

Belongs here: every environment variable of the product, its default and its meaning.
Does not belong here: anything that opens a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from etl.errors import NewsactorsError

REPOSITORY = Path(__file__).resolve().parents[1]
"""The root of the checkout. Means nothing if the package is installed from a wheel."""
IS_CHECKOUT = (REPOSITORY / "pyproject.toml").is_file()
RESOURCES = REPOSITORY if IS_CHECKOUT else REPOSITORY / "etl" / "project"
"""Folder of the files that the package reads from outside `etl/`: the dbt project in `sql/`, the
reference data in `seeds/reference/`, and `dagster.yaml`. A wheel holds copies of them."""


class SettingsError(NewsactorsError):
    """An environment variable has an invalid value; the message says which and why."""


Location: TypeAlias = Path | str
"""Where articles are: a file or folder, or the URL of objects in a store."""

_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<user>[^/]*@)?", re.IGNORECASE)


def location(text: str) -> Location:
    """Return `text` itself if it is a URL (`s3://bucket/prefix`), else the absolute path.

    Raises SettingsError for web addresses, and for a URL with a password, which would be recorded
    with every article. The message does not repeat the password.
    """
    match = _ADDRESS.match(text)
    if match is None:
        return Path(text).expanduser().absolute()
    scheme = match["scheme"].lower()
    if scheme == "file":
        return Path(text[match.end("scheme") + 3 :]).absolute()
    if scheme in ("http", "https"):
        raise SettingsError(
            f"{scheme}:// addresses are not read: a web site has no list of its files. Fetch the "
            "pages into a folder (wget, curl) and name that"
        )
    if ":" in (match["user"] or ""):
        raise SettingsError(
            f"the {scheme}:// address holds a password, which would be recorded with every "
            "article; leave it out and give credentials in the environment"
        )
    return scheme + text[match.end("scheme") :]


def available_cores() -> int:
    """Return the number of cores this process may use: OMP_NUM_THREADS if set, else all."""
    if (limit := os.environ.get("OMP_NUM_THREADS", "")).isdigit():
        return max(1, int(limit))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_memory() -> int:
    """Return the bytes of memory this process may use: of the machine, or of its container."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        found = 8 << 30
    try:
        return min(found, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no container, or "max"
        return found


@dataclass(frozen=True)
class Limits:
    """What one file of the inbox may cost; anything over a limit goes to quarantine.

    Times are processor times, so a busy machine rejects nothing that an idle one would read.
    """

    file_bytes: int = 4 << 30
    """NEWSACTORS_MAX_FILE_BYTES: size of a file in the inbox."""
    document_bytes: int = 32 << 20
    """NEWSACTORS_MAX_DOCUMENT_BYTES: size of anything held in memory whole: a page, a record, an
    archive in an archive. For streamed formats (JSON lines, CSV, WARC, TAR, SGML) the limit applies
    to each record."""
    article_chars: int = 2_000_000
    """NEWSACTORS_MAX_ARTICLE_CHARS: length of the body of one article."""
    unpacked_bytes: int = 32 << 30
    """NEWSACTORS_MAX_UNPACKED_BYTES: total that one file unpacks to."""
    ratio: int = 200
    """NEWSACTORS_MAX_RATIO: unpacked bytes for each packed byte, checked from 32 MiB on. Text packs
    3 to 30 times, a bomb 1,000 times and more."""
    items: int = 1_000_000
    """NEWSACTORS_MAX_ITEMS: articles and rejections in one file."""
    depth: int = 4
    """NEWSACTORS_MAX_DEPTH: archives within archives."""
    item_seconds: int = 20
    """NEWSACTORS_MAX_ITEM_SECONDS: processor time for one item."""
    file_seconds: int = 7200
    """NEWSACTORS_MAX_FILE_SECONDS: processor time for reading one file."""
    memory_bytes: int = 1 << 30
    """NEWSACTORS_MAX_MEMORY_BYTES: memory of the reading process."""


@dataclass(frozen=True)
class Settings:
    """The settings of one warehouse. Paths are absolute; durations in seconds."""

    home: Path
    """NEWSACTORS_HOME: all state of the warehouse (default `warehouse/` of the checkout; if
    installed, `warehouse/` of the current folder)."""
    inbox: Location
    """NEWSACTORS_INBOX: the folder, or the address of objects, that the nightly job reads (default
    `seeds/articles` of the checkout; if installed, `inbox/` of the current folder)."""
    registry: Path
    """NEWSACTORS_REGISTRY: ledger and `corrections.csv` (default `$NEWSACTORS_HOME/registry`)."""
    dagster_home: Path | None = None
    """DAGSTER_HOME: the Dagster instance that records runs (default the checkout; if installed,
    `dagster/` beside the warehouse). Set to nothing, runs are recorded only in the warehouse."""
    settle_seconds: float = 2.0
    """NEWSACTORS_SETTLE_SECONDS: a file changed more recently than this may be incomplete."""
    time_zone: str = "UTC"
    """NEWSACTORS_TIME_ZONE: IANA name; the nightly run starts at 02:00 there."""
    fresh_days: int = 3
    """NEWSACTORS_FRESH_DAYS: warn if the newest article is older than this."""
    shift_share: float = 0.2
    """NEWSACTORS_SHIFT_SHARE: warn if a publish changes a larger share of an actor's series."""
    batch_articles: int = 500
    """NEWSACTORS_BATCH_ARTICLES: a batch ends with the file that reaches this number. A killed run
    repeats at most one batch."""
    extractor: str = "tagger"
    """NEWSACTORS_EXTRACTOR: the extractor for new articles until one is promoted: `tagger`, or
    `fast` for large archives."""
    workers: int = 1
    """NEWSACTORS_WORKERS: processes that extract many articles (default: one per core, at most 4).
    Each takes up to 350 MB."""
    sql_seconds: float = 600
    """NEWSACTORS_SQL_SECONDS: `newsactors sql` stops a query after this time."""
    sql_memory: str = "4GB"
    """NEWSACTORS_SQL_MEMORY: what a query of `newsactors sql` may hold in memory, such as 4GB; it
    uses the disk for more (default: half of the machine's memory)."""
    page_seconds: float = 60
    """NEWSACTORS_PAGE_SECONDS: the explorer stops the queries of a page after this time."""
    on_failure_command: str | None = None
    """NEWSACTORS_ON_FAILURE_COMMAND: program and arguments to execute after a failed run."""
    on_failure_webhook: str | None = None
    """NEWSACTORS_ON_FAILURE_WEBHOOK: loopback URL that receives a JSON POST after a failed run."""
    limits: Limits = Limits()
    """NEWSACTORS_MAX_…: see `Limits`."""

    @property
    def published(self) -> Path:
        """The published file: a symlink to the newest snapshot. Readers open this."""
        return self.home / "news.duckdb"

    @property
    def snapshots(self) -> Path:
        return self.home / "snapshots"

    @property
    def build_file(self) -> Path:
        """The build database, open only to the one writer; its name fixes the catalog name."""
        return self.home / "build" / "news.duckdb"

    @property
    def writer_lock(self) -> Path:
        return self.home / "build" / "writer.lock"

    @property
    def raw(self) -> Path:
        return self.home / "raw"

    @property
    def extracted(self) -> Path:
        return self.home / "extracted"

    @property
    def damaged(self) -> Path:
        """Damaged files that `newsactors doctor --repair` moved here; `forget` removes them."""
        return self.home / "damaged"

    def damaged_at(self, at: datetime) -> Path:
        """Return the folder for a repair at this time (UTC). Folder names sort by time."""
        return self.damaged / f"{at:%Y-%m-%dT%H%M%S.%fZ}"

    @property
    def reextraction(self) -> Path:
        """Editions beside `extracted`: a candidate, and the rows that a promotion replaced."""
        return self.home / "reextraction"

    @property
    def report(self) -> Path:
        """The static report that the nightly run writes."""
        return self.home / "report"

    @property
    def search(self) -> Path:
        """The explorer's index of quotes; rebuilt if missing."""
        return self.home / "search"

    @property
    def field_mappings(self) -> Path:
        """Which fields of JSON and CSV hold what (docs/formats.md); part of the backup."""
        return self.registry / "fields.yaml"

    @property
    def identity_ledger(self) -> Path:
        """The identity ledger: the entity of each name; part of the backup."""
        return self.registry / "identity"

    @property
    def state_file(self) -> Path:
        return self.home / "state.sqlite"

    @property
    def dbt_target(self) -> Path:
        """Artifacts of dbt: the parsed project and the compiled SQL."""
        return self.home / "build" / "dbt"

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings of an environment. Raises SettingsError for an invalid value."""

        def path(name: str, default: Path) -> Path:
            return Path(env.get(name) or default).expanduser().absolute()

        def number(name: str, default: float, at_least: float) -> float:
            text = env.get(name) or str(default)
            try:
                value = float(text)
            except ValueError:
                raise SettingsError(f"{name}={text!r} is not a number") from None
            if not value >= at_least:
                raise SettingsError(f"{name}={text!r} must be at least {at_least:g}")
            return value

        def size(name: str, default: str) -> str:
            text = env.get(name) or default
            if not re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", text, re.IGNORECASE):
                raise SettingsError(f"{name}={text!r} is not a size; give one such as 4GB or 500MB")
            return text

        time_zone = env.get("NEWSACTORS_TIME_ZONE") or "UTC"
        try:
            ZoneInfo(time_zone)
        except (ValueError, OSError, KeyError):
            raise SettingsError(
                f"NEWSACTORS_TIME_ZONE={time_zone!r} is not a time zone; "
                "give an IANA name such as Europe/Berlin"
            ) from None
        base = REPOSITORY if IS_CHECKOUT else Path.cwd()
        home = path("NEWSACTORS_HOME", base / "warehouse")
        inbox = REPOSITORY / "seeds" / "articles" if IS_CHECKOUT else base / "inbox"
        default_instance = REPOSITORY if IS_CHECKOUT else home.with_name("dagster")
        is_recorded = env.get("DAGSTER_HOME") != ""
        return cls(
            home=home,
            inbox=location(env.get("NEWSACTORS_INBOX") or str(inbox)),
            dagster_home=path("DAGSTER_HOME", default_instance) if is_recorded else None,
            registry=path("NEWSACTORS_REGISTRY", home / "registry"),
            settle_seconds=number("NEWSACTORS_SETTLE_SECONDS", 2.0, 0),
            time_zone=time_zone,
            fresh_days=int(number("NEWSACTORS_FRESH_DAYS", 3, 0)),
            shift_share=number("NEWSACTORS_SHIFT_SHARE", 0.2, 0),
            batch_articles=int(number("NEWSACTORS_BATCH_ARTICLES", 500, 1)),
            extractor=env.get("NEWSACTORS_EXTRACTOR") or cls.extractor,
            workers=int(number("NEWSACTORS_WORKERS", min(available_cores(), 4), 1)),
            sql_seconds=number("NEWSACTORS_SQL_SECONDS", cls.sql_seconds, 0.1),
            sql_memory=size("NEWSACTORS_SQL_MEMORY", f"{available_memory() // 2 >> 20}MiB"),
            page_seconds=number("NEWSACTORS_PAGE_SECONDS", cls.page_seconds, 0.1),
            on_failure_command=env.get("NEWSACTORS_ON_FAILURE_COMMAND") or None,
            on_failure_webhook=env.get("NEWSACTORS_ON_FAILURE_WEBHOOK") or None,
            limits=Limits(
                **{
                    limit.name: int(number(f"NEWSACTORS_MAX_{limit.name.upper()}", default, 1))
                    for limit in fields(Limits)
                    if isinstance(default := limit.default, int)
                }
            ),
        )
