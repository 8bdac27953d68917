"""Turns a record of named fields (a JSON object, a CSV row, front matter) into an article.

Belongs here: applying field mappings to one record. Does not belong here: the mappings
(`readers.field_mapping`), finding records in a file (`json_records`, `delimited`, `markdown`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Values
from dataclasses import replace
from functools import lru_cache
from typing import Any

from etl.domain import Article
from etl.readers.base import Rejected
from etl.readers.field_mapping import TEXTS, FieldMapping, shapes
from etl.readers.markup import looks_like_markup, text_of
from etl.readers.names import family_first_list
from etl.readers.reader import Part
from etl.readers.records.csl import flattened
from etl.readers.records.draft_mapping import draft
from etl.readers.records.named_fields import letters_of_name, spelled
from etl.readers.records.prose import is_prose
from etl.readers.source import Source, TooSlow, too_slow
from etl.readers.source_metadata import SourceMetadata, article
from etl.readers.truncation import is_withheld, without_cut_mark

_MAX_LIST = 50
LINK_REMEDY = "fetch the page yourself and ingest it: newsactors never fetches links found in files"


def mappings_for(source: Source) -> tuple[FieldMapping, ...]:
    """Return the user's mappings for this path, then the known shapes."""
    return (*(m for m in source.mappings if m.path is None and m.is_for(source.path)), *shapes())


def own_values(record: Values[Any, object], source: Source) -> set[str]:
    """Return which values of an article a record has under any known name."""
    known = _known_paths(mappings_for(source))
    _, record = spelled(record)
    return {
        name
        for field in record
        for name, path in known.get(field, ())
        if any(isinstance(value, str) and value.strip() for value in _values(record, path))
    }


@lru_cache(maxsize=8)
def _known_paths(mappings: tuple[FieldMapping, ...]) -> dict[object, list[tuple[str, str]]]:
    """Return the values and their paths in any mapping, by the first field of the path."""
    known: dict[object, list[tuple[str, str]]] = {}
    for name in ("headline", "body", "url"):
        for path in dict.fromkeys(path for mapping in mappings for path in getattr(mapping, name)):
            for first in {path, path.split(".", 1)[0]}:
                known.setdefault(first, []).append((name, path))
    return known


def part_of(record: object, source: Source, source_format: str, where: str) -> Part:
    """Return the article in a record, or its rejection, which names the place `where` it is."""
    try:
        return article_of_record(record, source, source_format)
    except Rejected as rejected:
        rejection = rejected.rejection.at(where)
        if source.is_drafting and rejection.reason == "unmapped" and isinstance(record, Values):
            rejection = replace(rejection, draft=draft(record, source.path))
        return rejection
    except TooSlow:  # only this record is given up
        return too_slow(source.budget.limits).at(where)


def article_of_record(record: object, source: Source, source_format: str) -> Article:
    """Return the article in a record. Raises Rejected."""
    if not isinstance(record, Values):
        raise Rejected("unmapped", f"expected a record, found a {type(record).__name__}", _REMEDY)
    named = flattened(record)
    mapping, record, body, is_cut = _chosen(named, source)
    if looks_like_markup(body):
        body = text_of(body)
    metadata = SourceMetadata(
        mapping.name,
        body=body,
        headline=_plain(_text(record, mapping.headline)),
        outlet=_plain(_text(record, mapping.outlet)) or mapping.outlet_is,
        authors=_authors(record, mapping),
        dates=[
            (value, f"field {path}", mapping.date_format)
            for path in mapping.date
            for value in _values(record, path)
            if not isinstance(value, Values | list)  # the "data" of an API is no day
        ],
        url=_text(record, mapping.url),
        language=_text(record, mapping.language) or mapping.language_is,
        are_single_names=mapping.is_of_references,
        is_complete=mapping.is_of_references,
        is_truncated=is_cut,
    )
    read = article(metadata, source, source_format)
    if read.headline and read.outlet and read.published_on:
        return read
    return replace(read, unread_fields=_unread(named, mapping))


_REMEDY = "describe the fields in fields.yaml: `newsactors quarantine show` prints an entry for it"
_MAX_TITLE = 80
_MAX_UNREAD = 12
_NO_AUTHOR = {"none", "null", "unknown", "n/a", "nan"}


def _chosen(
    record: Values[Any, object], source: Source
) -> tuple[FieldMapping, Values[Any, object], str, bool]:
    """Return the first mapping that fits the record, its fields as the mapping finds them, and the
    body with whether the source cut it.

    The fields by which a known shape is recognised must be spelled as it spells them. Names that
    people chose are found in any spelling.
    """
    names = ", ".join(str(name)[:40] for name in list(record)[:12]) or "none"
    as_written, record = spelled(record)
    is_known = False
    for mapping in mappings_for(source):
        fields = as_written if mapping.needs else record
        if all(next(_values(fields, path), None) is not None for path in mapping.needs):
            if body := _text(fields, mapping.body):
                return mapping, fields, *_whole(fields, mapping, body)
            is_known = is_known or bool(mapping.needs) or any(p in fields for p in mapping.body)
    headlines = (_text(record, mapping.headline) for mapping in mappings_for(source))
    title = next((f" (“{text[:_MAX_TITLE]}”)" for text in headlines if text), "")
    if withheld := next(
        (v for v in record.values() if isinstance(v, str) and is_withheld(v)), None
    ):
        raise Rejected(
            "empty",
            f"the source withholds the text: “{withheld.strip()}” (fields: {names})",
            "nothing to do if the publisher removed it; else fetch the article with its text",
        )
    if link := _link(record, source):
        raise Rejected(
            "empty",
            f"the record has no text, only a link: {link}{title}",
            LINK_REMEDY,
        )
    if is_known:
        raise Rejected(
            "empty",
            f"the record has no text (fields: {names}){title}",
            "fetch the article with its text and ingest that",
        )
    raise Rejected("unmapped", f"no field is known to hold the text: {names}", _REMEDY)


def _whole(record: Values[Any, object], mapping: FieldMapping, body: str) -> tuple[str, bool]:
    """Return the text of a record and whether it is cut: if so, the longest that it has.

    NewsAPI cuts the content after some 200 characters, and may give a longer description.
    """
    kept, is_cut = without_cut_mark(body)
    if not is_cut:
        return body, False
    others = (_text(record, (path,)) for path in mapping.body)
    longest = max(filter(None, others), key=lambda text: len(without_cut_mark(text)[0]))
    return longest if len(without_cut_mark(longest)[0]) > len(kept) else body, True


def _unread(record: Values[Any, object], mapping: FieldMapping) -> tuple[str, ...]:
    """Return the names of the fields with a value that the mapping takes nothing from."""
    paths = [path for name in TEXTS for path in getattr(mapping, name)]
    taken = {letters_of_name(part) for path in paths for part in (path, path.split(".", 1)[0])}
    filled = (
        str(name)[:40]
        for name, value in record.items()
        if letters_of_name(str(name)) not in taken
        and (isinstance(value, int | float) or (isinstance(value, str) and value.strip()))
    )
    return tuple(filled)[:_MAX_UNREAD]


def _authors(record: Values[Any, object], mapping: FieldMapping) -> list[str]:
    names = [text for text in _all(record, mapping.authors) if text.lower() not in _NO_AUTHOR]
    if mapping.is_of_references:
        return [name for text in names for name in family_first_list(text)]
    return names


def _link(record: Values[Any, object], source: Source) -> str | None:
    """Return the address if the record is a list entry with a headline and a link but no text.

    A running text under an unknown field name means that the mapping is missing, so None.
    """
    if any(isinstance(v, str) and is_prose(v) for v in record.values()):
        return None
    for mapping in mappings_for(source):
        if _text(record, mapping.headline) and (url := _text(record, mapping.url)):
            return url if re.fullmatch(r"https?://\S+", url) else None
    return None


def _values(record: object, path: str) -> Iterator[object]:
    """Yield the values at a path, flattening lists on the way and skipping nulls."""
    if isinstance(record, list):
        for entry in record[:_MAX_LIST]:
            yield from _values(entry, path)
    elif isinstance(record, Values):
        if path in record:
            value = record[path]
            yield from (v for v in (value if isinstance(value, list) else [value]) if v is not None)
        elif "." in path:
            first, rest = path.split(".", 1)
            if first in record:
                yield from _values(record[first], rest)


def _all(record: object, paths: tuple[str, ...]) -> list[str]:
    """Return the texts of the first path that has any, without those that the source withholds."""
    for path in paths:
        texts = (v.strip() for v in _values(record, path) if isinstance(v, str))
        if found := [text for text in texts if text and not is_withheld(text)]:
            return found[:_MAX_LIST]
    return []


def _text(record: object, paths: tuple[str, ...]) -> str | None:
    """Return the text of the first path that has any; a list is joined as paragraphs."""
    found = _all(record, paths)
    return "\n\n".join(found) if found else None


def _plain(text: str | None) -> str | None:
    return text_of(text) if text and looks_like_markup(text) else text
