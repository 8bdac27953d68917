"""One actor: how often, since when, heard or talked about, its roles and outlets, with whom."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from etl.queries import timeline
from explorer import charts
from explorer.asking import Ask
from explorer.blocks import (
    Chart,
    Choice,
    Column,
    Figure,
    Figures,
    Form,
    Input,
    Kind,
    Link,
    Note,
    Page,
    Quote,
    Quotes,
    Row,
    Section,
    Table,
)
from explorer.views.links import GRAINS, last_day, period_name, to_actor, to_told
from explorer.views.quotes import as_quote, quote_columns

COUNTS = {
    "articles": ("article_count", "articles"),
    "stories": ("story_count", "stories"),
    "mentions": ("mention_count", "mentions"),
    "said": ("utterance_count", "utterances"),
    "headlines": ("headline_article_count", "articles with it in the headline"),
}
SHARES = {"articles": "share_of_articles", "stories": "share_of_stories"}
QUOTES_SHOWN = 8
MOST_DAYS = 400
"""Of a line by day, where no first day is asked for: 2,000 took 1.1 s, and nobody can tell them
apart on a screen."""

_ALL = "select * from entities where entity_id = $id"
_SPIKES = """
select period_start, story_count, expected_story_count, ratio, surprise, story_ids, article_ids,
  headlines, companion_entity_ids, quote_id
from actor_spikes where entity_id = $id and grain = $grain
  and ($since::date is null or period_start >= $since::date)
  and ($until::date is null or period_start <= $until::date)
order by period_start desc
"""
_VOICE = """
select period_start, sum(article_count)::bigint as article_count,
  sum(quoted_article_count)::bigint as quoted_article_count,
  sum(talked_about_article_count)::bigint as talked_about_article_count,
  sum(unheard_article_count)::bigint as unheard_article_count,
  sum(utterance_count)::bigint as utterance_count,
  sum(talked_about_utterance_count)::bigint as talked_about_utterance_count
from actor_voice_monthly where entity_id = $id
  and ($since::date is null or period_start >= date_trunc('month', $since::date))
  and ($until::date is null or period_start <= $until::date)
group by 1 order by 1
"""
_OUTLETS = """
with total as (
  select outlet, count(*) as article_total from articles
  where outlet is not null and ($since::date is null or published_on >= $since::date)
    and ($until::date is null or published_on <= $until::date)
  group by 1
),
own as (
  select outlet, count(*) filter (mention_count > 0) as article_count,
    count(*) filter (utterance_count > 0) as quoted_article_count,
    sum(utterance_count)::bigint as utterance_count
  from actor_articles
  where entity_id = $id and outlet is not null
    and ($since::date is null or published_on >= $since::date)
    and ($until::date is null or published_on <= $until::date)
  group by 1
)
select outlet, own.article_count, article_count / article_total as share_of_articles,
  quoted_article_count, utterance_count, article_total
from own join total using (outlet) order by 2 desc, 1
"""
_ROLES = """
select role, first_on, last_on, mention_count, article_count, outlet_count from actor_roles
where entity_id = $id and not is_courtesy order by mention_count desc, role limit 12
"""
_WITH = """
with pairs as (
  select case when entity_id_a = $id then entity_id_b else entity_id_a end as entity_id,
    story_count, article_count, expected_story_count, npmi, period_start
  from actor_pairs_monthly
  where (entity_id_a = $id or entity_id_b = $id)
    and ($since::date is null or period_start >= date_trunc('month', $since::date))
    and ($until::date is null or period_start <= $until::date)
)
select entity_id, name, type, sum(story_count)::bigint as story_count,
  sum(pairs.article_count)::bigint as article_count,
  sum(expected_story_count) as expected_story_count, min(period_start) as since
from pairs join entities using (entity_id)
group by 1, 2, 3 order by 4 desc, 2, 1 limit 15
"""
_QUOTES = """
select q.quote_id, q.text, q.kind, q.cue, q.speaker_entity_id, e.name as speaker_name,
  q.speaker_surface, q.confidence, q.speaker_confidence, q.quote_group_id, g.quote_count,
  a.article_id, a.headline, a.outlet, a.published_on
from quotes q join articles a using (article_id)
left join entities e on e.entity_id = q.speaker_entity_id
left join quote_groups g using (quote_group_id)
where q.speaker_entity_id = $id
  and ($since::date is null or a.published_on >= $since::date)
  and ($until::date is null or a.published_on <= $until::date)
order by a.published_on desc nulls last, a.article_id, q.part desc, q.char_start limit $limit
"""


def actor(ask: Ask) -> Page:
    """The page of one actor; without one, the search."""
    wanted = ask.text("id") or ask.text("name")
    if not wanted:
        return _search(ask)
    found = ask.actor(wanted)
    who = ask.rows(_ALL, id=found["entity_id"])[0]
    grain = ask.one_of("by", list(GRAINS))
    counted = ask.one_of("of", list(COUNTS))
    is_share = ask.one_of("as", ["count", "share"]) == "share"
    since, until = ask.day("from"), ask.day("to")
    here = {
        "id": who["entity_id"],
        "by": grain,
        "of": counted,
        "as": "share" if is_share else None,
        "from": since,
        "to": until,
    }
    asked = {"id": who["entity_id"], "since": since, "until": until}
    sections = [
        Section("", [_figures(who)]),
        Section("Over time", _over_time(ask, who, here, grain, counted, is_share, asked)),
        Section(
            "Mentioned and quoted",
            [_voice(ask, who, asked)],
            "A month's articles: all that mention it, those with words of its own, and those in "
            "which others speak about it.",
        ),
        Section("Outlets", [_outlets(ask, who, asked)]),
        Section("In the same stories", [_company(ask, who, asked)], _ABOUT_COMPANY),
        Section("Titles it bore", [_roles(ask, who)]),
        Section("Quotes, newest first", [_newest_quotes(ask, who, asked)]),
        Section("Names it goes by", [_names(who)]),
    ]
    return Page("actor", who["name"], sections, _lead(who), here)


_ABOUT_COMPANY = (
    "Stories that name both, in months with at least two. To be named together is no relation; "
    "read why."
)
_TYPES = {
    "PERSON": "person",
    "ORG": "organisation",
    "GPE": "country, state or city",
    "LOC": "place",
    "NORP": "nationality, religion or party",
    "FAC": "building or facility",
    "OTHER": "other",
}


def _lead(who: Row) -> str:
    lead = _TYPES.get(who["type"]) or str(who["type"])
    if who["first_seen"]:
        lead += f", first seen on {who['first_seen']}, last on {who['last_seen']}"
    return lead + " in the articles that were read"


def _search(ask: Ask) -> Page:
    top = ask.rows(
        "select entity_id, name, type, article_count, utterance_count, first_seen, last_seen "
        "from entities order by article_count desc, mention_count desc, name limit 30"
    )
    columns = [
        Column("name", "Actor", link=to_actor),
        Column("type", "Type"),
        Column("article_count", "Articles", "count", link=_articles_of),
        Column("utterance_count", "Utterances", "count"),
        Column("first_seen", "First seen", "day"),
        Column("last_seen", "Last seen", "day"),
    ]
    form = Form(
        "actor", [Input("name", "Name of an actor", kind="actor", hint="any spelling")], "Show"
    )
    table = Table("actors", "Those in most articles", columns, top, "No actor is known yet.")
    return Page("actor", "Find an actor", [Section("", [form, table])])


def _articles_of(row: Row) -> Link:
    return Link("articles", {"actor": row["entity_id"]})


def _figures(who: Row) -> Figures:
    articles = {"actor": who["entity_id"]}
    return Figures(
        [
            Figure("articles mention it", who["article_count"], link=Link("articles", articles)),
            Figure("mentions", who["mention_count"], note="by name, description or pronoun"),
            Figure(
                "utterances by it",
                who["utterance_count"],
                link=Link("quotes", {"speaker": who["entity_id"]}),
            ),
        ]
    )


def _choices(here: dict[str, Any], grain: str, counted: str, is_share: bool) -> list[Choice]:
    def to(**changed: object) -> Link:
        return Link("actor", here | changed)

    choices = [
        Choice("", [(label, to(by=key), key == grain) for key, label in GRAINS.items()]),
        Choice(
            "Count",
            [
                ("said" if key == "said" else label, to(of=key, **_keep(key)), key == counted)
                for key, (_, label) in COUNTS.items()
            ],
        ),
    ]
    if counted in SHARES:
        options = [("numbers", to(**{"as": None}), not is_share)]
        options.append(("share of all news", to(**{"as": "share"}), is_share))
        choices.append(Choice("As", options))
    return choices


def _keep(counted: str) -> dict[str, None]:
    return {} if counted in SHARES else {"as": None}


def _over_time(
    ask: Ask,
    who: Row,
    here: dict[str, Any],
    grain: str,
    counted: str,
    is_share: bool,
    asked: dict[str, Any],
) -> list[Any]:
    key, label = COUNTS[counted]
    if is_share and counted in SHARES:
        key, label = SHARES[counted], f"share of all {counted}"
    else:
        is_share = False
    until = asked["until"] or ask.rows("select max(published_on) as day from articles")[0]["day"]
    since = asked["since"]
    if grain == "day" and until and not since and who["first_seen"]:
        since = max(who["first_seen"], until - timedelta(days=MOST_DAYS - 1))
    rows = timeline(ask.con, who, grain, since, until)  # type: ignore[arg-type]
    blocks: list[Any] = [
        *_choices(here, grain, counted, is_share),
        Form(
            "actor",
            [
                *(
                    Input(name, "", str(value), "hidden")
                    for name, value in here.items()
                    if value and name not in ("from", "to")
                ),
                Input("from", "From", str(asked["since"] or ""), "date"),
                Input("to", "To", str(asked["until"] or ""), "date"),
            ],
            "Show",
        ),
    ]
    if not rows:
        return [
            *blocks,
            Note(f"{who['name']} is in no article with a date in these days.", is_warning=True),
        ]
    spikes = (
        {row["period_start"]: row for row in ask.rows(_SPIKES, grain=grain, **asked)}
        if grain != "month"
        else {}
    )

    def articles(row: Row) -> Link:
        return _in_period(who["entity_id"], row["period_start"], grain, counted)

    def spike_link(row: Row) -> Link | None:
        spike = spikes.get(row["period_start"])
        return articles(row) if spike else None

    shown = [
        {
            **row,
            "period": period_name(row["period_start"], grain),
            "spike": _explained(spikes.get(row["period_start"])),
        }
        for row in rows
    ]

    def draw(address: Any) -> dict[str, Any]:
        drawn = []
        for row in shown:
            low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
            drawn.append(
                {
                    "period_start": row["period_start"].isoformat(),
                    "period": row["period"],
                    key: row[key],
                    f"{key}_low": low,
                    f"{key}_high": high,
                    "between": _between(low, high, is_share),
                    "spike": row["spike"],
                    "href": address(articles(row)),
                    "spike_href": address(spike_link(row)),
                }
            )
        return charts.timeline(drawn, key, label=label, is_share=is_share)

    kind: Kind = "share" if is_share else "count"
    columns = [
        Column("period", "When", link=articles),
        Column("period_start", "From", "day"),
        Column(key, label.capitalize(), kind, link=articles),
        Column(f"{key}_low", "At least", kind, about="Low of a 90% interval of what is right"),
        Column(f"{key}_high", "At most", kind, about="High of a 90% interval of what is right"),
        Column("article_total", "All articles", "count"),
        Column("spike", "Spike"),
    ]
    table = Table("timeline", f"{who['name']}, {label} {GRAINS[grain]}", columns, shown[::-1])
    peak = max(rows, key=lambda row: row[key] or 0)
    alt = (
        f"{label} {GRAINS[grain]} from {rows[0]['period_start']} to {rows[-1]['period_start']}; "
        f"most in the {period_name(peak['period_start'], grain)}; {len(spikes)} spikes. "
        "The numbers are in the table."
    )
    blocks.append(Chart(draw, alt, table))
    if spikes:
        blocks.append(_spike_table(who, list(spikes.values()), grain))
    elif grain != "month":
        blocks.append(Note("No spike: nothing here is beyond what chance has in store."))
    return blocks


def _between(low: float | None, high: float | None, is_share: bool) -> str | None:
    if low is None or high is None:
        return None
    return f"{low:.1%} and {high:.1%}" if is_share else f"{low:,} and {high:,}"


def _explained(spike: Row | None) -> str | None:
    if spike is None:
        return None
    words = f"{spike['ratio']:.1f} times as many stories as usual"
    headlines = [h for h in spike["headlines"] or [] if h]
    return f"{words}: {headlines[0]}" if headlines else words


def _in_period(entity_id: str, start: date, grain: str, counted: str) -> Link:
    parameters = {"actor": entity_id, "from": start, "to": last_day(start, grain)}
    if counted == "said":
        parameters["how"] = "quoted"
    if counted == "headlines":
        parameters["how"] = "headline"
    return Link("articles", parameters)


def _spike_table(who: Row, spikes: list[Row], grain: str) -> Table:
    rows = [
        {
            "period": period_name(spike["period_start"], grain),
            "period_start": spike["period_start"],
            "story_count": spike["story_count"],
            "expected": spike["expected_story_count"],
            "surprise": spike["surprise"],
            "headline": next((h for h in spike["headlines"] or [] if h), None),
            "article_id": next(iter(spike["article_ids"] or []), None),
            "entity_id": who["entity_id"],
        }
        for spike in spikes
    ]
    columns = [
        Column(
            "period",
            "When",
            link=lambda row: _in_period(who["entity_id"], row["period_start"], grain, "articles"),
        ),
        Column("story_count", "Stories", "count"),
        Column("expected", "Usual", "number", about="What its own baseline lets expect"),
        Column(
            "surprise", "Surprise", "number", about="3: a chance of one in a thousand; 6: a million"
        ),
        Column(
            "headline",
            "The story most about it",
            "long",
            link=to_told,
        ),
    ]
    return Table("spikes", "Spikes, and what explains them", columns, rows)


_VOICES = [
    ("article_count", "mention it", ""),
    ("quoted_article_count", "quote it", "quoted"),
    ("talked_about_article_count", "others talk about it", "talked_about"),
]


def _voice(ask: Ask, who: Row, asked: dict[str, Any]) -> Chart | Note:
    rows = ask.rows(_VOICE, **asked)
    if not rows:
        return Note("In no dated article of these days.")
    for row in rows:
        row["period"] = period_name(row["period_start"], "month")

    def articles(how: str) -> Any:
        return lambda row: Link(
            "articles",
            {
                "actor": who["entity_id"],
                "from": row["period_start"],
                "to": last_day(row["period_start"], "month"),
                "how": how,
            },
        )

    def draw(address: Any) -> dict[str, Any]:
        drawn = [
            {
                "period_start": row["period_start"].isoformat(),
                "period": row["period"],
                "name": name,
                "n": row[key],
                "href": address(articles(how)(row)),
            }
            for row in rows
            for key, name, how in _VOICES
        ]
        return charts.lines(drawn, "n", label="articles", names=[name for _, name, _ in _VOICES])

    columns = [
        Column("period", "Month"),
        Column("article_count", "Mention it", "count", link=articles("")),
        Column("quoted_article_count", "Quote it", "count", link=articles("quoted")),
        Column(
            "talked_about_article_count",
            "Others talk about it",
            "count",
            link=articles("talked_about"),
        ),
        Column(
            "unheard_article_count",
            "Of these, without its own words",
            "count",
            link=articles("unheard"),
        ),
        Column("utterance_count", "Its utterances", "count"),
        Column("talked_about_utterance_count", "Utterances about it", "count"),
    ]
    total = sum(row["article_count"] for row in rows)
    quoted = sum(row["quoted_article_count"] for row in rows)
    alt = f"Of {total:,} articles {quoted:,} quote {who['name']}. The numbers are in the table."
    return Chart(draw, alt, Table("voice", "Mentioned and quoted, by month", columns, rows))


def _outlets(ask: Ask, who: Row, asked: dict[str, Any]) -> Chart | Note:
    rows = ask.rows(_OUTLETS, **asked)
    if not rows:
        return Note("No outlet of these articles is known.")

    def articles(row: Row) -> Link:
        return Link(
            "articles",
            {
                "actor": who["entity_id"],
                "outlet": row["outlet"],
                "from": asked["since"],
                "to": asked["until"],
            },
        )

    def draw(address: Any) -> dict[str, Any]:
        drawn = [row | {"href": address(articles(row))} for row in rows[:20]]
        values = [("article_count", "mention it"), ("quoted_article_count", "quote it")]
        return charts.bars(drawn, "outlet", values, label="articles")

    columns = [
        Column("outlet", "Outlet", link=articles),
        Column("article_count", "Articles", "count", link=articles),
        Column("share_of_articles", "Of its articles", "share"),
        Column("quoted_article_count", "Quote it", "count"),
        Column("utterance_count", "Utterances", "count"),
        Column("article_total", "All its articles", "count"),
    ]
    alt = f"{rows[0]['outlet']} has most articles on it, {rows[0]['article_count']:,}."
    return Chart(draw, alt, Table("outlets", "By outlet", columns, rows))


def _company(ask: Ask, who: Row, asked: dict[str, Any]) -> Table:
    def both(row: Row) -> Link:
        return Link("articles", {"actor": who["entity_id"], "with": row["entity_id"]})

    def compared(row: Row) -> Link:
        return Link("compare", {"actor": [who["entity_id"], row["entity_id"]]})

    columns = [
        Column("name", "Actor", link=to_actor),
        Column("type", "Type"),
        Column("story_count", "Stories with both", "count"),
        Column(
            "expected_story_count",
            "By chance",
            "number",
            about="Had the two nothing to do with each other",
        ),
        Column("since", "Since", "day"),
        Column("articles", "", link=both),
        Column("compare", "", link=compared),
    ]
    words = {"articles": "articles", "compare": "compare"}
    rows = [row | words for row in ask.rows(_WITH, **asked)]
    return Table("together", "Named in the same stories", columns, rows, "With nobody twice.")


def _roles(ask: Ask, who: Row) -> Table:
    columns = [
        Column("role", "Title"),
        Column("first_on", "First", "day"),
        Column("last_on", "Last", "day"),
        Column("mention_count", "Mentions", "count"),
        Column("outlet_count", "Outlets", "count"),
    ]
    rows = ask.rows(_ROLES, id=who["entity_id"])
    return Table("roles", "Titles as written", columns, rows, "No title stands beside its name.")


def _newest_quotes(ask: Ask, who: Row, asked: dict[str, Any]) -> Quotes:
    rows = ask.rows(_QUOTES, limit=QUOTES_SHOWN, **asked)
    quotes: list[Quote] = [as_quote(row, with_speaker=False) for row in rows]
    table = Table(
        "quotes",
        "Quotes",
        quote_columns(),
        rows,
        "No words of its own were found.",
        more=Link(
            "quotes",
            {"speaker": who["entity_id"], "from": asked["since"], "to": asked["until"]},
        ),
    )
    return Quotes(quotes, table)


def _names(who: Row) -> Note:
    others = ", ".join(f"“{form}”" for form in who["aliases"] or [])
    text = f"Also as {others}." if others else "Under this name only."
    return Note(
        f"{text} Its id is {who['entity_id']}.",
        links=[("Is it two, or one with another? Correct it", _to_corrections(who))],
    )


def _to_corrections(who: Row) -> Link:
    return Link("corrections", {"actor": who["entity_id"]})
