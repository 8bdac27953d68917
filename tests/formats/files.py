"""One article in every format, with realistic files, set in the world of seeds/articles."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import plistlib
import quopri
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from csv import QUOTE_ALL, DictWriter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from html import escape
from typing import Any

import pyarrow as pa
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from formats import database_exports
from formats.reference_files import REFERENCES

Order = Callable[[list[Any]], list[Any]]
"""Reorders the fields of a format."""


def in_order(fields: list[Any]) -> list[Any]:
    return fields


HEADLINE = "Keldane Bank names an interim chief"
PARAGRAPHS = (
    "Keldane Bank has named Una Tarrish as its interim chief after the arrest of Sebastian Krayle, "
    "the board said on Tuesday evening in a short statement to the exchange in Aldhaven.",
    "“We owe our customers the truth,” Ms Tarrish said. She promised that the hidden losses would "
    "be published in full before the summer, and that no depositor would lose a single mark.",
    "Nadia Verholt, who brought the files to light, said that she would believe it when she had "
    "read it. The regulator of Velmark declined to comment on the appointment.",
)
BODY = "\n\n".join(PARAGRAPHS)
OUTLET = "Harbour Courier"
AUTHOR = "Ilse Marrand"
AT = "2025-06-24T19:30:00+02:00"
_AT = datetime.fromisoformat(AT)
URL = "https://courier.example/2025/06/24/keldane-interim-chief"


@dataclass(frozen=True)
class Story:
    """An article to write into files; `at` has a time zone."""

    headline: str = HEADLINE
    paragraphs: tuple[str, ...] = PARAGRAPHS
    outlet: str = OUTLET
    author: str = AUTHOR
    at: datetime = _AT
    url: str = URL

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def day(self) -> str:
        return self.at.date().isoformat()

    @property
    def record(self) -> dict[str, str]:
        return {
            "title": self.headline,
            "text": self.body,
            "source": self.outlet,
            "author": self.author,
            "published_at": self.at.isoformat(),
            "url": self.url,
            "lang": "en",
        }

    @property
    def elements(self) -> str:
        return "".join(f"<p>{escape(p)}</p>" for p in self.paragraphs)


STORY = Story()
RECORD = STORY.record


def html(
    story: Story = STORY,
    *,
    head: str = "",
    body: str | None = None,
    charset: str = "utf-8",
    reorder: Order = in_order,
) -> str:
    headline, outlet = escape(story.headline), escape(story.outlet)
    metas = [
        f"<title>{headline} | {outlet}</title>",
        f'<meta property="og:title" content="{headline}">',
        f'<meta property="og:site_name" content="{outlet}">',
        f'<meta property="article:published_time" content="{story.at.isoformat()}">',
        f'<meta name="author" content="{escape(story.author)}">',
        head,
        f'<link rel="canonical" href="{escape(story.url)}">',
    ]
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="{charset}">{"".join(reorder(metas))}'
        "</head><body><nav><a href='/'>Home</a> <a href='/sport'>Sport</a></nav><article>"
        f"<h1>{headline}</h1>{body or story.elements}</article>"
        "<script>document.write('never run')</script><footer>© Courier</footer></body></html>"
    )


def text(story: Story = STORY) -> str:
    return (
        f" date {story.at:%Y-%m-%d} {story.headline}\n\n"
        f"By {story.author} – {story.outlet}\n\n{story.body}\n"
    )


def jsonl(*stories: Story, reorder: Order = in_order) -> str:
    return "".join(f"{json.dumps(dict(reorder([*s.record.items()])))}\n" for s in stories)


def csv(delimiter: str = ",", *stories: Story, reorder: Order = in_order) -> str:
    out = io.StringIO()
    names = reorder([*RECORD])
    table = DictWriter(out, names, delimiter=delimiter, quoting=QUOTE_ALL, lineterminator="\n")
    out.write(delimiter.join(names) + "\n")
    table.writerows(story.record for story in stories or (STORY,))
    return out.getvalue()


def rss(*stories: Story, encoding: str | None = None, reorder: Order = in_order) -> str:
    stories = stories or (STORY,)
    items = ""
    for story in stories:
        elements = [
            f"<title>{escape(story.headline)}</title>",
            f"<link>{escape(story.url)}</link>",
            f"<dc:creator>{escape(story.author)}</dc:creator>",
            f"<pubDate>{format_datetime(story.at)}</pubDate>",
            "<description>Short.</description>",
            f"<content:encoded><![CDATA[{story.elements}]]></content:encoded>",
        ]
        items += f"<item>{''.join(reorder(elements))}</item>"
    declaration = f' encoding="{encoding}"' if encoding else ""
    return (
        f'<?xml version="1.0"{declaration}?><rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{escape(stories[0].outlet)}</title><language>en</language>{items}</channel></rss>"
    )


def atom(story: Story = STORY, reorder: Order = in_order) -> str:
    elements = [
        f"<title>{escape(story.headline)}</title>",
        f'<link href="{escape(story.url)}"/>',
        f"<published>{story.at.isoformat()}</published>",
        f"<author><name>{escape(story.author)}</name></author>",
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
        f"{story.elements}</div></content>",
    ]
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{escape(story.outlet)}</title>'
        f"<entry>{''.join(reorder(elements))}</entry></feed>"
    )


def markdown(story: Story = STORY, reorder: Order = in_order) -> str:
    fields = [
        f"title: {json.dumps(story.headline, ensure_ascii=False)}",
        f"date: {story.at.isoformat()}",
        f"author: {json.dumps(story.author, ensure_ascii=False)}",
        f"publication: {json.dumps(story.outlet, ensure_ascii=False)}",
        f"url: {story.url}",
    ]
    body = re.sub(r"([\\`*_{}\[\]<>()#+.!|&~=-])", r"\\\1", story.body)
    body = body.replace("Una Tarrish", "**Una Tarrish**")
    return "---\n" + "\n".join(reorder(fields)) + f"\n---\n\n{body}\n"


def _nitf(story: Story, reorder: Order) -> str:
    head = [
        f'<docdata><date.issue norm="{story.at:%Y%m%dT%H%M%S%z}"/></docdata>',
        f'<pubdata name="{escape(story.outlet)}" ex-ref="{escape(story.url)}"/>',
    ]
    above = [
        f"<hedline><hl1>{escape(story.headline)}</hl1></hedline>",
        f"<byline>By <person>{escape(story.author)}</person></byline>",
    ]
    return (
        f"<nitf><head>{''.join(reorder(head))}</head><body><body.head>{''.join(reorder(above))}"
        f"</body.head><body.content>{story.elements}</body.content></body></nitf>"
    )


def nitf(story: Story = STORY, reorder: Order = in_order) -> str:
    return '<?xml version="1.0"?><!DOCTYPE nitf SYSTEM "nitf-3-3.dtd">' + _nitf(story, reorder)


def newsml(story: Story = STORY, reorder: Order = in_order) -> str:
    about = [
        '<itemClass qcode="ninat:text"/>',
        f"<provider><name>{escape(story.outlet)}</name></provider>",
        f"<versionCreated>{story.at.isoformat()}</versionCreated>",
    ]
    meta = [
        f"<headline>{escape(story.headline)}</headline>",
        f"<by>{escape(story.author)}</by>",
    ]
    parts = [
        f"<itemMeta>{''.join(reorder(about))}</itemMeta>",
        f"<contentMeta>{''.join(reorder(meta))}</contentMeta>",
        f"<contentSet><inlineXML>{_nitf(story, reorder)}</inlineXML></contentSet>",
    ]
    return (
        '<?xml version="1.0"?><newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>'
        f'<newsItem guid="x" xml:lang="en">{"".join(reorder(parts))}</newsItem>'
        '<newsItem guid="y"><itemMeta><itemClass qcode="ninat:picture"/></itemMeta></newsItem>'
        "</itemSet></newsMessage>"
    )


def sgml(*stories: Story) -> str:
    items = ""
    for number, story in enumerate(stories or (replace(STORY, at=_OF_1987),), 1):
        items += (
            f'<REUTERS TOPICS="YES" LEWISSPLIT="TRAIN" OLDID="{number}" NEWID="{number}">\n'
            f"<DATE>{f'{story.at:%d-%b-%Y %H:%M:%S}'.upper()}.79</DATE>\n<TEXT>&#2;\n"
            f"<TITLE>{escape(story.headline, quote=False)}</TITLE>\n"
            f"<DATELINE>    ALDHAVEN, {story.at:%B %d} - </DATELINE>"
            f"<BODY>{escape(story.body, quote=False)}\n Reuter\n&#3;</BODY></TEXT>\n</REUTERS>\n"
        )
    return (
        f'<!DOCTYPE lewis SYSTEM "lewis.dtd">\n{items}'
        '<REUTERS NEWID="2000">\n<DATE>24-JUN-1987 15:02:01.79</DATE>\n<TEXT TYPE="BRIEF">\n'
        "<TITLE>A HEADLINE ALONE</TITLE></TEXT>\n</REUTERS>\n"
    )


_OF_1987 = datetime(1987, 6, 24, 15, 1, 1, tzinfo=UTC)


def eml(story: Story = STORY, charset: str = "utf-8", reorder: Order = in_order) -> bytes:
    message = EmailMessage()
    for name, value in reorder(
        [
            ("From", Address(story.outlet, "news", "courier.example")),
            ("To", "desk@tribune.example"),
            ("Subject", story.headline),
            ("Date", format_datetime(story.at)),
            ("Message-ID", "<1@courier.example>"),
        ]
    ):
        message[name] = value
    message.set_content(story.body, charset=charset)
    message.add_alternative(story.elements, subtype="html", charset=charset)
    message.add_attachment(text(story).encode(), maintype="text", subtype="plain", filename="a.txt")
    return message.as_bytes()


def warc(*stories: Story) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=False)
    pages = [
        (s.url, "text/html; charset=windows-1252", "200 OK", html(s).encode("cp1252"))
        for s in stories or (STORY,)
    ]
    for url, kind, status, content in (
        *pages,
        (URL, "image/png", "200 OK", b"\x89PNG\r\n\x1a\n\x00"),
        (URL, "text/html", "404 Not Found", b"<html><p>gone</p></html>"),
    ):
        headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(
                url, "response", payload=io.BytesIO(content), http_headers=headers
            )
        )
    return out.getvalue()


def docx(story: Story = STORY) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    paragraphs = (
        '<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr>'
        f"<w:r><w:t>{escape(story.headline)}</w:t></w:r></w:p>"
    )
    paragraphs += "".join(f"<w:p><w:r><w:t>{escape(p)}</w:t></w:r></w:p>" for p in story.paragraphs)
    core = (
        '<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t">'
        f"<dc:creator>{escape(story.author)}</dc:creator>"
        f"<dcterms:created>{story.at.isoformat()}</dcterms:created></cp:coreProperties>"
    )
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'<w:document xmlns:w="{space}"><w:body>{paragraphs}</w:body>'
            "</w:document>",
            "docProps/core.xml": core,
        }
    )


def odt(story: Story = STORY) -> bytes:
    spaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
        for prefix in ("office", "text", "style", "meta")
    )
    paragraphs = "".join(
        f'<text:p text:style-name="Standard">{escape(p)}</text:p>' for p in story.paragraphs
    )
    content = (
        f"<office:document-content {spaces}><office:automatic-styles><style:style "
        'style:name="P1" style:parent-style-name="Title"/></office:automatic-styles><office:body>'
        "<office:text><text:tracked-changes><text:p>Deleted words.</text:p></text:tracked-changes>"
        f'<text:p text:style-name="P1">{escape(story.headline)}<office:annotation><text:p>A '
        f"comment.</text:p></office:annotation></text:p>{paragraphs}</office:text></office:body>"
        "</office:document-content>"
    )
    about = (
        f'<office:document-meta {spaces} xmlns:dc="d"><office:meta><dc:creator>Somebody Else'
        f"</dc:creator><meta:initial-creator>{escape(story.author)}</meta:initial-creator>"
        f"<meta:creation-date>{story.at:%Y-%m-%dT%H:%M:%S}</meta:creation-date></office:meta>"
        "</office:document-meta>"
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": content,
            "meta.xml": about,
            "META-INF/manifest.xml": "<manifest/>",
            "Thumbnails/thumbnail.png": b"\x89PNG\r\n\x1a\n\0",
        }
    )


def epub(*stories: Story, publisher: str = "", day: str = "", title: str = "") -> bytes:
    """Return a book with a cover, a contents page and a chapter for each story."""
    stories = stories or (STORY,)
    chapters: dict[str, str | bytes] = {}
    for number, story in enumerate(stories, 1):
        chapters[f"OEBPS/chapter{number}.xhtml"] = (
            '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head>'
            f"<title>{escape(story.headline)}</title></head><body><h1>{escape(story.headline)}</h1>"
            f"<p>By {escape(story.author)}</p><p>Published: {story.at.isoformat()}</p>"
            f"{story.elements}</body></html>"
        )
    names = [name.removeprefix("OEBPS/") for name in chapters]
    items = "".join(
        f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>'
        for name in ("cover.xhtml", *names)
    )
    spine = "".join(f'<itemref idref="{name}"/>' for name in ("cover.xhtml", *names))
    points = "".join(
        f"<navPoint><navLabel><text>{escape(s.headline)}</text></navLabel><content src='{n}'/>"
        "</navPoint>"
        for s, n in zip(stories, names, strict=True)
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="d" version="2.0"><metadata>'
        f"<dc:title>{escape(title or stories[0].outlet)}</dc:title><dc:language>en</dc:language>"
        f"<dc:publisher>{escape(publisher)}</dc:publisher><dc:date>{day}</dc:date></metadata>"
        f'<manifest>{items}<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        '<item id="p" href="p.png" media-type="image/png"/></manifest>'
        f'<spine toc="ncx">{spine}</spine></package>'
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": "<container><rootfiles><rootfile "
            "full-path='OEBPS/content.opf'/></rootfiles></container>",
            "OEBPS/content.opf": package,
            "OEBPS/cover.xhtml": "<html><body><img src='p.png'/></body></html>",
            "OEBPS/toc.ncx": f"<ncx><navMap>{points}</navMap></ncx>",
            "OEBPS/p.png": b"\x89PNG\r\n\x1a\n\0",
            **chapters,
        }
    )


ADVERT = (
    "<html><body><p>Buy the lamps of Tarn, the best lamps on the whole of the coast.</p></body>"
)


def mhtml(story: Story = STORY, page: str | None = None) -> bytes:
    """Return a page as Chrome saves it, with a style sheet, a picture and a frame."""
    boundary = "----MultipartBoundary--x----"
    lines = [
        "From: <Saved by Blink>",
        f"Snapshot-Content-Location: {story.url}",
        "Subject: =?utf-8?Q?A=20page?=",
        "Date: Tue, 5 May 2026 08:00:00 -0000",
        "MIME-Version: 1.0",
        'Content-Type: multipart/related; type="text/html";',
        f'\tboundary="{boundary}"',
        "",
    ]
    parts = (
        ("text/html", story.url, page or html(story)),
        ("text/css", f"{story.url}/a.css", "p { color: red }"),
        ("image/png", f"{story.url}/a.png", "\x89PNG"),
        ("text/html", f"{story.url}/frame", ADVERT),
    )
    for kind, location, content in parts:
        packed = quopri.encodestring(content.encode()).decode("ascii")
        lines += [
            f"--{boundary}",
            f"Content-Type: {kind}",
            "Content-Transfer-Encoding: quoted-printable",
            f"Content-Location: {location}",
            "",
            packed,
            "",
        ]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode()


def webarchive(story: Story = STORY, page: str | None = None, *, is_binary: bool = True) -> bytes:
    """Return a page as Safari saves it."""

    def resource(content: bytes, kind: str, url: str) -> dict[str, Any]:
        return {"WebResourceData": content, "WebResourceMIMEType": kind, "WebResourceURL": url,
                "WebResourceTextEncodingName": "UTF-8", "WebResourceFrameName": ""}  # fmt: skip

    return plistlib.dumps(
        {
            "WebMainResource": resource((page or html(story)).encode(), "text/html", story.url),
            "WebSubresources": [resource(b"p {}", "text/css", f"{story.url}/a.css")],
            "WebSubframeArchives": [
                {"WebMainResource": resource(ADVERT.encode(), "text/html", f"{story.url}/frame")}
            ],
        },
        fmt=plistlib.FMT_BINARY if is_binary else plistlib.FMT_XML,
    )


def wayback(story: Story = STORY) -> str:
    """Return a page as the Wayback Machine shows it."""
    copy = f"https://web.archive.org/web/20260505080000/{story.url}"
    bar = (
        "<!-- BEGIN WAYBACK TOOLBAR INSERT --><div id='wm-ipp-base'><p>47 captures</p><p>05 May "
        "2026, saved by Osk Lind of the library of the coast, on a ship and in a long night.</p>"
        "</div><!-- END WAYBACK TOOLBAR INSERT -->"
    )
    page = html(story).replace(escape(story.url), escape(copy))
    return page.replace("<body>", f"<body>{bar}", 1)


def pdf(*below_headline: str, story: Story = STORY, is_packed: bool = False) -> bytes:
    """Return a page of text with lines 14 points apart."""
    lines: list[str] = []
    for paragraph in (story.headline, *below_headline, *story.paragraphs):
        line = ""
        for word in paragraph.replace("“", '"').replace("”", '"').split():
            if len(line) + len(word) > 80:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines.append(line)
    drawn = "".join(f"({_in_pdf(line)}) Tj T* " for line in lines)
    stream = f"BT /F1 10 Tf 14 TL 50 780 Td {drawn}ET".encode("cp1252")
    return pdf_of(
        zlib.compress(stream) if is_packed else stream,
        f"/CreationDate (D:{story.at:%Y%m%d%H%M%S}+02'00') /Title ({_in_pdf(story.headline)})",
        "/Filter /FlateDecode" if is_packed else "",
    )


def pdf_of(stream: bytes, info: str = "", about: str = "") -> bytes:
    """Return a one-page document with this content stream; `about` extends its dictionary."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(stream), about.encode(), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< {info} >>".encode("cp1252"),
    )
    return pdf_objects(objects)


def pdf_objects(objects: Sequence[bytes]) -> bytes:
    """Return a document of these objects: the first is the catalogue, the last the properties."""
    out = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R /Info %d 0 R >>\n"
        b"startxref\n%d\n%%%%EOF"
        % (len(objects) + 1, table, len(objects) + 1, len(objects), len(out))
    )


def _in_pdf(line: str) -> str:
    return re.sub(r"([\\()])", r"\\\1", line)


def rtf(story: Story = STORY) -> bytes:
    marked = re.sub(r"([\\{}])", r"\\\1", text(story))
    marked = marked.replace("“", "\\'93").replace("”", "\\'94").replace("\n", "\\par\n")
    marked = "".join(c if ord(c) < 128 else _in_rtf(c) for c in marked)
    fonts = "{\\fonttbl\\f0 Helvetica;}{\\*\\expandedcolortbl;;}"
    return ("{\\rtf1\\ansi\\ansicpg1252" + fonts + "\\f0 " + marked + "}").encode("ascii")


def _in_rtf(character: str) -> str:
    units = struct.iter_unpack("<h", character.encode("utf-16-le"))
    return "".join(f"\\u{unit}?" for (unit,) in units)


def zipped(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue().to_pybytes())


Export = Callable[[Sequence[database_exports.Entry]], bytes]


def exported(write: Export, story: Story) -> bytes:
    """Return an export of a news database with the article twice."""
    entry = database_exports.Entry(
        story.headline, story.paragraphs, story.author, story.at.date(), story.outlet
    )
    return write([entry, entry])


def referenced(write: Callable[..., str], story: Story) -> bytes:
    return write(story).encode()


EXPORTS: dict[str, Export] = {
    "factiva-codes.html": database_exports.factiva_html_codes,
    "factiva.html": database_exports.factiva_html,
    "factiva-codes.rtf": database_exports.factiva_rtf_codes,
    "factiva.rtf": database_exports.factiva_rtf,
    "factiva.txt": database_exports.pasted,
    "factiva.xml": database_exports.factiva_xml,
    "europresse.html": database_exports.europresse_html,
    "europresse-table.html": database_exports.europresse_table,
}
BUILDERS: dict[str, Callable[[Story], bytes]] = {
    "text.txt": lambda story: text(story).encode(),
    "page.html": lambda story: html(story).encode(),
    "record.json": lambda story: json.dumps(story.record).encode(),
    "records.jsonl": lambda story: jsonl(story, story).encode(),
    "table.csv": lambda story: csv(",", story).encode(),
    "table.tsv": lambda story: csv("\t", story).encode(),
    "note.md": lambda story: markdown(story).encode(),
    "feed.rss": lambda story: rss(story).encode(),
    "feed.atom": lambda story: atom(story).encode(),
    "wire.nitf": lambda story: nitf(story).encode(),
    "wire.newsml": lambda story: newsml(story).encode(),
    "old.sgm": lambda story: sgml(replace(story, at=story.at.replace(year=1987))).encode(),
    "letter.eml": lambda story: eml(story),
    "crawl.warc": lambda story: warc(story),
    "crawl.warc.gz": lambda story: gzip.compress(warc(story)),
    "paper.docx": lambda story: docx(story),
    "paper.odt": lambda story: odt(story),
    "book.epub": lambda story: epub(story),
    "saved.mhtml": lambda story: mhtml(story),
    "saved.webarchive": lambda story: webarchive(story),
    "listed.webarchive": lambda story: webarchive(story, is_binary=False),
    "copy.html": lambda story: wayback(story).encode(),
    "paper.pdf": lambda story: pdf(story=story),
    "packed.pdf": lambda story: pdf(story=story, is_packed=True),
    "paper.rtf": lambda story: rtf(story),
    "text.txt.gz": lambda story: gzip.compress(text(story).encode()),
    "text.txt.bz2": lambda story: bz2.compress(text(story).encode()),
    "text.txt.xz": lambda story: lzma.compress(text(story).encode()),
    "text.txt.zst": lambda story: zstd(text(story).encode()),
    "pack.zip": lambda story: zipped(
        {"a/text.txt": text(story), "b/page.html": html(story), ".DS_Store": b"\0"}
    ),
    "pack.tar": lambda story: tarred({"a/text.txt": text(story).encode()}),
    "pack.tar.gz": lambda story: gzip.compress(tarred({"a/text.txt": text(story).encode()})),
    **{name: partial(exported, write) for name, write in EXPORTS.items()},
    **{name: partial(referenced, write) for name, write in REFERENCES.items()},
}
FILES = {name: build(STORY) for name, build in BUILDERS.items()}
"""One file of every format, each with known content."""
