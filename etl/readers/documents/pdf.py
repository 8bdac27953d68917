"""PDF: the text of the pages, if they have any. Needs the extra `pdf` (pypdf).

Belongs here: turning pages into paragraphs. Does not belong here: scanned pages (no OCR). Scripts,
actions, links and embedded files are never read.
"""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator

from etl.readers.base import Rejected
from etl.readers.exports import export_of
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article

name = "pdf"

_MAX_PAGES = 500
_PDF_DATE = re.compile(r"D?:?(\d{4})(\d{2})(\d{2})")
_BYLINE = re.compile(r"By\s+[^\W\d_a-z]")
_SENTENCE_END = re.compile(r"[.!?…:][\"'”’)]*$")


def sniff(head: bytes, path: str) -> float:
    """Certain for the magic bytes, which a few other bytes may precede."""
    return 1.0 if b"%PDF-" in head[:1024] and head.lstrip()[:1] == b"%" else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the document's articles. Raises Rejected."""
    try:
        import pypdf
        from pypdf.errors import PyPdfError
    except ImportError:
        raise Rejected(
            "unsupported",
            "reading PDF needs pypdf, which is not installed",
            "pip install 'newsactors[pdf]', then `newsactors rebuild`; or provide the text",
        ) from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        document = pypdf.PdfReader(io.BytesIO(source.data()))
        if document.is_encrypted and not document.decrypt(""):
            raise Rejected("encrypted", "the PDF needs a password", "save it without a password")
        pages = [
            page.extract_text() or ""
            for page, _ in zip(document.pages, range(_MAX_PAGES), strict=False)
        ]
        info = document.metadata
        title, author = (str(info.title or ""), str(info.author or "")) if info else ("", "")
        created = str(info.get("/CreationDate") or "") if info else ""
    except Rejected:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError,
            NotImplementedError, AssertionError, ArithmeticError, UnicodeError,
            EOFError) as error:  # fmt: skip
        # pypdf does not document what it raises for damaged files; fuzzing found all of these.
        raise Rejected(
            "malformed",
            f"the PDF is damaged: {type(error).__name__}: {error}"[:300],
            "open it and print it to a new PDF, or provide the text",
        ) from None
    text = "\n\n".join(_paragraphs(page) for page in _without_furniture(pages)).strip()
    if not text:
        raise Rejected("empty", "the PDF has no text; it may be a scan", "run OCR on it")
    if export := export_of(text):
        yield from export.read(text, source)
        return
    if export := export_of("\n".join(pages)):
        raise Rejected(
            "unsupported",
            f"a PDF from the database {export.name}: its lines don't show where fields end",
            "export the documents as Word (DOCX), RTF or text, and ingest that file",
        )
    first = text.split("\n\n", 1)[0]
    metadata = SourceMetadata(
        "document",
        body=text,
        headline=title if title and title.casefold() in first.casefold() else None,
        authors=[author] if author and author.lower() in text[:2000].lower() else [],
        methods={"authors": "document_properties"},
    )
    found = article(metadata, source, name)
    if found.published_on is None and (match := _PDF_DATE.match(created)):
        metadata.dates = [("-".join(match.groups()), "document_properties", None)]
        found = article(metadata, source, name)
    yield found


def _without_furniture(pages: list[str]) -> list[str]:
    """Return the pages without running heads and page numbers.

    Those are first or last lines that most pages share, apart from digits.
    """
    split = [[line.strip() for line in page.splitlines() if line.strip()] for page in pages]
    edges = Counter(re.sub(r"\d+", "#", e) for page in split for e in {*page[:1], *page[-1:]})
    often = {e for e, count in edges.items() if len(pages) > 2 and count > len(pages) / 2}
    often.add("#")
    return [
        "\n".join(
            line
            for n, line in enumerate(page)
            if n not in (0, len(page) - 1) or re.sub(r"\d+", "#", line) not in often
        )
        for page in split
    ]


def _paragraphs(page: str) -> str:
    """Join the lines of a page into paragraphs, each ended by a short line that ends a sentence.

    A short first line (a headline) is a paragraph of its own, and so is a byline below it.
    """
    lines = page.splitlines()
    width = max(map(len, lines), default=0)
    paragraphs: list[str] = []
    current = ""
    for line in lines:
        if current.endswith("-") and line[:1].islower():
            current = current[:-1] + line
        else:
            current = f"{current} {line}".strip()
        is_short = len(line) < 0.8 * width
        is_alone = not paragraphs or (len(paragraphs) < 3 and _BYLINE.match(current))
        if is_short and (is_alone or _SENTENCE_END.search(line)):
            paragraphs.append(current)
            current = ""
    return "\n\n".join(p for p in [*paragraphs, current] if p)
