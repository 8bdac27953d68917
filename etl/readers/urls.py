"""Web addresses of articles: their canonical form, the host, and a date in the path.

Belongs here: parsing addresses. Does not belong here: fetching; nothing in the project fetches one.
"""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from etl.readers.dates import first_date

_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|igshid|cmpid|ref_?src|ocid|smid|cid|ns_\w+")
_DATE_IN_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?=[/\-_.?]|$)")


def canonical(url: str | None) -> str | None:
    """Return an address without fragment and tracking parameters, its host in lower case.

    None if it is not an http(s) address.
    """
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
    """Return the host of an address without "www.", or None."""
    match = re.match(r"https?://(?:[^/?#@\s]*@)?(?:www\.)?([^/?#:\s]+)", url, re.IGNORECASE)
    return match[1].lower() if match and "." in match[1] else None


def address_date(url: str) -> date | None:
    """Return the day in the path of an address, ".../2025/06/05/...", or None."""
    return first_date(_DATE_IN_PATH, url)
