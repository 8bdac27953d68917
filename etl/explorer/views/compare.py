"""Up to six actors on one chart, over time and by outlet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etl.explorer import charts
from etl.explorer.blocks import (
    Chart,
    Choice,
    Column,
    Form,
    Input,
    Link,
    Note,
    Page,
    Row,
    Section,
    Table,
)
from etl.explorer.view_request import RequestError, ViewRequest
from etl.explorer.views.counting import Counting, choices, counting
from etl.explorer.views.links import GRAINS, last_day, middle, period_name
from etl.query.timelines import timeline

MOST = 6
_OUTLETS = """
select outlet, entity_id, count(*) filter (mention_count > 0) as article_count
from actor_articles semi join (select unnest($ids::varchar[]) as entity_id) using (entity_id)
where outlet is not null and ($since::date is null or published_on >= $since::date)
  and ($until::date is null or published_on <= $until::date)
group by all
"""


def compare(ask: ViewRequest) -> Page:
    """Actors beside each other; `actor` and `name` may stand several times in the address."""
    wanted = ask.all("actor") + ask.all("name")
    if len(wanted) > MOST:
        raise RequestError(f"at most {MOST} actors fit on one chart, not {len(wanted)}")
    who: dict[str, Row] = {}
    for text in wanted:
        found = ask.actor(text)
        who[found["entity_id"]] = found
    chosen = counting(ask)
    since, until = ask.days()
    here: dict[str, Any] = {
        "actor": list(who),
        **chosen.parameters,
        "from": since,
        "to": until,
    }
    blocks: list[Any] = [_form(who, here)]
    if not who:
        blocks.append(Note("Name two to six actors; start to type, and choose."))
        return Page("compare", "Compare", [Section("", blocks)], parameters=here)
    blocks.append(_chosen(who, here))
    blocks += choices(chosen, lambda asked: Link("compare", here | asked))
    names = _names(who)
    series = _series(ask, who, names, chosen, since, until)
    if not series:
        blocks.append(Note("None of them is in an article with a date in these days."))
        return Page("compare", "Compare", [Section("", blocks)], parameters=here)
    blocks.append(_over_time(series, names, chosen))
    by_outlet = _by_outlet(ask, who, names, since, until)
    title = " and ".join(names.values()) if len(names) < 3 else "Compare"
    return Page(
        "compare", title, [Section("", blocks), Section("By outlet", [by_outlet])], parameters=here
    )


def _names(who: dict[str, Row]) -> dict[str, str]:
    """Names by id; those of two actors of one name hold their ids."""
    names = [row["name"] for row in who.values()]
    return {
        i: row["name"] if names.count(row["name"]) == 1 else f"{row['name']} ({i})"
        for i, row in who.items()
    }


def _form(who: dict[str, Row], here: dict[str, Any]) -> Form:
    hidden = [Input("actor", "", entity_id, "hidden") for entity_id in who]
    hidden += [
        Input(name, "", str(here[name]), "hidden") for name in ("by", "of", "as") if here[name]
    ]
    fields = [
        Input("from", "From", str(here["from"] or ""), "date"),
        Input("to", "To", str(here["to"] or ""), "date"),
    ]
    if len(who) < MOST:
        fields.insert(0, Input("name", "Add an actor", kind="actor"))
    return Form("compare", [*hidden, *fields], "Show")


def _chosen(who: dict[str, Row], here: dict[str, Any]) -> Choice:
    return Choice(
        "Take away",
        [
            (
                row["name"],
                Link("compare", here | {"actor": [i for i in who if i != entity_id]}),
                False,
            )
            for entity_id, row in who.items()
        ],
    )


def _series(
    ask: ViewRequest,
    who: dict[str, Row],
    names: dict[str, str],
    chosen: Counting,
    since: Any,
    until: Any,
) -> list[Row]:
    first = since or min((r["first_seen"] for r in who.values() if r["first_seen"]), default=None)
    found = []
    for entity_id, row in who.items():
        periods = timeline(ask.con, row, chosen.grain, first, until)  # type: ignore[arg-type]
        found += [
            {
                "period_start": period["period_start"],
                "period": period_name(period["period_start"], chosen.grain),
                "entity_id": entity_id,
                "name": names[entity_id],
                chosen.column: period[chosen.column],
            }
            for period in periods
        ]
    return found


def _over_time(series: Sequence[Row], names: dict[str, str], chosen: Counting) -> Chart:
    key, label, grain = chosen.column, chosen.label, chosen.grain

    def articles(row: Row, entity_id: str) -> Link:
        days = {"from": row["period_start"], "to": last_day(row["period_start"], grain)}
        return Link("articles", {"actor": entity_id, **days})

    def draw(address: Any) -> dict[str, Any]:
        drawn = [
            row
            | {
                "at": middle(row["period_start"], grain),
                "href": address(articles(row, row["entity_id"])),
            }
            for row in series
        ]
        return charts.lines(
            drawn, key, label=label, names=list(names.values()), is_share=chosen.is_share
        )

    by_period: dict[Any, Row] = {}
    for row in series:
        there = by_period.setdefault(
            row["period_start"], {"period_start": row["period_start"], "period": row["period"]}
        )
        there[row["entity_id"]] = row[key]
    columns = [
        Column("period", "When"),
        *(
            Column(i, name, chosen.kind, link=lambda row, i=i: articles(row, i))  # type: ignore[misc]
            for i, name in names.items()
        ),
    ]
    totals = ", ".join(
        f"{name} {sum(r[key] or 0 for r in series if r['entity_id'] == i):,}"
        for i, name in names.items()
    )
    alt = f"{label} {GRAINS[grain]} of {', '.join(names.values())}."
    if not chosen.is_share:
        alt += f" In all: {totals}."
    rows = sorted(by_period.values(), key=lambda row: row["period_start"], reverse=True)
    return Chart(draw, alt, Table("compare", f"{label} {GRAINS[grain]}", columns, rows))


def _by_outlet(
    ask: ViewRequest, who: dict[str, Row], names: dict[str, str], since: Any, until: Any
) -> Chart | Note:
    by_outlet: dict[str, Row] = {}
    for row in ask.rows(_OUTLETS, ids=list(who), since=since, until=until):
        there = by_outlet.setdefault(
            row["outlet"], {"outlet": row["outlet"], **dict.fromkeys(who, 0)}
        )
        there[row["entity_id"]] = row["article_count"]
    rows = sorted(by_outlet.values(), key=lambda r: (-sum(r[i] for i in who), r["outlet"]))
    if not rows:
        return Note("No outlet of these articles is known.")

    def articles(row: Row, entity_id: str) -> Link:
        return Link(
            "articles",
            {"actor": entity_id, "outlet": row["outlet"], "from": since, "to": until},
        )

    columns = [
        Column("outlet", "Outlet"),
        *(
            Column(i, name, "count", link=lambda row, i=i: articles(row, i))  # type: ignore[misc]
            for i, name in names.items()
        ),
    ]

    def draw(address: Any) -> dict[str, Any]:
        return charts.bars(rows[:12], "outlet", list(names.items()), label="articles")

    alt = f"Articles by outlet; most in {rows[0]['outlet']}. The numbers are in the table."
    return Chart(draw, alt, Table("outlets", "Articles by outlet", columns, rows))
