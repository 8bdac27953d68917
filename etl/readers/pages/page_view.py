"""What a reader sees of a page's article and its head, line by line.

Belongs here: leaving out the parts of a page that are about other things (comments, teasers of
other articles, menus, footers), and finding the headline among the lines. Does not belong here: the
body of the article, which trafilatura extracts (`readers.pages.html_page`), and what the lines mean
(`readers.pages.page_dates`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import lxml.etree as et

from etl.readers.markup import BLOCKS, SILENT, local_name
from etl.readers.pages.saved_page import is_archive_bar

_OTHER = re.compile(
    r"(?:^|[\s_-])(?:comments?|commentlist|disqus|repl(?:y|ies)|respond|related|recommend\w*"
    r"|teasers?|most-?(?:read|popular|viewed)|popular|trending|sidebar|newsletter|promo\w*|footer"
    r"|copyright|more-?(?:news|stories|from|on)|read-?(?:next|more|also)|further|latest|carousel"
    r"|advert\w*|sponsor\w*|usercomments|cookie\w*|breaking|ticker)(?=$|[\s_-])",
    re.IGNORECASE,
)
_OTHER_TAGS = {"footer", "nav", "form", "button", "select", "figure", "blockquote"}
_OF_HEAD = re.compile(r"meta|byline|date|info|author", re.IGNORECASE)
_HINTS = ("id", "class", "itemprop", "itemtype", "role")
_MAX_HINT = 300
_PROSE = 120
"""Characters from which a line is a paragraph, and no longer part of the article's head."""
_MAX_LINES = 20_000


@dataclass(slots=True)
class Line:
    """A line of text, and the element that it begins or ends in."""

    text: str
    element: Any


class PageView:
    """The lines of a page that are the article's, if its parts tell.

    `headline` is the element that shows the headline, None if there is none. `mark` is called with
    every other element that has attributes, and the number of the line at which it stands.
    `time_of` returns what to show in place of a <time> element, None for its own text.
    """

    def __init__(
        self,
        tree: Any,
        headline: Any,
        time_of: Callable[[Any], str | None],
        mark: Callable[[Any, int], None],
    ) -> None:
        self.above = [] if headline is None else [headline, *headline.iterancestors()]
        """The headline and the elements that it is in, from within."""
        self.lines: list[Line] = []
        self._read(tree, time_of, mark)
        inside = set() if headline is None else {headline, *headline.iter()}
        places = [n for n, line in enumerate(self.lines) if line.element in inside]
        self.start = places[0] if places else None
        """Number of the line that is the headline."""
        rest = enumerate(self.lines[(self.start or 0) + 1 :], (self.start or 0) + 1)
        self.prose = next((n for n, line in rest if len(line.text) > _PROSE), len(self.lines))
        """Number of the first paragraph below it."""

    def _read(
        self, tree: Any, time_of: Callable[[Any], str | None], mark: Callable[[Any, int], None]
    ) -> None:
        """Iterate over events instead of recursing: a hostile file can nest arbitrarily deep."""
        above = set(self.above)
        words: list[str] = []

        def flush(element: Any) -> None:
            line = " ".join("".join(words).split())
            if line and len(self.lines) < _MAX_LINES:
                self.lines.append(Line(line, element))
            words.clear()

        walk = et.iterwalk(tree, events=("start", "end"))
        for event, element in walk:
            name = local_name(element)
            if event == "start":
                if words and name in BLOCKS:
                    flush(element.getparent())
                if name in SILENT or (element not in above and _is_other(element, name)):
                    walk.skip_subtree()
                    continue
                if element.keys():
                    mark(element, len(self.lines))
                if name == "time" and (written := time_of(element)):
                    words.append(f" {written} ")
                    walk.skip_subtree()
                elif text := element.text:
                    words.append(text)
                continue
            if words and name in BLOCKS:
                flush(element)
            if (tail := element.tail) and element is not tree:
                words.append(tail)
        flush(tree)


def _is_other(element: Any, name: str) -> bool:
    """Whether an element is about something else than the article."""
    if name in _OTHER_TAGS:
        return True
    if not element.keys():
        return name == "aside"
    if name in ("html", "body", "main", "article"):
        # Sites describe the whole page there: "single-post has-sidebar comments-open".
        return "Comment" in element.get("itemtype", "")
    if is_archive_bar(element.get("id")):
        return True
    if name == "aside":
        return _OF_HEAD.search(element.get("class") or "") is None
    return any(value and _hints_at_other(value[:_MAX_HINT]) for value in map(element.get, _HINTS))


@lru_cache(maxsize=8192)
def _hints_at_other(value: str) -> bool:
    """Whether an attribute's value names another part; a site has the same on many elements."""
    return _OTHER.search(value.replace("/", " ")) is not None
