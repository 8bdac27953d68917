"""Page of one story: one text with its copies and versions, and what each changed.

Belongs here: the articles of a story, and the differences between their texts. Does not belong
here: which articles are one story (`etl.stories`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from etl.explorer.blocks import (
    Block,
    Change,
    Changes,
    Column,
    Link,
    Note,
    Page,
    Row,
    Section,
    Table,
)
from etl.explorer.view_request import NotFoundError, ViewRequest
from etl.explorer.views.links import titled
from etl.explorer.views.periods import long_day
from etl.query.display import counted

MAX_COMPARED = 12
"""Versions that are compared with the first; more would make a page that nobody reads."""
MAX_WORDS = 6_000
"""Words of each text that are compared. Two different texts of 6,000 words take difflib 0.01 s,
two of 2,000 words of four kinds 0.3 s."""
CONTEXT_WORDS = 8
_STORY = "select * from stories where story_id = $id"
_ARTICLES = """
select a.article_id, a.outlet, a.headline, a.published_on, a.word_count, s.containment
from article_metadata a join article_stories s using (article_id)
where s.story_id = $id order by not s.is_first, a.published_on, a.published_at, a.article_id
limit $limit
"""
_BODIES = "select article_id, body from articles where article_id in ({ids})"
"""With the ids as values, DuckDB reads the bodies of these articles only."""
_CONFLICTS = """
select c.quote_group_id, c.speaker_entity_id as entity_id, e.name, c.article_count, c.outlets,
  q.text, q.article_id
from attribution_conflicts c join entities e on e.entity_id = c.speaker_entity_id
join quotes q using (quote_id)
where c.quote_group_id in (
  select quote_group_id from quotes join article_metadata using (article_id) where story_id = $id
)
order by c.quote_group_id, c.article_count desc, e.name
"""


def story(request: ViewRequest) -> Page:
    """Return the page of the story `id`."""
    found = request.rows(_STORY, id=request.text("id"))
    if not found:
        raise NotFoundError(f"there is no story {request.text('id')!r}")
    row = found[0]
    articles = request.rows(_ARTICLES, id=row["story_id"], limit=request.row_limit(200))
    sections = [Section("In the order of their appearance", [_articles(articles)])]
    sections += _versions(request, articles)
    if conflicts := request.rows(_CONFLICTS, id=row["story_id"]):
        about = "The same words are given to different speakers: by the outlets, or by a mistake."
        sections.append(Section("Who said it?", [_conflicts(conflicts)], about))
    lead = f"{counted(row['article_count'], 'article')} of {counted(row['outlet_count'], 'outlet')}"
    if row["first_published_on"]:
        lead += f", {long_day(row['first_published_on'])} to {long_day(row['last_published_on'])}"
    return Page("story", titled(row)["headline"], sections, lead, {"id": row["story_id"]})


def _articles(rows: Sequence[Row]) -> Table:
    columns = [
        Column("published_on", "Day", "day"),
        Column("outlet", "Outlet"),
        Column("headline", "Headline", "long", link=_to_article),
        Column("word_count", "Words", "count"),
        Column(
            "containment",
            "Same text",
            "share",
            tooltip="Share of its phrases that stand in the text it was matched with",
        ),
    ]
    shown = [titled(row) for row in rows]
    return Table("articles", "Articles of this story", columns, shown)


def _to_article(row: Row) -> Link:
    return Link("article", {"id": row["article_id"]})


def _versions(request: ViewRequest, rows: Sequence[Row]) -> list[Section]:
    """Return what each later version changed in the text of the first."""
    first, later = rows[0], rows[1 : MAX_COMPARED + 1]
    if not later:
        return []
    ids = {f"article_{n}": row["article_id"] for n, row in enumerate((first, *later))}
    found = request.rows(_BODIES.format(ids=", ".join(f"${key}" for key in ids)), **ids)
    bodies = {row["article_id"]: row["body"] for row in found}
    words = _words(bodies[first["article_id"]])
    sections = []
    for row in later:
        outlet = row["outlet"] or "unknown outlet"
        title = f"{outlet}, {row['published_on'] or 'no date'}"
        blocks: list[Block] = []
        if row["headline"] != first["headline"]:
            blocks.append(Note(f"Another headline: “{row['headline'] or '(none)'}”."))
        changes = list(changed_words(words, _words(bodies[row["article_id"]])))
        if all(not change.removed and not change.added for change in changes):
            blocks.append(Note("The same text, word for word."))
        else:
            blocks.append(Changes(changes))
        sections.append(Section(title, blocks))
    return sections


def _words(text: str) -> list[str]:
    return re.findall(r"\S+", text)[:MAX_WORDS]


def changed_words(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """Yield the changes that make one text of the other, each with the words around it.

    A stretch of equal words keeps its ends only: `gap` says that words are left out.
    """
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            yield Change(removed=" ".join(before[i:j]), added=" ".join(after[k:m]))
        elif j - i <= 2 * CONTEXT_WORDS:
            yield Change(same=" ".join(before[i:j]))
        else:
            start = before[i : i + CONTEXT_WORDS] if i else ()
            end = before[j - CONTEXT_WORDS : j] if j < len(before) else ()
            yield Change(same=" ".join(start))
            yield Change(gap=j - i - len(start) - len(end))
            yield Change(same=" ".join(end))


def _conflicts(rows: Sequence[Row]) -> Table:
    columns = [
        Column("text", "Quote", "long", link=_to_versions),
        Column("name", "Speaker", link=lambda row: Link("actor", {"id": row["entity_id"]})),
        Column("article_count", "Articles", "count"),
        Column("outlets", "Outlets"),
    ]
    shown = [row | {"outlets": ", ".join(row["outlets"] or [])} for row in rows]
    return Table("conflicts", "Quotes with several speakers", columns, shown)


def _to_versions(row: Row) -> Link:
    return Link("quotes", {"group": row["quote_group_id"]})
