"""Records of news APIs and lists of links: JSON at any depth, tables with and without a header."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import Rejection, read_file
from etl.readers.language import language_code
from etl.readers.truncation import is_withheld, without_cut_mark
from formats import files
from formats.files import Story
from formats.test_round_trip import ANY, EXAMPLES, same, stories

URL = "https://gazette.example/2025/05/12/dam"
TEXT = (
    "The dam at Orrin Vale will be closed for two months, the water board said on Monday. "
    "“We found cracks in the eastern wall,” said Tamsin Oakhurst, who leads the inspections."
)
PLAIN = {"title": "Orrin Vale dam to close", "url": URL, "body": TEXT}
EVENT_REGISTRY: dict[str, Any] = {
    "uri": "77120", "lang": "eng", "isDuplicate": False, "date": "2025-05-12", "time": "06:10:00",
    "dateTime": "2025-05-12T06:10:00Z", "dateTimePub": "2025-05-12T05:55:00Z", "dataType": "news",
    "sim": 0, "url": URL, "title": "Orrin Vale dam to close", "body": TEXT,
    "source": {"uri": "gazette.example", "dataType": "news", "title": "Vale Gazette"},
    "authors": [{"uri": "p@gazette.example", "name": "Petra Lindqvale", "type": "author"},
                {"uri": "j@gazette.example", "name": "Jory Haskett", "type": "author"}],
}  # fmt: skip


def articles(data: object, path: str = "x.json") -> list[Article]:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return [item.article for item in read_file(raw, path) if item.article]


def rejections(data: object, path: str = "x.json") -> list[Rejection]:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return [item.rejection for item in read_file(raw, path) if item.rejection]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda r: {"articles": {"page": 1, "results": [r, r]}},
        lambda r: [r, r],
        lambda r: [{"articles": {"results": [r]}}, {"articles": {"results": [r]}}],
        lambda r: {"2025-05-12": [r], "2025-05-13": [r]},
        lambda r: {"1": {"info": r}, "2": {"info": r}},
        lambda r: {"answer": {"hits": {"page": {"stories": [r, r]}}}},
    ],
)
@pytest.mark.parametrize("record", [EVENT_REGISTRY, PLAIN], ids=["event registry", "plain"])
def test_records_are_found_at_any_depth(wrap: Callable[[Any], Any], record: object) -> None:
    found = articles(wrap(record))
    assert [a.body for a in found] == [TEXT, TEXT]
    lines = b"\n".join(json.dumps(wrap(record)).encode() for _ in range(3))
    assert len(articles(lines, "x.jsonl")) == 6


@pytest.mark.parametrize(
    ("header", "day"),
    [
        ("Titel;Datum;Zeitung;Autor;Volltext", "12.05.2025"),
        ("Schlagzeile;Erscheinungsdatum;Quelle;Verfasser;Text", "2025-05-12"),
        ("Titre;Date de publication;Journal;Auteur;Texte intégral", "2025-05-12"),
        ("TÍTULO;Fecha;Periódico;Autor;Contenido", "2025-05-12"),
        ("Titolo;Data;Testata;Autore;Testo", "2025-05-12"),
        ("Título;Data de publicação;Veículo;Autor;Conteúdo", "2025-05-12"),
        ("Title;Publication date;Newspaper;Author;Full text", "2025-05-12"),
    ],
)
def test_columns_are_known_in_the_common_languages_and_any_spelling(header: str, day: str) -> None:
    row = f'Orrin Vale dam to close;{day};Vale Gazette;Petra Lindqvale;"{TEXT}"'
    (found,) = articles(f"{header}\n{row}\n".encode(), "press.csv")
    assert (found.headline, found.body) == ("Orrin Vale dam to close", TEXT)
    assert (found.outlet, found.authors) == ("Vale Gazette", ("Petra Lindqvale",))
    assert found.published_on == date(2025, 5, 12)
    assert found.unread_fields == ()
    record = dict(zip(header.split(";"), ["Orrin Vale dam to close", "2025-05-12", "Vale Gazette",
                                          "Petra Lindqvale", TEXT], strict=True))  # fmt: skip
    (same_record,) = articles({"answer": [record]})
    assert (same_record.headline, same_record.body) == (found.headline, found.body)


def test_columns_that_nothing_is_taken_from_are_named_if_a_value_is_missing() -> None:
    row = f'Dam to close;12.05.2025;Vale Gazette;"{TEXT}";;4'
    (found,) = articles(f"Kop;Dag;Krant;Text;Leeg;Blz\n{row}\n".encode(), "press.csv")
    assert (found.headline, found.outlet, found.published_on) == (None, None, None)
    assert found.unread_fields == ("Kop", "Dag", "Krant", "Blz")
    (rejection,) = rejections(f"Titel;Datum;Tekst\nDam;12.05.2025;{TEXT}\n".encode(), "a.csv")
    assert rejection.detail.endswith("no field is known to hold the text: Titel, Datum, Tekst")


def test_the_longest_text_counts_if_the_content_is_cut() -> None:
    record = {
        "title": "Dam to close",
        "description": TEXT,
        "content": f"{TEXT[:40]}… [+1900 chars]",
        "source": {"name": "Vale Gazette"},
        "publishedAt": "2025-05-12T05:55:00Z",
    }
    (found,) = articles({"articles": [record]})
    assert (found.body, found.is_truncated) == (TEXT, True)
    (found,) = articles({"articles": [record | {"description": "A dam closes."}]})
    assert found.body.startswith("The dam at Orrin Vale")
    (found,) = articles({"articles": [record | {"content": TEXT, "description": TEXT * 2}]})
    assert (found.body, found.is_truncated) == (TEXT, False)


def test_event_registry_states_outlet_authors_day_and_language() -> None:
    (found,) = articles({"articles": {"results": [EVENT_REGISTRY]}})
    assert (found.outlet, found.authors) == ("Vale Gazette", ("Petra Lindqvale", "Jory Haskett"))
    assert (found.published_on, found.date_method) == (date(2025, 5, 12), "field dateTimePub")
    assert found.language == "en"


@EXAMPLES
@given(some=st.lists(stories(ANY), min_size=1, max_size=3))
def test_answers_of_event_registry_are_read_complete(some: list[Story]) -> None:
    results = [
        EVENT_REGISTRY
        | {"title": s.headline, "body": s.body, "url": s.url, "dateTimePub": s.at.isoformat()}
        | {"source": {"uri": "x.example", "title": s.outlet}, "authors": [{"name": s.author}]}
        for s in some
    ]
    found = articles({"articles": {"page": 1, "results": results}})
    for article, story in zip(found, some, strict=True):
        same(article, story)


@pytest.mark.parametrize(
    ("answer", "outlet"),
    [
        ({"articles": [{"title": "Dam to close", "content": TEXT, "url": URL, "source": {
            "name": "Vale Gazette", "url": "x"}, "publishedAt": "2025-05-12T05:55:00Z"}]},
         "Vale Gazette"),
        ({"stories": [{"id": "1", "media_name": "Vale Gazette", "title": "Dam to close", "url": URL,
          "publish_date": "2025-05-12", "language": "en", "story_text": TEXT}]}, "Vale Gazette"),
        ({"results": [{"article_id": "1", "title": "Dam to close", "link": URL, "creator": None,
          "content": TEXT, "pubDate": "2025-05-12 05:55:00", "source_name": "Vale Gazette",
          "language": "english"}]}, "Vale Gazette"),
        ({"totalResults": 1, "posts": [{"thread": {"site": "gazette.example"}, "text": TEXT,
          "title": "Dam to close", "published": "2025-05-12T05:55:00.000+02:00", "url": URL}]},
         "gazette.example"),
    ],
    ids=["gnews", "media cloud", "newsdata", "webhose"],
)  # fmt: skip
def test_answers_of_other_apis(answer: object, outlet: str) -> None:
    (found,) = articles(answer)
    assert (found.headline, found.body, found.outlet) == ("Dam to close", TEXT, outlet)
    assert (found.published_on, found.language) == (date(2025, 5, 12), "en")


def test_parts_of_a_record_with_an_unknown_text_are_not_articles() -> None:
    comments = [{"title": "Re: dam", "text": "I told you so."}]
    record = {"title": "Orrin Vale dam to close", "tekst": TEXT, "comments": comments}
    assert [r.reason for r in rejections({"answer": [record]})] == ["unmapped"]
    assert not articles({"answer": [record]})


def test_an_answer_without_articles_is_empty() -> None:
    answers: tuple[object, ...] = ({"articles": {"results": []}}, {"articles": []}, [])
    for answer in answers:
        assert [r.reason for r in rejections(answer)] == ["empty"]


@pytest.mark.parametrize(
    ("declared", "code"),
    [("eng", "en"), ("ger", "de"), ("deu", "de"), ("slv", "sl"), ("ces", "cs"), ("nob", "no"),
     ("English", "en"), ("en-GB", "en"), ("pt_BR", "pt"), ("tgl", "tgl"), ("xyz", "xyz"),
     ("", None)],
)  # fmt: skip
def test_codes_of_three_letters_become_the_codes_of_two(declared: str, code: str | None) -> None:
    assert language_code(declared) == code


def newsapi(content: str, **fields: Any) -> dict[str, Any]:
    return {
        "status": "ok",
        "articles": [
            {"source": {"id": None, "name": "Vale Gazette"}, "author": None,
             "title": "Orrin Vale dam to close - Vale Gazette", "description": "In short.",
             "url": URL, "publishedAt": "2025-05-12T05:55:00Z", "content": content} | fields
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("The dam is old, said Tamsin Oakh… [+2586 chars]", "The dam is old, said Tamsin"),
        ("The dam is old, said Tamsin Oakh... [2586 chars]", "The dam is old, said Tamsin"),
        ("The dam is old. [+99 chars]", "The dam is old."),
        ("“The dam is old.” [+99 chars]", "“The dam is old.”"),
        ("The dam is old […]", "The dam is old"),
        ("The dam is ol[...]", "The dam is"),
        ("The dam is ol… Read more", "The dam is"),
        ("The dam is old … Continue reading Dam to close →", "The dam is old"),
        ("The dam is old.\n\nContinue reading…", "The dam is old."),
        ("The dam is old (more…)", "The dam is old"),
    ],
)
def test_the_mark_of_a_cut_goes_with_the_broken_word(text: str, kept: str) -> None:
    assert without_cut_mark(text) == (kept, True)
    (found,) = articles(newsapi(text))
    assert (found.body, found.is_truncated) == (kept, True)
    assert not articles(newsapi("The dam is old."))[0].is_truncated


@pytest.mark.parametrize(
    "text",
    ["She trailed off…", "He read more… more than anyone.", "The dam is old.", "Read more: the dam",
     "Take [the+9 chars] of it.", "“To be continued reading…”", ""],
)  # fmt: skip
def test_a_text_that_only_trails_off_is_whole(text: str) -> None:
    assert without_cut_mark(text) == (text, False)


@given(st.text(alphabet="ab .…[]+1\n(more)chRd", max_size=400))
def test_without_a_mark_the_text_is_unchanged_and_with_one_a_beginning(text: str) -> None:
    kept, is_cut = without_cut_mark(text)
    assert text.startswith(kept)
    assert is_cut or kept == text


def test_a_summary_of_a_feed_says_that_it_is_cut() -> None:
    feed = (
        "<rss><channel><title>Vale Gazette</title><item><title>Orrin Vale dam to close</title>"
        f"<link>{URL}</link><description>&lt;p&gt;The dam is old, said Tamsin &amp;#8230; "
        "&lt;a href='x'&gt;Continue reading Dam&lt;/a&gt;&lt;/p&gt;</description></item>"
        "</channel></rss>"
    )
    (found,) = articles(feed.encode(), "a.rss")
    assert (found.body, found.is_truncated) == ("The dam is old, said Tamsin", True)


def test_the_outlet_behind_the_headline_is_no_part_of_it() -> None:
    (found,) = articles(newsapi(TEXT))
    assert (found.headline, found.outlet) == ("Orrin Vale dam to close", "Vale Gazette")
    (found,) = articles(newsapi(TEXT, title="Inside the Vale Gazette"))
    assert found.headline == "Inside the Vale Gazette"


@pytest.mark.parametrize("text", ["[Removed]", "[removed]", "ONLY AVAILABLE IN PAID PLANS"])
def test_a_text_that_the_source_withholds_is_empty(text: str) -> None:
    assert is_withheld(text)
    answer = newsapi(text, title=text, description=text, url="https://removed.example")
    assert not articles(answer)
    (rejection,) = rejections(answer)
    assert (rejection.reason, text in rejection.detail) == ("empty", True)
    assert articles(newsapi(text))[0].body == "In short."


GKG = "\t".join(
    ["20250512060000-{n}", "20250512060000", "1", "gazette.example", URL + "?{n}", "", "",
     "ENV_DAM;WATER;CRISIS;" * 9, '"Orrin Vale,88;', "Tamsin Oakhurst,90;Water Board,7;" * 12,
     "131|24||We found cracks in the wall. It is old#" * 6, "<PAGE_TITLE>Dam</PAGE_TITLE>"]
)  # fmt: skip
MENTIONS = f"77120\t20250512060000\t20250512060000\t1\tgazette.example\t{URL}?{{n}}\t3\t-1\t92\t\t"
STORIES = f"1,{URL}?{{n}},Orrin Vale dam to close,2025-05-12"


@pytest.mark.parametrize(
    ("line", "name"),
    [(GKG, "20250512.gkg.csv"), (MENTIONS, "20250512.mentions.CSV"), (STORIES, "links.csv")],
    ids=["gkg", "mentions", "commas"],
)
def test_every_line_of_a_table_without_a_header_is_an_entry(line: str, name: str) -> None:
    data = "".join(line.format(n=n) + "\n" for n in range(1, 4))
    found = rejections(data.encode(), name)
    assert [r.reason for r in found] == ["empty"] * 3
    for number, rejection in enumerate(found, 1):
        assert f"row {number} (line {number})" in rejection.detail
        assert f"{URL}?{number}" in rejection.detail
        assert "fetch the page" in rejection.remedy


def test_texts_in_a_table_without_a_header_need_names_for_the_columns() -> None:
    data = f'{URL},2025-05-12,"{TEXT}"\n{URL}?2,2025-05-13,"{TEXT}"\n'
    found = rejections(data.encode(), "dump.csv")
    assert [r.reason for r in found] == ["unmapped", "unmapped"]
    assert all("no header" in r.detail and "name the columns" in r.remedy for r in found)


@pytest.mark.parametrize(
    "header",
    ["id,indexed_date,language,media_name,media_url,publish_date,title,url",
     "stories_id,publish_date,title,url,language,ap_syndicated,themes,media_id"],
)  # fmt: skip
def test_story_lists_of_media_cloud_are_links(header: str) -> None:
    values = {"title": "Orrin Vale dam to close", "url": URL, "themes": '"[""water""]"'}
    row = ",".join(values.get(column, "7") for column in header.split(","))
    (rejection,) = rejections(f"{header}\n{row}\n".encode(), "stories.csv")
    assert (rejection.reason, URL in rejection.detail) == ("empty", True)


def test_a_table_with_known_columns_has_a_header() -> None:
    assert len(articles(files.csv(",", files.STORY, files.STORY).encode(), "a.csv")) == 2


@pytest.mark.parametrize(
    ("path", "data", "detail", "remedy"),
    [
        ("a.csv", f'Titel,Datum,Tekst\nDam,2025-05-12,"One.\nTwo."\nDam,2025-05-13,"{TEXT}"\n',
         "row 1 (lines 2 to 3): no field is known", "quarantine show"),
        ("a.csv", f'Titel,Datum,Tekst\nDam,2025-05-12,"One.\nTwo."\nDam,2025-05-13,"{TEXT}"\n',
         "row 2 (line 4): no field is known", "quarantine show"),
        ("a.json", json.dumps(PLAIN)[:-30], "not JSON: it ends early (an incomplete download?)",
         "fetch the file again"),
        ("a.json", json.dumps(PLAIN)[:-1], "not JSON: it ends early (an incomplete download?)",
         "fetch the file again"),
        ("a.json", json.dumps(PLAIN).replace('"url"', "url"), "not JSON: Expecting property name",
         "fetch the file again"),
        ("a.jsonl", json.dumps(PLAIN).encode() + b'\n{"title": "caf\xe9"}\n',
         "line 2: byte 0xE9 at offset 14 is not valid UTF-8", "iconv"),
        ("a.jsonl", json.dumps(PLAIN) + '\n{"title": "a\x01"}\n',
         "line 2: not JSON: Invalid control character at: column 13", "fetch the file again"),
        ("a.json", json.dumps(PLAIN | {"body": "[Removed]"}), "the source withholds the text",
         "nothing to do if the publisher removed it; else"),
        ("cut.docx", b"PK\x03\x04 and no end", "the Word file is damaged: its end is missing",
         "fetch or copy the file again"),
        ("cut.xml.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xcd",
         "the gzip data is damaged or truncated before any content", "fetch the file again"),
        ("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image", "a picture has no text"),
    ],
)  # fmt: skip
def test_a_rejection_says_where_and_what_to_do(
    path: str, data: str | bytes, detail: str, remedy: str
) -> None:
    found = rejections(data if isinstance(data, bytes) else data.encode(), path)
    assert any(detail in r.detail and remedy in r.remedy for r in found), found
    assert not any("before the damage" in r.remedy for r in found)
