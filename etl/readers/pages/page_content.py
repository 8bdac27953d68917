"""What trafilatura finds in a page: the body, and the title, site and authors that it shows.

Belongs here: calling trafilatura. Does not belong here: what the page's own metadata says, and
which of the values counts (`readers.pages.html_page`), days (`readers.pages.page_dates`).

Trafilatura (Barbaresi 2021, "Trafilatura: A Web Scraping Library and Command-Line Tool for Text
Discovery and Extraction") has one function for all metadata. Categories, licences, the day, and
authors that a page states already, took a fifth of the time of a page, and are not used. So its
functions for single values are called here, on the tree that is there already.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

_AND = "\u214b"
"""Stands for "&" while trafilatura reads a page, because it decodes entities a second time: a text
that shows "Food&region" would read "Food®ion". It is a turned ampersand, which no news text uses;
trafilatura removes characters that can't be printed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows as its title, site and authors; None or empty if it shows none."""

    title: str | None
    site: str | None
    authors: tuple[str, ...]


def body_of(text: str, url: str | None) -> str | None:
    """Return the body of a page, paragraphs between blank lines; None if there is too little."""
    found = _extraction()(text.replace("&amp;", _AND), url=url)
    if found is None:
        return None
    lines = (found.text or "").replace(_AND, "&").split("\n")
    return "\n\n".join(line for line in lines if line.strip())


def shown_in(tree: Any, url: str | None, *, has_authors: bool) -> Shown:
    """Return what a page shows; its authors only if it doesn't state them (`has_authors`)."""
    from trafilatura import metadata as values

    found = values.examine_meta(tree)
    with suppress(Exception):  # bugs in its reading of JSON, which its own caller ignores, too
        found = values.extract_meta_json(tree, found)
    author = None if has_authors else found.author or values.extract_author(tree)
    site = (found.sitename or values.extract_sitename(tree) or "").lstrip("@")
    if site and "." not in site and not site[0].isupper():
        site = site.title()
    if not site and (address := values.META_URL.match(values.extract_url(tree, url) or "")):
        site = address[1]
    title = found.title or values.extract_title(tree)
    return Shown(title, site or None, tuple(author.split("; ")) if author else ())


@cache
def _extraction() -> Callable[..., Any]:
    """Return trafilatura's extraction with our settings; imported for the first page (0.5 s)."""
    import trafilatura
    from trafilatura.settings import use_config

    for library in ("trafilatura", "htmldate", "courlan", "justext"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    config = use_config()
    # The timeout uses a signal, which works in the main thread only.
    config.set("DEFAULT", "EXTRACTION_TIMEOUT", "0")
    return partial(
        trafilatura.bare_extraction,
        include_comments=False,
        include_tables=False,
        with_metadata=False,
        config=config,
    )
