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
from typing import cast

from etl.readers.base import Rejected, Rejection
from etl.readers.exports import export_of
from etl.readers.exports.pages import page_export_of
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
_OTHER_WORDS = 0.2
"""A plain text with at most this share of words of its own says what the HTML says."""


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
    leaves = list(_leaves(message))
    parts = leaves[:_MAX_PARTS]
    pages = [(part, group) for part, group in parts if _is_export(part)]
    of_pages = {group for _, group in pages if group is not None}
    others = [
        (part, group) for part, group in parts if group not in of_pages and not _is_export(part)
    ]
    bodies = [(part, group) for part, group in others if not _is_attached(part)]
    attached = [part for part, _ in pages] + [part for part, _ in others if _is_attached(part)]
    body = _body(bodies)
    sender, address = parseaddr(_header(message, "from"))
    metadata = SourceMetadata(
        "header",
        body=body,
        headline=re.sub(r"^(?:\s*(?:fwd?|re|aw|wg|tr)\s*:)+\s*", "", _header(message, "subject"),
                        flags=re.IGNORECASE),
        outlet=sender or address.rpartition("@")[2] or None,
        dates=[(re.sub(r"\s*\([^()]*\)\s*$", "", _header(message, "date")), "header", None)],
        language=_header(message, "content-language") or None,
    )  # fmt: skip
    try:
        if export := export_of(body):
            yield from export.read(body, source)
        else:
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
    if len(leaves) > _MAX_PARTS:
        yield Rejection(
            "too_many",
            f"{len(leaves):,} parts; the first {_MAX_PARTS} were read",
            "save the other attachments and ingest them",
        )


def _leaves(message: Message) -> Iterator[tuple[Message, int | None]]:
    """Yield the parts that hold no others, each with the number of the choice that it belongs to.

    A part outside of any multipart/alternative belongs to none.
    """
    waiting: list[tuple[Message, int | None]] = [(message, None)]
    choices = 0
    while waiting:
        part, group = waiting.pop()
        if not part.is_multipart():
            yield part, group
            continue
        if part.get_content_type() == "multipart/alternative":
            choices, group = choices + 1, choices
        payload = part.get_payload()
        assert isinstance(payload, list)
        waiting += [(cast(Message, child), group) for child in reversed(payload)]


def _is_attached(part: Message) -> bool:
    kind = part.get_content_type()
    return part.get_content_disposition() == "attachment" or (
        kind not in ("text/plain", "text/html")
    )


def _is_export(part: Message) -> bool:
    """Whether it is a page of a database with many articles, which is read as a file of its own."""
    return part.get_content_type() == "text/html" and page_export_of(_text(part)) is not None


def _header(message: Message, title: str) -> str:
    try:
        value = email.header.make_header(email.header.decode_header(str(message.get(title, ""))))
        return " ".join(str(value).split())
    except (ValueError, LookupError, UnicodeError, email.errors.MessageError):
        return " ".join(str(message.get(title, "")).split())


def _body(parts: list[tuple[Message, int | None]]) -> str:
    """Return the text of all parts; of each choice the plain text, or the HTML if it says more.

    Two parts are a choice, too, if one has hardly a word that the other lacks.
    """
    plain, pages = ([(_text_of(part), group) for part, group in parts
                     if part.get_content_type() == kind]
                    for kind in ("text/plain", "text/html"))  # fmt: skip
    is_choice = _is_same("".join(t for t, _ in plain), "".join(t for t, _ in pages))
    chosen: dict[object, tuple[list[str], list[str]]] = {}
    for number, (part, group) in enumerate(parts):
        key = 0 if is_choice else ("part", number) if group is None else group
        is_page = part.get_content_type() == "text/html"
        chosen.setdefault(key, ([], []))[is_page].append(_text_of(part))
    texts = []
    for of_plain, of_page in chosen.values():
        text, page = "\n\n".join(of_plain).strip(), "\n\n".join(of_page).strip()
        texts.append(page if len(text) < len(page) / 4 else text)
    return "\n\n".join(filter(None, texts))


def _is_same(plain: str, page: str) -> bool:
    words = set(plain.split())
    return bool(words) and len(words - set(page.split())) <= len(words) * _OTHER_WORDS


def _text_of(part: Message) -> str:
    return text_of(_text(part)) if part.get_content_type() == "text/html" else _text(part)


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
