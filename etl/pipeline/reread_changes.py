"""What reading a file again changes: what becomes of each of its articles, and of their ids.

Belongs here: the records of a change, and the decision which ids stay or redirect. Does not belong
here: finding the files that change (`etl.pipeline.reread_plan`), matching texts
(`etl.pipeline.match_articles`), layout (`etl.cli.reread`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from etl.pipeline.match_articles import Matches
from etl.pipeline.read_archived import candidate_id
from etl.storage.archive import Entry
from etl.storage.article_successions import Successions
from etl.storage.quarantine import QuarantinedItem
from etl.storage.staged_tables import ReadArticle

Fate = Literal["changes", "splits", "redirects", "vanishes"]
"""'changes': the article keeps its id. 'splits': several articles hold its text. 'redirects': one
other does. 'vanishes': none does."""


@dataclass(frozen=True)
class Former:
    """A loaded article of a file that changes: what becomes of it, and the ids that replace its."""

    article_id: str
    headline: str | None
    fate: Fate
    becomes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Today:
    """An article as today's readers read it. `is_new`: no loaded article of its file held it."""

    article_id: str
    headline: str | None
    outlet: str | None
    published_on: date | None
    format: str
    is_new: bool


@dataclass
class FileChange:
    """A file that is read otherwise today. The counts include the articles that stay the same.

    `rejected` holds reason and detail of each item that would go to quarantine. `withheld` counts
    articles that are not read, because they may be parts of a forgotten one.
    """

    path: str
    sequence: int
    before: int
    after: int
    formats_before: tuple[str, ...]
    formats: tuple[str, ...]
    former: list[Former] = field(default_factory=list)
    today: list[Today] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    withheld: int = 0

    @property
    def is_detail(self) -> bool:
        """Whether texts and ids stay, and only other values change, such as a time or a method."""
        return self.before == self.after and not (self.former or self.today or self.withheld)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Rereading:
    """A changed file with all that is needed to stage it again.

    `entries` are the manifest lines that brought these bytes; the articles belong to the first.
    """

    change: FileChange
    entries: list[Entry]
    reads: list[ReadArticle]
    rejected: list[QuarantinedItem]
    successions: Successions


@dataclass(frozen=True)
class Ids:
    """The ids in use: by the id that a text would get the one that it keeps, and the live ones."""

    kept: Mapping[str, str]
    is_live: Callable[[Sequence[str]], Collection[str]]
    led_here: Callable[[str], Sequence[str]]
    """Returns the given-up ids that lead to an article."""

    def of(self, read: ReadArticle, new: Successions) -> str:
        """Return the id that an article gets."""
        candidate = candidate_id(read)
        return new.kept.get(candidate) or self.kept.get(candidate, candidate)


def decide_fates(
    former: Sequence[Mapping[str, Any]],
    today: Sequence[ReadArticle],
    found: Matches,
    allowed: Collection[int],
    changed: Collection[int],
    ids: Ids,
    new: Successions,
) -> list[Former]:
    """Return what becomes of each former article, and record in `new` which ids stay or redirect.

    `former` are the loaded articles of the file whose text is read otherwise, `today` all that is
    read now: `allowed` are the numbers of those that may be read, `changed` of those that are not
    loaded. An article keeps its id unless another one has that text already.
    """
    live = ids.is_live([candidate_id(read) for read in today])
    fates = []
    for number, row in enumerate(former):
        article_id, headline = row["article_id"], row["headline"]
        same = found.same.get(number)
        parts = {n: share for n, share in found.parts.get(number, {}).items() if n in allowed}
        if same is not None and same in allowed and same in changed:
            candidate = candidate_id(today[same])
            owner = new.kept.get(candidate) or ids.kept.get(candidate)
            if (owner or (candidate if candidate in live else article_id)) == article_id:
                if candidate != article_id:
                    new.kept[candidate] = article_id
                fates.append(Former(article_id, headline, "changes", (article_id,)))
                continue
            parts = {same: parts.get(same, 0.0)}
        for part, share in parts.items():
            for gone in (article_id, *ids.led_here(article_id)):
                new.parts[gone, today[part].content_sha256] = share
        becomes = tuple(dict.fromkeys(ids.of(today[part], new) for part in sorted(parts)))
        fate: Fate = "splits" if len(becomes) > 1 else "redirects" if becomes else "vanishes"
        fates.append(Former(article_id, headline, fate, becomes))
    return fates


def describe_today(read: ReadArticle, ids: Ids, new: Successions, *, is_new: bool) -> Today:
    """Return an article as today's readers read it, under the id that it gets."""
    a = read.article
    return Today(ids.of(read, new), a.headline, a.outlet, a.published_on, a.source_format, is_new)
