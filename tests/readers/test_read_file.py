"""From bytes to items: encodings, rejections, and the guarantee never to raise."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import readers
from etl.domain import Article
from etl.readers import Rejection, read_file
from etl.readers.reader import Part
from etl.readers.source import Source

TEXT = (
    " date 2025-06-03 Café closes\n\nBy Ana Núñez – Valley Times\n\n"
    "The “Café” closed.\n\nNobody wept.\n"
)


def read_one(data: bytes, path: str = "article.txt") -> Article:
    (item,) = read_file(data, path)
    assert item.article is not None, item.rejection
    return item.article


def rejected(data: bytes, path: str = "article.txt") -> Rejection:
    (item,) = read_file(data, path)
    assert item.rejection is not None, item.article
    assert item.rejection.detail
    assert item.rejection.remedy
    return item.rejection


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
    ],
    ids=["utf8", "utf8-bom", "utf16le", "utf16be", "utf32le", "utf32be", "crlf", "cr"],
)
def test_every_marked_encoding_and_line_end_gives_the_same_article(data: bytes) -> None:
    article = read_one(data)
    assert article == read_one(TEXT.encode())
    assert article.headline == "Café closes"
    assert article.authors == ("Ana Núñez",)
    assert article.body == "The “Café” closed.\n\nNobody wept."


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"", "empty", "0 bytes"),
        (b" \r\n\t\n", "empty", "whitespace"),
        (codecs.BOM_UTF8 + b"\n \n", "empty", "no body"),
        (b" date 2025-06-03 A headline alone\n\n", "empty", "A headline alone"),
        (b"A headline alone", "empty", "A headline alone"),
        (b"%PDF-1.7\n1 0 obj", "malformed", "PDF"),
        (b"PK\x03\x04\x14\x00\x06\x00", "malformed", "ZIP"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary", "PNG"),
        (b"Line one.\nLine \x00two.", "binary", "NUL byte at offset 15 (line 2)"),
        (TEXT.encode("utf-16-le"), "binary", "NUL byte at offset 1 (line 1)"),
        (bytes(range(1, 9)) * 40, "binary", "control characters"),
        (b"One.\n\nCaf\xe9 closed.", "undecodable", "byte 0xE9 at offset 9 (line 3)"),
        (b"One.\r\rCaf\xe9 closed.", "undecodable", "byte 0xE9 at offset 9 (line 3)"),
        ("It is a café".encode()[:-1], "undecodable", "cut off"),
        (codecs.BOM_UTF16_LE + b"a\x00\x00\xd8b\x00", "undecodable", "UTF-16"),
        (b" date 2025-02-30 Headline\n\nBody.", "impossible_date", "line 1: “2025-02-30”"),
        (b" date 1399-12-31 Headline\n\nBody.", "impossible_date", "before 1400-01-01"),
        (b" date 2205-06-03 Headline\n\nBody.", "impossible_date", "future"),
        (
            b"Mayor quits in Aldhaven\n\nPublished: 31 June 2025\n\nShe quit.",
            "impossible_date",
            "line 3: “31 June 2025”",
        ),
    ],
)
def test_bad_input_is_rejected_with_what_and_where(data: bytes, reason: str, detail: str) -> None:
    rejection = rejected(data)
    assert rejection.reason == reason
    assert detail in rejection.detail


def test_the_remedy_for_an_undecodable_file_is_a_conversion() -> None:
    assert "iconv -f windows-1252 -t utf-8" in rejected(b"One.\n\nCaf\xe9 closed.").remedy


def test_letters_that_begin_a_binary_format_may_begin_a_text() -> None:
    assert read_one("RIFF raff’s the word.\n\nThey left.".encode()).body.startswith("RIFF")


def test_a_stray_control_character_does_not_reject_a_wire_article() -> None:
    assert read_one(b"The mill closed on Monday, it said.\x03\n" + b"More was said. " * 20)


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_arbitrary_bytes_give_items_and_never_raise(data: bytes) -> None:
    items = read_file(data, "inbox/2025-06-03.txt")
    assert [item.number for item in items] == list(range(len(items)))
    assert items


def test_the_reader_with_the_highest_sniff_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lines:
        """A format with one article per line."""

        name = "lines"

        def sniff(self, head: bytes, path: str) -> float:
            return 1.0 if head.startswith(b"#lines") else 0.0

        def read(self, source: Source) -> Iterator[Part]:
            for line in source.data().decode().splitlines()[1:]:
                if line == "explode":
                    raise RuntimeError("oops")
                if line == "bad":
                    yield Rejection("empty", "bad line", "fix it")
                else:
                    yield Article(None, line, source_format=self.name)

    monkeypatch.setattr(readers, "READERS", (*readers.READERS, Lines()))
    items = read_file(b"#lines\nOne.\nbad\nTwo.\nexplode\nThree.", "x.txt")
    assert [item.article and item.article.body for item in items] == [
        "One.",
        None,
        "Two.",
        None,  # a failing reader loses the rest of the file, not the run or earlier items
    ]
    assert [item.rejection.reason for item in items if item.rejection] == ["empty", "unreadable"]
    assert "RuntimeError: oops" in (items[3].rejection or Rejection("empty", "", "")).detail
    assert read_one(TEXT.encode()).source_format == "text"
