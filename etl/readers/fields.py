"""A record of named fields (a JSON object, a row of CSV, front matter) as an article.

Belongs here: applying mappings to one record. Does not belong here: the mappings (`mappings`) and
how records stand in a file (`json_records`, `delimited`, `markdown`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Values

from etl.domain import Article
from etl.readers.base import Rejected
from etl.readers.field_mapping import FieldMapping, shapes
from etl.readers.markup import looks_like_markup, text_of
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article

_CUT_OFF = re.compile(r"(?:…|\.\.\.)?\s*\[\+\d{1,9} chars\]\s*\Z")
_MAX_MARK = 40
_MAX_LIST = 50
_MAX_LINK = 500


def mappings_for(source: Source) -> tuple[FieldMapping, ...]:
    """The user's mappings for this path, then the known shapes."""
    return (*(m for m in source.mappings if m.is_for(source.path)), *shapes())


def part_of(record: object, source: Source, source_format: str, where: str) -> Part:
    """The article in a record, or why there is none; `where` it stands is said with that."""
    try:
        return article_of_record(record, source, source_format)
    except Rejected as verdict:
        rejection = verdict.rejection
        return type(rejection)(rejection.reason, f"{where}: {rejection.detail}", rejection.remedy)


def article_of_record(record: object, source: Source, source_format: str) -> Article:
    """The article. Raises Rejected."""
    if not isinstance(record, Values):
        raise Rejected("unmapped", f"a {type(record).__name__} where a record is expected", _REMEDY)
    mapping, body = _chosen(record, source)
    if looks_like_markup(body):
        body = text_of(body)
    told = SourceMetadata(
        mapping.name,
        body=_without_mark(body),
        headline=_plain(_text(record, mapping.headline)),
        outlet=_plain(_text(record, mapping.outlet)) or mapping.outlet_is,
        authors=[text for text in _all(record, mapping.authors) if text.lower() not in _NOBODY],
        dates=[
            (value, f"field {path}", mapping.date_format)
            for path in mapping.date
            for value in _values(record, path)
        ],
        url=_text(record, mapping.url),
        language=_text(record, mapping.language) or mapping.language_is,
    )
    return article(told, source, source_format)


_REMEDY = "say in fields.yaml which fields hold what (docs/formats.md)"
_NOBODY = {"none", "null", "unknown", "n/a", "nan"}


def _chosen(record: Values[object, object], source: Source) -> tuple[FieldMapping, str]:
    """The first mapping that fits the record, and the body that it finds."""
    is_known = False
    for mapping in mappings_for(source):
        if all(next(_values(record, path), None) is not None for path in mapping.needs):
            if body := _text(record, mapping.body):
                return mapping, body
            is_known = is_known or bool(mapping.needs) or any(p in record for p in mapping.body)
    names = ", ".join(str(name)[:40] for name in list(record)[:12]) or "none at all"
    if link := _link(record, source):
        raise Rejected(
            "empty",
            f"no text in the record, only a link: {link}",
            "fetch the page yourself and drop it in: nothing that a file names is fetched here",
        )
    if is_known:
        raise Rejected(
            "empty",
            f"no text in the record (fields: {names})",
            "fetch the article with its text, and drop that in",
        )
    raise Rejected("unmapped", f"none of the fields is known to hold a text: {names}", _REMEDY)


def _link(record: Values[object, object], source: Source) -> str | None:
    """The address in an entry of a list of links: a headline stands with it, and no longer text.

    Where there is one under an unknown name, its field is what must be said.
    """
    if any(isinstance(v, str) and len(v) > _MAX_LINK for v in record.values()):
        return None
    for mapping in mappings_for(source):
        if _text(record, mapping.headline) and (url := _text(record, mapping.url)):
            return url if re.fullmatch(r"https?://\S+", url) else None
    return None


def _values(record: object, path: str) -> Iterator[object]:
    """The values at a path, the items of lists on the way one by one; nothing for null."""
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


def _without_mark(body: str) -> str:
    """The body without NewsAPI's "… [+812 chars]"; searched for where it ends, not all over."""
    start = max(0, len(body) - _MAX_MARK)
    match = _CUT_OFF.search(body, start)
    return body[: match.start()].rstrip() if match else body


def _all(record: object, paths: tuple[str, ...]) -> list[str]:
    """The texts of the first path that has any."""
    for path in paths:
        found = [v.strip() for v in _values(record, path) if isinstance(v, str) and v.strip()]
        if found:
            return found[:_MAX_LIST]
    return []


def _text(record: object, paths: tuple[str, ...]) -> str | None:
    """The first text of the first path that has one; paragraphs in a list are joined."""
    found = _all(record, paths)
    return "\n\n".join(found) if found else None


def _plain(text: str | None) -> str | None:
    return text_of(text) if text and looks_like_markup(text) else text
