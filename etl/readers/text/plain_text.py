"""An article in plain text: with a dated first line, or bare text.

Belongs here: the order of headline, date, byline, dateline, body and boilerplate in a text file,
and the method recorded with each value. Does not belong here: how each of them is recognised
(`readers.text.headline`, `dates`, `byline`, `dateline`, `boilerplate`), markup of any kind, files
(`readers.text_file`).

The dated form is " date YYYY-MM-DD Headline", a byline "By NAME – OUTLET", then paragraphs. In
bare text the first line is the headline if it looks like one; otherwise there is none.

A file with a headline but no body is rejected as empty even if it is dated: it looks the same as a
truncated download, an empty body would fix its identity, and quarantine loses nothing.
"""

from __future__ import annotations

import re

from etl.domain import Article
from etl.readers.base import Rejected
from etl.readers.dates import (
    ImpossibleDateError,
    checked,
    date_line,
    file_name_date,
)
from etl.readers.text.body_lines import body_lines
from etl.readers.text.boilerplate import is_boilerplate
from etl.readers.text.byline import Byline, outlet_line, parse_byline
from etl.readers.text.headline import is_headline, signed_headline
from etl.readers.text.kickers import is_kicker, without_label
from etl.readers.text.known_fields import KnownFields
from etl.readers.text.path_dates import dated_by_path
from etl.readers.text.top_lines import URL, Signature, is_by_name, signature, signature_below
from etl.readers.text.transcript import transcript_header
from etl.readers.urls import address_date, canonical, host

__all__ = ["KnownFields", "article_of", "is_dated"]

_DATED = re.compile(
    r"\s*date:?\s+(?P<date>(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2}))(?!\d)"
    r"(?P<time>T\d{2}:\d{2}\S*)?(?:\s+(?P<headline>.*))?",
    re.IGNORECASE,
)
_MAX_BYLINES = 3


def is_dated(line: str) -> bool:
    """Whether the line begins with the date of the dated form."""
    return _DATED.match(line) is not None


def article_of(text: str, path: str, found: KnownFields, source_format: str = "text") -> Article:
    """Return the article in a text.

    If `found` has a headline or is complete, none is searched for in the text. Raises Rejected
    ('empty', 'impossible_date').
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        return _TextParser(lines, path, found).article(source_format)
    except ImpossibleDateError as error:
        number = next((n for n, line in enumerate(lines, 1) if error.written in line), 1)
        raise Rejected(
            "impossible_date",
            f"line {number}: {error}",
            "correct the date in the file and ingest it again",
        ) from None


class _TextParser:
    """One pass over the lines of a text, from the top; `self.at` is the next unread line."""

    def __init__(self, lines: list[str], path: str, found: KnownFields) -> None:
        self.lines = lines
        self.path = path
        self.at = 0
        self.found = found
        self.is_headline_given = found.headline is not None or found.is_complete
        self.may_have_kickers = False

    def article(self, source_format: str) -> Article:
        is_dated = not self.is_headline_given and self._dated_line()
        if not self.is_headline_given and self.found.headline is None and not self._transcript():
            self._bare_top()
        self._front_matter(is_dated=is_dated)
        if not (self.is_headline_given or is_dated):
            self._further_signature()
        body = self._body()
        found = self.found
        if found.on is None and not found.is_complete and (on := file_name_date(self.path)):
            found.on, found.date_method = on, "file_name"
        if found.on is None and found.url and (on := address_date(found.url)):
            found.on, found.date_method = on, "address"
        if found.outlet is None and found.url:
            self.found.take_outlet(host(found.url), "address")
        if not body and self.is_headline_given:  # only what looks like a date line, so it is prose
            headline = (found.headline or "").casefold()
            body = "\n".join(x for x in self.lines if x.strip().casefold() != headline).strip()
        if not body:
            raise Rejected(
                "empty",
                f"a headline but no body: “{found.headline[:80]}”"
                + (f", from {found.url[:500]}" if found.url else "")
                if found.headline
                else "only dates, bylines or page furniture, no body",
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
            dateline=found.dateline,
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

    def _bare_top(self) -> None:
        """Take what stands above the headline, and the headline."""
        self._skip_blank()
        start = self.at
        self.may_have_kickers = True
        self._front_matter()
        if not self.found.bylines:  # a headline stands above the byline
            self._bare_headline()
        if self.found.headline is None and self.at > start and self._is_unsigned():
            self.at = start  # the first lines were no kickers
            self.may_have_kickers = False

    def _is_unsigned(self) -> bool:
        found = self.found
        return (
            not (found.bylines or found.on or found.url)
            and signature_below(self.lines, self.at) is None
        )

    def _bare_headline(self) -> None:
        line = self._line(self.at)
        if not line:
            return
        signed = signature_below(self.lines, self.at)
        if signed is not None:
            by_name = is_by_name(self._line(signed))
            n = signed_headline(self.lines, self.at, signed, by_name=by_name)
            if n is not None:
                self._take_headline(self._line(n), self._line(n + 1))
                # Unknown lines above the headline stay, as the beginning of the body.
                self.lines[self.at : n + 1] = [
                    each for each in self.lines[self.at : n] if each.strip() and not is_kicker(each)
                ]
                return
        if is_headline(self.lines, self.at):
            self._take_headline(line, self._line(self.at + 1))
            self.at += 1

    def _take_headline(self, line: str, following: str) -> None:
        self.found.headline = without_label(line)
        self.found.headline_method = "first_line" if following else "first_paragraph"

    def _further_signature(self) -> None:
        """Take a byline or date below a standfirst or another short line, which stays."""
        for _ in range(_MAX_BYLINES):
            n = signature_below(self.lines, self.at)
            if n is None:
                return
            start, self.at = self.at, n
            self._front_matter()
            if self.at == n:  # a fourth byline
                self.at = start
                return
            kept = self.lines[start:n]
            while kept and not kept[-1].strip():
                kept.pop()
            self.lines[start : self.at] = [*kept, ""]
            self.at = start

    def _transcript(self) -> bool:
        """Take the header of a transcript, if the text is one."""
        header = transcript_header(self.lines, self.at)
        if header is None:
            return False
        found = self.found
        if header.headline:
            found.headline, found.headline_method = header.headline, "transcript"
        self.found.take_outlet(header.outlet, "transcript")
        self.found.take(header.signatures)
        self.lines = [*header.kept, "", *self.lines[header.end :]]
        self.at = 0
        return True

    def _front_matter(self, *, is_dated: bool = False) -> None:
        """Take bylines, date lines, addresses and page furniture above the body."""
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
                self.found.take_byline(byline)
                below = self._line(self.at + 1)
                is_line, outlet = outlet_line(below)
                if is_line and self._signature(below) is None:
                    self.at += 1
                    self.found.take_outlet(outlet, "byline")
            elif (taken := self._signature(line)) is not None:
                self.found.take(taken)
            elif address := URL.fullmatch(line):
                self.found.url = self.found.url or address["url"]
            elif not is_boilerplate(line) and not (self.may_have_kickers and is_kicker(line)):
                return
            self.at += 1

    def _repeats_headline(self, line: str) -> bool:
        """Whether the line is the known headline, and not a sentence that starts with its words."""
        following = self._line(self.at + 1)
        return (
            self.is_headline_given
            and line.casefold() == (self.found.headline or "").casefold()
            and not following[:1].islower()
        )

    def _byline(self, line: str, alone: bool) -> Byline | None:
        try:
            return parse_byline(line, stands_alone=alone)
        except ImpossibleDateError:
            if self.is_headline_given:
                return None
            raise

    def _signature(self, line: str) -> Signature | None:
        try:
            return signature(line)
        except ImpossibleDateError:
            if self.is_headline_given:
                return None  # prose, because the format has the date elsewhere
            raise

    def _body(self) -> str:
        lines, dateline, byline = body_lines(self.lines[self.at :])
        found = self.found
        if byline is not None:
            self.found.take_byline(byline)
        if dateline is not None:
            self.found.take_outlet(dateline.agency, "dateline")
            found.dateline = dateline.place
            on = dateline.on
            if on is None and dateline.month_day is not None and not found.is_complete:
                on = dated_by_path(*dateline.month_day, self.path)
            if on is not None and found.on is None:
                found.on, found.date_method = on, "dateline"
        return "\n".join(lines).strip()
