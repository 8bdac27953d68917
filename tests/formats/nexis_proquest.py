"""Exports as Nexis and ProQuest write them, of any number of articles."""

from __future__ import annotations

import re
import textwrap
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape

from formats.files import STORY, Story, _in_rtf, zipped

WIDTH = 80
SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def _wrapped(text: str, width: int | None) -> str:
    return "\n".join(
        textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
        if width
        else [text]
    )


def nexis_document(
    story: Story, heading: str, *, width: int | None = WIDTH, without: frozenset[str] = frozenset()
) -> str:
    """Return a document in the classic layout; `without` names fields that it lacks."""
    length = len(story.body.split())
    above = {
        "BYLINE": story.author,
        "SECTION": "NEWS; Pg. 4",
        "LENGTH": f"{length} words",
        "DATELINE": "ALDHAVEN",
    }
    below = {
        "LOAD-DATE": f"{story.at:%B} {story.at.day}, {story.at.year}",
        "LANGUAGE": "ENGLISH",
        "GRAPHIC": "Photograph, The harbour at noon",
        "PUBLICATION-TYPE": "Newspaper",
    }
    day = f"{story.at:%B} {story.at.day}, {story.at.year} {story.at:%A}"
    parts = [
        heading.center(WIDTH).rstrip(),
        "\n" + story.outlet.center(WIDTH).rstrip(),
        day.center(WIDTH).rstrip() + "\n" + "Final Edition".center(WIDTH).rstrip(),
        _wrapped(story.headline, width),
        *(_wrapped(f"{key}: {v}", width) for key, v in above.items() if key not in without),
        "",
        *(_wrapped(paragraph, width) for paragraph in story.paragraphs),
        *(_wrapped(f"{key}: {v}", width) for key, v in below.items() if key not in without),
        f"\nCopyright {story.at.year} {story.outlet}".center(WIDTH).rstrip()
        + "\n"
        + "All Rights Reserved".center(WIDTH).rstrip(),
    ]
    return "\n\n".join(parts)


def nexis(
    *stories: Story,
    cover: bool = True,
    heading: str = "{} of {} {}",
    width: int | None = WIDTH,
    without: Sequence[frozenset[str]] = (),
) -> str:
    stories = stories or (STORY,)
    count = len(stories)
    word = "DOCUMENT" if count == 1 else "DOCUMENTS"
    page = (
        f"\n\n\nDownload Request: Selected Items: 1-{count}\n"
        "Time Of Request: Friday, May 20, 2025  16:51:31\n\nSend To:\nUNIVERSITY LIBRARY\n\n"
        "Terms: (ferry and fares)\n\nSource: Harbour Courier;Northwater...\nProject ID: None\n"
    )
    return (page if cover else "") + "\n\n\n".join(
        nexis_document(
            story,
            heading.format(number, count, word),
            width=width,
            without=without[number - 1] if without else frozenset(),
        )
        for number, story in enumerate(stories, 1)
    )


def uni_lines(
    *stories: Story, cover: bool = True, without: frozenset[str] = frozenset()
) -> list[str]:
    """Return the paragraphs of a download from Nexis Uni; an empty one is a blank line."""
    stories = stories or (STORY,)
    lines = [""]
    if cover:
        word = "Documents" if len(stories) > 1 else "Document"
        lines += [
            "User Name: =",
            "Date and Time: Friday, May 20, 2025 9:31:00 AM CEST",
            "Job Number: 00000001",
            f"{word} ({len(stories)})",
        ]
        for number, story in enumerate(stories, 1):
            lines += [f"{number}. {story.headline}", "Client/Matter: -None-",
                      "Search Terms: ferry fares", "Search Type: Natural Language", "Narrowed by:",
                      "", "Content Type", "Narrowed by", "News", "Sources: All", ""]  # fmt: skip
    for story in stories:
        day = f"{story.at:%B} {story.at.day}, {story.at.year} {story.at:%A}"
        fields = {
            "Section": "NEWS; Version:2",
            "Length": f"{len(story.body.split())}\N{NO-BREAK SPACE}words",
            "Byline": story.author,
            "Highlight": "What the board said",
        }
        rights = f"Copyright {story.at.year} {story.outlet} Ltd. All Rights Reserved"
        lines += [story.headline, story.outlet, f"{day} {story.at:%I:%M %p} GMT", "", rights, ""]
        lines += [f"{k}:\N{NO-BREAK SPACE}{v}" for k, v in fields.items() if k not in without]
        lines += ["Body", ""]
        for paragraph in story.paragraphs:
            lines += [paragraph, ""]
        if "Graphic" not in without:
            lines += ["Graphic", "", "The harbour at noon", ""]
        if "Classification" not in without:
            lines += ["Classification", "", "Language: ENGLISH", "Publication-Type: Newspaper",
                      "Subject: FERRIES (90%); FARES (89%)", ""]  # fmt: skip
        if "Load-Date" not in without:
            lines += [f"Load-Date: {story.at:%B} {story.at.day}, {story.at.year}", ""]
        lines += ["End of Document", ""]
    return lines


def docx_of(lines: Sequence[str]) -> bytes:
    paragraphs = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in lines
    )
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'<w:document xmlns:w="{SPACE}"><w:body>{paragraphs}</w:body>'
            "</w:document>",
        }
    )


def rtf_of(lines: Sequence[str]) -> bytes:
    marked = "\\par\n".join(re.sub(r"([\\{}])", r"\\\1", line) for line in lines)
    marked = "".join(c if ord(c) < 128 else _in_rtf(c) for c in marked)
    head = "{\\header Page 1 of 2\\par Keldane Bank}{\\pict\\pngblip\\bin8 }}}\\x{{{}"
    return ("{\\rtf1\\ansi\\ansicpg1252 " + head + marked + "}").encode("ascii")


def nexis_html(*stories: Story) -> str:
    stories = stories or (STORY,)
    out = "<HTML><HEAD><STYLE>.c0 { text-align: center; }</STYLE><TITLE>&nbsp;</TITLE></HEAD><BODY>"
    for number, story in enumerate(stories, 1):

        def block(*texts: str) -> str:
            inner = "".join(f'<P CLASS="c1"><SPAN CLASS="c2">{text}</SPAN></P>\n' for text in texts)
            return f'<BR><DIV CLASS="c0">{inner}</DIV>\n'

        day = f"{story.at:%B}</SPAN><SPAN> {story.at.day}, {story.at.year} {story.at:%A}"
        out += (
            f'<A NAME="DOC_ID_0_{number}"></A><!-- Hide XML section from browser\n'
            f"<DOC NUMBER={number}>\n<DOCFULL> -->\n"
            + block(f"{number} of {len(stories)} DOCUMENTS")
            + block(escape(story.outlet))
            + block(f"{day}<BR>Late Edition - Final")
            + block(escape(story.headline))
            + block(f"BYLINE: </SPAN><SPAN>{escape(story.author)}")
            + block("SECTION: </SPAN><SPAN>NEWS")
            + block(f"LENGTH: </SPAN><SPAN>{len(story.body.split())} words")
            + block(*(escape(paragraph).replace(" ", "\n", 1) for paragraph in story.paragraphs))
            + block("LANGUAGE: </SPAN><SPAN>ENGLISH")
            + block(f"Copyright {story.at.year} {escape(story.outlet)}<BR>All Rights Reserved")
            + "<!-- Hide XML section from browser\n</DOCFULL>\n</DOC> -->\n"
        )
    return out + "</BODY></HTML>"


def number(story: Story) -> str:
    """Return the database's number of an article."""
    return str(zlib.crc32(story.headline.encode()))


def _proquest_fields(story: Story) -> dict[str, str]:
    given, _, last = story.author.partition(" ")
    return {
        "Subject": "Ferries; Fares",
        "Location": "Velmark",
        "Title": story.headline,
        "Publication title": f"{story.outlet}; Aldhaven",
        "First page": "A.4",
        "Publication year": f"{story.at.year}",
        "Publication date": f"{story.at:%b} {story.at.day}, {story.at.year}",
        "Section": "News",
        "Author": f"{last}, {given}",
        "CODEN": "NYTIAO",
        "Source type": "Newspaper",
        "Language of publication": "English",
        "ProQuest document ID": number(story),
        "Document URL": "https://search.proquest.example/docview/318381?accountid=14586",
        "Copyright": f"Copyright {story.outlet} {story.at:%b} {story.at.day}, {story.at.year}",
        "Last updated": "2025-06-30",
        "Database": "Global Newsstream",
    }


RULE = "_" * 60
FOOT = "Database copyright © 2025 ProQuest LLC. All rights reserved. Terms and Conditions"


def proquest(*stories: Story, without: frozenset[str] = frozenset(), numbered: bool = True) -> str:
    stories = stories or (STORY,)
    out = "\n"
    for at, story in enumerate(stories, 1):
        fields = {k: v for k, v in _proquest_fields(story).items() if k not in without}
        author = fields.pop("Author", None)
        parts = [
            RULE,
            *([f"Document {at} of {len(stories)}"] if numbered else []),
            story.headline,
            *([f"Author: {author}"] if author else []),
            f"Publication info: {story.outlet} ; Aldhaven [Aldhaven]. "
            f"{story.at.day} {story.at:%b %Y}: A.4.",
            "ProQuest document link",
            "Links: ",
            "Abstract: None available.",
            f"Full text: {story.body}",
            *(f"{key}: {value}" for key, value in fields.items()),
        ]
        out += "\n\n".join(parts) + "\n\n"
    return f"{out}{RULE}\n\n{FOOT}\n"


def proquest_table(*stories: Story, cell: str = "\n") -> list[str]:
    """Return the paragraphs of a Word or RTF file: fields in a table, no rules and no numbers."""
    lines = []
    for story in stories or (STORY,):
        lines += [story.headline, "", _proquest_fields(story)["Author"], "",
                  "ProQuest document link", "", "ABSTRACT (ENGLISH)", "", "The board met.", "",
                  "FULL TEXT", ""]  # fmt: skip
        for paragraph in story.paragraphs:
            lines += [paragraph, ""]
        lines += ["DETAILS", ""]
        for key, value in _proquest_fields(story).items():
            lines += f"{key}:{cell}{value}".split("\n")
        lines.append("")
    return [*lines, FOOT]


def proquest_html(*stories: Story) -> str:
    out = "<html><head><title>Your ProQuest Research</title></head><body>"
    for story in stories or (STORY,):
        fields = "".join(
            f"<p><strong>{key}: </strong>{escape(value)}</p>\n"
            for key, value in _proquest_fields(story).items()
        )
        out += (
            f'<div style="margin-bottom:20px"><a name="DocID_MSTAR_{number(story)}"></a><p></p>'
            f"<p>{escape(story.headline)}</p>"
            '<p><a href="https://search.proquest.example/1">ProQuest document link</a></p>'
            "<p><strong>Abstract:  </strong></p><p>The board met.</p><div><strong>Links: </strong>"
            '<a href="x">Links</a></div><p><strong>Full text: </strong><text wordcount="3"><html>'
            f"<head><title></title></head><body>{story.elements}</body></html></text></p>{fields}"
            "</div>"
        )
    return out + "<p>Contact ProQuest</p></body></html>"


WRITERS: dict[str, Callable[..., bytes]] = {
    "nexis.txt": lambda *s: nexis(*s).encode(),
    "nexis-without-cover.txt": lambda *s: nexis(*s, cover=False).encode(),
    "nexis-crlf.txt": lambda *s: nexis(*s).replace("\n", "\r\n").encode(),
    "nexis-german.txt": lambda *s: nexis(*s, heading="Dokument {} von {}").encode(),
    "nexis-french.txt": lambda *s: nexis(*s, heading="Document {} de {}").encode(),
    "nexis.rtf": lambda *s: rtf_of(nexis(*s, width=None).split("\n")),
    "nexis.docx": lambda *s: docx_of(nexis(*s, width=None).split("\n")),
    "nexis.html": lambda *s: nexis_html(*s).encode(),
    "uni.docx": lambda *s: docx_of(uni_lines(*s)),
    "uni-without-cover.docx": lambda *s: docx_of(uni_lines(*s, cover=False)),
    "uni.rtf": lambda *s: rtf_of(uni_lines(*s)),
    "proquest.txt": lambda *s: proquest(*s).encode(),
    "proquest-crlf.txt": lambda *s: proquest(*s).replace("\n", "\r\n").encode(),
    "proquest-without-numbers.txt": lambda *s: proquest(*s, numbered=False).encode(),
    "proquest.docx": lambda *s: docx_of(proquest_table(*s)),
    "proquest.rtf": lambda *s: rtf_of(proquest_table(*s, cell="\t")),
    "proquest.html": lambda *s: proquest_html(*s).encode(),
}
FILES = {name: write(STORY, replace(STORY, headline="Another")) for name, write in WRITERS.items()}
"""One export of two articles in every layout and container."""
