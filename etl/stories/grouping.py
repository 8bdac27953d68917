"""Groups matching articles into stories with stable ids.

Belongs here: ids, merging stories, and what is kept of a story when one of its articles is
forgotten. Pure: articles arrive in the order in which they were first seen. Does not belong here:
which texts match (`lineage`), and tables (`assign`).

A story is a connected component of the graph of matches. An arriving article joins the stories of
all articles that its text matches, which merges those stories. The story seen first keeps its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Order = tuple[int, int]
"""Manifest sequence and item at which something was first seen."""

FIRST, TEXT, KEPT = "first", "text", "kept"
"""How an article got its story when it was first seen. `first`: nothing earlier matched. `text`:
its text matches an earlier one. `kept`: it was in the story when another article of it was
forgotten, and nothing that is left matches."""


@dataclass(frozen=True, slots=True)
class Match:
    """An earlier article whose text matches, and the share of the shorter text in the other."""

    article_id: str
    seen: Order
    containment: float


@dataclass(frozen=True, slots=True)
class Membership:
    """An article's story, the method, and for `TEXT` the earlier article it matches best."""

    article_id: str
    story_id: str
    method: str
    containment: float | None = None
    matched_article_id: str | None = None


@dataclass(frozen=True, slots=True)
class KeptStory:
    """A story at the time when one of its articles was forgotten; keeps the others together.

    The manifest holds it beside the tombstone. `former_ids` are the ids that redirect to it.
    """

    story_id: str
    sequence: int
    item: int
    article_ids: tuple[str, ...]
    former_ids: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> KeptStory:
        values = dict(record)
        for name in ("article_ids", "former_ids"):
            values[name] = tuple(values[name])
        return cls(**values)


def story_id_of(article_id: str) -> str:
    """Return the id of the story that begins with this article."""
    return f"S{article_id}"


@dataclass
class Grouping:
    """The known stories; `arrive` takes the next article text in order.

    Starts with the stories of the articles concerned, when those were first seen, and redirects.
    Collects changes in `memberships` and `moved`.
    """

    story_of: dict[str, str] = field(default_factory=dict)
    first_seen: dict[str, Order] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """Redirects from given-up ids, perhaps in several steps: see `current`."""
    kept: Mapping[str, list[KeptStory]] = field(default_factory=dict)
    """Stories that an article belongs to, whatever its text matches."""
    memberships: dict[str, Membership] = field(default_factory=dict)

    def current(self, story_id: str) -> str:
        """Return the id of a story now, following redirects."""
        while story_id in self.moved:
            story_id = self.moved[story_id]
        return story_id

    def arrive(self, article_id: str, seen: Order, matches: Iterable[Match]) -> None:
        """Add an article text, of a new article or a new version, with its matches.

        A new version may join further stories. It never leaves its own, since it shares half of an
        earlier version.
        """
        matches = list(matches)
        best = min(matches, key=lambda m: (-m.containment, m.seen), default=None)
        is_new = article_id not in self.story_of
        stories = {self.current(self.story_of[match.article_id]) for match in matches}
        if not is_new:
            stories.add(self.current(self.story_of[article_id]))
        for kept in self.kept.get(article_id, ()):
            stories.add(self._revived(kept))
        stories = {self.current(story) for story in stories}
        if stories:
            story_id = min(stories, key=lambda story: (self.first_seen[story], story))
        else:
            story_id = story_id_of(article_id)
            self.first_seen[story_id] = seen
        for other in stories - {story_id}:
            self.moved[other] = story_id
        self.story_of[article_id] = story_id
        if is_new and best is not None:
            self.memberships[article_id] = Membership(
                article_id, story_id, TEXT, best.containment, best.article_id
            )
        elif is_new:
            method = KEPT if stories else FIRST
            self.memberships[article_id] = Membership(article_id, story_id, method)

    def _revived(self, kept: KeptStory) -> str:
        story_id = self.current(kept.story_id)
        self.first_seen.setdefault(story_id, (kept.sequence, kept.item))
        for former in kept.former_ids:
            if self.current(former) != story_id:
                self.moved[former] = story_id
        return story_id
