"""The series and `actor_timeline`, against counts taken in Python from the same texts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
import yaml

from etl.warehouse.dbt import PROJECT

from .conftest import (
    GEORGIA,
    GERMANY,
    SURE,
    TSELENSKYY,
    TYPES,
    UNSURE,
    Text,
    current_texts,
    entities_of,
    mentioned,
    quoted_words,
    statements,
    utterances,
)

INTERVALS = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))["vars"]["intervals"]
WIDTH = {"day": 7, "week": 4, "month": 3}
LONG_WIDTH = {"day": 28, "week": 13, "month": 12}
CANONICAL = {" nyt ": "The New York Times", "New York   Times": "The New York Times"}
DATED = [text for text in current_texts() if text.published_on]
FIRST, LAST = date(2024, 1, 1), date(2024, 4, 30)


def start(grain: str, day: date) -> date:
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def following(grain: str, day: date) -> date:
    if grain == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day + timedelta(days=7 if grain == "week" else 1)


def periods(grain: str, first: date, last: date) -> list[date]:
    result, at = [], start(grain, first)
    while at <= start(grain, last):
        result.append(at)
        at = following(grain, at)
    return result


def texts_of(grain: str, period: date) -> list[Text]:
    return [t for t in DATED if t.published_on and start(grain, t.published_on) == period]


def interval(measure: str, count: int, doubt: float, chances: int = 0) -> dict[str, int]:
    """A count with low and high, as docs/adr/0012-intervals.md says it."""
    p = INTERVALS[measure]
    drift = (p["drift"] * count) ** 2
    missed = p["missed"] * count + p["unseen"] * chances
    low = round(count - p["reach"] * (p["together"] * doubt + drift) ** 0.5)
    high = round(count + missed + p["reach"] * (p["clump"] * missed + drift) ** 0.5)
    name = f"{measure}_count"
    return {name: count, f"{name}_low": max(0, low), f"{name}_high": high}


def all_or_none(confidences: list[list[float]]) -> float:
    return sum(len(found) * (len(found) - sum(found)) for found in confidences)


def shares(row: dict[str, Any]) -> dict[str, float | None]:
    result: dict[str, float | None] = {}
    for unit, name in (("article", "share_of_articles"), ("story", "share_of_stories")):
        total = row[f"{unit}_total"]
        for end in ("", "_low", "_high"):
            count = min(row[f"{unit}_count{end}"], total)
            result[name + end] = count / total if total else None
    return result


def counted(entity: str, grain: str, period: date) -> dict[str, Any]:
    texts = texts_of(grain, period)
    own = [[(p, k) for e, p, k in mentioned(text) if e == entity] for text in texts]
    present = [bool(m) or utterances(t, entity) > 0 for m, t in zip(own, texts, strict=True)]
    outlets = {t.outlet for t, is_in in zip(texts, present, strict=True) if is_in and t.outlet}
    sure = [[SURE if kind == "name" else UNSURE for _, kind in m] for m in own]
    names = [[SURE for _, kind in m if kind == "name"] for m in own]
    best = [max(found) for found in sure if found]
    headlines = [any(p == "headline" for p, _ in m) for m in own]
    spoken = sum(utterances(text, entity) for text in texts)
    words = sum(quoted_words(text, entity) for text in texts)
    stories = len({t.story_id for t, m in zip(texts, own, strict=True) if m})
    mentions = sum(map(len, own))
    in_doubt = sum(1 - confidence for confidence in best)
    # No text has more than five mentions, each in a sentence of its own.
    headless = sum(
        bool(m) and not in_it and bool(text.headline)
        for text, m, in_it in zip(texts, own, headlines, strict=True)
    )
    silent = len(best) if TYPES[entity] in ("PERSON", "ORG") else 0
    return {
        **interval("mention", mentions, all_or_none(sure)),
        **interval("name_mention", sum(map(len, names)), all_or_none(names)),
        **interval("article", len(best), in_doubt),
        # Only names are in headlines here, and all quotes are sure.
        **interval("headline_article", sum(headlines), sum(headlines) * (1 - SURE), headless),
        **interval("utterance", spoken, 0, silent),
        **interval("statement", sum(statements(text, entity) for text in texts), 0, silent),
        **interval("quoted_word", words, 0, silent),
        **interval("story", stories, in_doubt * stories / max(1, len(best))),
        "outlet_count": len({CANONICAL.get(outlet, outlet) for outlet in outlets}),
        "article_total": len(texts),
        "story_total": len({t.story_id for t in texts}),
    }


def ranks(grain: str, day: date) -> dict[str, int]:
    """The rank of each actor of the period that holds a day."""
    counts = {entity: counted(entity, grain, start(grain, day)) for entity in entities_of(DATED)}
    keys = {
        entity: (row["article_count"], row["mention_count"])
        for entity, row in counts.items()
        if row["mention_count"] or row["utterance_count"]
    }
    return {entity: 1 + sum(k > key for k in keys.values()) for entity, key in keys.items()}


def dicts(news: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[dict[str, Any]]:
    cursor = news.execute(sql, list(values))
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize(
    ("grain", "table"), [("day", "daily"), ("week", "weekly"), ("month", "monthly")]
)
def test_series_hold_exactly_the_periods_with_an_appearance(
    news: duckdb.DuckDBPyConnection, grain: str, table: str
) -> None:
    expected = []
    for period in periods(grain, FIRST, LAST):
        rows = []
        for entity in entities_of(DATED):
            row = counted(entity, grain, period)
            if row["mention_count"] or row["utterance_count"]:
                rows.append({"entity_id": entity, "period_start": period, **row})
        for row in rows:
            row["rank"] = ranks(grain, period)[row["entity_id"]]
            row |= shares(row)
        expected += rows
    totals = ("article_total", "story_total")
    expected = [{k: v for k, v in row.items() if k not in totals} for row in expected]
    found = dicts(news, f"select * from actor_{table} order by period_start, entity_id")
    assert found == expected


@pytest.mark.parametrize("grain", ["day", "week", "month"])
@pytest.mark.parametrize("entity", [TSELENSKYY, GERMANY, GEORGIA])
@pytest.mark.parametrize(
    ("first", "last"),
    [
        (None, None),
        (date(2024, 1, 4), date(2024, 2, 20)),
        (date(2023, 11, 29), date(2024, 1, 2)),
        (date(2024, 4, 30), date(2024, 6, 1)),
        (date(2024, 2, 5), date(2024, 2, 5)),
    ],
)
def test_timeline_fills_zeros_and_averages_over_what_came_before(
    news: duckdb.DuckDBPyConnection,
    grain: str,
    entity: str,
    first: date | None,
    last: date | None,
) -> None:
    found = dicts(news, "from actor_timeline(?, ?, ?, ?)", entity, grain, first, last)
    expected = []
    for period in periods(grain, first or FIRST, last or LAST):
        row = counted(entity, grain, period)
        row = {k: n for k, n in row.items() if not k.startswith("name_mention_count")}
        row |= shares(row)
        before = ranks(grain, period - timedelta(days=1))
        row["rank"] = ranks(grain, period).get(entity)
        row["rank_change"] = (
            before[entity] - row["rank"] if entity in before and row["rank"] else None
        )
        for prefix, width in (("", WIDTH), ("long_", LONG_WIDTH)):
            # The window reaches back beyond from_day, but not beyond the first day with articles.
            window = [p for p in periods(grain, FIRST, period) if p <= period][-width[grain] :]
            counts = [counted(entity, grain, p) for p in window]
            for one, many in (("article", "articles"), ("story", "stories")):
                found_in = sum(c[f"{one}_count"] for c in counts)
                total = sum(c[f"{one}_total"] for c in counts)
                row[f"{one}_count_{prefix}moving_average"] = (
                    pytest.approx(found_in / len(counts)) if counts else None
                )
                row[f"share_of_{many}_{prefix}moving_average"] = (
                    pytest.approx(found_in / total) if total else None
                )
        expected.append({"period_start": period, **row})
    assert found == expected


def test_a_day_without_articles_has_no_share(news: duckdb.DuckDBPyConnection) -> None:
    days = {
        row["period_start"]: row for row in dicts(news, "from actor_timeline(?, 'day')", GERMANY)
    }
    assert days[date(2024, 1, 2)]["share_of_articles"] is None
    assert days[date(2024, 1, 2)]["article_count"] == 0
    assert days[date(2024, 1, 3)]["share_of_articles"] == 0
    assert days[date(2024, 1, 7)]["article_count_moving_average"] == pytest.approx(2 / 7)
    assert days[date(2024, 1, 8)]["article_count_moving_average"] == 0
    assert days[date(2024, 1, 3)]["share_of_articles_moving_average"] == pytest.approx(2 / 3)


def test_days_can_be_given_as_text_and_by_name(news: duckdb.DuckDBPyConnection) -> None:
    rows = dicts(news, "from actor_timeline(?, 'week', to_day := '2024-01-10')", TSELENSKYY)
    assert [row["period_start"] for row in rows] == [date(2024, 1, 1), date(2024, 1, 8)]


def test_a_range_that_ends_before_it_starts_is_empty(news: duckdb.DuckDBPyConnection) -> None:
    assert dicts(news, "from actor_timeline(?, 'day', '2024-02-01', '2024-01-01')", GERMANY) == []


@pytest.mark.parametrize("grain", ["year", "Week", "", None])
def test_an_unknown_grain_is_refused(news: duckdb.DuckDBPyConnection, grain: str | None) -> None:
    with pytest.raises(duckdb.Error, match="grain must be 'day', 'week' or 'month', not"):
        news.execute("from actor_timeline(?, ?)", [GERMANY, grain]).fetchall()


def test_an_unknown_actor_has_no_rows(news: duckdb.DuckDBPyConnection) -> None:
    assert dicts(news, "from actor_timeline('nobody', 'day')") == []
    assert dicts(news, "from actor_timeline(null, 'day')") == []
