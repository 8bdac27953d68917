"""The summary of a preview, in the numbers that an ingest of the same files would report.

Belongs here: which items count as new articles, copies or versions. Does not belong here: reading
and comparing the items (`etl.pipeline.preview`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from etl.pipeline.preview import Preview
from etl.query.display import counted
from etl.readers.language import ENGLISH


@dataclass
class Tally:
    """Counts the items of a preview, as the summary of an ingest counts them."""

    items: int = 0
    rejected: int = 0
    known: int = 0
    versions: int = 0
    new: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    """By its first item each article that no ingested file holds: is it undated, is it foreign?"""

    def add(self, row: Preview) -> None:
        here = f"{row.path} {row.item}"
        self.items += 1
        self.known += row.is_known
        if row.is_known:
            self.new.pop(row.same_as or here, None)
        elif row.reason is not None:
            self.rejected += 1
        elif row.same_address_as is not None and row.same_as is None:
            self.versions += 1
        elif row.same_as is None:
            is_foreign = row.language not in (None, ENGLISH)
            self.new[here] = row.day is None, is_foreign

    def __str__(self) -> str:
        undated, foreign = (sum(flags[n] for flags in self.new.values()) for n in (0, 1))
        kinds = [f"{undated:,} without a day"] * bool(undated)
        kinds += [f"{foreign:,} not in English"] * bool(foreign)
        parts = [counted(len(self.new), "new article") + f" ({', '.join(kinds)})" * bool(kinds)]
        if self.versions:
            parts.append(f"{counted(self.versions, 'possible new version')} of these")
        copies = self.items - self.known - self.rejected - self.versions - len(self.new)
        parts += [counted(copies, "more item") + " the same as another"] * bool(copies)
        parts += [f"{self.rejected:,} to quarantine"]
        parts += [counted(self.known, "item") + " in files ingested before"] * bool(self.known)
        return ", ".join(parts)
