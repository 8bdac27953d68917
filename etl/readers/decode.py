"""Bytes to text: byte order mark, declared encoding, strict UTF-8, else detection.

Belongs here: everything between archived bytes and the text into which offsets point. Does not
belong here: the meaning of the text, and binary formats.

The wrong encoding would give plausible but wrong names. So a declared encoding counts only if the
text decodes without an error, and detection (charset-normalizer) only chooses among encodings in
which news has been written, for a text that is long enough. UTF-8 with a damaged character is
damaged UTF-8, not another encoding. The text keeps every character except the byte order mark and
carriage returns: CRLF and a lone CR become LF.
"""

from __future__ import annotations

import codecs
import contextlib
import logging
import re
from io import BufferedReader

from charset_normalizer import from_bytes

from etl.readers.base import Rejected

logging.getLogger("charset_normalizer").setLevel(logging.ERROR)

# The UTF-32 LE mark begins with the UTF-16 LE mark, so the longer marks come first.
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
# A text may begin with letters such as "RIFF" or "ID3", so a control character must follow soon.
_SNIFF_BYTES = 1024
_NON_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_CONTROLS = bytes(c for c in (*range(0x20), 0x7F) if c not in b"\t\n\v\f\r")
# Wire feeds have a few control characters per item; data that is not text has far more.
_MAX_CONTROL_SHARE = 0.01

# Western encodings first: this order decides ties in detection.
_ENCODINGS = ["cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256",
              "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "iso8859_2"]  # fmt: skip
_RARE_LATIN = {"cp1250", "cp1254", "iso8859_2"}
_ASCII = bytes(range(0x80))
_MIN_NON_ASCII_SHARE = 0.03
"""Share of non-ASCII bytes; Polish, Czech, Hungarian and Turkish news have at least 5 %."""
_DETECT_FROM = 200
_DETECT_BYTES = 1 << 17
# Python codecs that are no text encodings: for host names (in quadratic time), for Python source
# code, and one that can hide markup.
_NO_ENCODINGS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7"}
_MANY_BYTES = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{2,40})""")


def declared(data: bytes) -> str | None:
    """Return the encoding that an HTML page or XML document declares in its first bytes, or None.

    A declaration that is readable byte by byte cannot be UTF-16 or UTF-32, whatever it states.
    """
    match = _DECLARED.search(data[:400]) or _META.search(data[:4096])
    charset = match[1].decode("ascii") if match else None
    if charset is None or re.match(r"utf-?(?:16|32)", charset, re.IGNORECASE):
        return None
    return charset


def decode(data: bytes, charset: str | None = None) -> str:
    """Return the text of `data` with LF line ends. Raises Rejected ('binary' or 'undecodable').

    `charset` is the declared encoding; latin-1 is read as windows-1252, as browsers do.
    """
    for mark, encoding in _MARKS:
        # FF FE 00 00 could also be UTF-16 LE text that begins with NUL, which would be binary.
        if data.startswith(mark):
            text = _strict(data, len(mark), encoding)
            break
    else:
        known = _as_declared(data, charset)
        if known is None:
            _reject_binary(data)
            known = _utf8_or_detected(data)
        text = known
    nul = text.find("\0")
    if nul >= 0:
        raise Rejected(
            "binary",
            f"NUL character at position {nul} (line {text.count(chr(10), 0, nul) + 1})",
            "provide the article as text (UTF-8)",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _as_declared(data: bytes, charset: str | None) -> str | None:
    try:
        name = codecs.lookup(charset or "").name
        if name in ("utf-8", "ascii") or name in _NO_ENCODINGS or not (charset and data):
            return None
        return data.decode("cp1252" if name == "iso8859-1" else name)
    except (LookupError, UnicodeError, ValueError):
        return None  # wrong, unknown, or no text encoding


def _utf8_or_detected(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        is_damaged = _MANY_BYTES.search(data[: error.start]) or (
            error.end >= len(data) - 3 and error.reason == "unexpected end of data"
        )
        if not is_damaged and (encoding := _detected(data, error.start)):
            with contextlib.suppress(UnicodeDecodeError):
                return data.decode(encoding)
    return _strict(data, 0, "utf-8")


def _detected(data: bytes, near: int) -> str | None:
    """Return the encoding of bytes that are not UTF-8 at `near`; None if too short or uncertain."""
    if len(data) < _DETECT_FROM:
        return None
    some = data[max(0, near - _DETECT_BYTES // 2) :][:_DETECT_BYTES]
    best = from_bytes(some, cp_isolation=_ENCODINGS, enable_fallback=False).best()
    if best is None:
        return None
    # In English text with a few accents, é in one Latin encoding can't be distinguished from é in
    # another, and detection picks any ("Núńez"). Rare encodings need many non-ASCII letters.
    non_ascii_count = len(some.translate(None, _ASCII))
    if best.encoding in _RARE_LATIN and non_ascii_count < _MIN_NON_ASCII_SHARE * len(some):
        with contextlib.suppress(UnicodeDecodeError):
            some.decode("cp1252")
            return "cp1252"
    return best.encoding


class LineDecoder:
    """Decodes the lines of one file: as UTF-8 until one isn't, which decides for all after it."""

    def __init__(self, charset: str | None = None) -> None:
        self.charset = charset
        self.encoding: str | None = None
        self.is_utf8 = False

    def text(self, line: bytes, rest: BufferedReader) -> str:
        """Return the text of a line; `rest` is what follows. Raises Rejected ('undecodable')."""
        if self.encoding is None:
            line = line.removeprefix(codecs.BOM_UTF8)
            try:
                text = line.decode("utf-8")
                self.is_utf8 = self.is_utf8 or len(text) < len(line)
                return text
            except UnicodeDecodeError as error:
                if not self.is_utf8:
                    is_declared = _as_declared(line, self.charset) is not None
                    self.encoding = (
                        self.charset if is_declared else _detected(line + rest.peek(), error.start)
                    )
        if self.encoding is not None:
            with contextlib.suppress(UnicodeDecodeError):
                return line.decode(self.encoding)
        return _strict(line, 0, "utf-8")


def _reject_binary(data: bytes) -> None:
    head = data[:_SNIFF_BYTES]
    for magic, what in _MAGIC:
        if head.startswith(magic) and (magic == b"%PDF-" or _NON_TEXT.search(head)):
            raise Rejected(
                "binary",
                f"{what}: the file begins with the bytes {magic[:8].hex(' ').upper()}",
                _remedy_for(what),
            )
    nul = data.find(b"\0")
    if nul >= 0:
        raise Rejected(
            "binary",
            f"NUL byte at offset {nul} (line {data.count(bytes([10]), 0, nul) + 1})",
            "provide the article as text; if this is UTF-16 without a byte order mark: "
            "iconv -f utf-16le -t utf-8",
        )
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls > _MAX_CONTROL_SHARE * len(data) and controls > 4:
        raise Rejected(
            "binary",
            f"{controls:,} of {len(data):,} bytes are control characters",
            "provide the article as text (UTF-8)",
        )


def _remedy_for(what: str) -> str:
    if "image" in what:
        return "a picture has no text: ingest its text as read by OCR (UTF-8), or delete the file"
    if "recording" in what:
        return "a recording has no text: ingest its transcript (UTF-8), or delete the file"
    return "unpack it or convert it to text (UTF-8), and ingest that"


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
                "the file seems incomplete: copy or fetch it again; if it isn't UTF-8: "
                "iconv -f windows-1252 -t utf-8"
            )
        else:
            what = (
                f"byte 0x{data[offset]:02X} at offset {offset} (line {line}) is not valid {shown}"
            )
            remedy = (
                "convert it: iconv -f windows-1252 -t utf-8 (or name its actual encoding)"
                if encoding == "utf-8"
                else "the file is damaged: fetch it again, or save it as UTF-8"
            )
        raise Rejected("undecodable", what, remedy) from None
