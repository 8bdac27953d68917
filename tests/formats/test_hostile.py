"""Hostile and damaged files are rejected with a reason, in bounded time and memory."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.readers import read_file
from etl.settings import Limits
from formats import files
from formats.hostile import ARTICLE, HOSTILE
from formats.test_formats import reasons

MAX_SECONDS = 10
NEVER = (
    "socket.",
    "subprocess.",
    "os.",
    "pty.",
    "shutil.",
    "urllib.",
    "webbrowser.",
    "ftplib.",
)
HARMLESS = {"os.listdir", "os.scandir", "os.putenv"}  # of imports


@pytest.fixture(scope="module")
def seen() -> list[str]:
    """Record audit events that affect anything but memory, from now on."""
    events: list[str] = []

    def record(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
            events.append(f"open {args[0]} for writing")
        elif event.startswith(NEVER) and event not in HARMLESS:
            events.append(f"{event} {args}"[:200])

    read_file(files.FILES["page.html"], "x.html")  # loads the libraries
    read_file(files.FILES["paper.pdf"], "x.pdf")
    sys.addaudithook(record)
    return events


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_affects_only_itself(name: str, seen: list[str]) -> None:
    path, make, allowed = HOSTILE[name]
    data = make()
    del seen[:]
    started = time.process_time()
    items = read_file(data, path, Limits(item_seconds=1))
    spent = time.process_time() - started
    assert {i.rejection.reason if i.rejection else ARTICLE for i in items} <= allowed, items[-1]
    assert spent < MAX_SECONDS
    assert not seen, "the reader did something it must not"
    for item in items:
        assert "\n" not in item.path
        if item.article:
            assert "root:" not in item.article.body
            assert "never run" not in item.article.body


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(files.text().encode() * 2000)[:-5000], "malformed"),
        (files.FILES["pack.tar"][:900], "malformed"),
        (files.FILES["paper.pdf"][:300], "malformed"),
        (b"x" * (33 << 20), "too_large"),
    ],
    ids=["gzip", "tar", "pdf", "document"],
)
def test_truncated_or_too_large_files_are_rejected(data: bytes, reason: str) -> None:
    assert reasons(data)[-1] == reason


@pytest.mark.parametrize("pack", [files.zipped, files.tarred], ids=["zip", "tar"])
def test_an_archive_appended_to_another_is_not_lost_in_silence(
    pack: Callable[[dict[str, bytes]], bytes],
) -> None:
    one, other = (pack({name: files.text().encode()}) for name in ("one.txt", "two.txt"))
    items = read_file(one + other, "two.archive")
    assert sum(item.article is not None for item in items) == 1
    (rejection,) = [item.rejection for item in items if item.rejection]
    assert rejection.reason == "malformed"
    assert "files of their own" in rejection.remedy


@pytest.mark.parametrize(
    ("path", "begin", "repeated", "end"),
    [
        ("x.txt", "date 2025-06-24 A headline\n\nThe", " ", "end."),
        ("x.txt", "By Ana Ruiz", " -", "\n\nThe end."),
        ("x.txt", "ALDHAVEN (", "a ", ") The end."),
        ("x.json", '{"title": "t", "text": "x', " ", 'y"}'),
        ("x.json", '{"title": "t", "text": "x', " ...", 'y"}'),
        ("x.md", "# x", " #", "y\n\nThe end."),
        ("x.sgm", '<REUTERS NEWID="1">', "<BODY>", "</REUTERS>"),
        ("x.sgm", '<REUTERS NEWID="1"><BODY>x', " reuter", "x</BODY></REUTERS>"),
        ("x.sgm", '<REUTERS NEWID="1"><AUTHOR>', "\x03 ", "</REUTERS>"),
        ("x.html", "<html><h1>A lamp is lit</h1><p>Published", " ", "4 March 2021</p></html>"),
        ("x.html", "<html><h1>A lamp is lit</h1><p>", "Published ", "on Friday.</p></html>"),
        ("x.html", "<html><h1>A lamp", "<h2 class='published'>", "is lit</h1></html>"),
        ("x.html", "<html><h1>A lamp is lit</h1>", "<time pubdate datetime='2021-03-04'>", "x"),
        ("x.html", "<html><!--saved from url=(00", "0", ")http://a.example--><p>A lamp.</html>"),
        ("x.rss", "<rss><channel><item><description>x</description><author>", "@a",
         "</author></item></channel></rss>"),
    ],
)  # fmt: skip
def test_repetition_takes_linear_time(path: str, begin: str, repeated: str, end: str) -> None:
    """A million characters; backtracking regular expressions took minutes for each case."""
    data = (begin + repeated * (1_000_000 // len(repeated)) + end).encode()
    started = time.process_time()
    assert read_file(data, path)
    assert time.process_time() - started < 3


def test_limits_are_settings() -> None:
    lines = (json.dumps(files.RECORD) + "\n").encode() * 5
    items = read_file(lines, "x.jsonl", Limits(items=3))
    assert [bool(i.article) for i in items] == [True, True, True, False]
    assert reasons(lines, "x.jsonl", Limits(items=3)) == ["too_many"]
    assert reasons(lines, "x.jsonl", Limits(document_bytes=100)) == ["too_large"] * 5
    assert reasons(files.text().encode(), "x", Limits(article_chars=100)) == ["too_large"]


def test_the_file_time_limit_applies_without_any_item() -> None:
    rows = b"title,text,date\n" + b",,\n" * 2_000_000
    assert reasons(rows, "x.csv", Limits(file_seconds=1)) == ["too_slow"]


def test_of_streamed_records_only_the_slow_one_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from etl.readers.records import fields

    def markup_or_for_ever(text: str) -> bool:
        while "slow" in text:
            pass
        return False

    monkeypatch.setattr(fields, "looks_like_markup", markup_or_for_ever)
    texts = (files.RECORD["text"], "slow", files.RECORD["text"])
    lines = "".join(json.dumps(files.RECORD | {"text": text}) + "\n" for text in texts)
    items = read_file(lines.encode(), "x.jsonl", Limits(item_seconds=1))
    assert [bool(item.article) for item in items] == [True, False, True]
    assert items[1].rejection is not None
    assert items[1].rejection.reason == "too_slow"
    assert items[1].rejection.detail.startswith("line 2: ")


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


def test_an_encrypted_member_is_rejected_as_encrypted() -> None:
    data = bytearray(files.zipped({"a.txt": files.text()}))
    for at in (6, data.rindex(b"PK\x01\x02") + 8):
        data[at] |= 1
    assert reasons(bytes(data)) == ["encrypted"]


_HALVES = st.sampled_from(["\ud83d", "\ude00", "\udfff…", "\ud800\ud800"])


@given(
    half=_HALVES,
    field=st.sampled_from(["title", "text", "source", "author", "url", "language", "date", "kop"]),
    is_name=st.booleans(),
    form=st.sampled_from(["json", "jsonl", "md"]),
)
@settings(deadline=None)
def test_half_an_emoji_can_be_stored_wherever_a_record_has_it(
    half: str, field: str, is_name: bool, form: str
) -> None:
    """JSON and YAML can write half of a surrogate pair; no file and no database can hold it."""
    record: dict[str, Any] = dict(files.RECORD)
    if is_name:
        record[f"{field}{half}"] = record.pop(field, "x")
    else:
        record[field] = f"{record.get(field, '')} {half}"
    if form == "md":
        data = "---\n" + "".join(f"{json.dumps(k)}: {json.dumps(v)}\n" for k, v in record.items())
        data += f"---\n{files.RECORD['text']}\n"
    else:
        data = json.dumps(record) + "\n"
    for item in read_file(data.encode(), f"x.{form}"):
        json.dumps(asdict(item), default=str, ensure_ascii=False).encode()
        assert "failed" not in (item.rejection.detail if item.rejection else "")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"title": "Back \ud83d...", "text": "The ferry is back."}, "Back \ufffd..."),
        ({"title": "List", "url": "https://courier.example/a\ud800"}, "a\ufffd"),
        ({"kop\ud800": "x", "tekst": "y"}, "kop\ufffd, tekst"),
    ],
)
def test_half_an_emoji_becomes_the_replacement_character(
    record: dict[str, str], expected: str
) -> None:
    (item,) = read_file(json.dumps(record).encode(), "x.json")
    assert expected in str(item)
    (item,) = read_file(b'---\ntitle: "Smile \\ud83d\\ude00"\n---\nThe ferry is back.\n', "x.md")
    assert item.article is not None
    assert item.article.headline == "Smile \N{GRINNING FACE}"


def test_data_behind_a_compressed_stream_is_read_or_named() -> None:
    one, two = (bz2.compress(files.text().encode() + bytes([n])) for n in b"12")
    damaged_magic = bytes([two[0] ^ 1]) + two[1:]
    assert reasons(one + damaged_magic, "x.txt.bz2")[-1] == "malformed"
    for name, pack in (("bz2", bz2.compress), ("xz", lzma.compress)):
        lines = [(json.dumps(files.RECORD) + "\n").encode()] * 2
        joined = (b"\0" * 70_000).join(map(pack, lines)) + b"\0" * 4
        items = read_file(joined, f"x.jsonl.{name}")
        assert [bool(item.article) for item in items] == [True, True]


def mail_of(*parts: tuple[str, str, bool], kind: str = "mixed") -> bytes:
    message = MIMEMultipart(kind)
    message["From"], message["Subject"] = "Desk <desk@courier.example>", "Letters"
    message["Date"] = "Tue, 24 Jun 2025 08:00:00 +0000"
    for number, (subtype, content, is_attached) in enumerate(parts):
        part = MIMEText(content, subtype, "utf-8")
        if is_attached:
            part.add_header("Content-Disposition", "attachment", filename=f"{number}.txt")
        message.attach(part)
    return message.as_bytes()


def test_parts_of_a_mail_over_the_limit_are_named() -> None:
    attached = [("plain", f"The ferry number {n} came back.", True) for n in range(250)]
    items = read_file(mail_of(("plain", "See below.", False), *attached), "x.eml")
    assert sum(item.article is not None for item in items) == 200
    assert items[-1].rejection is not None
    assert items[-1].rejection.reason == "too_many"


def test_a_subject_in_an_impossible_encoding_is_kept_as_it_is_written() -> None:
    top = b"From: a@b.example\nTo: c@d.example\nSubject: =?utf-\xff?Q?Strike?=\nMIME-Version: 1.0\n"
    (item,) = read_file(top + b"\nFerry crews will strike from Tuesday over pay.", "x.eml")
    assert item.article is not None
    assert "Strike" in (item.article.headline or "")


def test_a_mail_keeps_the_page_behind_an_introduction() -> None:
    story = "<p>Ferry crews will strike from Tuesday over pay, said Sebastian Krayle.</p>"
    intro = "Dear readers, here is the story of this week, with thanks to our friends."
    (item,) = read_file(mail_of(("plain", intro, False), ("html", story, False)), "x.eml")
    assert item.article is not None
    assert intro in item.article.body
    assert "Ferry crews" in item.article.body
    plain = "Ferry crews will strike from Tuesday over pay, said Sebastian Krayle."
    for kind in ("mixed", "alternative"):
        data = mail_of(("plain", plain, False), ("html", story, False), kind=kind)
        (item,) = read_file(data, "x.eml")
        assert item.article is not None
        assert item.article.body == plain


def test_blocks_of_html_in_markdown_and_indented_ones_are_text() -> None:
    blocks = ("<p>One came.</p>", "<blockquote>Two came.</blockquote>",
              "<div>\nThree came.\n</div>", "    Four came.", "<script>never run</script>",
    )  # fmt: skip
    (item,) = read_file(("# Ferries\n\nFirst.\n\n" + "\n\n".join(blocks)).encode(), "x.md")
    assert item.article is not None
    assert item.article.body.split("\n\n") == [
        "First.", "One came.", "Two came.", "Three came.", "Four came.",
    ]  # fmt: skip


def test_an_item_without_an_end_does_not_swallow_the_next() -> None:
    one, two = replace(files.STORY, headline="One"), replace(files.STORY, headline="Two")
    data = files.sgml(one, two).replace("</REUTERS>", "", 1).encode()
    headlines = [item.article.headline for item in read_file(data, "x.sgm") if item.article]
    assert headlines == ["One", "Two"]


@pytest.mark.parametrize(
    ("name", "document"),
    [("x.rss", files.rss()), ("x.html", files.html()), ("x.xml", files.atom())],
)
def test_a_document_appended_to_another_is_not_lost_in_silence(name: str, document: str) -> None:
    for data in (f"{document}\n{document}", document + document):
        (rejection,) = [i.rejection for i in read_file(data.encode(), name) if i.rejection]
        assert rejection.reason == "malformed"
        assert "files of their own" in rejection.remedy
    assert not reasons(document.encode(), name)


def test_members_beside_the_parts_of_a_word_document_are_read() -> None:
    with zipfile.ZipFile(io.BytesIO(files.docx())) as archive:
        members: dict[str, str | bytes] = {n: archive.read(n) for n in archive.namelist()}
    assert len(read_file(files.zipped(members), "x.docx")) == 1
    items = read_file(files.zipped(members | {"more.txt": files.text()}), "x.zip")
    assert [item.path for item in items if item.article] == ["x.zip", "x.zip!/more.txt"]


def test_the_end_of_an_overlong_headline_is_kept() -> None:
    record = files.RECORD | {"title": "Ferry crews " * 100 + "came back."}
    (item,) = read_file(json.dumps(record).encode(), "x.json")
    assert item.article is not None
    assert item.article.body.startswith("Ferry crews")
    assert "came back." in item.article.body
