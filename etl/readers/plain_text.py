"""Articles as plain text: a dated first line, or bare text.

Belongs here: the order in which headline, date, byline, dateline, body and boilerplate stand in a
text file, and the method recorded with each value.
Does not belong here: how each of them is recognised (`dates`, `byline`, `dateline`,
`boilerplate`), markup of any kind.

The dated form is " date YYYY-MM-DD Headline", a byline "By NAME – OUTLET", then paragraphs. In
bare text the first line is the headline if it looks like one, else there is none: a sentence is
never moved from the body into the headline.

A file with a headline but no body is rejected as empty even when it is dated: it looks the same as
a download cut short, its identity would be fixed to an empty body, and quarantine loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from etl.domain import Article, word_set
from etl.readers.base import Rejected
from etl.readers.boilerplate import is_boilerplate
from etl.readers.byline import Byline, outlet_line, parse_byline
from etl.readers.dateline import find_dateline
from etl.readers.dates import (
    ImpossibleDateError,
    WrittenDate,
    checked,
    date_line,
    file_name_date,
)
from etl.readers.decode import decode
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.urls import address_date, canonical, host

name = "text"

_DATED = re.compile(
    r"\s*date:?\s+(?P<date>(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2}))(?!\d)"
    r"(?P<time>T\d{2}:\d{2}\S*)?(?:\s+(?P<headline>.*))?",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:url:\s*|source:\s*|link:\s*)?(?P<url>https?://\S+)", re.IGNORECASE)
_UNREAD_BYLINE = re.compile(r"By\s+[^\W\d_a-z]\S*\s+[^\W\d_a-z]")
_QUOTATION_MARKS = "\"'“”‘’«»"
_MAX_HEADLINE_CHARS = 180
_MAX_HEADLINE_WORDS = 28
_MAX_FULL_STOP_WORDS = 22
_MAX_JOINED_CHARS = 250
_MAX_BYLINES = 3
_WRAPPED_WIDTH = 100
"""Lines of hard-wrapped text are shorter than this; unwrapped paragraphs are mostly longer."""
_FUNCTION_WORDS = word_set(
    "a an the of in on at to for and or with by from that which who as but is was were are"
)

_PREPOSITIONS = word_set("with from into over after about than that amid upon near through under")


def sniff(data: bytes, path: str) -> float:
    """The fallback for everything: a dated first line is surely ours, all else only perhaps."""
    first = data[:400].removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return 0.9 if _DATED.match(first.decode("utf-8", errors="replace")) else 0.1


def read(source: Source) -> Iterator[Part]:
    """The one article of the file. Raises Rejected for bytes that are no text."""
    yield article_of(decode(source.data(), source.charset), source.name, Found(url=source.url))


@dataclass
class Found:
    """What is known of an article; what a format told stands before what its text says."""

    headline: str | None = None
    headline_method: str | None = None
    on: date | None = None
    at: datetime | None = None
    date_method: str | None = None
    authors: tuple[str, ...] = ()
    authors_method: str | None = None
    outlet: str | None = None
    outlet_method: str | None = None
    url: str | None = None
    language: str | None = None
    bylines: int = 0


def article_of(text: str, path: str, found: Found, source_format: str = name) -> Article:
    """The article in a text. With a headline that is told, only what stands above its body is read.

    Raises Rejected ('empty', 'impossible_date').
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        return _Parse(lines, path, found).article(source_format)
    except ImpossibleDateError as error:
        number = next((n for n, line in enumerate(lines, 1) if error.written in line), 1)
        raise Rejected(
            "impossible_date",
            f"line {number}: {error}",
            "correct the date in the file and drop it in again",
        ) from None


class _Parse:
    """One pass over the lines of a text, from the top; `self.at` is the next unread line."""

    def __init__(self, lines: list[str], path: str, found: Found) -> None:
        self.lines = lines
        self.path = path
        self.at = 0
        self.found = found
        self.is_told = found.headline is not None

    def article(self, source_format: str) -> Article:
        is_dated = not self.is_told and self._dated_line()
        if self.found.headline is None:
            self._front_matter()
            if not self.found.bylines:  # a headline stands above the byline
                self._bare_headline()
        self._front_matter(is_dated=is_dated)
        paragraphs = self._body_lines()
        found = self.found
        if found.on is None and (on := file_name_date(self.path)):
            found.on, found.date_method = on, "file_name"
        if found.on is None and found.url and (on := address_date(found.url)):
            found.on, found.date_method = on, "address"
        if found.outlet is None and found.url:
            self._take_outlet(host(found.url), "address")
        body = "\n".join(paragraphs).strip()
        if not body and self.is_told:  # nothing but what looks like a date line: prose then
            headline = (found.headline or "").casefold()
            body = "\n".join(x for x in self.lines if x.strip().casefold() != headline).strip()
        if not body:
            raise Rejected(
                "empty",
                f"a headline and no body: “{found.headline[:80]}”"
                + (f", of {found.url[:500]}" if found.url else "")
                if found.headline
                else "dates, bylines or page furniture, and no body",
                "fetch the article again with its text, or delete the file",
            )
        return Article(
            headline=found.headline,
            body=body,
            outlet=found.outlet,
            authors=found.authors,
            published_on=found.on,
            published_at=found.at,
            language=found.language,
            url=canonical(found.url),
            source_format=source_format,
            headline_method=found.headline_method,
            outlet_method=found.outlet_method,
            authors_method=found.authors_method,
            date_method=found.date_method,
        )

    def _skip_blank(self) -> None:
        while self.at < len(self.lines) and not self.lines[self.at].strip():
            self.at += 1

    def _line(self, at: int) -> str:
        return self.lines[at].strip() if 0 <= at < len(self.lines) else ""

    def _dated_line(self) -> bool:
        self._skip_blank()
        match = _DATED.fullmatch(self.lines[self.at]) if self.at < len(self.lines) else None
        if match is None:
            return False
        found = self.found
        year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
        found.on, found.date_method = checked(year, month, day, match["date"]), "first_line"
        if match["time"] and (written := date_line(match["date"] + match["time"])):
            found.at = written.at
        if headline := (match["headline"] or "").strip():
            found.headline, found.headline_method = headline, "first_line"
        self.at += 1
        return True

    def _bare_headline(self) -> None:
        line = self._line(self.at)
        following = self._line(self.at + 1)
        if not line or not self._looks_like_headline(line, following):
            return
        self.found.headline = line
        self.found.headline_method = "first_line" if following else "first_paragraph"
        self.at += 1

    def _looks_like_headline(self, line: str, following: str) -> bool:
        words = line.split()
        if len(line) > _MAX_HEADLINE_CHARS or len(words) > _MAX_HEADLINE_WORDS:
            return False
        bare = line.strip(_QUOTATION_MARKS)
        if not bare or bare[-1] in ",;:–—-" or bare[0].islower() or _dateline_end(line):
            return False
        if _ends_sentence(line) and line[0] in _QUOTATION_MARKS and line[-1] in _QUOTATION_MARKS:
            return False  # somebody speaks
        # One or two words with capitals are as often the author's name.
        if (len(words) < 3 and line.lower() != line.upper()) or _UNREAD_BYLINE.match(line):
            return False
        rest = [text for text in self.lines[self.at + 1 :] if text.strip()]
        if not rest:
            # One line is all there is: a sentence is a brief, anything else a headline alone.
            return not _ends_with_full_stop(line) and line[-1] not in "!?"
        if _ends_with_full_stop(line):
            if following or len(words) > _MAX_FULL_STOP_WORDS:
                return False
            return _is_title_case(words) or _dateline_end(rest[0]) > 0
        if not following:
            return True
        if words[-1].lower() in _FUNCTION_WORDS or following[0].islower():
            return False
        if self._is_front_matter(following):
            return True
        if len(following) > max(_WRAPPED_WIDTH, len(line)):
            return True
        is_wrapped = any(
            a.strip() and b.strip() and not _ends_sentence(a.strip())
            for a, b in zip(self.lines[self.at + 1 :], self.lines[self.at + 2 :], strict=False)
        )
        return not is_wrapped and _ends_sentence(following)

    def _is_front_matter(self, line: str) -> bool:
        return bool(
            _URL.fullmatch(line)
            or _joined_line(line) is not None
            or parse_byline(line) is not None
            or is_boilerplate(line)
        )

    def _front_matter(self, *, is_dated: bool = False) -> None:
        """Read past bylines, date lines, addresses and page furniture above the body."""
        is_first = True
        while True:
            self._skip_blank()
            if self.at >= len(self.lines):
                return
            line = self._line(self.at)
            if self._repeats_headline(line):
                self.at += 1
                continue
            alone = is_dated and is_first and not self._line(self.at + 1)
            is_first = False
            if (byline := self._byline(line, alone)) is not None:
                if self.found.bylines == _MAX_BYLINES:
                    return
                self._take_byline(byline)
                is_line, outlet = outlet_line(self._line(self.at + 1))
                if is_line:
                    self.at += 1
                    self._take_outlet(outlet, "byline")
            elif (taken := self._joined_line(line)) is not None:
                for part in taken:
                    if isinstance(part, Byline):
                        self._take_byline(part)
                    else:
                        self._take_date(part)
            elif address := _URL.fullmatch(line):
                self.found.url = self.found.url or address["url"]
            elif not is_boilerplate(line):
                return
            self.at += 1

    def _repeats_headline(self, line: str) -> bool:
        """Whether it is the headline that is told, not the first line of a sentence so begun."""
        following = self._line(self.at + 1)
        return (
            self.is_told
            and line.casefold() == (self.found.headline or "").casefold()
            and not following[:1].islower()
        )

    def _byline(self, line: str, alone: bool) -> Byline | None:
        try:
            return parse_byline(line, stands_alone=alone)
        except ImpossibleDateError:
            if self.is_told:
                return None
            raise

    def _joined_line(self, line: str) -> list[WrittenDate | Byline] | None:
        try:
            return _joined_line(line)
        except ImpossibleDateError:
            if self.is_told:
                return None  # prose then, for the date is told elsewhere
            raise

    def _take_byline(self, byline: Byline) -> None:
        """A second byline ("Authored by … via …") adds its authors; the first names the outlet."""
        found = self.found
        found.bylines += 1
        if found.authors_method in (None, "byline"):
            found.authors = tuple(dict.fromkeys((*found.authors, *byline.authors)))
            found.authors_method = "byline" if found.authors else None
        self._take_outlet(byline.outlet, "byline")
        if byline.written:
            self._take_date(byline.written)

    def _take_outlet(self, outlet: str | None, method: str) -> None:
        if outlet and self.found.outlet is None:
            self.found.outlet, self.found.outlet_method = outlet, method

    def _take_date(self, written: WrittenDate) -> None:
        found = self.found
        if written.on is None:
            return
        is_better = found.date_method == "update_line" and not written.is_update
        if found.on is None or is_better:
            found.on = written.on
            found.date_method = "update_line" if written.is_update else "date_line"
        # A time counts only with the day it belongs to: zones may put them a day apart.
        if found.at is None and written.at and not written.is_update:
            found.at = written.at if abs((written.on - found.on).days) <= 1 else None

    def _body_lines(self) -> list[str]:
        lines = self.lines[self.at :]
        self._strip_dateline(lines)
        end = len(lines)
        while end and (not lines[end - 1].strip() or is_boilerplate(lines[end - 1], at_end=True)):
            end -= 1
        kept: list[str] = []
        for line in lines[:end]:
            if is_boilerplate(line):
                # The blank line above the removed line goes with it; the one below separates.
                while kept and not kept[-1].strip():
                    kept.pop()
                continue
            kept.append(line)
        # A page of nothing but furniture is more likely a misjudged text: keep it whole.
        return kept if any(line.strip() for line in kept) else lines

    def _strip_dateline(self, lines: list[str]) -> None:
        found = self.found
        starts = [
            n
            for n, line in enumerate(lines)
            if line.strip() and (n == 0 or not lines[n - 1].strip())
        ]
        for position, n in enumerate(starts[:3]):
            dateline = find_dateline(lines[n], needs_agency=position > 0)
            if dateline is None:
                continue
            lines[n] = lines[n][dateline.end :]
            self._take_outlet(dateline.agency, "dateline")
            if dateline.on and found.on is None:
                found.on, found.date_method = dateline.on, "dateline"
            return


def _joined_line(line: str) -> list[WrittenDate | Byline] | None:
    """A date line, or dates and bylines joined by bars: "3 June 2025 | By Ana Ruiz"."""
    parts: list[WrittenDate | Byline] = []
    for text in re.split(r"\s+[|·•]\s+", line) if len(line) <= _MAX_JOINED_CHARS else [line]:
        part = date_line(text) or parse_byline(text)
        if part is None:
            return None
        parts.append(part)
    return parts


def _dateline_end(line: str) -> int:
    dateline = find_dateline(line)
    return dateline.end if dateline else 0


def _ends_with_full_stop(line: str) -> bool:
    return line.rstrip("”’\"')»").endswith(".") and not line.endswith(("...", "U.S.", "U.K."))


def _ends_sentence(line: str) -> bool:
    return line.rstrip("”’\"')»").endswith((".", "!", "?", "…"))


def _is_title_case(words: list[str]) -> bool:
    """Whether all words of four letters and more have a capital: "A Rush for Seats After Rain".

    All, because a sentence about bodies with long names has nearly as many capitals.
    """
    long = [word.strip(_QUOTATION_MARKS + "(),.:;!?") for word in words]
    long = [w for w in long if len(w) >= 4 and w[0].isalpha() and w.lower() not in _PREPOSITIONS]
    return len(long) >= 3 and not any(word[0].islower() for word in long)
