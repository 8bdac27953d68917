"""Email (.eml): newsletters and forwarded articles, with their attachments.

Belongs here: headers and the parts of a message. Does not belong here: attachments, which are read
as separate files.
"""

from __future__ import annotations

import email
import email.errors
import email.header
import email.policy
import io
import re
from collections.abc import Iterator
from email.message import Message
from email.utils import parseaddr

from etl.readers.base import Rejected, Rejection
from etl.readers.markup import text_of
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article

name = "mail"

_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,40}:[ \t]")
_MAIL_HEADER = re.compile(
    rb"^(?:from|to|subject|date|received|message-id|mime-version|return-path):", re.I | re.M
)
_SKIPPED = ("image/", "audio/", "video/", "font/", "text/calendar", "application/pgp-",
                "application/pkcs7-", "application/x-pkcs7-")  # fmt: skip
_MAX_PARTS = 200


def sniff(head: bytes, path: str) -> float:
    """High for a block of headers with a sender and another typical mail header."""
    block = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    if not _HEADER.match(block):
        return 0.0
    names = {found.lower() for found in _MAIL_HEADER.findall(block)}
    if len(names) < 2 or b"from:" not in names:
        return 0.0
    return 0.95 if b"mime-version:" in names or b"message-id:" in names else 0.7


def read(source: Source) -> Iterator[Part]:
    """Yield the message, then its attachments. Raises Rejected."""
    message = email.message_from_bytes(source.data(), policy=email.policy.compat32)
    parts = [part for part, _ in zip(_leaves(message), range(_MAX_PARTS), strict=False)]
    bodies = [part for part in parts if not _is_attached(part)]
    attached = [part for part in parts if _is_attached(part)]
    sender, address = parseaddr(_header(message, "from"))
    metadata = SourceMetadata(
        "header",
        body=_body(bodies),
        headline=re.sub(r"^(?:\s*(?:fwd?|re|aw|wg|tr)\s*:)+\s*", "", _header(message, "subject"),
                        flags=re.IGNORECASE),
        outlet=sender or address.rpartition("@")[2] or None,
        dates=[(re.sub(r"\s*\([^()]*\)\s*$", "", _header(message, "date")), "header", None)],
        language=_header(message, "content-language") or None,
    )  # fmt: skip
    try:
        yield article(metadata, source, name)
    except Rejected as rejected:
        if rejected.rejection.reason != "empty" or not attached:
            yield rejected.rejection
    for part in attached:
        if part.get_content_type().startswith(_SKIPPED):
            yield None
            continue
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            yield Rejection(
                "malformed", "an attachment cannot be decoded", "save the attachment and ingest it"
            )
            continue
        title = part.get_filename() or part.get_content_type().replace("/", ".")
        yield source.member(io.BytesIO(content), str(title), "mail")


def _leaves(message: Message) -> Iterator[Message]:
    for part in message.walk():
        if not part.is_multipart():
            yield part


def _is_attached(part: Message) -> bool:
    kind = part.get_content_type()
    return part.get_content_disposition() == "attachment" or (
        kind not in ("text/plain", "text/html")
    )


def _header(message: Message, title: str) -> str:
    try:
        value = email.header.make_header(email.header.decode_header(str(message.get(title, ""))))
        return " ".join(str(value).split())
    except (ValueError, LookupError, UnicodeError, email.errors.HeaderParseError):
        return " ".join(str(message.get(title, "")).split())


def _body(parts: list[Message]) -> str:
    """Return the plain text, or the HTML's text if there is hardly any plain text."""
    plain = "\n\n".join(_text(p) for p in parts if p.get_content_type() == "text/plain").strip()
    pages = "\n\n".join(
        text_of(_text(p)) for p in parts if p.get_content_type() == "text/html"
    ).strip()
    return pages if len(plain) < len(pages) / 4 else plain


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    for encoding in (part.get_content_charset() or "utf-8", "utf-8"):
        try:
            return data.decode(encoding).replace("\r\n", "\n")
        except (LookupError, ValueError):
            continue
    return data.decode("cp1252", errors="replace").replace("\r\n", "\n")
