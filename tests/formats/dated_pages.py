"""One article in pages that state its day in the ways of real sites, among other days.

The article is of 4 March 2021 unless a page can't tell. All other days are of something else: a
change, a comment, another article, the printing of the page.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

HEADLINE = "Lamp of Skerry Point is lit again"
DAY = date(2021, 3, 4)
TEXT = (
    "The keeper of Skerry Point, Orla Venn, lit the lamp on Thursday for the first time since the "
    "storm that had broken its windows two winters ago.",
    "“It is a small light, and a long coast,” Ms Venn said to the crews of eleven boats that had "
    "waited in the harbour of Tarn for the evening.",
    "The council of Tarn had paid for the glass with a levy on the ferries, which it will keep "
    "until the debts of the harbour are settled.",
)
BODY = "\n\n".join(TEXT)
OTHER = "Ferry to Hallin stays in port"
_P = "".join(f"<p>{p}</p>" for p in TEXT)
_H1 = f"<h1>{HEADLINE}</h1>"
_COMMENTS = (
    "<section id='comments'><h2>2 comments</h2><div class='comment'><b>gull</b> "
    "<time itemprop='datePublished' datetime='2021-04-09T07:00:00Z'>9 April 2021</time>"
    "<p>Posted on 9 April 2021: well done, all of you.</p></div></section>"
)
_RELATED = (
    f"<div class='related-stories'><article><h3><a href='/x'>{OTHER}</a></h3>"
    "<time class='published' datetime='2020-12-24'>24 December 2020</time></article></div>"
)
_FOOT = "<footer><p>© 2009–2022 Tarn Tidings. Last updated 15 January 2022.</p></footer>"


def page(body: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>{HEADLINE}</title>{head}</head>"
        f"<body class='single-post comments-open has-sidebar'>{body}</body></html>"
    )


def ld(*nodes: Any) -> str:
    return "".join(
        f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes
    )


def meta(**contents: str) -> str:
    return "".join(
        f'<meta property="{k.replace("__", ":")}" content="{v}">' for k, v in contents.items()
    )


_NODE = {"@type": "NewsArticle", "headline": HEADLINE, "dateModified": "2022-01-15T10:00:00Z",
         "datePublished": "2021-03-04T18:30:00+01:00"}  # fmt: skip
_OTHER_NODE = {"@type": "NewsArticle", "headline": OTHER, "datePublished": "2020-12-24T08:00:00Z",
               "url": "https://tidings.example/ferry"}  # fmt: skip
_STORY = f"<article>{_H1}{_P}</article>{_RELATED}{_COMMENTS}{_FOOT}"


def below(line: str, more: str = "") -> str:
    """Return a page with such a line below the headline."""
    return page(f"<article>{_H1}{line}{_P}</article>{more}{_RELATED}{_COMMENTS}{_FOOT}")


PAGES: dict[str, tuple[str, date | None, str | None]] = {
    "JSON-LD": (page(_STORY, ld(_NODE)), DAY, "json_ld datePublished"),
    "JSON-LD, changed first, in a graph": (
        page(_STORY, ld({"@graph": [
            {"@type": "WebPage", "name": "Tarn Tidings", "dateModified": "2022-01-15"}, _NODE]})),
        DAY, "json_ld datePublished",
    ),
    "JSON-LD of another article first": (
        page(_STORY, ld(_OTHER_NODE, _NODE)), DAY, "json_ld datePublished",
    ),
    "JSON-LD of another article only": (page(_STORY, ld(_OTHER_NODE)), None, None),
    "JSON-LD of a list": (
        page(_STORY, ld([{**_OTHER_NODE, "headline": f"{OTHER} {n}"} for n in range(3)],
                        {"@type": "ItemList", "itemListElement": [_OTHER_NODE]})),
        None, None,
    ),
    "JSON-LD with the address of the page": (
        page(_STORY, "<link rel='canonical' href='https://tidings.example/lamp/'>" + ld(
            _OTHER_NODE, {"@type": "Article", "mainEntityOfPage":
                          {"@id": "http://www.tidings.example/lamp"},
                          "datePublished": "2021-03-04"})),
        DAY, "json_ld datePublished",
    ),
    "JSON-LD with a change only": (
        page(_STORY, ld({k: v for k, v in _NODE.items() if k != "datePublished"})), None, None,
    ),
    "JSON-LD of a comment": (
        page(_STORY, ld({"@type": "Comment", "datePublished": "2021-04-09"})), None, None,
    ),
    "OpenGraph, changed first": (
        page(_STORY, meta(og__updated_time="2022-01-15T10:00:00Z",
                          article__modified_time="2022-01-15T10:00:00Z",
                          article__published_time="2021-03-04T18:30:00+01:00")),
        DAY, "open_graph article:published_time",
    ),
    "OpenGraph with a change only": (
        page(_STORY, meta(article__modified_time="2022-01-15T10:00:00Z")), None, None,
    ),
    "meta elements of a library": (
        page(_STORY, "<meta name='citation_publication_date' content='2021/03/04'>"
                     "<meta name='dc.date.modified' content='2022-01-15'>"),
        DAY, "meta citation_publication_date",
    ),
    "a meta date beside a labelled one": (
        page(f"<article>{_H1}<p>Published: 4 March 2021</p>{_P}</article>{_FOOT}",
             "<meta name='date' content='2022-01-15'>"),
        DAY, "text published",
    ),
    "a meta date that the page shows": (
        page(f"<div>Tarn, 4 March 2021</div>{_STORY}", "<meta name='date' content='2021-03-04'>"),
        DAY, "meta date",
    ),
    "a meta date that the page does not show": (
        page(_STORY, "<meta name='date' content='2022-01-14'>"), None, None,
    ),
    "an instant in UTC, and the day in the address": (
        page(_STORY, "<link rel='canonical' href='https://tidings.example/2021/03/04/lamp'>"
                     + meta(article__published_time="2021-03-05T01:15:00Z")),
        DAY, "open_graph article:published_time",
    ),
    "an instant in UTC, and the day as shown": (
        page(f"<article>{_H1}<p>Posted: March 4, 2021 / 05:15 PM PST</p>{_P}</article>",
             ld({**_NODE, "datePublished": "2021-03-05T01:15:00Z"})),
        DAY, "json_ld datePublished",
    ),
    "an instant in UTC, and another day in the address": (
        page(_STORY, "<link rel='canonical' href='https://tidings.example/2021/03/01/lamp'>"
                     + meta(article__published_time="2021-03-04T12:15:00Z")),
        DAY, "open_graph article:published_time",
    ),
    "headers of a server": (
        page(_STORY, "<meta http-equiv='last-modified' content='2022-01-15'>"
                     "<meta http-equiv='date' content='2022-01-15'>"), None, None,
    ),
    "time with pubdate": (
        below("<p><time pubdate datetime='2021-03-04'>4 March</time></p>"), DAY, "time pubdate",
    ),
    "time of a change before that of publication": (
        below("<time class='updated' itemprop='dateModified' datetime='2022-01-15'>15 Jan</time>"
              "<time itemprop='datePublished' datetime='2021-03-04T18:30+01:00'>4 March</time>"),
        DAY, "time datePublished",
    ),
    "time of a change only": (
        below("<p>Updated <time class='updated' datetime='2022-01-15'>15 January 2022</time></p>"),
        None, None,
    ),
    "time without a label in a byline": (
        below("<p>By Ana Ruiz | <time datetime='2021-03-04'>a year ago</time></p>"),
        DAY, "text below headline",
    ),
    "times without a label, one of another article": (
        page(f"<p>Today is <time datetime='2022-01-15'>Saturday</time></p>{_STORY}"), None, None,
    ),
    "classes of WordPress": (
        below("<div class='entry-meta'><span class='posted-on'>Posted on <a href='/'>"
              "<time class='entry-date published' datetime='2021-03-04T18:30:00+01:00'>4 March 2021"
              "</time><time class='updated' datetime='2022-01-15'>15 January 2022</time></a></span>"
              "</div>"),
        DAY, "time class entry-date",
    ),
    "hAtom": (
        below("<abbr class='published' title='2021-03-04T18:30:00+01:00'>Thursday</abbr>"),
        DAY, "abbr class published",
    ),
    "published before updated": (
        below("<p>Published: 4 March 2021 | Updated: 15 January 2022</p>"), DAY, "text published",
    ),
    "updated before published": (
        below("<p>By Ana Ruiz. Updated: January 15, 2022 | Published: March 4, 2021</p>"),
        DAY, "text published",
    ),
    "above the headline": (
        page(f"<div class='info'>Updated 15 January 2022 · Published 4 March 2021</div>{_STORY}"),
        DAY, "text published",
    ),
    "last updated": (below("<p>Last updated 15 January 2022</p>"), None, None),
    "a label and its date in elements of their own": (
        below("<dl><dt>Last updated</dt><dd>15 January 2022</dd><dt>Published</dt>"
              "<dd>4 March 2021, 18:30 CET</dd></dl>"),
        DAY, "text published",
    ),
    "the time before the day": (
        below("<div>Published 6:30 PM EST, Thu March 4, 2021</div>"), DAY, "text published",
    ),
    "posted on": (
        below("<p class='postinfo'>Posted on March 4, 2021 by Ana Ruiz in Coast, Lamps</p>"),
        DAY, "text posted",
    ),
    "first published, at the end": (
        below("", "<p>This article was first published on 4 March 2021</p>"
                  "<p>Published 15 January 2022</p>"),
        DAY, "text first published",
    ),
    "a day alone below the headline": (below("<p>4 March 2021</p>"), DAY, "text below headline"),
    "two days alone below the headline": (
        below("<p>4 March 2021</p><p>15 January 2022</p>"), None, None,
    ),
    "a day in prose": (
        page(f"<article>{_H1}{_P}<p>The levy, published on 3 May 2019, was raised in 2020 after "
             f"the council had read the report of 2 June 2020.</p></article>{_FOOT}"), None, None,
    ),
    "printed on": (below("<p>Printed on 15 January 2022</p>"), None, None),
    "printed on, in elements of their own": (
        below("<div>Printed on:</div><div>15 January 2022</div>"), None, None,
    ),
    "downloaded, issued and expiring": (
        below("<p>Downloaded: 15 January 2022</p><p>Issued: 16 January 2022</p>",
              "<p>Certificate issued 17 January 2022, expires 18 January 2023</p>"), None, None,
    ),
    "day or month first": (below("<p>Published: 04/03/2021</p>"), None, None),
    "day or month first, with a day for machines": (
        below("<p>Published: <time datetime='2021-03-04'>03/04/2021</time></p>"),
        DAY, "text published",
    ),
    "a relative time": (below("<p>Published 2 hours ago</p>"), None, None),
    "copyright and comments only": (page(_STORY), None, None),
    "another article beside it": (
        below("", f"<div class='cards'><div><h3>{OTHER}</h3><p>Published 24 December 2020</p>"
                  "</div></div>"), None, None,
    ),
    "the start of a clock": (
        page(_STORY, meta(article__published_time="1970-01-01T00:00:00Z")), None, None,
    ),
    "the year 1, and a label": (
        page(f"<article>{_H1}<p>Published: 4 March 2021</p>{_P}</article>",
             meta(article__published_time="0001-01-01T00:00:00Z")), DAY, "text published",
    ),
    "the address": (
        page(_STORY, "<link rel='canonical' href='https://tidings.example/2021/mar/04/lamp'>"
                     + meta(article__modified_time="2022-01-15")), DAY, "address",
    ),
}  # fmt: skip
