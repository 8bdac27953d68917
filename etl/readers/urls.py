"""Web addresses of articles: their canonical form, the host, and a date in the path.

Belongs here: parsing addresses. Does not belong here: fetching; nothing in the project fetches one.

The address of a copy in a web archive holds that of the page and the time of the capture
("web.archive.org/web/20210909014928/https://courier.example/a"). Every function here takes such an
address for that of the page, so that the page and its copies are one article. The Wayback Machine,
pywb and OpenWayback, which national libraries use, share the form.
"""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from etl.readers.dates import first_date

_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|igshid|cmpid|ref_?src|ocid|smid|cid|ns_\w+")
_COPY = re.compile(
    # The Wayback Machine also accepts an address without its scheme.
    r"https?://(?:web\.|wayback\.|www\.)*archive\.org(?::\d+)?/web/(?P<web>\d{4,14}|\*)(?:[a-z]{2}_)?/"
    r"(?P<short>\S+)"
    r"|https?://(?:archive\.(?:ph|is|today|li|md|vn|fo))/(?P<dotted>[\d.-]{14,19})/"
    r"(?P<today>https?:/\S+)"
    # Any other archive, recognised by the whole time before a whole address.
    r"|https?://[^/?#\s]+/(?:[^/?#\s]+/){0,4}(?P<time>\d{14})(?:[a-z]{2}_)?/"
    r"(?P<page>https?:/\S+)",
    re.IGNORECASE,
)
_MAX_COPIES = 3
"""Copies of copies that are looked through."""
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_MAX_CHARS = 2000
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_DATE_IN_PATH = re.compile(
    rf"/((?:19|20)\d\d)[/-](\d{{1,2}}|{_MONTHS.replace(' ', '|')})[/-](\d{{1,2}})(?=[/\-_.?]|$)",
    re.I,
)
_COMPACT_DATE = re.compile(r"/((?:19|20)\d\d)(\d\d)(\d\d)(?=/)")


def original(url: str) -> str:
    """Return the address of the page if `url` is that of a copy in a web archive, else `url`."""
    for _ in range(_MAX_COPIES):
        copy = _COPY.fullmatch(url)
        if copy is None:
            break
        page = copy["short"] or copy["today"] or copy["page"]
        # Servers and file names make one slash of two.
        page = re.sub(r"^(https?):/+", r"\1://", page, flags=re.IGNORECASE)
        if not page.lower().startswith(("http://", "https://")):
            page = f"http://{page}"
        url = page
    return url


def capture_time(url: str) -> str | None:
    """Return the digits of the time at which a web archive made the copy `url`, or None."""
    copy = _COPY.fullmatch(url[:_MAX_CHARS])
    return re.sub(r"\D", "", copy["web"] or copy["dotted"] or copy["time"]) if copy else None


def canonical(url: str | None) -> str | None:
    """Return an address without fragment and tracking parameters, its host in lower case.

    None if it is not an http(s) address.
    """
    url = original((url or "").strip()[: _MAX_CHARS + 1])
    if not url or len(url) > _MAX_CHARS or any(c.isspace() for c in url):
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
        scheme = parts.scheme.lower()
        place = parts.netloc.lower().removesuffix(_DEFAULT_PORTS[scheme])
        return urlunsplit((scheme, place, parts.path, urlencode(query), ""))
    except ValueError:
        return None


def host(url: str) -> str | None:
    """Return the host of an address without "www.", or None."""
    url = original(url[:_MAX_CHARS])
    match = re.match(r"https?://(?:[^/?#@\s]*@)?(?:www\.)?([^/?#:\s]+)", url, re.IGNORECASE)
    return match[1].lower() if match and "." in match[1] else None


def address_date(url: str) -> date | None:
    """Return the day in an address: ".../2025/06/05/...", ".../2025/jun/05/...", "/20250605/"."""
    url = original(url[:_MAX_CHARS])
    return first_date(_DATE_IN_PATH, url) or first_date(_COMPACT_DATE, url)
