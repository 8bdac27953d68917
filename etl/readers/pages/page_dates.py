"""The day of publication among the many dates of a page: the label decides.

Belongs here: which labels mean publication, in metadata and in what a reader sees, and which of
several counts. Does not belong here: how a date is written (`readers.dates`, `timestamps`), what of
a page is about its article (`readers.pages.page_view`), the other values
(`readers.pages.html_page`).

Pages hold dates of changes, comments, other articles, downloads, printing and copyright. So a date
counts only by a label of publication, or alone below the headline. Dates of updates are never days
of publication. If labels of one kind name two days, the one nearest to the headline counts; if they
are equally near, the day is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from etl.readers.dates import ImpossibleDateError, WrittenDate, date_at, days_in
from etl.readers.markup import local_name
from etl.readers.pages.page_view import PageView
from etl.readers.text.byline import parse_byline
from etl.readers.timestamps import parse_date

Found = tuple[object, str, None]

_META_FIRST = ("article:published_time", "datepublished")
_META = re.compile(r"publish(?!er)|pub[_.-]?(?:date|time)|publication[_.-]?date|\bissued|\bptime\b")
_META_CHANGE = re.compile(r"modif|updat|revis|expir|publishing")
# Of 19 such elements on the pages of htmldate's evaluation, 8 held the day of a change.
_META_VAGUE = {"date", "dc.date", "dcterms.date", "dc.date.created", "dcterms.created",
               "dc.created", "created", "date_created", "datecreated", "article.created",
               "sailthru.date", "citation_date", "displaydate", "doc_date"}  # fmt: skip
_CLASSES = {"published", "pubdate", "publish-date", "published-date", "publication-date",
            "entry-date", "post-date", "posted-on", "article-date", "article__date",
            "date-published", "dt-published", "article-published", "post__date",
            "story-date"}  # fmt: skip
_CHANGES = re.compile(r"modif|updat|revis", re.IGNORECASE)
_LABEL = (
    r"(?:(?P<first>first|originally|initially)\s+)?(?:published|posted)(?:\s+(?:online|here))?"
    r"|publication\s+date|publish(?:ed)?\s+date|date\s+(?:published|posted)|date\s+of\s+publication"
    r"|pub\s?date"
)
_LABELLED = re.compile(
    rf"(?:\A|[|·•–—;.(/-]\s*)(?:(?:this|the)\s+(?:article|story|post|report)\s+was\s+)?"
    rf"(?P<label>{_LABEL})(?:\s+(?:on|at))?\s*[:–—|-]?\s*(?:on\s+)?",
    re.IGNORECASE,
)
_IN_LABELS = ("pub", "post", "date")
"""One of them is in every label: most lines are passed over without a search."""
_LABEL_ALONE = re.compile(rf"(?P<label>{_LABEL})(?:\s+(?:on|at))?\s*:?", re.IGNORECASE)
_DATE_LABEL = re.compile(r"(?:date\s*:\s*)?", re.IGNORECASE)
_ANY_LABEL_ALONE = re.compile(
    r"(?:(?:last|date)\s+)?(?:updated|modified|revised|changed|printed|downloaded|issued|accessed"
    r"|retrieved|archived|saved|expires|reviewed|event)(?:\s+(?:on|at|date))?\s*:?",
    re.IGNORECASE,
)
_BETWEEN_PARTS = re.compile(r"\s*[|·•]\s*|\s+[–—-]\s+")
_MAX_LINE = 200
_MAX_OTHER_WORDS = 10
"""Words in a line beside labelled dates; prose that mentions a day of publication has more."""
_BELOW_HEADLINE = 8
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_TEASER_LINES = 2
"""Lines below the heading of another article in which its date stands."""
_MAX_FOUND = 60


@dataclass(slots=True)
class _Labelled:
    """A date with a label; the lower the rank, the surer the label."""

    value: object
    label: str
    rank: int
    line: int
    """Number of the line at which it stands."""
    element: Any


def dates_of(
    tree: Any, metas: Iterable[tuple[str, str, str]], nodes: list[dict[str, Any]], headline: Any
) -> list[Found]:
    """Return the days of publication that a page states, the surest first.

    `metas` are its meta elements (kind, key, content) and `nodes` its own JSON-LD. `headline` is
    the element that holds the headline, None if there is no such element.
    """
    metas = list(metas)
    page = _Page(tree, headline)
    return [
        *_json_ld(nodes, "datePublished"),
        *_metas(metas),
        *page.nearest(page.elements),
        *page.nearest(page.shown()),
        *_json_ld(nodes, "dateCreated"),
        *page.also_shown((content, f"{kind} {key}") for kind, key, content in metas
                         if key in _META_VAGUE),
        *page.date_line(),
    ]  # fmt: skip


def _json_ld(nodes: list[dict[str, Any]], key: str) -> Iterator[Found]:
    for node in nodes:
        if isinstance(value := node.get(key), str | int):
            yield value, f"json_ld {key}", None


def _metas(metas: list[tuple[str, str, str]]) -> list[Found]:
    found = [
        (kind, key, content)
        for kind, key, content in metas
        if key not in _META_VAGUE and _META.search(key) and not _META_CHANGE.search(key)
    ]
    found.sort(key=lambda meta: _META_FIRST.index(meta[1]) if meta[1] in _META_FIRST else 9)
    return [(content, f"{kind} {key}", None) for kind, key, content in found]


class _Page:
    """The dates of publication in what a page shows of its article."""

    def __init__(self, tree: Any, headline: Any) -> None:
        self.elements: list[_Labelled] = []
        view = PageView(tree, headline, _machine_day, self._mark)
        self.above, self.lines = view.above, view.lines
        self.start, self.prose = view.start, view.prose

    def _mark(self, element: Any, line: int) -> None:
        """Take note of an element that is labelled as the day."""
        if len(self.elements) < _MAX_FOUND and (label := _label(element)):
            self.elements += _labelled(element, label, line)

    def is_own(self, labelled: _Labelled) -> bool:
        """Whether no heading of another article stands right above the date."""
        at = labelled.line
        if self.start is None or self.start <= at <= self.prose:
            return True
        before = self.lines[max(0, at - _TEASER_LINES) : at]
        return not any(local_name(line.element) in _HEADINGS for line in before)

    def nearest(self, found: list[_Labelled]) -> list[Found]:
        """Return the date nearest to the headline; none if several days are equally near."""
        found = [labelled for labelled in found if self.is_own(labelled)]
        if not found:
            return []
        heights = {element: n for n, element in enumerate(self.above)}

        def height(labelled: _Labelled) -> int:
            own = labelled.element
            return next((heights[e] for e in (own, *own.iterancestors()) if e in heights), 0)

        first = min(labelled.rank for labelled in found)
        best = [(height(labelled), labelled) for labelled in found if labelled.rank == first]
        lowest = min(high for high, _ in best)
        nearest = [labelled for high, labelled in best if high == lowest]
        if len({_day(labelled.value) for labelled in nearest}) > 1:
            return []
        return [(labelled.value, labelled.label, None) for labelled in nearest[:1]]

    def shown(self) -> list[_Labelled]:
        """Return the labelled dates in what a reader sees."""
        found: list[_Labelled] = []
        for number, line in enumerate(self.lines):
            if len(line.text) > _MAX_LINE or len(found) > _MAX_FOUND:
                continue
            if label := _LABEL_ALONE.fullmatch(line.text):
                following = self.lines[number + 1].text if number + 1 < len(self.lines) else ""
                there = date_at(following) if len(following) <= _MAX_LINE else None
                if there and len(following[there[1] :].split()) <= _MAX_OTHER_WORDS:
                    value = following[: there[1]]
                    found.append(_shown_date(label, value, there[0], number, line.element))
                continue
            if not any(part in line.text.lower() for part in _IN_LABELS):
                continue
            dated = [
                (label, there)
                for label in _LABELLED.finditer(line.text)
                if (there := date_at(line.text, label.end()))
            ]
            covered = sum(len(line.text[d.start() : there[1]].split()) for d, there in dated)
            if len(line.text.split()) - covered <= _MAX_OTHER_WORDS:
                found += [
                    _shown_date(d, line.text[d.end() : end], written, number, line.element)
                    for d, (written, end) in dated
                ]
        return found

    def also_shown(self, found: Iterable[tuple[str, str]]) -> list[Found]:
        """Return the dates with a vague label whose day the page also shows."""
        found = list(found)
        if not found:
            return []
        shown = set().union(*(days_in(x.text) for x in self.lines if len(x.text) <= _MAX_LINE))
        return [(value, label, None) for value, label in found
                if _is_date(value) and _day(value) in shown]  # fmt: skip

    def date_line(self) -> list[Found]:
        """Return the only date that stands alone below the headline, above the first paragraph."""
        if self.start is None:
            return []
        found: list[WrittenDate] = []
        is_labelled = False
        end = min(self.prose, self.start + 1 + _BELOW_HEADLINE)
        for line in self.lines[self.start + 1 : end]:
            for part in _BETWEEN_PARTS.split(line.text):
                written = None if is_labelled else _date_alone(part)
                is_labelled = _ANY_LABEL_ALONE.fullmatch(part) is not None
                if written and written.on:
                    found.append(written)
        return [(found[0], "text below headline", None)] if len({w.on for w in found}) == 1 else []


def _date_alone(text: str) -> WrittenDate | None:
    """Return the date that a text is, or that stands in a byline."""
    label = _DATE_LABEL.match(text)
    there = date_at(text, label.end() if label else 0)
    if there is not None:
        return there[0] if not text[there[1] :].strip(" .") else None
    try:
        byline = parse_byline(text)
    except ImpossibleDateError:
        return None
    return byline.written if byline and byline.written and not byline.written.is_update else None


def _label(element: Any) -> str | None:
    """Return what in an element's attributes says that it holds the day of publication."""
    properties = (element.get("itemprop") or element.get("property") or "").lower().split()
    if {"datepublished", "schema:datepublished", "dc:issued"}.intersection(properties):
        return "datePublished"
    if any(map(_CHANGES.search, properties)):
        return None
    if element.get("pubdate") is not None:
        return "pubdate"
    classes = (element.get("class") or "").lower().split()
    named = _CLASSES.intersection(classes)
    # WordPress: "entry-date published updated" is an entry that was never changed.
    if not named or ("published" not in named and any(map(_CHANGES.search, classes))):
        return None
    return f"class {min(named)}"


def _labelled(element: Any, label: str, line: int) -> Iterator[_Labelled]:
    """Yield the date of such an element: for machines if it has one, else as shown."""
    name = local_name(element)
    for value in (*map(element.get, ("datetime", "content", "title")), _own_text(element)):
        if value and _is_date(value):
            yield _Labelled(value, f"{name} {label}", 0, line, element)
            return


def _own_text(element: Any) -> str:
    text = "".join(part for part, _ in zip(element.itertext(), range(20), strict=False))
    text = " ".join(text[:_MAX_LINE].split())
    return _LABEL_ALONE.sub("", text, count=1).strip(" :") if text else ""


def _is_date(value: str) -> bool:
    try:
        return parse_date(value) is not None
    except ValueError:
        return False


def _machine_day(element: Any) -> str | None:
    """Return the date for machines in a <time> element, whose text may be relative."""
    value = (element.get("datetime") or "").strip()
    return value if _is_date(value) else None


def _shown_date(
    label: re.Match[str], text: str, written: WrittenDate, line: int, element: Any
) -> _Labelled:
    words = " ".join(label["label"].lower().split())
    value = written if written.on else text  # the text for the note that it is ambiguous
    return _Labelled(value, f"text {words}", 0 if label["first"] else 1, line, element)


def _day(value: object) -> object:
    written = parse_date(value)
    return written.on if written else None
