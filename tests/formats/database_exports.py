"""Writes exports of news databases, in the layouts that their users download.

Belongs here: one writer per layout, shaped after public samples and parsers, with texts of our own.
Does not belong here: what the readers make of them (`test_database_exports.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape

EN = "January February March April May June July August September October November December"
FR = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_FRENCH_WEEK = "lundi mardi mercredi jeudi vendredi samedi dimanche"


@dataclass(frozen=True)
class Tongue:
    """The words of a database's interface in one language."""

    code: str
    months: str
    words: str
    document: str
    name: str

    def day(self, on: date) -> str:
        return f"{on.day} {self.months.split()[on.month - 1]} {on.year}"


ENGLISH = Tongue("en", EN, "words", "Document", "English")
FRENCH = Tongue("fr", FR, "mots", "Document", "Français")
GERMAN = Tongue("de", DE, "Wörter", "Dokument", "Deutsch")


@dataclass(frozen=True)
class Entry:
    """An article in an export; None for a field that the export lacks."""

    headline: str | None
    paragraphs: tuple[str, ...]
    author: str | None = None
    on: date | None = None
    outlet: str | None = None
    section: str | None = None
    clock: str | None = None
    has_code: bool = True
    has_language: bool = True
    tongue: Tongue = field(default=ENGLISH)

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def number(self) -> str:
        return f"{self.tongue.document} HARBCO0020250403el43{len(self.body) % 10**5:05}"

    @property
    def rights(self) -> str:
        return f"(c) 2025 {self.outlet or 'Harbour Courier'} Ltd."

    @property
    def words(self) -> str:
        return f"{len(self.body.split()):,} {self.tongue.words}"

    def codes(self) -> list[tuple[str, str]]:
        """Return the fields around LP and TD that have a value, with their codes."""
        fields = [
            ("SE", self.section),
            ("HD", self.headline),
            ("BY", f"By {self.author}" if self.author else None),
            ("WC", self.words),
            ("PD", self.tongue.day(self.on) if self.on else None),
            ("ET", self.clock),
            ("SN", self.outlet),
            ("SC", "HARBCO" if self.has_code else None),
            ("LA", self.tongue.name if self.has_language else None),
            ("CY", self.rights),
            ("LP", None),
            ("NS", "gtrans : Transport | gcat : Political/General News"),
            ("RE", "eurz : Europe"),
            ("PUB", "Harbour Courier Ltd."),
            ("AN", self.number),
        ]
        return [(code, value or "") for code, value in fields if value or code == "LP"]

    def header(self) -> list[str]:
        """Return the lines of the header without codes, from the number of words on."""
        lines = [
            self.words,
            self.tongue.day(self.on) if self.on else None,
            self.clock,
            self.outlet,
            "HARBCO" if self.has_code else None,
            "4" if self.has_code else None,
            self.tongue.name if self.has_language else None,
            self.rights,
        ]
        return [line for line in lines if line]


Write = Callable[[str], str]


def inline(text: str, element: str = "span") -> str:
    """Return the text as markup with its third word nested in elements, as search terms are."""
    words = [escape(word) for word in text.split(" ")]
    if len(words) > 2:
        words[2] = f"<{element}><b>{words[2]}</b></{element}>"
    return " ".join(words)


def _factiva_page(articles: str) -> str:
    return (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "xhtml1-transitional.dtd">'
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8"/>'
        "<title>Factiva</title><style>.articleParagraph{margin:0}</style></head><body>"
        '<div class="fcpNavContainer"><table><tr><td><h1>Factiva</h1></td></tr></table></div>'
        f'<form name="PageBaseForm"><div id="contentLeft">{articles}</div>'
        '<table class="searchPreview"><tr><td class="sbSummaryTitle">Search Summary</td></tr>'
        "<tr><td>Text</td><td>ferry fares</td></tr></table></form>"
        '<span class="copyright">&copy; 2025 Factiva, Inc. All rights reserved.</span>'
        "</body></html>"
    )


def factiva_html_codes(entries: Sequence[Entry]) -> bytes:
    """A table of two columns: "Full Article/Report plus Indexing"."""
    articles = ""
    for entry in entries:
        code = entry.tongue.code
        paragraphs = [
            f'<p class="articleParagraph {code}articleParagraph">{inline(p)}\n</p>'
            for p in entry.paragraphs
        ]
        rows = ""
        for name, value in entry.codes():
            cells = {name: escape(value)}
            if name == "HD":
                cells = {name: f"<b class='{code}Headline'>{inline(value)}</b>\n"}
            if name == "LP":
                cells = {"LP": paragraphs[0], "TD": "\n".join(paragraphs[1:])}
            for label, cell in cells.items():
                rows += (
                    f'<tr><td align="right" class="index"><b>{label}</b>&nbsp;</td>'
                    f"<td>{cell}</td></tr>\n"
                    if cell
                    else ""
                )
        articles += (
            f'<div class="article {code}Article"><table border="0">{rows}</table><br/></div><br/>'
        )
    return _factiva_page(articles).encode()


def factiva_html(entries: Sequence[Entry]) -> bytes:
    """Elements without codes: "Full Article/Report"."""
    articles = ""
    for entry in entries:
        code = entry.tongue.code
        head = f"<div>{escape(entry.section)}</div>" if entry.section else ""
        if entry.headline:
            title = f"<span class='{code}Headline'>{inline(entry.headline)}</span>"
            head += f'<div id="hd">{title}\n</div>'
        if entry.author:
            head += f'<div class="author">{escape(entry.author)} </div>'
        head += "".join(f"<div>{escape(line)}\n</div>" for line in entry.header())
        text = "".join(
            f'<p class="articleParagraph {code}articleParagraph">{inline(p)}\n</p>\n'
            for p in entry.paragraphs
        )
        articles += (
            f'<div id="article-1" class="article"><div class="article {code}Article"><p>{head}</p>'
            f"{text}<p>A picture of the harbour.</p><p>Harbour Courier Ltd.</p>"
            f"<p>{entry.number}</p></div></div><br/><span></span>"
        )
    return _factiva_page(articles).encode()


def in_rtf(text: str) -> str:
    """Return the text as RTF writes it."""
    out = ""
    for character in text:
        if character in "\\{}":
            out += "\\" + character
        elif ord(character) < 128:
            out += character
        else:
            units = struct.iter_unpack("<h", character.encode("utf-16-le"))
            out += "".join(f"\\u{unit}?" for (unit,) in units)
    return out


def _rtf(body: str) -> bytes:
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Arial;}}"
        "{\\footer Page 1 \\'a9 2025 Factiva, Inc. All rights reserved.}\n"
        f"{body}Search Summary\\par\nText\\tab ferry fares\\par\n}}"
    ).encode("ascii")


def factiva_rtf_codes(entries: Sequence[Entry]) -> bytes:
    """Codes before a tab, with LP and TD alone in their lines."""
    body = ""
    for entry in entries:
        for code, value in entry.codes():
            if code != "LP":
                body += f"\\b {code}\\b0 \\tab {in_rtf(value)} \\par\n"
                continue
            first, *rest = (f"{in_rtf(p)} \\par\n" for p in entry.paragraphs)
            body += f"LP \\par\n{first}" + (f"TD \\par\n{''.join(rest)}" if rest else "")
        body += "\\page\n"
    return _rtf(body)


def factiva_rtf_table(entries: Sequence[Entry]) -> bytes:
    """Codes in the first cell of each row of a table, blank lines between paragraphs."""
    body = ""
    for entry in entries:
        for code, value in entry.codes():
            cells = {code: in_rtf(value)}
            if code == "LP":
                first, *rest = (in_rtf(p) for p in entry.paragraphs)
                cells = {"LP": f"{first}\\par\\par", "TD": "\\par\\par ".join(rest)}
            body += "".join(
                f"\\trowd\\cellx1000\\cellx9000\\pard\\intbl {{\\b {label}\\cell }} "
                f"{cell}\\cell\\row\n"
                for label, cell in cells.items()
                if cell
            )
        body += "\\pard\\page\n"
    return _rtf(body)


def factiva_text(entries: Sequence[Entry]) -> str:
    """Text without codes, as RTF and TXT have it."""
    text = ""
    for entry in entries:
        text += f"{entry.section}\n" if entry.section else ""
        text += f"{entry.headline}\n\n" if entry.headline else ""
        text += f"{entry.author}\n" if entry.author else ""
        text += "\n".join(entry.header()) + "\n\n" + "\n\n".join(entry.paragraphs)
        text += f"\n\n{entry.outlet} Publishing\n\n{entry.number}\n\n"
    return text


def factiva_rtf(entries: Sequence[Entry]) -> bytes:
    return _rtf(in_rtf(factiva_text(entries)).replace("\n", "\\par\n"))


def factiva_txt(entries: Sequence[Entry]) -> bytes:
    return factiva_text(entries).encode()


def pasted(entries: Sequence[Entry], mark: str = "  ") -> bytes:
    """Text with codes in the first columns, as the page is copied and pasted."""
    text = ""
    for entry in entries:
        for code, value in entry.codes():
            if code != "LP":
                text += f"{code}{mark}{value}\n"
                continue
            first, *rest = entry.paragraphs
            text += f"LP{mark}{first}\n\n"
            text += f"TD{mark}" + "\n\n".join(rest) + "\n\n" if rest else ""
        text += "\n"
    return text.encode()


def pasted_tabs(entries: Sequence[Entry]) -> bytes:
    return pasted(entries, "\t")


def pasted_alone(entries: Sequence[Entry]) -> bytes:
    return pasted(entries, "\n\n")


def factiva_xml(entries: Sequence[Entry]) -> bytes:
    """The answer of the service."""
    articles = ""
    for entry in entries:
        fields = [
            f"<accessionNo>{entry.number.split()[1]}</accessionNo>",
            f"<baseLanguage>{entry.tongue.code.upper()}</baseLanguage>",
            f"<copyright>{escape(entry.rights)}</copyright>",
            f"<byline>By {escape(entry.author)}</byline>" if entry.author else "",
            f'<headline><paragraph display="Proportional">{escape(entry.headline)}'
            "</paragraph></headline>" if entry.headline else "",
            f"<leadParagraph>{_paragraphs(entry.paragraphs[:1], 'paragraph')}</leadParagraph>",
            f"<publicationDate><date>{entry.on}</date></publicationDate>" if entry.on else "",
            f"<sourceName>{escape(entry.outlet)}</sourceName>" if entry.outlet else "",
            '<newsSubject code="gcat"><name>Political News</name></newsSubject>',
            f"<tailParagraphs>{_paragraphs(entry.paragraphs[1:], 'paragraph')}</tailParagraphs>",
            "<notes>A note.</notes>",
        ]  # fmt: skip
        articles += f"<ppsarticle><article>{''.join(fields)}</article></ppsarticle>"
    return (
        '<?xml version="1.0" encoding="utf-8"?><PPSResponse><ppsArticleResponse xmlns="pps">'
        f'<ppsarticleResultSet count="{len(entries)}">{articles}</ppsarticleResultSet>'
        "</ppsArticleResponse></PPSResponse>"
    ).encode()


def factiva_archive(entries: Sequence[Entry]) -> bytes:
    """The archive form, in which attributes hold the codes."""
    documents = ""
    for entry in entries:
        language = f' lang="{entry.tongue.code}"' if entry.has_language else ""
        documents += (
            '<DistDoc doctype="article"><MetadataPT><DocData>'
            + (f'<PubDate fid="pd" value="{entry.on:%Y%m%d}"/>' if entry.on else "")
            + (f'<SrcName fid="sn">{escape(entry.outlet)}</SrcName>' if entry.outlet else "")
            + f"</DocData></MetadataPT><ArchiveDoc><Article{language}><HandL><Title>"
            + (f'<Headline fid="hd"><Para>{escape(entry.headline)}</Para></Headline>'
               if entry.headline else "")
            + f'</Title><LeadPara fid="lp">{_paragraphs(entry.paragraphs[:1], "Para")}</LeadPara>'
            + f'</HandL><TailParas fid="td">{_paragraphs(entry.paragraphs[1:], "Para")}</TailParas>'
            + (f'<Byline fid="by">By {escape(entry.author)}</Byline>' if entry.author else "")
            + f'<Copyright fid="cy">{escape(entry.rights)}</Copyright></Article></ArchiveDoc>'
            "</DistDoc>"
        )  # fmt: skip
    return f'<?xml version="1.0"?><Documents>{documents}</Documents>'.encode()


def _paragraphs(texts: Sequence[str], element: str) -> str:
    """Return elements with a search term marked in each."""
    return "\n".join(f"<{element}>{inline(text, 'hlt')}</{element}>" for text in texts)


def _french_day(on: date) -> str:
    return f"{_FRENCH_WEEK.split()[on.weekday()]} {FRENCH.day(on)}"


def europresse_html(entries: Sequence[Entry]) -> bytes:
    """Articles in elements of their own."""
    articles = ""
    for entry in entries:
        header = (
            f'<div class="rdp__DocPublicationName"><span class="DocPublicationName">'
            f"{escape(entry.outlet)}, no. 4711   </span></div>"
            if entry.outlet
            else ""
        )
        if entry.on:
            header += (
                f'<div class="rdp__DocHeader"><span class="DocHeader">'
                f"{escape(entry.section or 'Politique')}, {_french_day(entry.on)}  "
                f"{entry.words}, p. 4</span></div>"
            )
        if entry.headline:
            header += (
                '<div class="titreArticle"><p class="sm-margin-bottomNews">Enquête</p>'
                '<p class="sm-margin-TopNews titreArticleVisu rdp__articletitle">'
                f"{inline(entry.headline)}</p></div>"
            )
        if entry.author:
            header += f'<div class="docAuthors">{escape(entry.author)}</div>'
        text = "".join(f"<p>{inline(p, 'mark')}</p> " for p in entry.paragraphs)
        articles += (
            f'<article> <header>{header}</header> <section> <div class="DocText clearfix">'
            f"<div class='docOcurrContainer'> {text}</div> </div> </section> <aside><div>"
            "<p><b>Illustration(s) :</b></p><p>Une photo.</p></div></aside> <footer>"
            f"<small>© 2025 {escape(entry.outlet or '')}. Tous droits réservés.</small>"
            '<div class="publiC-lblNodoc">news·20250403·HC·4711</div><div>Ce certificat est émis '
            "à <b>l'Université</b> à des fins de visualisation.</div></footer> </article>"
        )
    return (
        '<!DOCTYPE html> <html> <head> <meta charset="utf-8"> <title></title></head> <body>'
        f"{articles} </body> </html>"
    ).encode()


def europresse_table(entries: Sequence[Entry]) -> bytes:
    """The layout before 2014: a table for each article."""
    tables = ""
    for entry in entries:
        day = (
            '<span class="DocHeader">Politique, </span><span class="DocHeader">jeudi </span>'
            f'<span class="DocHeader">{FRENCH.day(entry.on)}</span>'
            if entry.on
            else ""
        )
        rights = f"© 2012 {escape(entry.outlet or '')}. Tous droits réservés."
        tables += (
            '<table border="0"><tr><td><table><tr><td><img src="logo.gif"><br></td></tr></table>'
            f'<span class="DocPublicationName">{escape(entry.outlet or "")}</span><br>{day}<br><br>'
            + (f'<span class="TitreArticleVisu">{inline(entry.headline)}</span><br><br>'
               if entry.headline else "")
            + (f"{escape(entry.author)}<br><p></p>" if entry.author else "")
            + "<p></p>".join(inline(p) for p in entry.paragraphs)
            + f"<p></p><b><i>{rights}</i></b><p></p>"
            "Numéro de document : news·20121004·PO·2040056000<br><br><table><tr><td>"
            "news·20121004·PO·2040056000</td></tr><tr><td>Ce certificat est émis à <b>l'Université"
            "</b> à des fins de visualisation.</td></tr></table></td></tr></table>\n<p><br><br>"
        )  # fmt: skip
    return f'<html><head><meta charset="utf-8"></head><body>{tables}</body></html>'.encode()


FACTIVA: dict[str, Callable[[Sequence[Entry]], bytes]] = {
    "codes.html": factiva_html_codes,
    "plain.html": factiva_html,
    "codes.rtf": factiva_rtf_codes,
    "table.rtf": factiva_rtf_table,
    "pasted.txt": pasted,
    "pasted-tabs.txt": pasted_tabs,
    "pasted-alone.txt": pasted_alone,
    "service.xml": factiva_xml,
    "archive.xml": factiva_archive,
}
"""Layouts in which any field may be missing."""
FACTIVA_TEXT: dict[str, Callable[[Sequence[Entry]], bytes]] = {
    "plain.rtf": factiva_rtf,
    "plain.txt": factiva_txt,
}
"""Layouts in which only their order identifies the fields: headline, words and day are required."""
EUROPRESSE: dict[str, Callable[[Sequence[Entry]], bytes]] = {
    "europresse.html": europresse_html,
    "europresse-table.html": europresse_table,
}
