"""Bytes to text: byte order marks, strict UTF-8, and what is not text at all.

Belongs here: everything between the bytes as archived and the text that offsets count into.
Does not belong here: the meaning of the text, and formats that are binary by nature.

Nothing is guessed: a text in another encoding would decode to plausible but wrong names, so it is
rejected with the command that converts it. The text keeps every character but the byte order mark
and the carriage returns: CRLF and lone CR become LF.
"""

from __future__ import annotations

import codecs
import re

from etl.readers.base import Rejected, Rejection

# UTF-32 LE begins with the bytes of UTF-16 LE's mark, so the longer marks come first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (or a .docx, .xlsx, .epub, .odt)"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"(\xb5/\xfd", "zstandard data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"RIFF", "a RIFF container (WebP, WAV, AVI)"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.doc, .xls)"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
)
# Marks made of letters could begin a text ("RIFF", "ID3"): a control character must follow soon.
_SNIFF_BYTES = 1024
_NON_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_CONTROLS = bytes(c for c in (*range(0x20), 0x7F) if c not in b"\t\n\v\f\r")
# Wire feeds carry a few control characters an item; data that is not text has far more.
_MAX_CONTROL_SHARE = 0.01


def decode(data: bytes) -> str:
    """The text of `data`, line ends LF. Raises Rejected ('binary' or 'undecodable')."""
    for mark, encoding in _MARKS:
        # FF FE 00 00 is also UTF-16 LE of a text that begins with NUL, which would be binary.
        if data.startswith(mark):
            text = _strict(data, len(mark), encoding)
            break
    else:
        _reject_binary(data)
        text = _strict(data, 0, "utf-8")
    nul = text.find("\0")
    if nul >= 0:
        raise Rejected(
            Rejection(
                "binary",
                f"NUL character at position {nul} (line {text.count(chr(10), 0, nul) + 1})",
                "give the article as text (UTF-8)",
            )
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _reject_binary(data: bytes) -> None:
    head = data[:_SNIFF_BYTES]
    for magic, what in _MAGIC:
        if head.startswith(magic) and (magic == b"%PDF-" or _NON_TEXT.search(head)):
            raise Rejected(
                Rejection(
                    "binary",
                    f"{what}: the file begins with the bytes {magic[:8].hex(' ').upper()}",
                    "unpack or convert it to text (UTF-8) and drop that in",
                )
            )
    nul = data.find(b"\0")
    if nul >= 0:
        raise Rejected(
            Rejection(
                "binary",
                f"NUL byte at offset {nul} (line {data.count(bytes([10]), 0, nul) + 1})",
                "give the article as text; if this is UTF-16 without a byte order mark: "
                "iconv -f utf-16le -t utf-8",
            )
        )
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls > _MAX_CONTROL_SHARE * len(data) and controls > 4:
        raise Rejected(
            Rejection(
                "binary",
                f"{controls:,} of {len(data):,} bytes are control characters",
                "give the article as text (UTF-8)",
            )
        )


def _strict(data: bytes, start: int, encoding: str) -> str:
    try:
        return data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        offset = start + error.start
        before = data[start:offset].decode(encoding, errors="ignore")
        line = len(re.findall(r"\r\n|\r|\n", before)) + 1
        shown = encoding.upper().removesuffix("-LE").removesuffix("-BE")
        if error.reason in ("unexpected end of data", "truncated data"):
            what = f"the last character, at offset {offset} (line {line}), is cut off"
            remedy = (
                "the file seems incomplete: copy or fetch it again; if it is not UTF-8 at all: "
                "iconv -f windows-1252 -t utf-8"
            )
        else:
            what = (
                f"byte 0x{data[offset]:02X} at offset {offset} (line {line}) is not valid {shown}"
            )
            remedy = (
                "convert it: iconv -f windows-1252 -t utf-8 (name the true encoding if it is "
                "another)"
                if encoding == "utf-8"
                else "the file is damaged: fetch it again, or save it as UTF-8"
            )
        raise Rejected(Rejection("undecodable", what, remedy)) from None
