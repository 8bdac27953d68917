"""What the address of an article says: which article it is, its outlet, perhaps its day.

Belongs here: reading addresses. Nothing is ever fetched from one.
"""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from etl.readers.dates import ImpossibleDateError, checked

_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|igshid|cmpid|ref_?src|ocid|smid|cid|ns_\w+")
_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?=[/\-_.?]|$)")


def canonical(url: str | None) -> str | None:
    """An address without fragment, tracking parameters and upper case in its host; else None."""
    url = (url or "").strip()
    if not url or len(url) > 2000 or any(c.isspace() for c in url):
        return None
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            return None
        query = [
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
            if not _TRACKING.fullmatch(name.lower())
        ]
        return urlunsplit(
            (parts.scheme.lower(), parts.netloc.lower(), parts.path, urlencode(query), "")
        )
    except ValueError:
        return None


def host(url: str) -> str | None:
    """The host of an address without "www.", or None."""
    match = re.match(r"https?://(?:[^/?#@\s]*@)?(?:www\.)?([^/?#:\s]+)", url, re.IGNORECASE)
    return match[1].lower() if match and "." in match[1] else None


def address_date(url: str) -> date | None:
    """The day in the path of an address, ".../2025/06/05/...", or None."""
    for match in _ADDRESS.finditer(url):
        try:
            return checked(int(match[1]), int(match[2]), int(match[3]), match[0])
        except ImpossibleDateError:
            continue
    return None
