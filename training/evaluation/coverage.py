"""How often the low and high of the series hold what was right: counts of actors against gold.

Belongs here: the shipped models run over what was extracted from the samples, how often their
intervals hold, and the parameters of `sql/macros/interval.sql` from articles that no check uses.
Does not belong here: the formula, which is in that macro; gold counts (`coverage_samples`).

    python -m training.evaluation.coverage          # coverage of the checked samples
    python -m training.evaluation.coverage --fit    # the parameters, from the articles kept for them

Every article of a sample is a story of its own, and a share is a count over an exact total, so that
stories and shares are as articles are.
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
"""Samples by measure; every other sample that has the measure is held out."""
CHANCES = {
    "headline_article": "headline_article_chance",
    "utterance": "utterance_chance",
    "quoted_word": "utterance_chance",
}
"""Where all may be missed of an actor: the columns that `chance` of the parameters names."""
SERIES = {
    "day": "actor_daily",
    "week": "actor_weekly",
    "month": "actor_monthly",
    "month and outlet": "actor_outlet_monthly",
}
OFTEN = 30
"""Lots of findings from which an actor's total tells of drift; a lot is `clump` of them.

One sentence of 30 quoted words does not: actors of 30 or more are 16% off, of 200 or more 6%.
"""
HELD = 0.9
"""The part of the gold counts that the intervals are made to hold."""
DRIFT, FEW = 0.03, 10
"""The drift that ships while fewer actors tell of it, which is more than most of them show."""
NORMAL = 1.645
"""How many deviations hold that part of a normal; no reach is shorter."""

STUBS = """
create table article_metadata (article_id varchar, headline varchar, published_on date,
    outlet varchar, story_id varchar);
create table mentions (article_id varchar, entity_id varchar, part varchar, type varchar,
    kind varchar, sentence integer, confidence double);
create table quotes (article_id varchar, speaker_entity_id varchar, utterance_id varchar,
    kind varchar, text varchar, confidence double, speaker_confidence double);
create table publication_periods (grain varchar, period_start date, article_count bigint,
    story_count bigint);
create table gold (entity_id varchar, article_id varchar, published_on date, outlet varchar,
    measure varchar, gold bigint);
"""
"""What the series are made of, and beside it what is right."""


def modelled(appearances: Sequence[Appearance]) -> duckdb.DuckDBPyConnection:
    """A database in memory with the shipped series of a sample, and its table `gold`."""
    with tempfile.TemporaryDirectory() as folder:
        # The name that dbt parses the project for: it is the catalog of every relation.
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
            (a.article_id, a.entity_id, m.part, m.type, m.kind, m.sentence, m.confidence)
            for a in appearances
            for m in a.mentions
        ],
        "quotes": [
            (
                *(a.article_id, a.entity_id, f"{a.article_id}#{q.utterance}"),
                *(q.kind, q.text, q.confidence, q.speaker_confidence),
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
"""`with any`: rows in which something was found or is right. Widths are over the count, or 1."""


def coverage(name: str, appearances: Sequence[Appearance]) -> Iterator[list[Cell]]:
    """A row by measure and series: how often gold is within, and how wide that is.

    Of every row of the series, and of those where not both are 0.
    """
    with modelled(appearances) as news:
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
    """What was found of an actor in an article, or in more of them, beside what is right.

    `weight` makes samples weigh the same by their rows with any, of which it is 1 on average.
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
    """By `article`, `row` (month and outlet) and `actor`, those of which there is any.

    Those of an article are all of them: where nothing is, nothing was missed.
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
        with modelled(appearances) as news:
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
    """The parameters of a measure, as a row under `PARAMETERS`.

    By moments: `together` from what was found too much in an article, `missed`, `unseen` and
    `clump` from what was found too little; `drift` is what the totals of actors that are found
    often differ by beyond these. No variance goes below theory's; where none was missed, one is
    presumed. `reach` is then what holds the gold count of 90% of the rows with any.
    """
    by = _pairs(measure, found)
    pairs = by["article"]
    together = max(
        1.0,
        sum(p.weight * p.excess**2 for p in pairs) / sum(p.weight * p.doubt for p in pairs),
    )
    silent, others = [p for p in pairs if not p.found], [p for p in pairs if p.found]
    unseen = 0.0
    if measure in CHANCES:
        unseen = sum(p.weight * p.lack for p in silent) / sum(p.weight * p.chances for p in silent)
    lack = sum(p.weight * (p.lack - unseen * p.chances) for p in others)
    missed = max(0.0, (lack + 1) / (sum(p.weight * p.found for p in others) + 1))

    def expected(pair: Pair) -> float:
        return missed * pair.found + unseen * pair.chances

    means = [(p.weight, p.lack, expected(p)) for p in pairs if expected(p)]
    clump = max(
        1.0,
        sum(w * (lack - mean) ** 2 / mean for w, lack, mean in means) / sum(w for w, *_ in means),
    )
    totals = [p for p in by["actor"] if p.found >= OFTEN * clump]
    beyond = sum(
        p.weight
        * ((p.gold - p.found - expected(p)) ** 2 - together * p.doubt - clump * expected(p))
        for p in totals
    )
    drift = sqrt(max(0.0, beyond / max(1.0, sum(p.weight * p.found**2 for p in totals))))

    def deviations(pair: Pair) -> float:
        """How many of its own it would take for the bound to round to the gold count."""
        own = (drift if len(totals) >= FEW else DRIFT) * pair.found
        if pair.excess:
            beyond, variance = pair.excess - 0.5, together * pair.doubt + own**2
        else:
            beyond = pair.lack - expected(pair) - 0.5
            variance = clump * expected(pair) + own**2
        if beyond <= 0:
            return 0.0
        return beyond / sqrt(variance) if variance else inf

    reach = max(NORMAL, reach_of([(deviations(p), p.weight) for p in by["row"]]))
    figures = (together, missed, unseen, clump, drift, reach)
    return [measure, *(f"{figure:.3f}" for figure in figures), len(totals)]


def reach_of(deviations: Sequence[tuple[float, float]]) -> float:
    """The deviations, each with its weight, that hold `HELD` of them and of one more to come.

    Split conformal prediction with scores by their own deviation, of the rows with any only:
    Lei and others, Distribution-free predictive inference for regression, JASA 2018, section 5.2;
    label-conditional: Vovk, Conditional validity of inductive conformal predictors, 2012. The row
    to come counts as beyond all, as there.
    """
    needed = HELD * (sum(weight for _, weight in deviations) + 1)
    for score, weight in sorted(deviations):
        needed -= weight
        if needed <= 0:
            return score
    return inf


PARAMETERS = (*("", "together", "missed", "unseen", "clump", "drift", "reach", "actors of drift"),)


def main() -> int:
    """Print coverage or the fitted parameters; 0, or 2 where the corpora are absent."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fit", action="store_true", help="print the parameters instead")
    options = parser.parse_args()
    extractor: Extractor = get_extractor()
    try:
        found = samples(CorpusRunner(extractor))
    except FileNotFoundError as missing:
        print(f"no corpora: {missing}", file=sys.stderr)
        return 2
    if options.fit:
        rows = [
            fit(measure, {name: found[name] for name in FITTED_ON[measure]})
            for measure in FITTED_ON
        ]
        print(markdown(Table("Parameters of the intervals", PARAMETERS, rows)))
    else:
        rows = [row for name in found for row in coverage(name, found[name])]
        print(markdown(Table("Intervals: how often they hold the gold count", HEADER, rows)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
