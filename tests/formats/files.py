"""One article in every format, as its files look. The world is that of seeds/articles."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from email.message import EmailMessage

import pyarrow as pa
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

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
URL = "https://courier.example/2025/06/24/keldane-interim-chief"

RECORD = {
    "title": HEADLINE,
    "text": BODY,
    "source": OUTLET,
    "author": AUTHOR,
    "published_at": AT,
    "url": URL,
    "lang": "en",
}


def html(*, head: str = "", body: str | None = None, charset: str = "utf-8") -> str:
    body = body or "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="{charset}">'
        f"<title>{HEADLINE} | {OUTLET}</title>"
        f'<meta property="og:title" content="{HEADLINE}">'
        f'<meta property="og:site_name" content="{OUTLET}">'
        f'<meta property="article:published_time" content="{AT}">'
        f'<meta name="author" content="{AUTHOR}">{head}'
        f'<link rel="canonical" href="{URL}"></head>'
        f"<body><nav><a href='/'>Home</a> <a href='/sport'>Sport</a></nav><article>"
        f"<h1>{HEADLINE}</h1>{body}</article>"
        "<script>document.write('never run')</script><footer>© Courier</footer></body></html>"
    )


def text() -> str:
    return f" date 2025-06-24 {HEADLINE}\n\nBy {AUTHOR} – {OUTLET}\n\n{BODY}\n"


def csv(delimiter: str = ",") -> str:
    cells = [f'"{value}"' for value in RECORD.values()]
    return delimiter.join(RECORD) + "\n" + delimiter.join(cells) + "\n"


def rss() -> str:
    return (
        f'<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{OUTLET}</title><language>en</language><item><title>{HEADLINE}</title>"
        f"<link>{URL}</link><dc:creator>{AUTHOR}</dc:creator>"
        "<pubDate>Tue, 24 Jun 2025 19:30:00 +0200</pubDate><description>Short.</description>"
        f"<content:encoded><![CDATA[{''.join(f'<p>{p}</p>' for p in PARAGRAPHS)}]]>"
        "</content:encoded></item></channel></rss>"
    )


def atom() -> str:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{OUTLET}</title><entry>'
        f'<title>{HEADLINE}</title><link href="{URL}"/><published>{AT}</published>'
        f"<author><name>{AUTHOR}</name></author><content type='xhtml'>"
        f"<div xmlns='http://www.w3.org/1999/xhtml'>{''.join(f'<p>{p}</p>' for p in PARAGRAPHS)}"
        "</div></content></entry></feed>"
    )


def markdown() -> str:
    return (
        f'---\ntitle: "{HEADLINE}"\ndate: {AT}\nauthor: {AUTHOR}\npublication: {OUTLET}\n'
        f"url: {URL}\n---\n\n{BODY.replace('Una Tarrish', '**Una Tarrish**')}\n"
    )


def _nitf() -> str:
    return (
        f'<nitf><head><docdata><date.issue norm="20250624T193000+0200"/></docdata>'
        f'<pubdata name="{OUTLET}"/></head><body><body.head><hedline><hl1>{HEADLINE}</hl1>'
        f"</hedline><byline>By <person>{AUTHOR}</person></byline></body.head>"
        f"<body.content>{''.join(f'<p>{p}</p>' for p in PARAGRAPHS)}</body.content></body></nitf>"
    )


def nitf() -> str:
    return '<?xml version="1.0"?><!DOCTYPE nitf SYSTEM "nitf-3-3.dtd">' + _nitf()


def newsml() -> str:
    return (
        '<?xml version="1.0"?><newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>'
        f'<newsItem guid="x" xml:lang="en"><itemMeta><itemClass qcode="ninat:text"/>'
        f"<provider><name>{OUTLET}</name></provider><versionCreated>{AT}</versionCreated>"
        f"</itemMeta><contentMeta><headline>{HEADLINE}</headline><by>{AUTHOR}</by></contentMeta>"
        f"<contentSet><inlineXML>{_nitf()}</inlineXML></contentSet></newsItem>"
        '<newsItem guid="y"><itemMeta><itemClass qcode="ninat:picture"/></itemMeta></newsItem>'
        "</itemSet></newsMessage>"
    )


def sgml() -> str:
    return (
        '<!DOCTYPE lewis SYSTEM "lewis.dtd">\n'
        '<REUTERS TOPICS="YES" LEWISSPLIT="TRAIN" OLDID="1" NEWID="1">\n'
        "<DATE>24-JUN-1987 15:01:01.79</DATE>\n<TEXT>&#2;\n"
        f"<TITLE>{HEADLINE}</TITLE>\n<DATELINE>    ALDHAVEN, June 24 - </DATELINE>"
        f"<BODY>{BODY}\n Reuter\n&#3;</BODY></TEXT>\n</REUTERS>\n"
        '<REUTERS NEWID="2">\n<DATE>24-JUN-1987 15:02:01.79</DATE>\n<TEXT TYPE="BRIEF">\n'
        "<TITLE>A HEADLINE ALONE</TITLE></TEXT>\n</REUTERS>\n"
    )


def eml() -> bytes:
    message = EmailMessage()
    message["From"] = f"{OUTLET} <news@courier.example>"
    message["To"] = "desk@tribune.example"
    message["Subject"] = HEADLINE
    message["Date"] = "Tue, 24 Jun 2025 19:30:00 +0200"
    message["Message-ID"] = "<1@courier.example>"
    message.set_content(BODY)
    message.add_alternative(f"<p>{BODY}</p>", subtype="html")
    message.add_attachment(text().encode(), maintype="text", subtype="plain", filename="a.txt")
    return message.as_bytes()


def warc() -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=False)
    for kind, status, content in (
        ("text/html; charset=windows-1252", "200 OK", html(charset="utf-8").encode("cp1252")),
        ("image/png", "200 OK", b"\x89PNG\r\n\x1a\n\x00"),
        ("text/html", "404 Not Found", b"<html><p>gone</p></html>"),
    ):
        headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(
                URL, "response", payload=io.BytesIO(content), http_headers=headers
            )
        )
    return out.getvalue()


def docx() -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    paragraphs = (
        f'<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t>{HEADLINE}</w:t></w:r></w:p>'
    )
    paragraphs += "".join(f"<w:p><w:r><w:t>{p}</w:t></w:r></w:p>" for p in PARAGRAPHS)
    core = (
        '<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t">'
        f"<dc:creator>{AUTHOR}</dc:creator><dcterms:created>{AT}</dcterms:created>"
        "</cp:coreProperties>"
    )
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'<w:document xmlns:w="{space}"><w:body>{paragraphs}</w:body>'
            "</w:document>",
            "docProps/core.xml": core,
        }
    )


def pdf(*below_headline: str) -> bytes:
    """A page of text, each paragraph's lines 14 points apart."""
    lines: list[str] = []
    for paragraph in (HEADLINE, *below_headline, *PARAGRAPHS):
        line = ""
        for word in paragraph.replace("“", '"').replace("”", '"').split():
            if len(line) + len(word) > 80:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines.append(line)
    drawn = "".join(f"({line}) Tj T* " for line in lines)
    stream = f"BT /F1 10 Tf 14 TL 50 780 Td {drawn}ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /CreationDate (D:20250624193000+02'00') /Title (%s) >>" % HEADLINE.encode(),
    )
    out = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R /Info 6 0 R >>\n"
        b"startxref\n%d\n%%%%EOF" % (len(objects) + 1, table, len(objects) + 1, len(out))
    )


def rtf() -> bytes:
    marked = text().replace("“", "\\'93").replace("”", "\\'94").replace("–", "\\u8211?")
    lines = marked.replace("\n", "\\par\n")
    fonts = "{\\fonttbl\\f0 Helvetica;}{\\*\\expandedcolortbl;;}"
    return ("{\\rtf1\\ansi\\ansicpg1252" + fonts + "\\f0 " + lines + "}").encode("ascii")


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


FILES: dict[str, bytes] = {
    "text.txt": text().encode(),
    "page.html": html().encode(),
    "record.json": json.dumps(RECORD).encode(),
    "records.jsonl": (json.dumps(RECORD) + "\n" + json.dumps(RECORD) + "\n").encode(),
    "table.csv": csv().encode(),
    "table.tsv": csv("\t").encode(),
    "note.md": markdown().encode(),
    "feed.rss": rss().encode(),
    "feed.atom": atom().encode(),
    "wire.nitf": nitf().encode(),
    "wire.newsml": newsml().encode(),
    "old.sgm": sgml().encode(),
    "letter.eml": eml(),
    "crawl.warc": warc(),
    "crawl.warc.gz": gzip.compress(warc()),
    "paper.docx": docx(),
    "paper.pdf": pdf(),
    "paper.rtf": rtf(),
    "text.txt.gz": gzip.compress(text().encode()),
    "text.txt.bz2": bz2.compress(text().encode()),
    "text.txt.xz": lzma.compress(text().encode()),
    "text.txt.zst": zstd(text().encode()),
    "pack.zip": zipped({"a/text.txt": text(), "b/page.html": html(), ".DS_Store": b"\0"}),
    "pack.tar": tarred({"a/text.txt": text().encode()}),
    "pack.tar.gz": gzip.compress(tarred({"a/text.txt": text().encode()})),
}
"""A file of every format; what each holds is known."""
