"""The day of publication among the many dates of a page: the label decides.

Belongs here: which labels mean publication, in metadata and in what a reader sees, and where on a
page they are the article's own. Does not belong here: how a date is written (`readers.dates`,
`timestamps`), the other values of a page (`readers.html_page`).

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

import lxml.etree as et

from etl.readers.byline import parse_byline
from etl.readers.dates import ImpossibleDateError, WrittenDate, date_at
from etl.readers.markup import BLOCKS, SILENT, local_name
from etl.readers.saved_page import is_archive_bar
from etl.readers.timestamps import parse_date

Found = tuple[object, str, None]

_META_FIRST = ("article:published_time", "datepublished")
_META = re.compile(r"publish(?!er)|pub[_.-]?(?:date|time)|publication[_.-]?date|\bissued|\bptime\b")
_META_CHANGE = re.compile(r"modif|updat|revis|expir|publishing")
_META_WEAK = {"date", "dc.date", "dcterms.date", "dc.date.created", "dcterms.created", "dc.created",
              "created", "date_created", "datecreated", "article.created", "sailthru.date",
              "citation_date", "displaydate", "doc_date", "release_date"}  # fmt: skip
_CLASSES = {"published", "pubdate", "publish-date", "published-date", "publication-date",
            "entry-date", "post-date", "posted-on", "article-date", "article__date",
            "date-published", "dt-published", "article-published", "post__date",
            "story-date"}  # fmt: skip
_CHANGES = re.compile(r"modif|updat|revis", re.IGNORECASE)
# Parts of a page that are about other things than its article.
_OTHER = re.compile(
    r"(?:^|[\s_-])(?:comments?|commentlist|disqus|repl(?:y|ies)|respond|related|recommend\w*"
    r"|teasers?|most-?(?:read|popular|viewed)|popular|trending|sidebar|newsletter|promo\w*|footer"
    r"|copyright|more-?(?:news|stories|from|on)|read-?(?:next|more|also)|further|latest|carousel"
    r"|advert\w*|sponsor\w*|usercomments|cookie\w*|breaking|ticker)(?=$|[\s_-])",
    re.IGNORECASE,
)
_OF_HEAD = re.compile(r"meta|byline|date|info|author", re.IGNORECASE)
_OTHER_TAGS = {"footer", "nav", "form", "button", "select", "figure", "blockquote"}
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
_PROSE = 120
"""Characters from which a line is a paragraph, and no longer part of the article's head."""
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_TEASER_LINES = 2
"""Lines below the heading of another article in which its date stands."""
_MAX_FOUND = 60
_MAX_LINES = 20_000


@dataclass(slots=True)
class _Line:
    text: str
    element: Any


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
        *((content, f"{kind} {key}", None) for kind, key, content in metas if key in _META_WEAK),
        *_json_ld(nodes, "dateCreated"),
        *page.date_line(),
    ]


def _json_ld(nodes: list[dict[str, Any]], key: str) -> Iterator[Found]:
    for node in nodes:
        if isinstance(value := node.get(key), str | int):
            yield value, f"json_ld {key}", None


def _metas(metas: list[tuple[str, str, str]]) -> list[Found]:
    found = [
        (kind, key, content)
        for kind, key, content in metas
        if key not in _META_WEAK and _META.search(key) and not _META_CHANGE.search(key)
    ]
    found.sort(key=lambda meta: _META_FIRST.index(meta[1]) if meta[1] in _META_FIRST else 9)
    return [(content, f"{kind} {key}", None) for kind, key, content in found]


class _Page:
    """What a reader sees of the article and its head, and the elements labelled as its date."""

    def __init__(self, tree: Any, headline: Any) -> None:
        self.headline = headline
        self.above = [] if headline is None else [headline, *headline.iterancestors()]
        self.lines: list[_Line] = []
        self.elements: list[_Labelled] = []
        self._read(tree)
        inside = set() if headline is None else {headline, *headline.iter()}
        places = [n for n, line in enumerate(self.lines) if line.element in inside]
        self.start = places[0] if places else None
        """Number of the line that is the headline."""
        rest = enumerate(self.lines[(self.start or 0) + 1 :], (self.start or 0) + 1)
        self.prose = next((n for n, line in rest if len(line.text) > _PROSE), len(self.lines))
        """Number of the first paragraph below it."""

    def _read(self, tree: Any) -> None:
        """Iterate over events instead of recursing: a hostile file can nest arbitrarily deep."""
        above = set(self.above)
        words: list[str] = []
        muted_by: list[Any] = []

        def flush(element: Any) -> None:
            line = " ".join("".join(words).split())
            if line and len(self.lines) < _MAX_LINES:
                self.lines.append(_Line(line, element))
            words.clear()

        for event, element in et.iterwalk(tree, events=("start", "end", "comment", "pi")):
            name = local_name(element)
            if event == "start":
                if name in BLOCKS:
                    flush(element.getparent())
                if muted_by:
                    continue
                if name in SILENT or (element not in above and _is_other(element, name)):
                    muted_by.append(element)
                    continue
                if len(self.elements) < _MAX_FOUND and (label := _label(element, name)):
                    self.elements += _labelled(element, label, len(self.lines))
                if name == "time" and (written := _machine_day(element)):
                    words.append(f" {written} ")
                    muted_by.append(element)
                else:
                    words.append(element.text or "")
                continue
            if event == "end":
                if name in BLOCKS:
                    flush(element)
                if muted_by and muted_by[-1] is element:
                    muted_by.pop()
            if not muted_by and element is not tree:
                words.append(element.tail or "")
        flush(tree)

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


def _is_other(element: Any, name: str) -> bool:
    """Whether an element is about something else than the article."""
    if name in ("html", "body", "main", "article"):
        # Sites describe the whole page there: "single-post has-sidebar comments-open".
        return "Comment" in element.get("itemtype", "")
    if name in _OTHER_TAGS or is_archive_bar(element.get("id")):
        return True
    if name == "aside":
        return _OF_HEAD.search(element.get("class") or "") is None
    hints = " ".join(
        filter(None, map(element.get, ("id", "class", "itemprop", "itemtype", "role")))
    )
    hints = hints[:300].replace("/", " ")
    return bool(hints) and (_OTHER.search(hints) is not None)


def _label(element: Any, name: str) -> str | None:
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
