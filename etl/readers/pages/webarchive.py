"""Pages saved by Safari (.webarchive): a property list with the page and its files.

Belongs here: finding the page and its address in the list. Does not belong here: the page
(`readers.pages.html_page`). Its pictures, styles, scripts and frames are no articles.
"""

from __future__ import annotations

import io
import plistlib
from collections.abc import Iterator

from etl.readers.base import Rejected
from etl.readers.reader import Part
from etl.readers.source import Source

name = "webarchive"

_BINARY = b"bplist00"
_PAGES = ("text/html", "application/xhtml+xml")


def sniff(head: bytes, path: str) -> float:
    """High for a property list that holds a page, binary or XML."""
    is_list = head.startswith(_BINARY) or b"<plist" in head[:1000]
    if not is_list:
        return 0.0
    return 0.97 if b"WebMainResource" in head or path.lower().endswith(".webarchive") else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the page, with its address. Raises Rejected."""
    try:
        archive = plistlib.loads(source.data())
        main = archive["WebMainResource"]
        content, kind = main["WebResourceData"], main.get("WebResourceMIMEType")
        url, charset = main.get("WebResourceURL"), main.get("WebResourceTextEncodingName")
    except Rejected:
        raise
    except (RecursionError, MemoryError):
        raise
    except Exception as error:  # plistlib lets many kinds through
        raise Rejected(
            "malformed", f"not a web archive of Safari: {error!r}"[:300], "save the page again"
        ) from None
    if not isinstance(content, bytes) or (isinstance(kind, str) and kind not in _PAGES):
        raise Rejected("malformed", f"the web archive holds {kind!r:.100}", "save a page of HTML")
    yield source.member(
        io.BytesIO(content),
        None,
        "web archive",
        url=url if isinstance(url, str) else None,
        charset=charset if isinstance(charset, str) else None,
    )
