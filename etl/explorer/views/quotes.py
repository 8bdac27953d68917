"""Search for utterances by words, speaker, act, outlet and dates.

Versions of one quote are shown once, and so is an utterance of several quotes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
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
from etl.explorer.quote_index import MAX_RANKED
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.filters import date_inputs, outlet_input
from etl.explorer.views.links import NO_HEADLINE
from etl.query.display import counted
from etl.query.quotes import MAX_LISTED_ARTICLES, in_their_sentences, text_pattern

KINDS = {"": "any", "direct": "direct", "indirect": "indirect", "mixed": "mixed"}
ACTS = {
    "": "any",
    "statement": "said",
    "opinion": "thought",
    "intention": "wanted",
}
PAGE_QUOTES = 25
NEWEST_ARTICLES = 2_000
"""Without filters, only the days of this many articles are shown: sorting all 270,000 quotes took
0.5 s."""
LOW_CONFIDENCE = 0.6
"""Quotes below this confidence show it."""

_FIND = """
with ranked as (
  select unnest($ids::varchar[]) as quote_id, unnest($scores::double[]) as score
),
found as (
  select q.quote_id, q.utterance_id, q.quote_group_id, q.published_on, q.article_id, q.part,
    q.char_start, {score} as score
  from quote_attributions q {join}
  where ($speaker::varchar is null or q.speaker_entity_id = $speaker::varchar)
    and ($kind::varchar is null or q.kind = $kind::varchar)
    and ($act::varchar is null or coalesce(q.act, 'statement') = $act::varchar)
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
),
listed as (
  select * from found qualify row_number() over (
    partition by utterance_id order by score desc, quote_group_id is null, char_start
  ) = 1
)
select quote_id, utterance_id, article_id, score, count(*) over () as utterance_total
from listed
order by case when $best then score end desc,
  published_on desc nulls last, article_id, part desc, char_start
limit $limit offset $offset
"""
"""Selects one quote per group of versions, or all quotes of one group, and one per utterance."""
_TEXTS = """
select q.quote_id, {text}, q.kind, q.act, q.cue, q.speaker_entity_id, e.name as speaker_name,
  q.speaker_surface, q.confidence, q.speaker_confidence, q.quote_group_id, g.quote_count,
  g.outlet_count, g.speaker_count, a.article_id, a.headline, a.outlet, a.published_on
from quotes q join article_metadata a using (article_id) {join}
left join entities e on e.entity_id = q.speaker_entity_id
left join quote_groups g using (quote_group_id)
where {in_articles} q.quote_id in (select unnest($ids::varchar[]))
"""
_NEWEST_DAYS = """
select min(published_on) as day from (
  select published_on from article_metadata where published_on is not null
  order by published_on desc limit $newest
)
"""
_CONFLICTS = """
select c.speaker_entity_id, e.name, c.article_count, c.outlets
from attribution_conflicts c join entities e on e.entity_id = c.speaker_entity_id
where c.quote_group_id = $group order by c.article_count desc, e.name
"""


@dataclass(frozen=True)
class QuoteFilter:
    """Conditions on quotes; None means any."""

    speaker: str | None = None
    kind: str | None = None
    outlet: str | None = None
    since: date | None = None
    until: date | None = None
    group: str | None = None
    """A group of versions of one quote."""
    act: str | None = None


def quotes(request: ViewRequest) -> Page:
    """Return the quotes, best matches or newest first; one per group unless `group` is given."""
    page = request.page()
    speaker = request.find_actor(request.text("speaker")) if request.text("speaker") else None
    words, group = request.text("q"), request.text("group") or None
    since, until = request.date_range()
    filters = QuoteFilter(
        speaker["entity_id"] if speaker else None,
        request.one_of("kind", list(KINDS)) or None,
        request.text("outlet") or None,
        since,
        until,
        group,
        request.one_of("act", list(ACTS)) or None,
    )
    parameters = {
        "q": words,
        "speaker": filters.speaker,
        "kind": filters.kind,
        "act": filters.act,
        "outlet": filters.outlet,
        "from": since,
        "to": until,
        "group": group,
        "sort": request.text("sort") or None,
        "page": page if page > 1 else None,
    }
    ranked = request.quote_index.find(words) if words and request.quote_index else None
    is_best_first = request.one_of("sort", ["best", "newest"]) == "best" and ranked is not None
    is_unfiltered = not words and filters == QuoteFilter()
    if is_unfiltered and not request.is_export:
        first_day = request.rows(_NEWEST_DAYS, newest=NEWEST_ARTICLES)[0]["day"]
        filters = QuoteFilter(since=first_day)
    rows = find_quotes(
        request,
        filters,
        ranked=ranked,
        pattern=text_pattern(words) if words and ranked is None else None,
        is_best_first=is_best_first,
        limit=request.row_limit(PAGE_QUOTES),
        offset=(page - 1) * PAGE_QUOTES,
    )
    total = rows[0]["utterance_total"] if rows else 0
    has_more = page * PAGE_QUOTES < total
    table = Table(
        "quotes",
        _caption(speaker, words, filters),
        quote_columns(),
        rows,
        "No quotes match. Try removing a filter." if page == 1 else "There are no more pages.",
        total=None if is_unfiltered else total,
        more=Link("quotes", parameters | {"page": page + 1}) if has_more else None,
    )
    blocks: list[Any] = []
    if group:
        blocks += _conflicts(request.rows(_CONFLICTS, group=group))
    else:
        blocks.append(_form(request, speaker, parameters))
        if ranked is not None:
            blocks += _order(parameters, is_best_first, len(ranked))
    blocks.append(Quotes([as_quote(row) for row in rows], table))
    description = "" if group else _ABOUT
    return Page("quotes", "Quotes", [Section("", blocks, description)], parameters=parameters)


_ABOUT = (
    "Each utterance is shown in its sentence. Different versions of the same quote are shown once."
)


def find_quotes(
    request: ViewRequest,
    filters: QuoteFilter,
    *,
    ranked: Sequence[tuple[str, float]] | None = None,
    pattern: str | None = None,
    is_best_first: bool = False,
    limit: int,
    offset: int = 0,
) -> list[Row]:
    """Return utterances with a matching quote, one per group of versions, newest or best first.

    `ranked` are the ids and scores of the quotes with the words searched for; without an index,
    `pattern` finds them. Each row has the number of all matches in `utterance_total`. An export has
    no sentences: with the bodies of all articles it would not fit into memory.
    """
    joins = ["join ranked using (quote_id)"] if ranked is not None else []
    joins += ["join quotes t using (quote_id)"] if pattern else []
    found = request.rows(
        _FIND.format(
            score="null" if ranked is None else "ranked.score",
            join=" ".join(joins),
            matches="regexp_matches(t.text, $pattern::varchar)" if pattern else "true",
        ),
        ids=[quote_id for quote_id, _ in ranked or []],
        scores=[score for _, score in ranked or []],
        pattern=pattern,
        best=is_best_first,
        limit=limit,
        offset=offset,
        **asdict(filters),
    )
    ids = [row["quote_id"] for row in found]
    listed = found if len(found) <= MAX_LISTED_ARTICLES else []
    article_ids = {f"article_{n}": row["article_id"] for n, row in enumerate(listed)}
    in_articles = ""
    if article_ids:
        in_articles = f"q.article_id in ({', '.join('$' + key for key in article_ids)}) and"
    sql = _TEXTS.format(
        in_articles=in_articles,
        text="u.text" if request.is_export else "q.text",
        join="join utterances u using (utterance_id)" if request.is_export else "",
    )
    texts = request.rows(sql, ids=ids, **article_ids)
    by_id = {row["quote_id"]: row for row in texts}
    if request.is_export:
        return [by_id[row["quote_id"]] | row for row in found]
    described = in_their_sentences(request.rows, found)
    return [
        by_id[row["quote_id"]] | utterance | row
        for row, utterance in zip(found, described, strict=True)
    ]


def _order(
    parameters: dict[str, Any], is_best_first: bool, match_count: int
) -> list[Choice | Note]:
    def by(sort: str) -> Link:
        return Link("quotes", parameters | {"sort": sort, "page": None})

    options = [
        ("best match", by("best"), is_best_first),
        ("newest first", by("newest"), not is_best_first),
    ]
    blocks: list[Choice | Note] = [Choice("Sort by", options)]
    if match_count == MAX_RANKED:
        blocks.append(Note(f"Only the newest {MAX_RANKED:,} quotes with these words are searched."))
    return blocks


def as_quote(row: Row, *, with_speaker: bool = True) -> Quote:
    """Return a row of `find_quotes` as a quote block."""
    speaker = row["speaker_name"] or row["speaker_surface"] or "unknown speaker"
    notes: list[tuple[str, Link | None]] = []
    if row.get("quote_count"):
        label = f"quoted {counted(row['quote_count'], 'time')}"
        if row.get("outlet_count"):
            label += f" in {counted(row['outlet_count'], 'outlet')}"
        notes.append((label, Link("quotes", {"group": row["quote_group_id"]})))
    if (row.get("speaker_count") or 0) > 1:
        notes.append(("attributed to different speakers", None))
    if row["kind"] != "direct":
        notes.append((row["kind"], None))
    if row["act"] not in ("statement", None):
        notes.append((row["act"], None))
    confidence = row["confidence"] * (row["speaker_confidence"] or 1)
    if confidence < LOW_CONFIDENCE:
        notes.append((f"confidence {confidence:.0%}", None))
    source = ", ".join(filter(None, (row["outlet"], str(row["published_on"] or "no date"))))
    anchor = f"q-{row['quote_id']}"
    return Quote(
        row.get("stretches", []),
        speaker if with_speaker else "",
        Link("actor", {"id": row["speaker_entity_id"]}) if row["speaker_entity_id"] else None,
        f"{source}: {row['headline'] or NO_HEADLINE}",
        Link("article", {"id": row["article_id"], "actor": row["speaker_entity_id"]}, anchor),
        row["kind"],
        notes,
    )


def quote_columns() -> Sequence[Column]:
    """Return the columns of an exported table of quotes."""
    return [
        Column("published_on", "Day", "day"),
        Column("outlet", "Outlet"),
        Column("speaker_name", "Speaker"),
        Column("speaker_surface", "Speaker as written"),
        Column("text", "Quote", "long"),
        Column("kind", "Kind"),
        Column("act", "Act"),
        Column("cue", "Cue"),
        Column("confidence", "Confidence", "share"),
        Column("article_id", "Article id"),
        Column("quote_id", "Quote id"),
    ]


def _caption(speaker: Row | None, words: str, filters: QuoteFilter) -> str:
    if filters.group:
        return "All versions of one quote"
    caption = f"Quotes by {speaker['name']}" if speaker else "Quotes"
    if words:
        caption += f" with “{words}”"
    if filters.outlet:
        caption += f", in {filters.outlet}"
    return caption


def _conflicts(rows: list[Row]) -> list[Note | Table]:
    if not rows:
        return []
    columns = [
        Column("name", "Speaker", link=_to_speaker),
        Column("article_count", "Articles", "count"),
        Column("outlets", "Outlets"),
    ]
    rows = [row | {"outlets": ", ".join(row["outlets"] or [])} for row in rows]
    return [
        Note(
            "This quote is attributed to different actors. Either the outlets disagree, or the "
            "program found the wrong speaker.",
            is_warning=True,
        ),
        Table("conflict", "Attributed speakers", columns, rows),
    ]


def _to_speaker(row: Row) -> Link:
    return Link("actor", {"id": row["speaker_entity_id"]})


def _form(request: ViewRequest, speaker: Row | None, parameters: dict[str, Any]) -> Form:
    return Form(
        "quotes",
        [
            Input("q", "Words in the quote", parameters["q"], "search", hint="or “exact phrase”"),
            Input("speaker", "Speaker", speaker["name"] if speaker else "", "actor"),
            Input("kind", "Kind", parameters["kind"] or "", "select", tuple(KINDS.items())),
            Input("act", "Act", parameters["act"] or "", "select", tuple(ACTS.items())),
            outlet_input(request, parameters["outlet"]),
            *date_inputs(parameters["from"], parameters["to"]),
        ],
        "Search",
    )
