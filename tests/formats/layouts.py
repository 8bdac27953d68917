"""The same article in pages of twelve site layouts with different content around it."""

from __future__ import annotations

from formats.files import HEADLINE, OUTLET, PARAGRAPHS

MORE = (
    "The bank’s shares, which had halved since the first files were printed, rose by a tenth in "
    "early trading. Analysts warned that the size of the losses was still not known.",
    "Ms Tarrish has worked for Keldane for nineteen years, most of them in its small branches "
    "along the Sound. She said that she would give the post up once a new chief was found.",
)
TEXT = (*PARAGRAPHS, *MORE)
_P = "".join(f"<p>{p}</p>" for p in TEXT)
_NAV = "".join(f"<li><a href='/{n}'>{n}</a></li>" for n in ("Home", "News", "Sport", "Weather"))
_TEASERS = "".join(
    f"<div class='teaser'><a href='/{n}'><h3>Storm Hesper nears the islands {n}</h3></a>"
    "<p>Ferries stay in port until Friday.</p></div>"
    for n in range(6)
)
_COMMENTS = "".join(
    f"<div class='comment'><b>user{n}</b><p>I never trusted that bank, and never will.</p></div>"
    for n in range(5)
)
_FOOT = "<footer><p>© 2025 All rights reserved. Imprint. Privacy. Contact.</p></footer>"


def _page(body: str, head: str = "") -> str:
    head = f"<head><title>{HEADLINE}</title>{head}</head>"
    return f"<!DOCTYPE html><html>{head}<body>{body}</body></html>"


LAYOUTS: dict[str, str] = {
    "semantic": _page(f"<nav><ul>{_NAV}</ul></nav><main><article><h1>{HEADLINE}</h1>{_P}"
                      f"</article></main><aside>{_TEASERS}</aside>{_FOOT}"),
    "divs": _page(f"<div id='menu'><ul>{_NAV}</ul></div><div id='wrap'><div class='story-body'>"
                  f"<h1>{HEADLINE}</h1>{_P}</div><div class='sidebar'>{_TEASERS}</div></div>"
                  f"<div id='footer'>{_FOOT}</div>"),
    "tables": _page(f"<table><tr><td><ul>{_NAV}</ul></td><td><h1>{HEADLINE}</h1>{_P}</td>"
                    f"<td>{_TEASERS}</td></tr></table>{_FOOT}"),
    "comments": _page(f"<article><h1>{HEADLINE}</h1>{_P}</article>"
                      f"<section id='comments'><h2>Comments</h2>{_COMMENTS}</section>{_FOOT}"),
    "adverts": _page("<article><h1>" + HEADLINE + "</h1>" + "".join(
        f"<p>{p}</p><div class='ad advertisement'>Advertisement</div>" for p in TEXT
    ) + f"</article>{_FOOT}"),
    "blog": _page(f"<div class='hentry post'><h2 class='entry-title'>{HEADLINE}</h2>"
                  f"<div class='entry-content'>{_P}</div><div class='sharedaddy'>Share on X</div>"
                  f"</div><div class='widget'><h3>Archive</h3><ul>{_NAV}</ul></div>"),
    "breaks": _page(f"<div class='article-text'><h1>{HEADLINE}</h1>{'<br><br>'.join(TEXT)}</div>"
                    f"{_FOOT}"),
    "live": _page(f"<header><ul>{_NAV}</ul></header><div class='article__body'><h1>{HEADLINE}</h1>"
                  + "".join(f"<section><p>{p}</p></section>" for p in TEXT) + f"</div>{_FOOT}"),
    "related": _page("<article><h1>" + HEADLINE + "</h1>" + "".join(
        f"<p>{p}</p>" for p in TEXT[:2]
    ) + f"<div class='related-articles'><h4>Related</h4>{_TEASERS}</div>" + "".join(
        f"<p>{p}</p>" for p in TEXT[2:]
    ) + f"</article>{_FOOT}"),
    "amp": _page(f"<main role='main'><h1>{HEADLINE}</h1><amp-img src='a.jpg'></amp-img>"
                 f"<div class='post-content' itemprop='articleBody'>{_P}</div></main>{_FOOT}"),
    "print": _page(f"<h1>{HEADLINE}</h1>{_P}<hr><p>Printed from {OUTLET}</p>"),
    "cookie": _page("<div class='cookie-banner'><p>We use cookies to improve what you see. "
                    "Accept all cookies or choose yourself what you accept.</p></div>"
                    f"<article class='story'><h1>{HEADLINE}</h1>{_P}</article>"
                    f"<div class='newsletter'><p>Sign up for our newsletter</p></div>{_FOOT}"),
}  # fmt: skip
