"""Where things live and what can be tuned, read once from the environment.

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


class SettingsError(NewsactorsError):
    """An environment variable holds a value that cannot be used; the message says which and why."""


Location: TypeAlias = Path | str
"""Where articles lie: a file or folder, or the address (URL) of objects in a store."""

_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<user>[^/]*@)?", re.IGNORECASE)


def location(text: str) -> Location:
    """The address where `text` is one (`s3://bucket/prefix`), else the path, absolute.

    Raises SettingsError for web addresses, and for a password in an address: it would be recorded
    with every article. The message does not repeat it.
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
    """The cores that this process may use: OMP_NUM_THREADS, as for other libraries, or all."""
    if (asked := os.environ.get("OMP_NUM_THREADS", "")).isdigit():
        return max(1, int(asked))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Limits:
    """What one file of the inbox may cost; what goes over goes to quarantine. Times are of the
    processor, so that a busy machine rejects nothing that an idle one would read.
    """

    file_bytes: int = 4 << 30
    """NEWSACTORS_MAX_FILE_BYTES: a file as it lies in the inbox."""
    document_bytes: int = 32 << 20
    """NEWSACTORS_MAX_DOCUMENT_BYTES: what must be held whole: a page, a record, an archive in an
    archive. Formats that stream (JSON lines, CSV, WARC, TAR, SGML) are limited a record."""
    article_chars: int = 2_000_000
    """NEWSACTORS_MAX_ARTICLE_CHARS: the body of one article."""
    unpacked_bytes: int = 32 << 30
    """NEWSACTORS_MAX_UNPACKED_BYTES: all that one file unpacks to."""
    ratio: int = 200
    """NEWSACTORS_MAX_RATIO: unpacked bytes for each packed one, from 32 MiB on; text packs 3 to 30
    times, a bomb 1,000 times and more."""
    items: int = 1_000_000
    """NEWSACTORS_MAX_ITEMS: articles and rejections of a file."""
    depth: int = 4
    """NEWSACTORS_MAX_DEPTH: archives within archives."""
    item_seconds: int = 20
    """NEWSACTORS_MAX_ITEM_SECONDS: processor time for one item."""
    file_seconds: int = 7200
    """NEWSACTORS_MAX_FILE_SECONDS: processor time for reading one file."""
    memory_bytes: int = 1 << 30
    """NEWSACTORS_MAX_MEMORY_BYTES: memory of the process that reads."""


@dataclass(frozen=True)
class Settings:
    """The settings of one warehouse. Paths are absolute; durations in seconds."""

    home: Path
    """NEWSACTORS_HOME: all state of the warehouse (default `warehouse/` of the checkout)."""
    inbox: Location
    """NEWSACTORS_INBOX: the folder, or the address of objects, that the nightly job reads (default
    `seeds/articles`)."""
    registry: Path
    """NEWSACTORS_REGISTRY: ledger and `corrections.csv` (default `$NEWSACTORS_HOME/registry`)."""
    settle_seconds: float = 2.0
    """NEWSACTORS_SETTLE_SECONDS: a file changed more recently may still be being written."""
    time_zone: str = "UTC"
    """NEWSACTORS_TIME_ZONE: IANA name; the nightly job starts at 02:00 there."""
    fresh_days: int = 3
    """NEWSACTORS_FRESH_DAYS: newest article older than this: a warning."""
    shift_share: float = 0.2
    """NEWSACTORS_SHIFT_SHARE: share of an actor's series that a publish may change unwarned."""
    batch_articles: int = 500
    """NEWSACTORS_BATCH_ARTICLES: a batch ends with the file that fills it; a killed run repeats at
    most one batch."""
    extractor: str = "tagger"
    """NEWSACTORS_EXTRACTOR: by which extractor new articles are read while none is promoted:
    `tagger`, or `fast` for large archives."""
    workers: int = 1
    """NEWSACTORS_WORKERS: processes that extract where there are many articles (default: one for
    each core, at most 4); each takes up to 350 MB."""
    on_failure_command: str | None = None
    """NEWSACTORS_ON_FAILURE_COMMAND: program and arguments to run when a run failed."""
    on_failure_webhook: str | None = None
    """NEWSACTORS_ON_FAILURE_WEBHOOK: loopback URL that gets a JSON POST when a run failed."""
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
        """What `newsactors doctor --repair` moved aside; `forget` removes it."""
        return self.home / "damaged"

    def damaged_at(self, at: datetime) -> Path:
        """Where a repair at this time moves things; in order of time, as times are in UTC."""
        return self.damaged / f"{at:%Y-%m-%dT%H%M%S.%fZ}"

    @property
    def reextraction(self) -> Path:
        """Rows beside those in `extracted`: a candidate, and what a promotion replaced."""
        return self.home / "reextraction"

    @property
    def report(self) -> Path:
        """The static site that the nightly job makes."""
        return self.home / "report"

    @property
    def search(self) -> Path:
        """The explorer's index of quotes; made again where it is missing."""
        return self.home / "search"

    @property
    def field_mappings(self) -> Path:
        """Which fields of JSON and CSV hold what (docs/formats.md); part of the backup."""
        return self.registry / "fields.yaml"

    @property
    def identity_ledger(self) -> Path:
        """Which entity each name was decided to be; part of the backup."""
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
        """The settings that the environment asks for.

        Raises SettingsError where a value cannot be used.
        """

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

        time_zone = env.get("NEWSACTORS_TIME_ZONE") or "UTC"
        try:
            ZoneInfo(time_zone)
        except (ValueError, OSError, KeyError):
            raise SettingsError(
                f"NEWSACTORS_TIME_ZONE={time_zone!r} is not a time zone; "
                "give an IANA name such as Europe/Berlin"
            ) from None
        home = path("NEWSACTORS_HOME", REPOSITORY / "warehouse")
        return cls(
            home=home,
            inbox=location(env.get("NEWSACTORS_INBOX") or str(REPOSITORY / "seeds" / "articles")),
            registry=path("NEWSACTORS_REGISTRY", home / "registry"),
            settle_seconds=number("NEWSACTORS_SETTLE_SECONDS", 2.0, 0),
            time_zone=time_zone,
            fresh_days=int(number("NEWSACTORS_FRESH_DAYS", 3, 0)),
            shift_share=number("NEWSACTORS_SHIFT_SHARE", 0.2, 0),
            batch_articles=int(number("NEWSACTORS_BATCH_ARTICLES", 500, 1)),
            extractor=env.get("NEWSACTORS_EXTRACTOR") or cls.extractor,
            workers=int(number("NEWSACTORS_WORKERS", min(available_cores(), 4), 1)),
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
