"""Measures false alarms of `actor_spikes`, and how many planted bursts it finds.

Belongs here: simulated series with known bursts, the shipped model run over them by dbt, and a
rolling z-score over the same series for comparison. Does not belong here: the model
(`sql/macros/spikes.sql`).

    python -m bench.spikes [--actors 60] [--seed 4] [--reprints]

Every series has 422 days: the first 57 only fill the baseline, then follows a year. Each base rate
has `--actors` series of each kind of noise, once without bursts, to count false alarms, and once
with four bursts far apart, to count detections. Alarms by day and by week count alike. With
`--reprints`, up to forty outlets reprint one story in ten, and counting stories is compared with
counting articles.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.warehouse.dbt import run_dbt

Matrix = NDArray[np.float64]

SPIKE_MODELS = ("int_spikes", "int_spike_articles", "actor_spikes")

RATES = (0.1, 0.3, 1.0, 3.0, 10.0, 50.0)
DISPERSIONS = {"Poisson": 0.0, "twofold": 0.2, "bursty": 0.5, "drifting": 0.1}
"""Noise: the variance is mean + dispersion * mean²; the rate of 'drifting' also wanders."""
FIRST_DAY = date(2023, 1, 2)  # a Monday
WARM_UP, YEAR = 57, 365
DAYS = WARM_UP + YEAR
BURSTS = 4
WIRE_SHARE, MOST_REPRINTS = 0.1, 40
WINDOW_DAYS, WINDOW_WEEKS, LEAST_STORIES = 56, 26, 3

STUBS = """
create table publication_periods (grain varchar, period_start date, story_count bigint);
create table actor_daily (entity_id varchar, period_start date, story_count bigint,
    article_count bigint, outlet_count bigint);
create table actor_weekly as from actor_daily;
create table actor_articles (entity_id varchar, article_id varchar, story_id varchar,
    published_on date, mention_count bigint, name_mention_count bigint,
    headline_mention_count bigint);
create table article_metadata (article_id varchar, headline varchar);
create table actor_monthly (entity_id varchar, period_start date, share_of_stories double);
create table quote_attributions (quote_id varchar, article_id varchar, speaker_entity_id varchar,
    kind varchar, char_start integer, char_end integer);
create table quotes_about (quote_id varchar, article_id varchar, entity_id varchar,
    speaker_entity_id varchar, is_about_speaker boolean);
"""
"""The tables that `actor_spikes` reads. Those that explain a spike stay empty: not measured."""


@dataclass(frozen=True)
class Simulation:
    """Series (rows) by day (columns), and the cells of planted bursts."""

    rates: Matrix
    noises: NDArray[np.str_]
    volume: Matrix
    counts: Matrix
    bursts: NDArray[np.bool_]

    @property
    def is_quiet(self) -> NDArray[np.bool_]:
        return np.asarray(~self.bursts.any(axis=1))


def simulate(actors: int, seed: int) -> Simulation:
    """Simulate series of every base rate and noise, half of them with bursts of one to three days.

    A burst adds between max(4, 2 * rate) and max(12, 6 * rate) articles a day.
    """
    rng = np.random.default_rng(seed)
    weekday = np.array([1.1, 1.15, 1.15, 1.1, 1.0, 0.7, 0.6])[np.arange(DAYS) % 7]
    volume = np.round(600 * weekday * rng.lognormal(0, 0.15, DAYS))
    rates, noises, counts, bursts = [], [], [], []
    for rate in RATES:
        for noise, dispersion in DISPERSIONS.items():
            for has_bursts in (False, True):
                for _ in range(actors):
                    mean = rate * volume / volume.mean()
                    if noise == "drifting":
                        mean = mean * _wandering(rng)
                    if dispersion:
                        shape = 1 / dispersion
                        row = rng.poisson(mean * rng.gamma(shape, 1 / shape, DAYS)).astype(float)
                    else:
                        row = rng.poisson(mean).astype(float)
                    planted = np.zeros(DAYS, dtype=bool)
                    if has_bursts:
                        for quarter in range(BURSTS):
                            room = YEAR // BURSTS
                            first = WARM_UP + quarter * room + int(rng.integers(7, room - 10))
                            size = np.exp(
                                rng.uniform(np.log(max(4, 2 * rate)), np.log(max(12, 6 * rate)))
                            )
                            days = slice(first, first + int(rng.integers(1, 4)))
                            row[days] += rng.poisson(size, len(row[days]))
                            planted[days] = True
                    rates.append(rate)
                    noises.append(noise)
                    counts.append(row)
                    bursts.append(planted)
    return Simulation(np.array(rates), np.array(noises), volume, np.array(counts), np.array(bursts))


def _wandering(rng: np.random.Generator) -> Matrix:
    """Return a rate that wanders by about 30% in two weeks (autoregression of its logarithm)."""
    log = np.zeros(DAYS)
    for day in range(1, DAYS):
        log[day] = 0.93 * log[day - 1] + rng.normal(0, 0.3 * np.sqrt(1 - 0.93**2))
    return np.exp(log - 0.045)


def reprinted(simulation: Simulation, seed: int) -> Simulation:
    """Return the stories counted as articles: a wire story has 1 to 40 reprints, log-uniform."""
    rng = np.random.default_rng(seed)
    wires = rng.binomial(simulation.counts.astype(int), WIRE_SHARE)
    reprints = np.floor(np.exp(rng.uniform(0, np.log(MOST_REPRINTS + 1), int(wires.sum()))))
    cells = np.repeat(np.arange(wires.size), wires.ravel())
    more = np.bincount(cells, reprints, minlength=wires.size).reshape(wires.shape)
    volume = np.round(simulation.volume * (1 + WIRE_SHARE * reprints.mean()))
    return replace(simulation, counts=simulation.counts + more, volume=volume)


def report_of_reprints(simulation: Simulation, seed: int, least_surprise: float | None) -> str:
    """Return alarms and detections, counting stories and counting articles, in Markdown."""
    lines = ["| counted | alarms | found |", "|---|---|---|"]
    quiet = simulation.is_quiet
    for name, counted in (("stories", simulation), ("articles", reprinted(simulation, seed))):
        days, weeks = model_alarms(counted, least_surprise)
        false = alarms_a_year(days[quiet], weeks[quiet])
        found = detected(days[~quiet], weeks[~quiet], simulation.bursts[~quiet])
        lines.append(f"| {name} | {false:.2f} | {_percent(*found)} |")
    return "\n".join(lines)


def by_week(daily: Matrix) -> Matrix:
    """Return the sums of whole weeks along the last axis."""
    weeks = daily.shape[-1] // 7
    whole = daily[..., : weeks * 7].reshape(*daily.shape[:-1], weeks, 7)
    return np.asarray(whole.sum(axis=-1))


def z_scores(counts: Matrix, volume: Matrix, window: int) -> Matrix:
    """Return each share of articles in standard deviations of the `window` shares before it.

    Periods with less than half a window before them, or fewer than three articles, score -inf, as
    in the model. If the baseline does not vary, the score is infinite.
    """
    shares = counts / volume
    scores = np.full(shares.shape, -np.inf)
    for at in range(window // 2, shares.shape[1]):
        before = shares[:, max(0, at - window) : at]
        deviation = before.std(axis=1, ddof=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            score = np.where(
                deviation > 0, (shares[:, at] - before.mean(axis=1)) / deviation, np.inf
            )
        scores[:, at] = np.where(counts[:, at] >= LEAST_STORIES, score, -np.inf)
    return scores


def model_alarms(
    simulation: Simulation, least_surprise: float | None
) -> tuple[NDArray[np.bool_], ...]:
    """Return the alarms of the shipped dbt model: boolean matrices of series by day, by week."""
    days = [FIRST_DAY + timedelta(days=i) for i in range(DAYS)]
    weekly = by_week(simulation.counts)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "news.duckdb"
        with duckdb.connect(file) as connection:
            connection.execute(STUBS)
            for grain, table, counts, volume, step in (
                ("day", "actor_daily", simulation.counts, simulation.volume, 1),
                ("week", "actor_weekly", weekly, by_week(simulation.volume), 7),
            ):
                _write(connection, grain, table, counts, volume, days[::step])
        options = (
            [] if least_surprise is None else ["--vars", f"spike_least_surprise: {least_surprise}"]
        )
        run_dbt(
            ["run", "--select", *SPIKE_MODELS, *options],
            build_file=file,
            target=Path(folder) / "dbt",
        )
        with duckdb.connect(file, read_only=True) as connection:
            found = connection.execute(
                "select entity_id::integer, grain, period_start - ? from actor_spikes",
                [FIRST_DAY],
            ).fetchall()
    alarms: dict[str, NDArray[np.bool_]] = {
        "day": np.zeros(simulation.counts.shape, dtype=bool),
        "week": np.zeros(weekly.shape, dtype=bool),
    }
    for entity, grain, position in found:
        at = position if grain == "day" else position // 7
        if at < alarms[grain].shape[1]:
            alarms[grain][entity, at] = True
    return alarms["day"], alarms["week"]


def _write(
    connection: duckdb.DuckDBPyConnection,
    grain: str,
    table: str,
    counts: Matrix,
    volume: Matrix,
    periods: list[date],
) -> None:
    starts = pd.DataFrame({"period_start": periods[: len(volume)], "stories": volume})
    connection.register("starts", starts)
    connection.execute(
        "insert into publication_periods select ?, period_start::date, stories from starts", [grain]
    )
    rows, columns = np.nonzero(counts)
    series = pd.DataFrame(
        {
            "entity_id": rows,
            "period_start": starts["period_start"].to_numpy()[columns],
            "stories": counts[rows, columns],
        }
    )
    connection.register("series", series)
    connection.execute(
        f"insert into {table} by name select entity_id, period_start::date as period_start,"
        " stories as story_count from series"
    )


def alarms_a_year(days: NDArray[np.bool_], weeks: NDArray[np.bool_]) -> float:
    """Return alarms per series and year after the warm-up, days and weeks together."""
    return float(days[:, WARM_UP:].sum() + weeks[:, WARM_UP // 7 :].sum()) / len(days)


def detected(
    days: NDArray[np.bool_], weeks: NDArray[np.bool_], bursts: NDArray[np.bool_]
) -> tuple[int, int]:
    """Return how many bursts have an alarm on one of their days or weeks, and the total."""
    found = total = 0
    for row in range(len(bursts)):
        (at,) = np.nonzero(bursts[row])
        for burst in np.split(at, np.nonzero(np.diff(at) > 1)[0] + 1):
            inside = [week for week in {day // 7 for day in burst} if week < weeks.shape[1]]
            found += bool(days[row, burst].any() or weeks[row, inside].any())
            total += 1
    return found, total


def equal_threshold(days: Matrix, weeks: Matrix, alarms: float) -> float:
    """Return the lowest z at which quiet series have at most `alarms` alarms a year."""
    scores = np.concatenate([days[:, WARM_UP:].ravel(), weeks[:, WARM_UP // 7 :].ravel()])
    allowed = round(alarms * len(days))
    ordered = np.sort(scores)[::-1]
    return float(np.nextafter(ordered[allowed], np.inf)) if allowed < len(ordered) else 0.0


def report(simulation: Simulation, least_surprise: float | None) -> str:
    """Return the tables in Markdown."""
    days, weeks = model_alarms(simulation, least_surprise)
    z_days = z_scores(simulation.counts, simulation.volume, WINDOW_DAYS)
    z_weeks = z_scores(by_week(simulation.counts), by_week(simulation.volume), WINDOW_WEEKS)
    quiet, burst = simulation.is_quiet, ~simulation.is_quiet
    one = equal_threshold(z_days[quiet], z_weeks[quiet], alarms_a_year(days[quiet], weeks[quiet]))
    lines = [
        f"| | alarms | found | z ≥ {one:.1f}: alarms | found | z at equal alarms | found |",
        "|---|---|---|---|---|---|---|",
    ]
    groups = [(f"{rate:g} a day", simulation.rates == rate) for rate in RATES]
    groups += [(f"{noise} noise", simulation.noises == noise) for noise in DISPERSIONS]
    groups += [("all", np.ones(len(simulation.rates), dtype=bool))]
    for name, rows in groups:
        false = alarms_a_year(days[rows & quiet], weeks[rows & quiet])
        cells = [
            f"{false:.2f}",
            _percent(*detected(*_select(rows & burst, days, weeks, simulation.bursts))),
        ]
        equal = equal_threshold(z_days[rows & quiet], z_weeks[rows & quiet], false)
        for threshold in (one, equal):
            above = (z_days >= threshold, z_weeks >= threshold)
            alarms = alarms_a_year(*_select(rows & quiet, *above))
            cells += [f"{alarms:.2f}" if threshold == one else f"≥ {threshold:.1f}"]
            cells += [_percent(*detected(*_select(rows & burst, *above, simulation.bursts)))]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _select(rows: NDArray[np.bool_], *matrices: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], ...]:
    return tuple(matrix[rows] for matrix in matrices)


def _percent(found: int, total: int) -> str:
    return f"{found / total:.0%}"


def main() -> None:
    """Run the simulation and the model, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actors", type=int, default=60, help="series of each kind")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--least-surprise", type=float, help="instead of the shipped threshold")
    parser.add_argument(
        "--reprints", action="store_true", help="compare counting stories with counting articles"
    )
    arguments = parser.parse_args()
    simulation = simulate(arguments.actors, arguments.seed)
    if arguments.reprints:
        table = report_of_reprints(simulation, arguments.seed, arguments.least_surprise)
    else:
        table = report(simulation, arguments.least_surprise)
    sys.stdout.write(table + "\n")


if __name__ == "__main__":
    main()
