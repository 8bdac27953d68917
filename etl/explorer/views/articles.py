"""List of articles: those behind a number on another page, or those that match a search."""

from __future__ import annotations

from typing import Any

from etl.explorer.blocks import Column, Form, Input, Link, Note, Page, Row, Section, Table
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.filters import date_inputs, outlet_input
from etl.explorer.views.links import NO_HEADLINE, to_story

APPEARANCES = {
    "": "mention the actor",
    "headline": "name the actor in the headline",
    "quoted": "quote the actor",
    "talked_about": "quote others about the actor",
    "unheard": "quote others about the actor, but not the actor",
}
"""Labels of how an article involves the actor, by the URL's value of `how`."""
PAGE_ROWS = 50

_ABOUT = """
select 1 from quotes_about q where q.entity_id = $actor and q.article_id = a.article_id
  and not q.is_about_speaker and coalesce(q.act, 'statement') = 'statement'
"""
_CONDITIONS = {
    "": "c.mention_count > 0",
    "headline": "c.headline_mention_count > 0",
    "quoted": "c.statement_count > 0",
    "talked_about": f"exists ({_ABOUT})",
    "unheard": f"exists ({_ABOUT}) and c.statement_count = 0",
}
_OF_ACTOR = """
select a.article_id, a.published_on, a.outlet, a.headline, a.story_id, a.is_reprint, a.word_count,
  c.mention_count, c.statement_count, count(*) over () as article_total
from actor_articles c join article_metadata a using (article_id)
where c.entity_id = $actor and {condition}
  and ($other::varchar is null or exists (select 1 from actor_articles o
    where o.entity_id = $other and o.article_id = a.article_id and o.name_mention_count > 0))
"""
_OF_ALL = """
select a.article_id, a.published_on, a.outlet, a.headline, a.story_id, a.is_reprint, a.word_count,
  count(*) over () as article_total
from article_metadata a where true
"""
_FILTERS = """
  and ($since::date is null or a.published_on >= $since::date)
  and ($until::date is null or a.published_on <= $until::date)
  and ($outlet::varchar is null or a.outlet = $outlet::varchar)
  and ($story::varchar is null or a.story_id = $story::varchar)
  and ($added::timestamptz is null or a.ingested_at > $added::timestamptz)
  and ($words::varchar is null or contains(lower(a.headline), lower($words::varchar)))
order by a.published_on desc nulls last, a.article_id
limit $limit offset $offset
"""


def articles(request: ViewRequest) -> Page:
    """Return the articles, newest first; those without a date are last."""
    page = request.page()
    how = request.one_of("how", list(APPEARANCES))
    entity = request.find_actor(request.text("actor")) if request.text("actor") else None
    other = request.find_actor(request.text("with")) if request.text("with") else None
    since, until = request.date_range()
    added = request.moment("added")
    parameters = {
        "actor": entity and entity["entity_id"],
        "with": other and other["entity_id"],
        "how": how,
        "from": since,
        "to": until,
        "outlet": request.text("outlet") or None,
        "story": request.text("story") or None,
        "headline": request.text("headline") or None,
        "added": added and added.isoformat(),
        "page": page if page > 1 else None,
    }
    rows = _find_articles(request, parameters, (page - 1) * PAGE_ROWS)
    total = rows[0]["article_total"] if rows else 0
    counts = [
        Column("mention_count", "Mentions", "count"),
        Column("statement_count", "Statements", "count"),
    ]
    columns = [
        Column("published_on", "Day", "day"),
        Column("outlet", "Outlet"),
        Column("headline", "Headline", "long", link=lambda row: _to_article(row, entity)),
        *(counts if entity else [Column("word_count", "Words", "count")]),
        Column("copies", "Story", link=to_story),
    ]
    for row in rows:
        row["headline"] = row["headline"] or NO_HEADLINE
        row["copies"] = "reprint" if row["is_reprint"] else "original"
    has_more = page * PAGE_ROWS < total
    table = Table(
        "articles",
        _caption(parameters, entity, other),
        columns,
        rows,
        "No articles match. Try removing a filter." if page == 1 else "There are no more pages.",
        total=total,
        more=Link("articles", parameters | {"page": page + 1}) if has_more else None,
    )
    blocks: list[Any] = [_form(request, parameters, entity), table]
    if page > 1 and not rows:
        first_page = Link("articles", parameters | {"page": None})
        blocks.append(Note("Go to the", links=[("first page", first_page)]))
    return Page("articles", "Articles", [Section("", blocks)], parameters=parameters)


def _find_articles(request: ViewRequest, parameters: dict[str, Any], offset: int) -> list[Row]:
    query: dict[str, Any] = {
        "since": parameters["from"],
        "until": parameters["to"],
        "outlet": parameters["outlet"],
        "story": parameters["story"],
        "words": parameters["headline"],
        "added": parameters["added"],
        "limit": request.row_limit(PAGE_ROWS),
        "offset": offset,
    }
    sql = _OF_ALL
    if parameters["actor"]:
        sql = _OF_ACTOR.format(condition=_CONDITIONS[parameters["how"]])
        query |= {"actor": parameters["actor"], "other": parameters["with"]}
    return request.rows(sql + _FILTERS, **query)


def _to_article(row: Row, entity: Row | None) -> Link:
    return Link("article", {"id": row["article_id"], "actor": entity and entity["entity_id"]})


def _caption(parameters: dict[str, Any], entity: Row | None, other: Row | None) -> str:
    caption = "Articles"
    if entity:
        appearance = APPEARANCES[parameters["how"]]
        caption += f" that {appearance.replace('the actor', entity['name'])}"
    if other:
        caption += f", together with {other['name']}"
    if parameters["outlet"]:
        caption += f", in {parameters['outlet']}"
    if parameters["story"]:
        caption += ", in one story"
    if parameters["added"]:
        caption += f", added since {parameters['added'][:16]}"
    since, until = parameters["from"], parameters["to"]
    if since and until:
        caption += f", {since} to {until}"
    elif since or until:
        caption += f", {'since' if since else 'until'} {since or until}"
    return caption


def _form(request: ViewRequest, parameters: dict[str, Any], entity: Row | None) -> Form:
    hidden = [
        Input(name, "", str(parameters[name]), "hidden")
        for name in ("with", "story", "added")
        if parameters[name]
    ]
    appearances = tuple(APPEARANCES.items())
    return Form(
        "articles",
        [
            Input("actor", "Actor", entity["name"] if entity else "", "actor"),
            Input("how", "Articles that", parameters["how"], "select", appearances),
            Input("headline", "Words in the headline", parameters["headline"] or "", "search"),
            outlet_input(request, parameters["outlet"]),
            *date_inputs(parameters["from"], parameters["to"]),
            *hidden,
        ],
        "Show",
    )
