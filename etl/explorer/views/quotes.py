"""Who said what: quotes by words, speaker, outlet and days, variants of one utterance together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etl.explorer.blocks import (
    Choice,
    Column,
    Form,
    Input,
    Link,
    Note,
    Page,
    Quote,
    Quotes,
    Row,
    Section,
    Table,
)
from etl.explorer.quote_index import MOST_RANKED
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.parts import outlet_input
from etl.query.display import counted
from etl.query.quotes import text_pattern

KINDS = {"": "any", "direct": "direct", "indirect": "indirect", "mixed": "mixed"}
PAGE_QUOTES = 25
NEWEST_ARTICLES = 2_000
"""Whose days are shown where nothing is asked for: sorting all 270,000 quotes took 0.5 s."""

_CHOSEN = """
with ranked as (
  select unnest($ids::varchar[]) as quote_id, unnest($scores::double[]) as score
),
found as (
  select q.quote_id, q.quote_group_id, q.published_on, q.article_id, q.part, q.char_start,
    {score} as score
  from quote_attributions q {join}
  where ($speaker::varchar is null or q.speaker_entity_id = $speaker::varchar)
    and ($kind::varchar is null or q.kind = $kind::varchar)
    and ($outlet::varchar is null or q.outlet = $outlet::varchar)
    and ($since::date is null or q.published_on >= $since::date)
    and ($until::date is null or q.published_on <= $until::date)
    and ($group::varchar is null or q.quote_group_id = $group::varchar)
    and ($pattern::varchar is null or {matches})
  qualify $group::varchar is not null or row_number() over (
    partition by coalesce(q.quote_group_id, q.quote_id)
    order by q.quote_group_id is not null and q.quote_id = q.quote_group_id desc,
      q.published_on nulls last, q.quote_id
  ) = 1
)
select quote_id, article_id, score, count(*) over () as quote_total
from found
order by case when $best then score end desc,
  published_on desc nulls last, article_id, part desc, char_start
limit $limit offset $offset
"""
"""One quote of each group of variants, unless a group is asked for."""
_TEXTS = """
select q.quote_id, q.text, q.kind, q.cue, q.speaker_entity_id, e.name as speaker_name,
  q.speaker_surface, q.confidence, q.speaker_confidence, q.quote_group_id, g.quote_count,
  g.outlet_count, g.speaker_count, a.article_id, a.headline, a.outlet, a.published_on
from quotes q join article_metadata a using (article_id)
left join entities e on e.entity_id = q.speaker_entity_id
left join quote_groups g using (quote_group_id)
where {here} q.quote_id in (select unnest($ids::varchar[]))
"""
FEW = 200
"""Of so few quotes the articles are named one by one: with a million articles 0.3 instead of 3.9 s,
for DuckDB 1.5 carries a list of values down into the view, and a semi join not."""
_NEWEST = """
select min(published_on) as day from (
  select published_on from article_metadata where published_on is not null
  order by published_on desc limit $newest
)
"""
_CONFLICT = """
select c.speaker_entity_id, e.name, c.article_count, c.outlets
from attribution_conflicts c join entities e on e.entity_id = c.speaker_entity_id
where c.quote_group_id = $group order by c.article_count desc, e.name
"""


def quotes(ask: ViewRequest) -> Page:
    """Quotes, newest first; one of each group of variants, unless a group is asked for."""
    page = ask.page()
    speaker = ask.actor(ask.text("speaker")) if ask.text("speaker") else None
    words, group = ask.text("q"), ask.text("group") or None
    since, until = ask.days()
    asked: dict[str, Any] = {
        "kind": ask.one_of("kind", list(KINDS)) or None,
        "outlet": ask.text("outlet") or None,
        "since": since,
        "until": until,
        "group": group,
    }
    here = {
        "q": words,
        "speaker": speaker and speaker["entity_id"],
        "kind": asked["kind"],
        "outlet": asked["outlet"],
        "from": asked["since"],
        "to": asked["until"],
        "group": group,
        "sort": ask.text("sort") or None,
        "page": page if page > 1 else None,
    }
    asked["speaker"] = speaker and speaker["entity_id"]
    ranked = ask.index.find(words) if words and ask.index else None
    is_best = ask.one_of("sort", ["best", "newest"]) == "best" and ranked is not None
    is_all = not words and not any(asked.values())
    if is_all and not ask.is_export:
        asked["since"] = ask.rows(_NEWEST, newest=NEWEST_ARTICLES)[0]["day"]
    rows = find_quotes(
        ask,
        asked,
        ranked=ranked,
        pattern=text_pattern(words) if words and ranked is None else None,
        is_best=is_best,
        limit=ask.most(PAGE_QUOTES),
        offset=(page - 1) * PAGE_QUOTES,
    )
    total = rows[0]["quote_total"] if rows else 0
    table = Table(
        "quotes",
        _caption(speaker, words, group, asked),
        quote_columns(),
        rows,
        "No quote is like that; take a condition away."
        if page == 1
        else "There are not so many pages.",
        total=None if is_all else total,
        more=Link("quotes", here | {"page": page + 1}) if page * PAGE_QUOTES < total else None,
    )
    blocks: list[Any] = []
    if group:
        blocks += _conflict(ask.rows(_CONFLICT, group=group))
    else:
        blocks.append(_form(ask, speaker, here))
        if ranked is not None:
            blocks += _order(here, is_best, len(ranked))
    blocks.append(Quotes([as_quote(row) for row in rows], table))
    about = "" if group else _ABOUT
    return Page("quotes", "Quotes", [Section("", blocks, about)], parameters=here)


_ABOUT = (
    "What is said in one breath is one utterance; where the text breaks it (“…,” she said, “…”) it "
    "is several quotes. Words that were printed in variants are shown once."
)


def find_quotes(
    ask: ViewRequest,
    asked: dict[str, Any],
    *,
    ranked: Sequence[tuple[str, float]] | None = None,
    pattern: str | None = None,
    is_best: bool = False,
    limit: int,
    offset: int = 0,
) -> list[Row]:
    """Quotes of these conditions, variants once, newest or best first, with `quote_total`.

    `asked` holds speaker, kind, outlet, since, until and group, None for any; `ranked` are the ids
    that hold the words sought, `pattern` finds them where there is no index.
    """
    joins = ["join ranked using (quote_id)"] if ranked is not None else []
    joins += ["join quotes t using (quote_id)"] if pattern else []
    chosen = ask.rows(
        _CHOSEN.format(
            score="null" if ranked is None else "ranked.score",
            join=" ".join(joins),
            matches="regexp_matches(t.text, $pattern::varchar)" if pattern else "true",
        ),
        ids=[quote_id for quote_id, _ in ranked or []],
        scores=[score for _, score in ranked or []],
        pattern=pattern,
        best=is_best,
        limit=limit,
        offset=offset,
        **asked,
    )
    ids = [row["quote_id"] for row in chosen]
    few = chosen if len(chosen) <= FEW else []
    articles = {f"article_{place}": row["article_id"] for place, row in enumerate(few)}
    here = f"q.article_id in ({', '.join('$' + key for key in articles)}) and" if articles else ""
    texts = {
        row["quote_id"]: row for row in ask.rows(_TEXTS.format(here=here), ids=ids, **articles)
    }
    return [texts[row["quote_id"]] | row for row in chosen]


def _order(here: dict[str, Any], is_best: bool, count: int) -> list[Choice | Note]:
    def by(sort: str) -> Link:
        return Link("quotes", here | {"sort": sort, "page": None})

    options = [("best first", by("best"), is_best), ("newest first", by("newest"), not is_best)]
    blocks: list[Choice | Note] = [Choice("Order", options)]
    if count == MOST_RANKED:
        blocks.append(Note(f"Of these words, the newest {MOST_RANKED:,} quotes were looked at."))
    return blocks


def as_quote(row: Row, *, with_speaker: bool = True) -> Quote:
    """A row of a query as a quote to be read."""
    speaker = row["speaker_name"] or row["speaker_surface"] or "unknown speaker"
    notes: list[tuple[str, Link | None]] = []
    if row.get("quote_count"):
        where = f", {counted(row['outlet_count'], 'outlet')}" if row.get("outlet_count") else ""
        notes.append(
            (
                f"{counted(row['quote_count'], 'time')}{where}",
                Link("quotes", {"group": row["quote_group_id"]}),
            )
        )
    if (row.get("speaker_count") or 0) > 1:
        notes.append(("who said it is told differently", None))
    if row["kind"] != "direct":
        notes.append((row["kind"], None))
    sure = row["confidence"] * (row["speaker_confidence"] or 1)
    if sure < _DOUBTFUL:
        notes.append((f"{sure:.0%} sure", None))
    place = ", ".join(filter(None, (row["outlet"], str(row["published_on"] or "no date"))))
    anchor = f"q-{row['quote_id']}"
    return Quote(
        row["text"],
        speaker if with_speaker else "",
        Link("actor", {"id": row["speaker_entity_id"]}) if row["speaker_entity_id"] else None,
        f"{place}: {row['headline'] or '(no headline)'}",
        Link("article", {"id": row["article_id"], "actor": row["speaker_entity_id"]}, anchor),
        row["kind"],
        notes,
    )


_DOUBTFUL = 0.6
"""A quote less sure than this says so."""


def quote_columns() -> Sequence[Column]:
    """Of a table of quotes, as it is exported."""
    return [
        Column("published_on", "Day", "day"),
        Column("outlet", "Outlet"),
        Column("speaker_name", "Speaker"),
        Column("speaker_surface", "As written"),
        Column("text", "Words", "long"),
        Column("kind", "Kind"),
        Column("cue", "Cue"),
        Column("confidence", "Sure", "share"),
        Column("article_id", "Article"),
        Column("quote_id", "Quote"),
    ]


def _caption(speaker: Row | None, words: str, group: str | None, asked: dict[str, Any]) -> str:
    if group:
        return "One utterance, as it was printed"
    caption = f"Quotes by {speaker['name']}" if speaker else "Quotes"
    if words:
        caption += f" with “{words}”"
    if asked["outlet"]:
        caption += f", in {asked['outlet']}"
    return caption


def _conflict(rows: list[Row]) -> list[Note | Table]:
    if not rows:
        return []
    columns = [
        Column("name", "Said by", link=lambda row: Link("actor", {"id": row["speaker_entity_id"]})),
        Column("article_count", "Articles", "count"),
        Column("outlets", "Outlets"),
    ]
    shown = [row | {"outlets": ", ".join(row["outlets"] or [])} for row in rows]
    return [
        Note(
            "Articles give these words to different actors: either the outlets disagree, or a "
            "speaker was told wrongly here.",
            is_warning=True,
        ),
        Table("conflict", "Who is given as the speaker", columns, shown),
    ]


def _form(ask: ViewRequest, speaker: Row | None, here: dict[str, Any]) -> Form:
    return Form(
        "quotes",
        [
            Input("q", "Words", here["q"], "search", hint="or “side by side”"),
            Input("speaker", "Speaker", speaker["name"] if speaker else "", "actor"),
            Input("kind", "Kind", here["kind"] or "", "select", tuple(KINDS.items())),
            outlet_input(ask, here["outlet"]),
            Input("from", "From", str(here["from"] or ""), "date"),
            Input("to", "To", str(here["to"] or ""), "date"),
        ],
        "Search",
    )
