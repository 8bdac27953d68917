"""Hostile files, and files that lie about themselves, each with its permitted outcomes."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise

from formats import files

MEGABYTE = 1 << 20
ARTICLE = "article"
Make = Callable[[], bytes]


def entities() -> str:
    """Return the entity declarations of a billion-laughs attack."""
    names = "abcdefghi"
    steps = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names))
    return f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{steps}]>'


def _outside(kind: str) -> bytes:
    dtd = {
        "entity": '<!DOCTYPE nitf [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        "parameter": '<!DOCTYPE nitf [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>',
        "dtd": '<!DOCTYPE nitf SYSTEM "http://127.0.0.1:9/nitf.dtd">',
    }[kind]
    wire = files.nitf().replace('<!DOCTYPE nitf SYSTEM "nitf-3-3.dtd">', dtd)
    return wire.replace("Una Tarrish", "&x;" if kind == "entity" else "Una Tarrish").encode()


def _included() -> bytes:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'
    return files.nitf().replace("<body.content>", f"<body.content>{include}").encode()


def _nested(pack: Callable[[bytes], bytes], times: int) -> bytes:
    data = files.text().encode()
    for _ in range(times):
        data = pack(data)
    return data


def _overlapping() -> bytes:
    """Return an archive with a thousand directory entries for the same megabyte."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"a" * MEGABYTE)
    data = out.getvalue()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry, count = data[start:end], 1000
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, start, 0)
    return data[:start] + entry * count + tail


def _big_directory() -> bytes:
    """Return an archive that declares a directory of four gigabytes."""
    data = bytearray(files.FILES["pack.zip"])
    at = data.rindex(b"PK\x05\x06")
    data[at + 12 : at + 16] = b"\xf0\xff\xff\xff"
    return bytes(data)


def _tar(**about: object) -> bytes:
    """Return a member header with these attributes, and half a kilobyte of content."""
    member = tarfile.TarInfo("a.txt")
    for name, value in about.items():
        setattr(member, name, value)
    return member.tobuf(tarfile.GNU_FORMAT) + b"a" * 512 + b"\0" * 1024


def _sparse_tar() -> bytes:
    """Return a sparse member of a terabyte without any data (old GNU format)."""
    member = tarfile.TarInfo("a.txt")
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[156:157] = tarfile.GNUTYPE_SPARSE
    header[386:410] = b"%011o\0%011o\0" % (0, 0)
    header[483:495] = b"\x80" + (1 << 40).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + b"\0" * 1024


def _warc(length: str) -> bytes:
    record = files.FILES["crawl.warc"]
    at = record.index(b"Content-Length: ") + len(b"Content-Length: ")
    return record[:at] + length.encode() + record[record.index(b"\r\n", at) :]


def _mail(depth: int) -> bytes:
    head = "From: a@x.example\nTo: b@x.example\nMIME-Version: 1.0\n"
    parts = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth)
    )
    return (head + parts + "Content-Type: text/plain\n\n" + files.BODY).encode()


def _pdf(
    *, kids: str = "3 0 R", length: str = "", about: str = "", stream: bytes | None = None
) -> bytes:
    drawn = stream if stream is not None else b"BT /F1 10 Tf (x) Tj ET"
    return files.pdf_objects(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%s] /Count 1 >>" % kids.encode(),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> /XObject << /X 4 0 R >> >> >>",
            b"<< /Length %s %s >>\nstream\n%s\nendstream"
            % ((length or str(len(drawn))).encode(), about.encode(), drawn),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< >>",
        )
    )


def _twice(times: int) -> tuple[bytes, str]:
    data = b"(a) Tj " * (2 * MEGABYTE)
    for _ in range(times):
        data = zlib.compress(data)
    return data, f"/Filter [{' /FlateDecode' * times}]"


def _previous_loop() -> bytes:
    document = files.FILES["paper.pdf"]
    at = int(document.split(b"startxref\n")[1].split(b"\n")[0])
    return document.replace(b"trailer << ", b"trailer << /Prev %d " % at)


def _zstd_window(exponent: int) -> bytes:
    """Return a frame that requests a window of 2^exponent bytes."""
    block = files.text().encode()
    header = b"\x28\xb5\x2f\xfd" + bytes([0, (exponent - 10) << 3])
    return header + (len(block) << 3 | 1).to_bytes(3, "little") + block


def _xz_window() -> bytes:
    big = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 20}]
    data = bytearray(lzma.compress(files.text().encode(), filters=big))
    at = data.index(b"\x21\x01") + 2
    data[at] = 37  # a dictionary of 1.5 GiB
    size = (data[12] + 1) * 4
    data[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(data[12 : 12 + size - 4]))
    return bytes(data)


def _page(inner: str) -> bytes:
    return files.html(body=f"<p>{files.BODY}</p>{inner}").encode()


def _docx(document: str) -> bytes:
    return files.zipped({"word/document.xml": document})


def _names(*names: str) -> bytes:
    return files.zipped(dict.fromkeys(names, files.text()))


def _declared(charset: str) -> bytes:
    return files.html(charset=charset).encode()


def _book(members: dict[str, str | bytes]) -> bytes:
    """Return a book with these members in place of its own."""
    with zipfile.ZipFile(io.BytesIO(files.epub())) as archive:
        whole: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    return files.zipped(whole | members)


HOSTILE: dict[str, tuple[str, Make, set[str]]] = {
    # name: file name, function that builds its bytes, permitted outcomes of its items
    "billion laughs": ("x.rss", lambda: f"{entities()}<rss><channel><item><title>t</title>"
        "<description>&i;</description></item></channel></rss>".encode(), {"malformed"}),
    "entity of a file": ("x.xml", lambda: _outside("entity"), {"malformed"}),
    "entity of an address": ("x.xml", lambda: _outside("parameter"), {"malformed"}),
    "DTD of an address": ("x.xml", lambda: _outside("dtd"), {ARTICLE}),
    "included file": ("x.xml", _included, {ARTICLE}),
    "DOCX with entities": ("x.docx", lambda: _docx(
        f"{entities()}<w:document xmlns:w='w'><w:body><w:p><w:r><w:t>&i;</w:t></w:r></w:p>"
        "</w:body></w:document>"), {"malformed"}),
    "DOCX bomb": ("x.docx", lambda: _docx("<a>" + " " * (40 * MEGABYTE)), {"too_large"}),
    "gzip bomb": ("x.gz", lambda: gzip.compress(b"a" * (64 * MEGABYTE)), {"too_large"}),
    "bzip2 bomb": ("x.bz2", lambda: bz2.compress(b"a" * (64 * MEGABYTE)), {"too_large"}),
    "xz bomb": ("x.xz", lambda: lzma.compress(b"a" * (64 * MEGABYTE), preset=0), {"too_large"}),
    "zstd bomb": ("x.zst", lambda: files.zstd(b"a" * (64 * MEGABYTE)), {"too_large"}),
    "zstd window": ("x.zst", lambda: _zstd_window(31), {"malformed"}),
    "xz window": ("x.xz", _xz_window, {"malformed"}),
    "ZIP bomb": ("x.zip", lambda: files.zipped({"a.txt": b"a" * (64 * MEGABYTE)}), {"too_large"}),
    "ZIP in ZIP": ("x.zip", lambda: _nested(lambda d: files.zipped({"a.zip": d}), 30),
                   {"too_deep"}),
    "gzip in gzip": ("x.gz", lambda: _nested(gzip.compress, 30), {"too_deep"}),
    "overlapping entries": ("x.zip", _overlapping, {ARTICLE, "too_large"}),
    "huge directory": ("x.zip", _big_directory, {"malformed", "too_many"}),
    "names that climb": ("x.zip", lambda: _names("../../etc/cron.d/x", "/tmp/abs.txt", "-rf",
        "a\nb;drop table articles.txt", "q\"uo'te.txt", "C:\\x\\y.txt", "a/../../b.txt"),
        {ARTICLE}),
    "TAR of links": ("x.tar", lambda: _tar(type=tarfile.LNKTYPE, linkname="/etc/passwd"),
                     {"empty"}),
    "TAR of a device": ("x.tar", lambda: _tar(type=tarfile.CHRTYPE, devmajor=1, devminor=5),
                        {"empty"}),
    "TAR that is too short": ("x.tar", lambda: _tar(size=1 << 60), {"malformed", "binary"}),
    "TAR of holes": ("x.tar", _sparse_tar, {"too_large"}),
    "TAR header of a gigabyte": ("x.tar", lambda: _tar(type=tarfile.GNUTYPE_LONGNAME, size=1 << 30),
                                 {"malformed"}),
    "WARC of 99 GB": ("x.warc", lambda: _warc("99999999999"), {"binary"}),
    "WARC below nothing": ("x.warc", lambda: _warc("-1"), {"malformed"}),
    "WARC that cuts": ("x.warc", lambda: _warc("700"), {ARTICLE, "malformed"}),
    "WARC of letters": ("x.warc", lambda: _warc("many"), {"malformed"}),
    "deep JSON list": ("x.json", lambda: b"[" * 200_000 + b"]" * 200_000, {"too_deep"}),
    "deep JSON object": ("x.json", lambda: b'{"a":' * 200_000, {"too_deep"}),
    "huge number": ("x.json", lambda: b'[{"text": ' + b"9" * 100_000 + b"}]", {"malformed"}),
    "10 MB line of text": ("x.txt", lambda: b"word " * (2 * MEGABYTE), {"too_large"}),
    "10 MB line of JSON": ("x.jsonl", lambda: b"".join(
        json.dumps({**files.RECORD, "text": text}).encode() + b"\n"
        for text in (files.BODY, "word " * (2 * MEGABYTE), files.BODY)), {ARTICLE, "too_large"}),
    "10 MB row": ("x.csv", lambda: (files.csv() + '"' + "word " * (2 * MEGABYTE) + '",b,c,d,e,f,g\n'
                                    + files.csv().split("\n", 1)[1]).encode(),
                  {ARTICLE}),
    "lone quotation mark": ("x.csv", lambda: (files.csv() + '"never closed, ' + "x" * (33
                                              * MEGABYTE)).encode(), {ARTICLE, "malformed"}),
    "mail nested 1,000 deep": ("x.eml", lambda: _mail(1000), {"too_deep"}),
    "mail of 5,000 parts": ("x.eml", lambda: b"From: a@b.c\nTo: b\nMIME-Version: 1.0\nContent-Type:"
        b' multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 5000, {ARTICLE, "too_many"}),
    "MHTML nested 1,000 deep": ("x.mht", lambda: b"From: <Saved by Blink>\n" + _mail(1000),
                                {"too_deep"}),
    "MHTML of 10,000 frames": ("x.mht", lambda: files.mhtml()[:-20] + b"\r\n".join(
        b"------MultipartBoundary--x----\r\nContent-Type: text/html\r\n\r\n<p>x" for _ in
        range(10_000)), {ARTICLE}),
    "web archive of lists in lists": ("x.webarchive", lambda: b"<plist>" + b"<array>" * 100_000,
                                      {"malformed", "too_deep"}),
    "web archive with entities": ("x.webarchive", lambda: f"{entities()}<plist><dict><key>"
        "WebMainResource</key><string>&i;</string></dict></plist>".encode(), {"malformed"}),
    "web archive of itself": ("x.webarchive", lambda: b"bplist00\xa1\x00\x08" + bytes(6)
        + b"\x01\x01" + b"\x00" * 7 + b"\x01" + bytes(8) + b"\x00" * 7 + b"\x0a", {"malformed"}),
    "EPUB with entities": ("x.epub", lambda: _book(
        {"OEBPS/content.opf": f"{entities()}<package><title>&i;</title></package>"}),
        {"malformed"}),
    "EPUB bomb": ("x.epub", lambda: _book(
        {"OEBPS/chapter1.xhtml": b"<p>" + b"a" * (40 * MEGABYTE)}), {"too_large"}),
    "EPUB of 100,000 references": ("x.epub", lambda: _book({"OEBPS/content.opf":
        "<package><manifest><item id='a' href='chapter1.xhtml' media-type='application/xhtml+xml'/>"
        "</manifest><spine>" + "<itemref idref='a'/>" * 100_000 + "</spine></package>"}),
        {ARTICLE, "binary", "empty"}),  # what its manifest leaves out
    "EPUB of 5,000 places": ("x.epub", lambda: _book({"OEBPS/chapter1.xhtml":
        "".join(f"<h1 id='{n}'>Lamp</h1><p>It is lit.</p>" for n in range(5_000)), "OEBPS/toc.ncx":
        "<ncx>" + "".join(f"<navPoint><navLabel>Lamp</navLabel><content src='chapter1.xhtml#{n}'/>"
                          "</navPoint>" for n in range(5_000)) + "</ncx>"}), {ARTICLE}),
    "EPUB with a name that climbs": ("x.epub", lambda: _book({"OEBPS/content.opf":
        "<package><manifest><item id='a' href='../../../etc/passwd' media-type='text/html'/>"
        "</manifest><spine><itemref idref='a'/></spine></package>"}), {"empty", "binary", ARTICLE}),
    "ODT with entities": ("x.odt", lambda: files.zipped({"META-INF/manifest.xml": "<x/>",
        "content.xml": f"{entities()}<body><text><p>&i;</p></text></body>"}), {"malformed"}),
    "ODT bomb": ("x.odt", lambda: files.zipped({"META-INF/manifest.xml": "<x/>",
        "content.xml": b"<a>" + b" " * (40 * MEGABYTE)}), {"too_large"}),
    "PDF page tree in a circle": ("x.pdf", lambda: _pdf(kids="2 0 R"), {"malformed", "empty"}),
    "PDF page a thousand times": ("x.pdf", lambda: _pdf(kids="3 0 R " * 20_000), {"empty"}),
    "PDF object of itself": ("x.pdf", lambda: _pdf(length="4 0 R"), {"malformed"}),
    "PDF stream of 9 GB": ("x.pdf", lambda: _pdf(length="9999999999"),
                           {"malformed", "empty", ARTICLE}),
    "PDF drawing itself": ("x.pdf", lambda: _pdf(
        about="/Type /XObject /Subtype /Form /Resources << /XObject << /X 4 0 R >> >>",
        stream=b"/X Do " * 50), {"empty"}),
    "PDF bomb": ("x.pdf", lambda: _pdf(stream=_twice(1)[0], about=_twice(1)[1]),
                 {"too_slow"}),
    "PDF bomb in a bomb": ("x.pdf", lambda: _pdf(stream=_twice(2)[0], about=_twice(2)[1]),
                           {"too_slow"}),
    "PDF predictor of 2 GB": ("x.pdf", lambda: _pdf(
        stream=zlib.compress(b"x" * 1000), about="/Filter /FlateDecode /DecodeParms "
        "<< /Predictor 15 /Columns 2147483647 /Colors 32 /BitsPerComponent 16 >>"),
        {"malformed", "empty"}),
    "PDF tables in a circle": ("x.pdf", _previous_loop, {"malformed", ARTICLE}),
    "PDF of open brackets": ("x.pdf", lambda: b"%PDF-1.4\n1 0 obj\n" + b"[" * 300_000,
                             {"malformed", "too_deep"}),
    "script in the text": ("x.html", lambda: _page(
        "<script>alert('never run')</script><p onclick=\"alert('never run')\">More.</p>"
        "<iframe src='http://127.0.0.1:9/'></iframe><img src=x onerror=\"alert('never run')\">"
        "<style>p{background:url(http://127.0.0.1:9/)}</style>"), {ARTICLE}),
    "200,000 open elements": ("x.html", lambda: _page("<div>" * 200_000),
                              {ARTICLE, "too_slow"}),
    "open brackets in Markdown": ("x.md", lambda: b"---\ntitle: x\n---\n" + b"![" * 200_000,
                                  {ARTICLE, "too_slow", "too_deep"}),
    "aliases in front matter": ("x.md", lambda: b"---\na: &a [x, x]\nb: &b [*a, *a]\n---\ntext",
                                {"malformed"}),
    "objects in front matter": ("x.md", lambda:
        b"---\ntitle: !!python/object/apply:os.system ['touch /tmp/owned']\n---\ntext",
        {"malformed"}),
    "groups of RTF": ("x.rtf", lambda: b"{\\rtf1 " + b"{" * MEGABYTE + b"x", {ARTICLE}),
    "declared as UTF-16": ("x.html", lambda: _declared("utf-16"), {ARTICLE}),
    "declared as UTF-7": ("x.html", lambda: _declared("utf-7"), {ARTICLE}),
    "declared as zlib": ("x.html", lambda: _declared("zlib"), {ARTICLE}),
    "declared as punycode": ("x.html", lambda: _declared("punycode"), {ARTICLE}),
    "declared as escapes": ("x.html", lambda: _declared("unicode_escape"), {ARTICLE}),
    "formula and escapes": ("x.csv", lambda: files.csv().replace(
        files.HEADLINE, "=cmd|' /C calc'!A0\x1b[31m").encode(), {ARTICLE}),
    "SQL": ("x.json", lambda: json.dumps({**files.RECORD, "title": "'); drop table articles; --",
                                          "source": "x'; attach '/tmp/x' --"}).encode(), {ARTICLE}),
}  # fmt: skip
"""Built on demand because some are large."""

UNINTERRUPTIBLE: dict[str, Make] = {
    "libxml2: an element of 60,000 attributes": lambda: _page(
        "<p " + " ".join(f"a{n}=1" for n in range(60_000)) + ">x</p>"
    ),
    "re: JSON-LD that never closes, as trafilatura repairs it": lambda: files.html(
        head='<script type="application/ld+json">' + '"author":{' * 30_000 + "</script>"
    ).encode(),
}
"""Pages that keep C code busy forever, which Python cannot interrupt."""
