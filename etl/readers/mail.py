"""Electronic mail (.eml): newsletters and forwarded articles, and what is attached to them.

Belongs here: headers and the parts of a message. Does not belong here: what is attached, which is
read as files of its own.
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
_TELLING = re.compile(
    rb"^(?:from|to|subject|date|received|message-id|mime-version|return-path):", re.I | re.M
)
_PASSED_OVER = ("image/", "audio/", "video/", "font/", "text/calendar", "application/pgp-",
                "application/pkcs7-", "application/x-pkcs7-")  # fmt: skip
_MAX_PARTS = 200


def sniff(head: bytes, path: str) -> float:
    """A block of headers, with a sender and another that mail has."""
    block = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    if not _HEADER.match(block):
        return 0.0
    told = {found.lower() for found in _TELLING.findall(block)}
    if len(told) < 2 or b"from:" not in told:
        return 0.0
    return 0.95 if b"mime-version:" in told or b"message-id:" in told else 0.7


def read(source: Source) -> Iterator[Part]:
    """The message, then its attachments. Raises Rejected."""
    message = email.message_from_bytes(source.data(), policy=email.policy.compat32)
    parts = [part for part, _ in zip(_leaves(message), range(_MAX_PARTS), strict=False)]
    bodies = [part for part in parts if not _is_attached(part)]
    attached = [part for part in parts if _is_attached(part)]
    sender, address = parseaddr(_header(message, "from"))
    told = SourceMetadata(
        "header",
        body=_body(bodies),
        headline=re.sub(r"^(?:\s*(?:fwd?|re|aw|wg|tr)\s*:)+\s*", "", _header(message, "subject"),
                        flags=re.IGNORECASE),
        outlet=sender or address.rpartition("@")[2] or None,
        dates=[(re.sub(r"\s*\([^()]*\)\s*$", "", _header(message, "date")), "header", None)],
        language=_header(message, "content-language") or None,
    )  # fmt: skip
    try:
        yield article(told, source, name)
    except Rejected as verdict:
        if verdict.rejection.reason != "empty" or not attached:
            yield verdict.rejection
    for part in attached:
        if part.get_content_type().startswith(_PASSED_OVER):
            yield None
            continue
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            yield Rejection("malformed", "an attachment that cannot be decoded", "save it yourself")
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
    """The plain text, or the text of the HTML where there is no (or hardly any) plain one."""
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
