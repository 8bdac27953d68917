"""Every format yields the same article, recognised by content and not by file name."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from pathlib import Path

import pytest

from etl.domain import Article
from etl.readers import read_file, read_items
from etl.readers.field_mapping import MappingError, load_mappings
from etl.settings import Limits
from formats import files
from formats.reference_files import REFERENCES

INCOMPLETE = {"old.sgm", "paper.pdf", "packed.pdf", *files.EXPORTS, *REFERENCES}
"""Formats without an outlet, an author or a time zone."""


def articles(data: bytes, path: str) -> list[Article]:
    return [item.article for item in read_file(data, path) if item.article]


def reasons(data: bytes, path: str = "x", limits: Limits | None = None) -> list[str]:
    return [item.rejection.reason for item in read_file(data, path, limits) if item.rejection]


@pytest.mark.parametrize("name", files.FILES)
@pytest.mark.parametrize("is_named", [True, False])
def test_every_format_gives_the_article(name: str, is_named: bool) -> None:
    found = articles(files.FILES[name], name if is_named else "noname")
    assert found, read_file(files.FILES[name], name)
    for article in found:
        flat = " ".join(article.body.replace('"', "”").split())
        assert flat.replace("”We", "“We") == " ".join(files.BODY.split())
        assert article.headline == files.HEADLINE
        assert article.language == "en"
        assert article.published_on is not None
        assert article.date_method
        if name not in INCOMPLETE and article.source_format not in ("docx", "odt", "text", "rtf"):
            assert article.outlet == files.OUTLET
            assert article.published_at == datetime.fromisoformat(files.AT)
            assert article.published_on == date(2025, 6, 24)
        if name not in (*INCOMPLETE, "letter.eml"):
            assert article.authors == (files.AUTHOR,)


def test_archive_members_are_named_and_hidden_files_are_skipped() -> None:
    items = read_file(files.FILES["pack.zip"], "in/pack.zip")
    assert [(i.number, i.path, i.index) for i in items] == [
        (0, "in/pack.zip!/a/text.txt", 0),
        (1, "in/pack.zip!/b/page.html", 0),
    ]
    assert [i.path for i in read_file(files.FILES["crawl.warc.gz"], "c.warc.gz")] == [
        f"c.warc.gz!/{files.URL}"
    ]


def test_a_member_name_is_never_used_as_a_path(tmp_path: Path) -> None:
    names = ["../../etc/passwd", "/abs.txt", "-rf", "a\nb;drop.txt", "q\"uo'te.txt"]
    packed = files.zipped(dict.fromkeys(names, files.text()))
    items = read_file(packed, "x.zip")
    assert len([i for i in items if i.article]) == len(names)
    assert all("\n" not in i.path for i in items)
    assert not list(tmp_path.parent.rglob("passwd"))


def test_known_record_shapes() -> None:
    body = files.BODY
    for document, outlet in (
        ({"maintext": body, "title": "T of it", "date_publish": "2025-06-24 10:00:00",
          "authors": ["Ana Ruiz"], "source_domain": "courier.example"}, "courier.example"),
        ({"status": "ok", "articles": [{"source": {"id": None, "name": "Harbour Courier"},
          "author": "Ana Ruiz", "title": "T of it", "publishedAt": "2025-06-24T10:00:00Z",
          "content": body + " [+812 chars]"}]}, "Harbour Courier"),
        ({"posts": [{"thread": {"site": "courier.example"}, "title": "T of it", "text": body,
          "author": "Ana Ruiz", "published": "2025-06-24T10:00:00.000+02:00"}]}, "courier.example"),
        ({"@type": "NewsArticle", "headline": "T of it", "articleBody": body,
          "datePublished": "2025-06-24", "author": {"name": "Ana Ruiz"},
          "publisher": {"name": "Harbour Courier"}}, "Harbour Courier"),
    ):  # fmt: skip
        (article,) = articles(json.dumps(document).encode(), "x.json")
        assert (article.body, article.outlet, article.authors) == (body, outlet, ("Ana Ruiz",))
        assert article.published_on == date(2025, 6, 24)


def test_a_list_of_links_is_distinguished_from_a_list_of_articles() -> None:
    link = {"url": files.URL, "title": "T"}
    gdelt = link | {"seendate": "20250624T101500Z", "domain": "courier.example"}
    rows = f"URL,MobileURL,Date,Title\n{files.URL},,2025-06-24 10:15:00,T\n"
    rss = f"<rss><channel><item><title>T</title><link>{files.URL}</link></item></channel></rss>"
    for data, name in (
        (json.dumps({"articles": [gdelt]}), "artlist.json"),
        (json.dumps(gdelt) + "\n", "artlist.jsonl"),
        (rows, "artlist.csv"),
        (json.dumps({"version": "https://jsonfeed.org/version/1", "items": [link]}), "feed.json"),
        (rss, "artlist.rss"),
    ):
        (item,) = read_file(data.encode(), name)
        assert item.rejection is not None
        assert (item.rejection.reason, files.URL in item.rejection.detail) == ("empty", True)
        assert "fetch" in item.rejection.remedy
    assert reasons(json.dumps(link | {"words": "Long. " * 100}).encode()) == ["unmapped"]
    assert reasons(b'{"a": 1, "b": {"c": "d"}}') == ["unmapped"]


def test_a_bad_record_rejects_only_itself() -> None:
    good = json.dumps(files.RECORD)
    lines = [good, "{broken", good, '{"title": "x"}', json.dumps({**files.RECORD,
             "published_at": "2025-02-31"}), good]  # fmt: skip
    items = read_file("\n".join(lines).encode(), "x.jsonl")
    assert [i.rejection and i.rejection.reason for i in items] == [
        None, "malformed", None, "unmapped", "impossible_date", None
    ]  # fmt: skip
    assert "line 2" in (items[1].rejection or pytest.fail("?")).detail
    rows = files.csv() + "a,b,c,d,e,f,g,h,i,j\n" + files.csv().split("\n", 1)[1]
    assert [bool(i.article) for i in read_file(rows.encode(), "x.csv")] == [True, False, True]


def test_a_mapping_reads_fields_of_any_name(tmp_path: Path) -> None:
    (tmp_path / "fields.yaml").write_text(
        "- match: 'dumps/*'\n  headline: kop\n  body: [tekst.lang, tekst.kort]\n  date: dag\n"
        "  date_format: '%d.%m.%y'\n  outlet_is: De Haven\n"
    )
    mappings = load_mappings(tmp_path / "fields.yaml")
    record = json.dumps({"kop": "Bank breekt", "tekst": {"lang": files.BODY}, "dag": "24.06.25"})
    data = record.encode()
    (item,) = read_items(io.BytesIO(data), len(data), "dumps/a.json", None, mappings)
    assert item.article is not None
    assert (item.article.headline, item.article.outlet) == ("Bank breekt", "De Haven")
    assert item.article.published_on == date(2025, 6, 24)
    assert reasons(data, "elsewhere/a.json") == ["unmapped"]
    (tmp_path / "fields.yaml").write_text("- bodyy: x\n")
    with pytest.raises(MappingError, match="unknown bodyy"):
        load_mappings(tmp_path / "fields.yaml")


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (files.html(charset="windows-1252").encode("cp1252"), "a.html"),
        (files.html(charset="koi8-r").replace("Una", "Уна").encode("koi8-r", "ignore"), "a.html"),
        (b"\xff\xfe" + files.html().encode("utf-16-le"), "a.html"),
        (files.rss().replace('"1.0"?', '"1.0" encoding="windows-1252"?').encode("cp1252"), "a"),
        (files.text().encode("cp1252"), "a.txt"),
        (files.csv().encode("cp1252"), "a.csv"),
    ],
)
def test_declared_and_detected_encodings(data: bytes, path: str) -> None:
    (article,) = articles(data, path)
    assert "the truth" in article.body
    assert "Ð" not in article.body
    assert article.headline == files.HEADLINE


def test_a_few_accents_in_english_text_are_decoded_as_western() -> None:
    text = files.text().replace(
        "the truth", "the truth, Inés Núñez of Málaga told São Tomé’s André,"
    )
    (article,) = articles(text.encode("cp1252"), "a.txt")
    assert "Inés Núñez of Málaga told São Tomé’s André" in article.body


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Der Bürgermeister von Aldhaven ist am Montag nach langem Streit um den Hafen "
         "zurückgetreten, wie das Rathaus mitteilte.", "de"),
        ("Le maire de la ville a démissionné lundi après une longue dispute sur le port, a "
         "annoncé la mairie dans un communiqué.", "fr"),
        ("Мэр города ушёл в отставку в понедельник после долгого спора о гавани, сообщила мэрия.",
         "ru"),
        ("市长周一在关于港口的长期争端后辞职，市政厅在一份声明中表示。" * 3, "zh"),
        ("Shr 78 cts vs 87 cts Net 159.3 mln vs 174.9 mln Revs one billion vs 1.06", None),
        ("She quit.", None),
    ],
)  # fmt: skip
def test_languages(text: str, code: str | None) -> None:
    (article,) = articles(f"date 2025-06-24 X\n\n{text}".encode(), "a.txt")
    assert article.language == code


def test_a_sentence_that_begins_like_its_headline_is_kept_whole() -> None:
    body = "Final cotton ginnings\ntotaled nine million bales, the bureau said."
    (article,) = articles(
        json.dumps({"title": "FINAL COTTON GINNINGS", "text": body}).encode(), "x"
    )
    assert article.body == body
    (article,) = articles(
        json.dumps({"title": "A Headline", "text": f"A headline\n\n{body}"}).encode(), "x"
    )
    assert article.body == body


def test_the_first_line_of_an_unprocessed_item_is_the_headline() -> None:
    item = (
        '<REUTERS NEWID="7">\n<DATE>26-FEB-1987 15:01:01.79</DATE>\n<TEXT TYPE="UNPROC">&#2;\n'
        "RESERVE MONEY SUPPLY REPORT - FEB 26\n    One Week Ended Feb 16\n M-1.....736.7\n"
        " Reuter\n&#3;</TEXT></REUTERS>"
    )
    (article,) = articles(item.encode(), "x.sgm")
    assert article.headline == "RESERVE MONEY SUPPLY REPORT - FEB 26"
    assert (article.headline_method, article.body) == (
        "first_line", "One Week Ended Feb 16\n M-1.....736.7"
    )  # fmt: skip


def test_an_address_line_becomes_the_url_and_not_part_of_the_body() -> None:
    text = f"https://www.courier.example/2025/06/24/x?utm_source=a&id=1#top\n\n{files.BODY}"
    (article,) = articles(text.encode(), "a.txt")
    assert article.body == files.BODY
    assert article.url == "https://www.courier.example/2025/06/24/x?id=1"
    assert (article.outlet, article.outlet_method) == ("courier.example", "address")
    assert (article.published_on, article.date_method) == (date(2025, 6, 24), "address")
