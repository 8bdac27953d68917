"""A pattern of paths to propose, if the folders of an inbox look like outlets.

Articles that name no outlet, in several folders beside each other whose names look like titles of
newspapers, below the paths that the user named: then the user is shown the entry of `fields.yaml`
that takes the outlet from the folder. It is only shown: a folder may as well be named after a
search, and only the user knows.

Belongs here: finding such folders. Does not belong here: applying a pattern
(`etl.readers.path_values`), showing the proposal (`etl.cli.ingest`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from etl.domain import word_set
from etl.schema.name_folding import fold_outlet
from etl.settings import RESOURCES

_DATE = re.compile(r"\d{4}[-_.]?\d{2}[-_.]?\d{2}")
_TITLE = re.compile(r"[^\W\d_]{2}")
_MAX_FOLDERS = 10_000
_NOT_OUTLETS = word_set(
    "archive archives article articles corpus csv data docs documents downloads en english export "
    "exports files html inbox input json mail news old output pdf raw samples test text texts txt "
    "tmp unsorted xml january february march april may june july august september october november "
    "december"
)


@dataclass
class PathProposal:
    """Counts the folders of articles that name no outlet.

    `roots` are the recorded paths that are read. Folders above them say nothing about what is in
    them, and neither does the name of a single one.
    """

    roots: Sequence[str] = ()
    found: set[tuple[str, str, str]] = field(default_factory=set)
    """Patterns of folders and of files, and the folder that they would take for the outlet."""

    def add(self, path: str) -> None:
        """Note the path of an article without outlet; archive members count as files."""
        *folders, file = self._below(path).replace("!/", "/").split("/")
        if len(self.found) >= _MAX_FOLDERS:
            return
        below: list[str] = []
        while folders:
            folder = folders.pop()
            if _looks_like_outlet(folder):
                named = _named(below)
                is_dated = not {"{date}", "{day}"} & {*named} and _DATE.match(file)
                pattern = "/".join(["{outlet}", *named])
                self.found.add((pattern, "{date}*" if is_dated else "*", folder))
                return
            below.insert(0, folder)

    def _below(self, path: str) -> str:
        """Return the part of a path below the root that it was found in."""
        of_path = (r.rstrip("/") for r in self.roots if path.startswith(r.rstrip("/") + "/"))
        root = max((*of_path, *(r for r in self.roots if r == path)), key=len, default="")
        if root and (len(self.roots) > 1 or root == path):
            root = root.rpartition("/")[0]
        return path[len(root) :].lstrip("/") if root else path

    def entries(self) -> tuple[list[str], list[str]]:
        """Return lines for `fields.yaml` and the outlets that they would name; empty for none.

        One folder is enough if it has the name of a known outlet, otherwise two.
        """
        outlets: dict[str, set[str]] = {}
        for pattern, _, folder in self.found:
            outlets.setdefault(pattern, set()).add(folder)
        best = max(outlets, key=lambda p: (len(outlets[p]), p), default="")
        names = sorted(outlets.get(best, ()))
        if len(names) < 2 and not any(fold_outlet(name) in _known() for name in names):
            return [], []
        files = {file for pattern, file, _ in self.found if pattern == best}
        return [f'- path: "{best}/{file}"' for file in sorted(files, reverse=True)], names


def _looks_like_outlet(folder: str) -> bool:
    """Whether a folder is named as newspapers are: a known title, a host, capitals, several words.

    One word in lower case ("misc", "transcripts") is more often a kind of file.
    """
    name = folder.casefold().strip()
    is_known = fold_outlet(folder) in _known()
    # An archive or a dump has a suffix; a title hardly has one, except that of a web site.
    has_suffix = re.search(r"\.(zip|tar|tgz|gz|bz2|xz|zst|warc|jsonl?|csv|xml|eml|mbox)\b", name)
    is_plain = name.isalnum() and not any(c.isupper() for c in folder)
    return is_known or (
        _TITLE.search(name) is not None
        and not (is_plain and name.isascii())
        and not has_suffix
        and _DATE.search(name) is None
        and not set(re.split(r"[\W_]+", name)) <= _NOT_OUTLETS | {""}
    )


def _named(folders: list[str]) -> list[str]:
    """Return the parts of a pattern for the folders between the outlet's and the file."""
    if len(folders) >= 3 and re.fullmatch(r"\d{4}/\d{1,2}/\d{1,2}", "/".join(folders[:3])):
        return ["{year}", "{month}", "{day}", *["*"] * (len(folders) - 3)]
    named = ["{date}" if _DATE.fullmatch(folder) else "*" for folder in folders]
    return named if named.count("{date}") < 2 else ["*"] * len(folders)


@cache
def _known() -> frozenset[str]:
    """Return the outlets of the reference data, folded."""
    file = RESOURCES / "seeds" / "reference" / "outlets.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        found = [(row["alias"], row["outlet"]) for row in csv.DictReader(rows)]
    return frozenset(fold_outlet(name) for names in found for name in names)
