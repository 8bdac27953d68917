"""WARC: pages archived by a crawler, record by record.

Belongs here: which records are pages, and their headers. Does not belong here: the pages
(`readers.pages.html_page`, chosen by content as always). Requests, pictures, style sheets,
redirects and errors are no articles and are skipped. A WARC.gz is compressed record by record;
`readers.containers.compressed` handles that.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from etl.readers.base import Rejected, Rejection
from etl.readers.reader import Part
from etl.readers.source import Source

name = "warc"

logging.getLogger("warcio").setLevel(logging.CRITICAL)
_PAGES = ("text/html", "application/xhtml+xml")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)


class _Records(ArchiveIterator):  # type: ignore[misc]
    """Records without warcio's warning, which prints raw bytes of the file to standard error."""

    INC_RECORD = ""


def sniff(head: bytes, path: str) -> float:
    """Certain for the first word of a record."""
    return 1.0 if head.startswith(b"WARC/") else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield every successful HTML response as a member named by its address."""
    limit = source.budget.limits.document_bytes
    try:
        for record in _Records(source.stream):
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            headers = record.http_headers
            if record.rec_type not in ("response", "resource") or (
                headers is not None and headers.get_statuscode() != "200"
            ):
                yield None
                continue
            content_type = (headers or record.rec_headers).get_header("Content-Type") or ""
            if content_type.split(";")[0].strip().lower() not in _PAGES:
                yield None
                continue
            data = record.content_stream().read(limit + 1)
            if len(data) > limit:
                yield Rejection(
                    "too_large",
                    f"{url[:200]}: more than {limit:,} bytes",
                    "ingest the page as HTML",
                )
                continue
            charset = _CHARSET.search(content_type)
            yield source.member(
                io.BytesIO(data), url, "WARC", url=url, charset=charset[1] if charset else None
            )
    except ArchiveLoadFailed as error:
        raise _damaged(error) from None
    except (ValueError, OSError, EOFError, AttributeError, TypeError, KeyError, IndexError,
            UnicodeError) as error:  # fmt: skip
        raise _damaged(error) from None


def _damaged(error: Exception) -> Rejected:
    return Rejected(
        "malformed",
        f"the WARC file is damaged or truncated: {error}"[:300],
        "fetch it again; items before the damage have been read",
    )
