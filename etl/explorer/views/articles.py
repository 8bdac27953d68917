"""The articles behind a number: of an actor, a story, days, an outlet, in the way they count."""

from __future__ import annotations

from typing import Any

from etl.explorer.blocks import Column, Form, Input, Link, Note, Page, Row, Section, Table
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.filters import outlet_input
from etl.explorer.views.links import to_story

HOW = {
    "": "mention the actor",
    "headline": "name the actor in the headline",
    "quoted": "quote the actor",
    "talked_about": "have others talk about the actor",
    "unheard": "have others talk about the actor, without own words",
}
PAGE_ROWS = 50

_ABOUT = """
select 1 from quotes_about q where q.entity_id = $actor and q.article_id = a.article_id
  and not q.is_about_speaker
"""
_CONDITIONS = {
    "": "c.mention_count > 0",
    "headline": "c.headline_mention_count > 0",
    "quoted": "c.utterance_count > 0",
    "talked_about": f"exists ({_ABOUT})",
    "unheard": f"exists ({_ABOUT}) and c.utterance_count = 0",
}
_OF_ACTOR = """
select a.article_id, a.published_on, a.outlet, a.headline, a.story_id, a.is_reprint, a.word_count,
  c.mention_count, c.utterance_count, count(*) over () as article_total
from actor_articles c join article_metadata a using (article_id)
where c.entity_id = $actor and {how}
  and ($company::varchar is null or exists (select 1 from actor_articles o
    where o.entity_id = $company and o.article_id = a.article_id and o.name_mention_count > 0))
"""
_OF_ALL = """
select a.article_id, a.published_on, a.outlet, a.headline, a.story_id, a.is_reprint, a.word_count,
  count(*) over () as article_total
from article_metadata a where true
"""
_CHOSEN = """
  and ($since::date is null or a.published_on >= $since::date)
  and ($until::date is null or a.published_on <= $until::date)
  and ($outlet::varchar is null or a.outlet = $outlet::varchar)
  and ($story::varchar is null or a.story_id = $story::varchar)
  and ($words::varchar is null or contains(lower(a.headline), lower($words::varchar)))
order by a.published_on desc nulls last, a.article_id
limit $limit offset $offset
"""


def articles(request: ViewRequest) -> Page:
    """Articles, newest first, those without a date last."""
    page = request.page()
    how = request.one_of("how", list(HOW))
    who = request.actor(request.text("actor")) if request.text("actor") else None
    company = request.actor(request.text("with")) if request.text("with") else None
    since, until = request.days()
    asked: dict[str, Any] = {
        "since": since,
        "until": until,
        "outlet": request.text("outlet") or None,
        "story": request.text("story") or None,
        "words": request.text("headline") or None,
    }
    here = {
        "actor": who and who["entity_id"],
        "with": company and company["entity_id"],
        "how": how,
        "from": asked["since"],
        "to": asked["until"],
        "outlet": asked["outlet"],
        "story": asked["story"],
        "headline": asked["words"],
        "page": page if page > 1 else None,
    }
    asked |= {"limit": request.most(PAGE_ROWS), "offset": (page - 1) * PAGE_ROWS}
    if who:
        sql = _OF_ACTOR.format(how=_CONDITIONS[how]) + _CHOSEN
        asked |= {"actor": who["entity_id"], "company": company and company["entity_id"]}
    else:
        sql = _OF_ALL + _CHOSEN
    rows = request.rows(sql, **asked)
    total = rows[0]["article_total"] if rows else 0

    columns = [
        Column("published_on", "Day", "day"),
        Column("outlet", "Outlet"),
        Column("headline", "Headline", "long", link=lambda row: _to_article(row, who)),
        *(
            [
                Column("mention_count", "Mentions", "count"),
                Column("utterance_count", "Utterances", "count"),
            ]
            if who
            else [Column("word_count", "Words", "count")]
        ),
        Column("copies", "Story", link=to_story),
    ]
    shown = [row | {"headline": row["headline"] or "(no headline)"} for row in rows]
    for row in shown:
        row["copies"] = "reprint" if row["is_reprint"] else "story"
    table = Table(
        "articles",
        _caption(who, company, how, asked),
        columns,
        shown,
        "No article is like that; take a condition away."
        if page == 1
        else "There are not so many pages.",
        total=total,
        more=Link("articles", here | {"page": page + 1}) if page * PAGE_ROWS < total else None,
    )
    blocks: list[Any] = [_form(request, who, here), table]
    if page > 1 and not rows:
        blocks.append(
            Note(
                "There are fewer pages.", links=[("First", Link("articles", here | {"page": None}))]
            )
        )
    return Page("articles", "Articles", [Section("", blocks)], parameters=here)


def _to_article(row: Row, who: Row | None) -> Link:
    return Link("article", {"id": row["article_id"], "actor": who and who["entity_id"]})


def _caption(who: Row | None, company: Row | None, how: str, asked: dict[str, Any]) -> str:
    words = "Articles"
    if who:
        words += f" that {HOW[how].replace('the actor', who['name'])}"
    if company:
        words += f", with {company['name']}"
    if asked["outlet"]:
        words += f", of {asked['outlet']}"
    if asked["story"]:
        words += ", of one story"
    if asked["since"] and asked["until"]:
        words += f", {asked['since']} to {asked['until']}"
    elif asked["since"] or asked["until"]:
        words += f", {'since' if asked['since'] else 'until'} {asked['since'] or asked['until']}"
    return words


def _form(request: ViewRequest, who: Row | None, here: dict[str, Any]) -> Form:
    hidden = [
        Input(name, "", str(here[name]), "hidden") for name in ("with", "story") if here[name]
    ]
    return Form(
        "articles",
        [
            Input("actor", "Actor", who["name"] if who else "", "actor"),
            Input("how", "Articles that", here["how"], "select", tuple(HOW.items())),
            Input("headline", "Words in the headline", here["headline"] or "", "search"),
            outlet_input(request, here["outlet"]),
            Input("from", "From", str(here["from"] or ""), "date"),
            Input("to", "To", str(here["to"] or ""), "date"),
            *hidden,
        ],
        "Show",
    )
