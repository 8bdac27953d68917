"""Measures how often the intervals of the series (low to high) contain the gold count.

Belongs here: running the shipped models over extractions of the samples, the coverage of their
intervals, and fitting the parameters of `sql/macros/interval.sql` on articles that no check uses.
Does not belong here: the formula, which is in that macro; gold counts
(`training.evaluation.coverage_samples`).

    python -m training.evaluation.coverage          # coverage of the held-out samples
    python -m training.evaluation.coverage --fit    # the parameters, fitted on the other samples

Every article of a sample is its own story, and a share is a count over an exact total, so results
for articles hold for stories and shares too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from pathlib import Path

import duckdb

from etl.extract import Extractor, get_extractor
from etl.warehouse.dbt import run_dbt
from training.evaluation.coverage_samples import Appearance, samples
from training.evaluation.report import Cell, Table, markdown
from training.evaluation.runner import CorpusRunner

_MENTIONS = ("GUM news, fit half", "our own, fit half")
_NAMES = (*_MENTIONS, "PolNeAR people, tune")
_SPEECH = ("PolNeAR attributions, tune", "our own, fit half")
FITTED_ON = {
    "mention": _MENTIONS,
    "name_mention": _NAMES,
    "article": _NAMES,
    "headline_article": _NAMES,
    "utterance": _SPEECH,
    "quoted_word": _SPEECH,
}
"""The samples to fit each measure on. All other samples with the measure are held out."""
CHANCES = {
    "headline_article": "headline_article_chance",
    "utterance": "utterance_chance",
    "quoted_word": "utterance_chance",
}
"""The column of chances, for measures of which an actor's whole count may be missed."""
SERIES = {
    "day": "actor_daily",
    "week": "actor_weekly",
    "month": "actor_monthly",
    "month and outlet": "actor_outlet_monthly",
}
OFTEN = 30
"""Minimum total, in units of `clump`, from which an actor is used to estimate drift.

One sentence of 30 quoted words is too few: actors of 30 or more are 16% off, of 200 or more 6%.
"""
HELD = 0.9
"""The share of gold counts that the intervals are designed to contain."""
DRIFT, FEW = 0.03, 10
"""The drift to ship if fewer than FEW actors can be used to estimate it. Most actors show less."""
NORMAL = 1.645
"""The deviations that contain that share of a normal distribution; the minimum reach."""

STUBS = """
create table article_metadata (article_id varchar, headline varchar, published_on date,
    outlet varchar, story_id varchar);
create table mentions (article_id varchar, entity_id varchar, part varchar, type varchar,
    kind varchar, sentence integer, method varchar, confidence double);
create table quotes (article_id varchar, speaker_entity_id varchar, utterance_id varchar,
    kind varchar, text varchar, confidence double, speaker_confidence double, act varchar);
create table publication_periods (grain varchar, period_start date, article_count bigint,
    story_count bigint);
create table gold (entity_id varchar, article_id varchar, published_on date, outlet varchar,
    measure varchar, gold bigint);
"""
"""The inputs of the series, and a table of gold counts."""


def build_series(appearances: Sequence[Appearance]) -> duckdb.DuckDBPyConnection:
    """Build the shipped series of a sample; return them with table `gold` in a memory database."""
    with tempfile.TemporaryDirectory() as folder:
        # dbt parses the project for this name, as the catalog of every relation.
        file = Path(folder) / "news.duckdb"
        with duckdb.connect(file) as news:
            news.execute(STUBS)
            _fill(news, appearances)
        run_dbt(
            ["run", "--select", "actor_articles", *SERIES.values()],
            build_file=file,
            target=Path(folder) / "target",
        )
        news = duckdb.connect()
        news.execute(f"attach '{file}' as build (read_only); copy from database build to memory")
        news.execute("detach build")
    return news


def _fill(news: duckdb.DuckDBPyConnection, appearances: Sequence[Appearance]) -> None:
    articles = {
        (a.article_id, "…" if a.has_headline else None, a.published_on, a.outlet, a.article_id)
        for a in appearances
    }
    tables: dict[str, list[tuple[object, ...]]] = {
        "article_metadata": list(articles),
        "mentions": [
            (a.article_id, a.entity_id, m.part, m.type, m.kind, m.sentence, m.method, m.confidence)
            for a in appearances
            for m in a.mentions
        ],
        "quotes": [
            (
                *(a.article_id, a.entity_id, f"{a.article_id}#{q.utterance}"),
                *(q.kind, q.text, q.confidence, q.speaker_confidence, q.act),
            )
            for a in appearances
            for q in a.quotes
        ],
        "gold": [
            (a.entity_id, a.article_id, a.published_on, a.outlet, measure, count)
            for a in appearances
            for measure, count in a.gold.items()
        ],
    }
    for table, rows in tables.items():
        if rows:
            places = ", ".join("?" * len(rows[0]))
            news.executemany(f"insert into {table} values ({places})", rows)
    for grain in ("day", "week", "month"):
        news.execute(
            "insert into publication_periods select $1, date_trunc($1, published_on), count(*),"
            " count(distinct story_id) from article_metadata group by all",
            [grain],
        )


HEADER = (
    *("", "used for", "by", "rows", "within, %", "with any", "of these within, %"),
    *("gold below, %", "gold above, %", "count right, %", "found", "gold", "width", "median width"),
)
"""`with any`: rows with a found or gold count above 0. Widths are relative to the count or 1."""


def coverage(name: str, appearances: Sequence[Appearance]) -> Iterator[list[Cell]]:
    """Yield a row per measure and series: how often the interval contains gold, and its width.

    Figures cover all rows of the series, and those in which the found or gold count is above 0.
    """
    with build_series(appearances) as news:
        for measure, fitted_on in FITTED_ON.items():
            for grain, table in SERIES.items():
                if measure == "quoted_word" and "outlet" not in grain:
                    continue
                keys = "entity_id, outlet" if "outlet" in grain else "entity_id"
                rows, found, gold, *figures, width, median = news.execute(
                    f"with gold as (select {keys}, sum(gold) as gold,"
                    f" date_trunc('{grain.split()[0]}', published_on)::date as period_start"
                    f" from gold where measure = '{measure}' group by all),"
                    f" checked as (select gold, {measure}_count as found,"
                    f" {measure}_count_low as low, {measure}_count_high as high,"
                    " gold between low and high as is_within, gold > 0 or found > 0 as has_any"
                    f" from gold inner join {table} using ({keys}, period_start))"
                    " select count(*), sum(found), sum(gold), 100 * avg(is_within::int),"
                    " count(*) filter (has_any), 100 * avg(is_within::int) filter (has_any),"
                    " 100 * avg((gold < low)::int) filter (has_any),"
                    " 100 * avg((gold > high)::int) filter (has_any),"
                    " 100 * avg((gold = found)::int) filter (has_any),"
                    " sum(high - low) / sum(found),"
                    " median((high - low) / greatest(1, found)) filter (has_any)"
                    " from checked"
                ).fetchall()[0]
                if rows:
                    use = "fit" if name in fitted_on else "check"
                    row: list[Cell] = [f"{measure}_count: {name}", use, grain, rows, *figures]
                    yield [*row, int(found), int(gold), f"{width:.2f}", f"{median:.2f}"]


@dataclass(frozen=True)
class Pair:
    """The found and gold counts of an actor in one or more articles.

    `weight` gives samples equal weight in total; it is 1 on average over rows with any count.
    """

    found: float
    gold: float
    doubt: float
    chances: float
    weight: float

    @property
    def excess(self) -> float:
        return max(0.0, self.found - self.gold)

    @property
    def lack(self) -> float:
        return max(0.0, self.gold - self.found)


def _pairs(measure: str, found: Mapping[str, Sequence[Appearance]]) -> dict[str, list[Pair]]:
    """Return pairs by `article`, by `row` (month and outlet) and by `actor`.

    Rows and actors without any count are left out. Articles are all kept: those without a count
    show that nothing was missed there.
    """
    count = f"({measure.replace('article', 'mention')}_count > 0)::int"
    if not measure.endswith("article"):
        count = f"{measure}_count"
    keys = {
        "article": "entity_id, article_id",
        "row": "entity_id, a.outlet, date_trunc('month', a.published_on)",
        "actor": "entity_id",
    }
    rows: dict[str, list[list[tuple[float, ...]]]] = {key: [] for key in keys}
    for appearances in found.values():
        with build_series(appearances) as news:
            for key, group in keys.items():
                rows[key].append(
                    news.execute(
                        f"select sum({count})::double as found, sum(gold)::double as right_count,"
                        f" sum({measure}_doubt)::double,"
                        f" sum({CHANCES.get(measure, '0')})::double"
                        " from gold inner join actor_articles as a using (entity_id, article_id)"
                        f" where measure = '{measure}' group by {group}"
                        f" having {key == 'article'} or found > 0 or right_count > 0"
                        f" order by {group}"
                    ).fetchall()
                )
    sizes = [len(sample) for sample in rows["row"]]
    return {
        key: [
            Pair(found, gold, doubt, chances, weight=sum(sizes) / len(sizes) / size)
            for sample, size in zip(by_sample, sizes, strict=True)
            for found, gold, doubt, chances in sample
        ]
        for key, by_sample in rows.items()
    }


def fit(measure: str, found: Mapping[str, Sequence[Appearance]]) -> list[Cell]:
    """Fit the parameters of a measure; return a row under `PARAMETERS`.

    The method of moments: `together` from overcounts per article; `missed`, `unseen` and `clump`
    from undercounts; `drift` from the remaining difference in the totals of frequent actors. No
    variance goes below the theoretical one. If nothing was missed, one miss is assumed. `reach` is
    then chosen to contain the gold count of 90% of the rows with any count.
    """
    by_group = _pairs(measure, found)
    pairs = by_group["article"]
    together = max(
        1.0,
        sum(p.weight * p.excess**2 for p in pairs) / sum(p.weight * p.doubt for p in pairs),
    )
    not_found, others = [p for p in pairs if not p.found], [p for p in pairs if p.found]
    unseen = 0.0
    if measure in CHANCES:
        unseen = sum(p.weight * p.lack for p in not_found)
        unseen /= sum(p.weight * p.chances for p in not_found)
    lack = sum(p.weight * (p.lack - unseen * p.chances) for p in others)
    missed = max(0.0, (lack + 1) / (sum(p.weight * p.found for p in others) + 1))

    def expected(pair: Pair) -> float:
        return missed * pair.found + unseen * pair.chances

    means = [(p.weight, p.lack, expected(p)) for p in pairs if expected(p)]
    clump = max(
        1.0,
        sum(w * (lack - mean) ** 2 / mean for w, lack, mean in means) / sum(w for w, *_ in means),
    )
    totals = [p for p in by_group["actor"] if p.found >= OFTEN * clump]
    beyond = sum(
        p.weight
        * ((p.gold - p.found - expected(p)) ** 2 - together * p.doubt - clump * expected(p))
        for p in totals
    )
    drift = sqrt(max(0.0, beyond / max(1.0, sum(p.weight * p.found**2 for p in totals))))

    def deviations(pair: Pair) -> float:
        """Return how many of its deviations make the bound round to the gold count."""
        own = (drift if len(totals) >= FEW else DRIFT) * pair.found
        if pair.excess:
            beyond, variance = pair.excess - 0.5, together * pair.doubt + own**2
        else:
            beyond = pair.lack - expected(pair) - 0.5
            variance = clump * expected(pair) + own**2
        if beyond <= 0:
            return 0.0
        return beyond / sqrt(variance) if variance else inf

    reach = max(NORMAL, reach_of([(deviations(p), p.weight) for p in by_group["row"]]))
    figures = (together, missed, unseen, clump, drift, reach)
    return [measure, *(f"{figure:.3f}" for figure in figures), len(totals)]


def reach_of(deviations: Sequence[tuple[float, float]]) -> float:
    """Return the deviation within which `HELD` of the (deviation, weight) pairs and one more lie.

    Split conformal prediction with scores scaled by their own deviation, on rows with any count:
    Lei and others, Distribution-free predictive inference for regression, JASA 2018, section 5.2;
    label-conditional: Vovk, Conditional validity of inductive conformal predictors, 2012. As there,
    the additional row counts as beyond all others.
    """
    needed = HELD * (sum(weight for _, weight in deviations) + 1)
    for score, weight in sorted(deviations):
        needed -= weight
        if needed <= 0:
            return score
    return inf


PARAMETERS = (*("", "together", "missed", "unseen", "clump", "drift", "reach", "actors of drift"),)


def main() -> int:
    """Print coverage or the fitted parameters. Return 2 if the corpora are missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fit", action="store_true", help="fit and print the parameters instead")
    options = parser.parse_args()
    extractor: Extractor = get_extractor()
    try:
        found = samples(CorpusRunner(extractor))
    except FileNotFoundError as missing:
        print(f"corpora missing: {missing}", file=sys.stderr)
        return 2
    if options.fit:
        rows = [
            fit(measure, {name: found[name] for name in FITTED_ON[measure]})
            for measure in FITTED_ON
        ]
        print(markdown(Table("Parameters of the intervals", PARAMETERS, rows)))
    else:
        rows = [row for name in found for row in coverage(name, found[name])]
        print(markdown(Table("Intervals: how often they contain the gold count", HEADER, rows)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
