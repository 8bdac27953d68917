"""`actor_spikes` against the same model written down again, slowly, in Python."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from bench.spikes import SPIKE_MODELS, STUBS
from etl.warehouse.dbt import run_dbt

from .conftest import Warehouse

FIRST = date(2023, 1, 2)
DAYS = 280


def surprise(count: int, mean: float, size: float) -> float:
    """-log10 P(X >= count), summed until the terms no longer matter."""
    total, more = 0.0, 0
    while True:
        n = count + more
        term = math.exp(
            math.lgamma(n + size)
            - math.lgamma(size)
            - math.lgamma(n + 1)
            + size * math.log(size / (size + mean))
            + n * math.log(mean / (size + mean))
        )
        total += term
        more += 1
        if term < total * 1e-12:
            return -math.log10(total)


def scores(
    counts: list[int], volume: list[int], width: int, left_out: set[int]
) -> dict[int, tuple[float, float, int]]:
    """Expected count, surprise and articles of the baseline, by period that may be a spike."""
    found = {}
    for at in range(width // 2, len(counts)):
        if counts[at] < 3 or not volume[at]:
            continue
        before = [i for i in range(max(0, at - width), at) if i not in left_out]
        articles = sum(counts[i] for i in before)
        rate = (articles + 0.5) / sum(volume[i] for i in before)
        mean = rate * volume[at]
        expected = [rate * volume[i] for i in before]
        excess = sum((counts[i] - e) ** 2 - e for i, e in zip(before, expected, strict=True))
        dispersion = (max(0.0, excess) + 4 * 0.2) / (sum(e * e for e in expected) + 4)
        size = 1 / (max(0.02, dispersion) + 0.06 + 1 / (articles + 0.5))
        if counts[at] > mean:
            found[at] = (mean, surprise(counts[at], mean, size), articles)
    return found


def spikes(counts: list[int], volume: list[int], width: int) -> dict[int, tuple[float, float, int]]:
    first = {at for at, (_, s, _) in scores(counts, volume, width, set()).items() if s >= 3}
    second = scores(counts, volume, width, first)
    return {at: score for at, score in second.items() if score[1] >= 3}


def test_spikes_are_those_of_the_model(warehouse: Warehouse, tmp_path: Path) -> None:
    random.seed(11)
    volume = [0 if i % 41 == 9 else random.randint(40, 400) for i in range(DAYS)]
    series: dict[str, list[int]] = {}
    for number, share in enumerate([0.0005, 0.003, 0.01, 0.1, 0.5, 0.0]):
        counts = []
        for i, total in enumerate(volume):
            rate = share * random.gammavariate(3, 1 / 3) + 0.05 * (i in (70, 150, 152, 251))
            counts.append(sum(random.random() < rate for _ in range(total)))
        series[f"e{number}"] = counts
    # Risen to stay: news at first, then the new baseline.
    series["riser"] = [round(total * (0.02 if i < 120 else 0.3)) for i, total in enumerate(volume)]

    file = tmp_path / "news.duckdb"
    days = [FIRST + timedelta(days=i) for i in range(DAYS)]
    with duckdb.connect(file) as connection:
        connection.execute(STUBS)
        connection.executemany(
            "insert into publication_periods values ('day', ?, ?)",
            [row for row in zip(days, volume, strict=True) if row[1]],
        )
        connection.executemany(
            "insert into actor_daily values (?, ?, ?, 0, 0)",
            [(e, days[i], n) for e, counts in series.items() for i, n in enumerate(counts) if n],
        )
        connection.execute(
            "insert into actor_weekly select entity_id, date_trunc('week', period_start),"
            " sum(story_count), 0, 0 from actor_daily group by all"
        )
        connection.execute(
            "insert into publication_periods select 'week', date_trunc('week', period_start),"
            " sum(story_count) from publication_periods group by all"
        )
    run_dbt(["run", "--select", *SPIKE_MODELS], build_file=file, target=warehouse.target)
    found: dict[tuple[str, str], dict[int, tuple[float, float, int]]] = defaultdict(dict)
    with duckdb.connect(file, read_only=True) as news:
        for entity, grain, at, count, mean, chance, articles, ratio in news.execute(
            "select entity_id, grain, period_start - ?, story_count, expected_story_count,"
            " surprise, baseline_story_count, ratio from actor_spikes",
            [FIRST],
        ).fetchall():
            found[entity, grain][at if grain == "day" else at // 7] = (mean, chance, articles)
            assert ratio == pytest.approx(count / mean)

    weeks = range(0, DAYS, 7)
    weekly_volume = [sum(volume[i : i + 7]) for i in weeks]
    for entity, counts in series.items():
        for grain, expected in (
            ("day", spikes(counts, volume, 56)),
            ("week", spikes([sum(counts[i : i + 7]) for i in weeks], weekly_volume, 26)),
        ):
            rows = found[entity, grain]
            assert set(rows) == set(expected), (entity, grain)
            for at, score in expected.items():
                assert rows[at] == pytest.approx(score, rel=1e-6), (entity, grain, at)
    assert {70, 152} <= set(found["e0", "day"])
    risen = sorted(found["riser", "day"])
    assert risen[0] == 120
    assert risen[-1] < 160, "a level that stays is news for weeks, not for ever"
