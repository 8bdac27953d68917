"""Pages saved as one file by Chrome, Edge, Internet Explorer, Opera and others (.mht, .mhtml).

Belongs here: the part that is the page, and its address. Does not belong here: the page
(`readers.pages.html_page`). Its pictures, styles, scripts and frames are no articles. Mail has the
same form (`readers.containers.mail`); the time in the header is that of saving, not of the article.
"""

from __future__ import annotations

import email
import email.policy
import io
import re
from collections.abc import Iterator
from email.message import Message
from typing import cast

from etl.readers.base import Rejected
from etl.readers.reader import Part
from etl.readers.source import Source

name = "mhtml"

_BY_BROWSER = re.compile(
    rb"^(?:from:[ \t<\"]*saved by|snapshot-content-location:|x-maf:)", re.I | re.M
)
_RELATED = re.compile(
    rb"^content-type:\s*(?:multipart/related|text/html|multipart/alternative)", re.I | re.M
)
_OF_MAIL = re.compile(rb"^(?:to|received|message-id|return-path|delivered-to):", re.I | re.M)
_LOCATION = re.compile(rb"^content-location:[ \t]*\S", re.I | re.M)
_VERSION = re.compile(rb"^mime-version:", re.I | re.M)
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,40}:[ \t]")
_PAGES = ("text/html", "application/xhtml+xml")


def sniff(head: bytes, path: str) -> float:
    """Certain for the headers that browsers write; high for those of a page that no mail has."""
    head = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not _HEADER.match(head):
        return 0.0
    block = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    if not _RELATED.search(block):
        return 0.0
    if _BY_BROWSER.search(block):
        return 1.0
    is_named = path.lower().endswith((".mht", ".mhtml"))
    if _VERSION.search(block) and not _OF_MAIL.search(block):
        return 0.97 if is_named or _LOCATION.search(head) else 0.0
    return 0.97 if is_named else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the page, with its address. Raises Rejected."""
    message = email.message_from_bytes(source.data(), policy=email.policy.compat32)
    page = _page(message)
    content = page.get_payload(decode=True) if page is not None else None
    if page is None or not isinstance(content, bytes):
        raise Rejected(
            "malformed", "the saved page has no part that is a page", "save the page again"
        )
    url = _header(message, "snapshot-content-location") or _header(page, "content-location")
    yield source.member(
        io.BytesIO(content), None, "MHTML", url=url, charset=page.get_content_charset()
    )


def _page(message: Message) -> Message | None:
    """Return the part that is the page: the one that the headers name, else the first of HTML.

    The parts behind it are frames.
    """
    pages = [part for part in _leaves(message) if part.get_content_type() in _PAGES]
    start = str(message.get_param("start") or "").strip("<> ")
    address = _header(message, "snapshot-content-location")
    for part in pages:
        if start and _header(part, "content-id").strip("<> ") == start:
            return part
        if address and _header(part, "content-location") == address:
            return part
    return pages[0] if pages else None


def _leaves(message: Message) -> Iterator[Message]:
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part.is_multipart():
            waiting += reversed(cast("list[Message]", part.get_payload()))
        else:
            yield part


def _header(part: Message, title: str) -> str:
    return "".join(str(part.get(title, "")).split())
