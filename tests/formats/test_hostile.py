"""What means harm, or is damaged, costs itself: a reason, in bounded time and memory."""

from __future__ import annotations

import bz2
import gzip
import json
import time

import pytest

from etl.readers import read_file
from etl.settings import Limits
from formats import files
from formats.fuzz import damaged
from formats.test_formats import articles, reasons

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><rss><channel><item><title>t</title><description>&i;</description></item></channel></rss>"
)


def test_entities_are_neither_expanded_nor_fetched() -> None:
    assert reasons(BOMB.encode()) == ["malformed"]
    outside = files.nitf().replace(
        '<!DOCTYPE nitf SYSTEM "nitf-3-3.dtd">',
        '<!DOCTYPE nitf [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    )
    assert reasons(outside.replace("Una Tarrish", "&x;").encode()) == ["malformed"]
    assert "root:" not in str(read_file(outside.encode(), "x.xml"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(b"a" * (64 << 20)), "too_large"),
        (bz2.compress(b"a" * (64 << 20)), "too_large"),
        (files.zipped({"a.txt": b"a" * (64 << 20)}), "too_large"),
        (b"[" * 200_000 + b"]" * 200_000, "too_deep"),
        (b'{"a":' * 200_000, "too_deep"),
        (gzip.compress(files.text().encode() * 2000)[:-5000], "malformed"),
        (files.FILES["pack.tar"][:900], "malformed"),
        (files.FILES["paper.pdf"][:300], "malformed"),
        (b"x" * (33 << 20), "too_large"),
        (b"word " * 500_000, "too_large"),
    ],
    ids=["gzip-bomb", "bzip2-bomb", "zip-bomb", "deep-list", "deep-object", "cut-gzip", "cut-tar",
         "cut-pdf", "document", "article"],
)  # fmt: skip
def test_what_costs_too_much_or_is_damaged_is_set_aside(data: bytes, reason: str) -> None:
    started = time.process_time()
    assert reasons(data)[-1] == reason
    assert time.process_time() - started < 10


def test_archives_within_archives_end() -> None:
    data = files.text().encode()
    for _ in range(8):
        data = gzip.compress(data)
    assert reasons(data) == ["too_deep"]


def test_limits_are_settings() -> None:
    lines = (json.dumps(files.RECORD) + "\n").encode() * 5
    items = read_file(lines, "x.jsonl", Limits(items=3))
    assert [bool(i.article) for i in items] == [True, True, True, False]
    assert reasons(lines, "x.jsonl", Limits(items=3)) == ["too_many"]
    assert reasons(lines, "x.jsonl", Limits(document_bytes=100)) == ["too_large"] * 5
    assert reasons(files.text().encode(), "x", Limits(article_chars=100)) == ["too_large"]


def test_a_reader_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    from etl.readers import markdown

    def for_ever(text: str) -> str:
        while True:
            try:
                text = text[::-1]
            except Exception:
                continue

    monkeypatch.setattr(markdown, "_plain", for_ever)
    packed = files.zipped({"a.md": files.markdown(), "b.txt": files.text()})
    items = read_file(packed, "x.zip", Limits(item_seconds=1))
    assert [i.rejection and i.rejection.reason for i in items] == ["too_slow", None]


def test_scripts_of_a_page_are_nothing() -> None:
    page = files.html(head="<script>alert('x')</script><style>p{}</style>")
    (article,) = articles(page.encode(), "a.html")
    assert "alert" not in article.body
    assert "never run" not in article.body


def test_a_locked_member_says_so() -> None:
    data = bytearray(files.zipped({"a.txt": files.text()}))
    for at in (6, data.rindex(b"PK\x01\x02") + 8):
        data[at] |= 1
    assert reasons(bytes(data)) == ["encrypted"]


@pytest.mark.parametrize("name", files.FILES)
def test_damaged_files_give_items_and_never_raise(name: str) -> None:
    for seed in range(25):
        data = damaged(name, [files.FILES[name]], seed)
        started = time.process_time()
        assert read_file(data, name)
        assert time.process_time() - started < 10
        assert not [
            item.rejection.detail
            for item in read_file(data, name)
            if item.rejection and item.rejection.reason == "unreadable"
        ], seed
