"""A document of every format that newsactors reads, to damage; and which readers a document meets.

`test_damaged.py` fails if a reader, an export or a shape of records has no document here.

Belongs here: the one list of documents (`DOCUMENTS`), and what the package lists (`registered`).
Does not belong here: writing a format (`formats.files` and the modules beside it), damaging
(`formats.fuzz`).
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from types import FrameType
from typing import Any

import etl.readers
from etl.readers import read_file
from etl.readers.exports import TEXT_EXPORTS
from etl.readers.exports.pages import PAGE_EXPORTS
from etl.readers.exports.unread import UnreadExport
from etl.readers.field_mapping import FieldMapping, shapes
from formats import database_exports, files, nexis_proquest
from formats.files import STORY, Story

_ENTRIES = {"read", "read_page", "parts_of", "articles_of"}
"""Names of the functions by which readers, exports and documents are read."""


def _record(shape: FieldMapping, story: Story) -> dict[str, Any]:
    """Return a record with a value in the first field of each kind, and in all that it needs."""
    values = {"headline": story.headline, "body": story.body, "outlet": story.outlet,
              "authors": story.author, "date": story.day, "url": story.url,
              "language": "en"}  # fmt: skip
    named = ((getattr(shape, kind)[:1], value) for kind, value in values.items())
    paths = {path: value for first, value in named for path in first}
    record: dict[str, Any] = {}
    for path, value in {**dict.fromkeys(shape.needs, story.day), **paths}.items():
        *above, last = path.split(".")
        inner = record
        for name in above:
            if not isinstance(inner.get(name), dict):
                inner[name] = {}
            inner = inner[name]
        if not isinstance(inner.get(last), dict):
            inner[last] = value
    return record


def of_shape(shape: FieldMapping, story: Story) -> bytes:
    """Return a JSON document with two records of a shape, in the list where it has them."""
    document: Any = [_record(shape, story), _record(shape, story)]
    for name in reversed(shape.records[0].split(".") if shape.records else ()):
        document = {name: document}
    return json.dumps(document, ensure_ascii=False).encode()


def _transcript(story: Story) -> bytes:
    turns = "\n".join(
        f"{'ANNA VELL' if n % 2 else 'OSK LIND'}, HOST: {paragraph}"
        for n, paragraph in enumerate(story.paragraphs)
    )
    top = f"TRANSCRIPT\n\n{story.headline}\n{story.outlet}\nAired {story.day}\n\n"
    return f"{top}{turns}\n".encode()


def _genios(story: Story) -> bytes:
    return (
        f"{story.outlet} vom 03.04.2025, S. 4\n{story.headline}\n{story.body}\n"
        f"Quelle: {story.outlet}\nDokumentnummer: 4711\n"
        "© GBI-Genios Deutsche Wirtschaftsdatenbank GmbH\n"
    ).encode()


def _genios_page(story: Story) -> bytes:
    return (
        f"<html><body><pre class='docTitle'>{story.headline}</pre><pre class='docSource'>"
        f"{story.outlet}</pre>{story.elements}</body></html>"
    ).encode()


def _europresse_text(story: Story) -> bytes:
    return (
        f"{story.headline}\n\n{story.body}\n\n© 2025 {story.outlet}. Le présent certificat est "
        "émis à l'Université.\n\nnews·20250403·HC·4711\n"
    ).encode()


def _twice(write: Callable[..., bytes], story: Story) -> bytes:
    return write(story, story)


def _links(story: Story) -> bytes:
    return f"url,title\n{story.url},{story.headline}\n{story.url}/2,{story.headline}\n".encode()


_EXPORTS = {
    f"{database}-{name}": write
    for database, layouts in (
        ("factiva", {**database_exports.FACTIVA, **database_exports.FACTIVA_TEXT}),
        ("europresse", database_exports.EUROPRESSE),
    )
    for name, write in layouts.items()
    if write not in files.EXPORTS.values()
}
BUILDERS: dict[str, Callable[[Story], bytes]] = {
    **files.BUILDERS,
    **{name: partial(_twice, write) for name, write in nexis_proquest.WRITERS.items()},
    **{name: partial(files.exported, write) for name, write in _EXPORTS.items()},
    **{f"shape-{shape.name}.json": partial(of_shape, shape) for shape in shapes()},
    "transcript.txt": _transcript,
    "links.csv": _links,
    "genios.txt": _genios,
    "genios.html": _genios_page,
    "europresse.txt": _europresse_text,
}
DOCUMENTS = {name: build(STORY) for name, build in BUILDERS.items()}
"""A document of every format and layout, by file name. A new format needs one here."""


@cache
def registered() -> frozenset[str]:
    """Return what the package lists: modules of readers, exports, and shapes of records.

    A module with a `name` and an entry is a reader, be it in a list or called by a container.
    """
    found = {
        module.__name__
        for at in pkgutil.walk_packages(etl.readers.__path__, "etl.readers.")
        if isinstance(getattr(module := importlib.import_module(at.name), "name", None), str)
        and any(callable(getattr(module, entry, None)) for entry in _ENTRIES)
    }
    exports: Sequence[object] = (*TEXT_EXPORTS, *PAGE_EXPORTS)
    found |= {f"export {export.name}" for export in exports if isinstance(export, UnreadExport)}
    return frozenset(found | {f"shape {shape.name}" for shape in shapes()})


def met_by(name: str, data: bytes) -> set[str]:
    """Return the readers, exports and shapes that a document meets when it is read."""
    met: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        module, function = frame.f_globals.get("__name__", ""), frame.f_code.co_name
        if not module.startswith("etl.readers"):
            return
        if event == "call" and function in _ENTRIES:
            export = frame.f_locals.get("self")
            met.add(f"export {export.name}" if isinstance(export, UnreadExport) else module)
        if event == "return" and function == "article_of_record" and "mapping" in frame.f_locals:
            met.add(f"shape {frame.f_locals['mapping'].name}")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        read_file(data, name)
    finally:
        sys.setprofile(before)
    return met
