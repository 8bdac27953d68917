"""How often the low and high of the series hold what was right: counts of actors against gold.

Belongs here: the shipped models run over what was extracted from the samples, how often their
intervals hold, and the parameters of `sql/macros/interval.sql` from articles that no check uses.
Does not belong here: the formula, which is in that macro; gold counts (`coverage_samples`).

    python -m training.coverage          # coverage of the checked samples
    python -m training.coverage --fit    # the parameters, from the articles kept for them

Every article of a sample is a story of its own, and a share is a count over an exact total, so that
stories and shares are as articles are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import duckdb

from etl.extract import Extractor, get_extractor
from etl.store.dbt import run_dbt
from training.coverage_samples import Appearance, samples
from training.evaluate import markdown
from training.gold_bench import Bench, Cell, Table

FITTED_ON = {
    "mention": ("GUM news, fit half",),
    "name_mention": ("GUM news, fit half", "PolNeAR people, tune"),
    "article": ("GUM news, fit half", "PolNeAR people, tune"),
    "headline_article": ("GUM news, fit half", "PolNeAR people, tune"),
    "utterance": ("PolNeAR attributions, tune",),
    "quoted_word": ("PolNeAR attributions, tune",),
}
"""Samples by measure; every other sample that has the measure is held out."""
UNSEEN = frozenset({"headline_article", "utterance", "quoted_word"})
"""What may be missed of an actor of which none was found: its mentions say that it is there."""
SERIES = {
    "day": "actor_daily",
    "week": "actor_weekly",
    "month": "actor_monthly",
    "month and outlet": "actor_outlet_monthly",
}
OFTEN = 30
"""Findings from which an actor's total tells of drift."""

STUBS = """
create table articles (article_id varchar, published_on date, outlet varchar, story_id varchar);
create table mentions (article_id varchar, entity_id varchar, part varchar, kind varchar,
    confidence double);
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
    articles = {(a.article_id, a.published_on, a.outlet, a.article_id) for a in appearances}
    tables: dict[str, list[tuple[object, ...]]] = {
        "articles": sorted(articles),
        "mentions": [
            (a.article_id, a.entity_id, m.part, m.kind, m.confidence)
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
            " count(distinct story_id) from articles group by all",
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
    """What was found of an actor in an article, or in all of them, beside what is right."""

    found: float
    gold: float
    doubt: float
    mentions: float

    @property
    def excess(self) -> float:
        return max(0.0, self.found - self.gold)

    @property
    def lack(self) -> float:
        return max(0.0, self.gold - self.found)


def fit(measure: str, appearances: Sequence[Appearance]) -> list[Cell]:
    """The parameters of a measure by moments, as a row under `PARAMETERS`.

    `together` from what was found too much in an article, `missed`, `unseen` and `clump` from what
    was found too little; `drift` is what the totals of actors with 30 findings or more differ by
    beyond these. No variance goes below theory's; where none was missed, one is presumed.
    """
    found = f"({measure.replace('article', 'mention')}_count > 0)::int"
    if not measure.endswith("article"):
        found = f"{measure}_count"
    select = (
        f" sum({found})::double, sum(gold)::double, sum({measure}_doubt)::double,"
        " sum(mention_count)::double"
        " from gold inner join actor_articles using (entity_id, article_id)"
        f" where measure = '{measure}' group by entity_id"
    )
    with modelled(appearances) as news:
        pairs = [
            Pair(*row[1:])
            for row in news.execute(f"select article_id, {select}, article_id").fetchall()
        ]
        totals = [
            pair
            for row in news.execute(f"select {select}").fetchall()
            if (pair := Pair(*row)).found >= OFTEN
        ]
    together = max(1.0, sum(p.excess**2 for p in pairs) / sum(p.doubt for p in pairs))
    silent = [p for p in pairs if not p.found]
    unseen = 0.0
    if measure in UNSEEN:
        unseen = sum(p.lack for p in silent) / sum(p.mentions for p in silent)
    others = [p for p in pairs if p.found]
    lack = sum(p.lack - unseen * p.mentions for p in others)
    missed = max(0.0, (lack + 1) / (sum(p.found for p in others) + 1))

    def expected(pair: Pair) -> float:
        return missed * pair.found + unseen * pair.mentions

    means = [(p.lack, expected(p)) for p in pairs if expected(p)]
    clump = max(1.0, sum((lack - mean) ** 2 / mean for lack, mean in means) / len(means))
    beyond = sum(
        (p.gold - p.found - expected(p)) ** 2 - together * p.doubt - clump * expected(p)
        for p in totals
    )
    drift = sqrt(max(0.0, beyond / max(1.0, sum(p.found**2 for p in totals))))
    figures = (together, missed, unseen, clump, drift)
    return [measure, *(f"{figure:.3f}" for figure in figures), len(totals)]


PARAMETERS = ("", "together", "missed", "unseen", "clump", "drift", "actors of drift")


def main() -> int:
    """Print coverage or the fitted parameters; 0, or 2 where the corpora are absent."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fit", action="store_true", help="print the parameters instead")
    options = parser.parse_args()
    extractor: Extractor = get_extractor()
    try:
        found = samples(Bench(extractor))
    except FileNotFoundError as missing:
        print(f"no corpora: {missing}", file=sys.stderr)
        return 2
    if options.fit:
        rows = [
            fit(measure, [a for name in FITTED_ON[measure] for a in found[name]])
            for measure in FITTED_ON
        ]
        print(markdown(Table("Parameters of the intervals", PARAMETERS, rows)))
    else:
        rows = [row for name in found for row in coverage(name, found[name])]
        print(markdown(Table("Intervals: how often they hold the gold count", HEADER, rows)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
