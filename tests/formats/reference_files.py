"""Stories as bibliographic references, in every format that reference managers write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from csv import QUOTE_ALL, DictWriter
from html import escape
from io import StringIO
from typing import Protocol


class Told(Protocol):
    """What a reference says of a story (`formats.files.Story`)."""

    @property
    def headline(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def outlet(self) -> str: ...
    @property
    def author(self) -> str: ...
    @property
    def day(self) -> str: ...
    @property
    def url(self) -> str: ...


def ris(*stories: Told) -> str:
    return "".join(
        f"TY  - NEWS\nTI  - {s.headline}\nAU  - {_family_first(s.author)}\nT2  - {s.outlet}\n"
        f"AB  - {s.body}\nDA  - {s.day.replace('-', '/')}/\nPY  - {s.day[:4]}\nLA  - en\n"
        f"UR  - {s.url}\nER  - \n\n\n"
        for s in stories
    )


def enw(*stories: Told) -> str:
    return "\n".join(
        f"%0 Newspaper Article\n%T {s.headline}\n%A {_family_first(s.author)}\n%J {s.outlet}\n"
        f"%D {s.day[:4]}\n%8 {s.day}\n%X {s.body}\n%U {s.url}\n%G en\n"
        for s in stories
    )


def bib(*stories: Told) -> str:
    return "\n".join(
        f"\n@article{{key_{number},\n\ttitle = {{{_latex(s.headline)}}},\n\turl = {{{s.url}}},\n"
        f"\tabstract = {{{_latex(s.body)}}},\n\tlanguage = {{en}},\n"
        f"\tjournal = {{{_latex(s.outlet)}}},\n\tauthor = {{{_latex(_family_first(s.author))}}},\n"
        f"\tmonth = {int(s.day[5:7])},\n\tday = {int(s.day[8:])},\n\tyear = {{{s.day[:4]}}},\n}}\n"
        for number, s in enumerate(stories)
    )


def endnote_xml(*stories: Told) -> str:
    records = "".join(
        '<record><source-app name="Zotero">Zotero</source-app><ref-type name="Newspaper Article">'
        "23</ref-type><contributors><authors><author>"
        f"{escape(_family_first(s.author))}</author></authors></contributors><titles><title>"
        f"<style>{escape(s.headline)}</style></title><secondary-title>{escape(s.outlet)}"
        f"</secondary-title></titles><dates><year>{s.day[:4]}</year><pub-dates><date>{s.day}</date>"
        f"</pub-dates></dates><abstract>{escape(s.body)}</abstract><urls><related-urls><url>"
        f"{escape(s.url)}</url></related-urls></urls><language>eng</language></record>\n"
        for s in stories
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><xml><records>\n{records}</records></xml>'


def zotero_rdf(*stories: Told) -> str:
    items = "".join(
        f'<bib:Article rdf:about="{escape(s.url)}"><z:itemType>newspaperArticle</z:itemType>'
        f"<dcterms:isPartOf><bib:Newspaper><dc:title>{escape(s.outlet)}</dc:title></bib:Newspaper>"
        "</dcterms:isPartOf><bib:authors><rdf:Seq><rdf:li><foaf:Person><foaf:surname>"
        f"{escape(s.author.rpartition(' ')[2])}</foaf:surname><foaf:givenName>"
        f"{escape(s.author.rpartition(' ')[0])}</foaf:givenName></foaf:Person></rdf:li></rdf:Seq>"
        f"</bib:authors><dc:title>{escape(s.headline)}</dc:title><dcterms:abstract>"
        f"{escape(s.body)}</dcterms:abstract><dc:date>{s.day}</dc:date><z:language>en</z:language>"
        f"<dc:identifier><dcterms:URI><rdf:value>{escape(s.url)}</rdf:value></dcterms:URI>"
        "</dc:identifier></bib:Article>\n<z:Attachment rdf:about='#item_1'><z:itemType>attachment"
        "</z:itemType><dc:title>Snapshot</dc:title></z:Attachment>\n"
        for s in stories
    )
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:z="http://www.zotero.org/namespaces/export#" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:bib="http://purl.org/net/biblio#" '
        'xmlns:foaf="http://xmlns.com/foaf/0.1/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:link="http://purl.org/rss/1.0/modules/link/">\n{items}</rdf:RDF>'
    )


def csl(*stories: Told) -> str:
    return json.dumps(
        [
            {"id": str(number), "type": "article-newspaper", "title": s.headline,
             "container-title": s.outlet, "abstract": s.body, "URL": s.url, "language": "en",
             "author": [dict(zip(("family", "given"), _family_first(s.author).split(", "),
                                 strict=True))],
             "issued": {"date-parts": [[s.day[:4], int(s.day[5:7]), int(s.day[8:])]]}}
            for number, s in enumerate(stories)
        ],
        indent=1,
    )  # fmt: skip


def zotero_csv(*stories: Told) -> str:
    return _table(
        {"Key": "K", "Item Type": "newspaperArticle", "Publication Year": s.day[:4],
         "Author": _family_first(s.author), "Title": s.headline, "Publication Title": s.outlet,
         "Url": s.url, "Abstract Note": s.body, "Date": s.day,
         "Date Added": "2025-08-30 10:00:00", "Language": "en"}
        for s in stories
    )  # fmt: skip


def proquest_csv(*stories: Told) -> str:
    return _table(
        {"Title": s.headline, "Abstract": s.body, "StoreId": "1", "Authors":
         _family_first(s.author), "entryDate": "2025-08-30", "language": "English",
         "pubdate": s.day, "pubtitle": s.outlet, "year": s.day[:4], "DocumentURL": s.url}
        for s in stories
    )  # fmt: skip


def _table(rows: Iterable[dict[str, str]]) -> str:
    found = list(rows)
    out = StringIO()
    table = DictWriter(out, list(found[0]), quoting=QUOTE_ALL, lineterminator="\n")
    table.writeheader()
    table.writerows(found)
    return out.getvalue()


def _family_first(name: str) -> str:
    given, _, family = name.rpartition(" ")
    return f"{family}, {given}"


def _latex(text: str) -> str:
    words = {"\\": r"{\textbackslash}", "~": r"{\textasciitilde}", "^": r"{\textasciicircum}"}
    return re.sub(r"[\\~^{}&%$#_]", lambda m: words.get(m[0], f"\\{m[0]}"), text)


REFERENCES = {
    "export.ris": ris,
    "export.enw": enw,
    "export.bib": bib,
    "endnote.xml": endnote_xml,
    "zotero.rdf": zotero_rdf,
    "csl.json": csl,
    "zotero.csv": zotero_csv,
    "proquest.csv": proquest_csv,
}
"""A file of references in each format."""
