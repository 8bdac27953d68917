"""How often the low and high of the series hold what was right: counts of actors against gold.

Belongs here: gold counts by actor and article, the shipped models run over what was extracted from
the same articles, and the parameters of `sql/macros/interval.sql` from articles that no check uses.
Does not belong here: the formula, which is in that macro.

    python -m training.coverage          # coverage of the checked samples
    python -m training.coverage --fit    # the parameters, from the articles kept for them

Gold counts are of one article and one actor: mentions by name of Trump and Clinton as PolNeAR's
metadata counts them (`gold_counts` says what that is); all mentions of our own gold set
(`etl/quality/gold`); names and pronouns of GUM news. An actor of the last two is one of its article
only, so its month is one article, and an actor that was not found has none.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from etl.extract import Extractor, get_extractor
from etl.model import Extraction, Mention
from etl.quality.gold import GoldArticle, read_gold
from etl.store.dbt import run_dbt
from training.evaluate import markdown
from training.gold_actors import gold_names
from training.gold_bench import Bench, Cell, Table
from training.gold_counts import PEOPLE, actors_named
from training.gold_readers import PRONOUNS, LinkedText, QuotedText, Span, gum_news, polnear
from training.identity_sample import polnear_metadata

Place = tuple[str, int, int]
"""Part, start and end of a mention."""
MEASURES = ("mention", "name_mention", "article")
FITTED_ON = {
    "mention": ("GUM news",),
    "name_mention": ("PolNeAR tune",),
    "article": ("PolNeAR tune", "GUM news"),
}
"""Samples by measure; every other sample that has the measure is held out."""
SERIES = {
    "day": "actor_daily",
    "week": "actor_weekly",
    "month": "actor_monthly",
    "month and outlet": "actor_outlet_monthly",
}

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


@dataclass(frozen=True)
class Appearance:
    """An actor in an article: what was found, and by measure the count that is right.

    A measure that the sample does not know is left out of `gold`.
    """

    entity_id: str
    article_id: str
    published_on: date
    outlet: str
    gold: Mapping[str, int]
    mentions: Sequence[Mention] = ()


def two_people(texts: list[tuple[QuotedText, Extraction]]) -> Iterator[Appearance]:
    """Trump and Clinton, as often as PolNeAR's metadata says; theirs is every article."""
    about = polnear_metadata()
    for text, extraction in texts:
        row = about[text.name]
        for given, surname, column in PEOPLE:
            actors = actors_named(extraction, given, surname)
            count = int(row[column])
            yield Appearance(
                surname,
                text.name,
                date.fromisoformat(row["publication_date"]),
                row["publisher"],
                {"name_mention": count, "article": int(count > 0)},
                [m for m in extraction.mentions if m.actor in actors],
            )


def own_actors(texts: Iterable[tuple[GoldArticle, Extraction]]) -> Iterator[Appearance]:
    """Our own gold articles: every actor that was found, with the gold of the one it is."""
    for article, extraction in texts:
        spans: dict[tuple[str, str | None], list[Place]] = {
            (key, kind): [
                (m.part, m.char_start, m.char_end)
                for m in article.mentions
                if m.actor == key and (kind is None or m.kind == kind)
            ]
            for key in article.actors
            for kind in ("name", None)
        }
        found = _by_actor(extraction)
        places: dict[int, list[Place]] = {
            actor: [(m.part, m.char_start, m.char_end) for m in mentions]
            for actor, mentions in found.items()
        }
        same = _paired({key: spans[key, None] for key in article.actors}, places)
        for actor, mentions in found.items():
            key = same.get(actor)
            counts = dict.fromkeys(MEASURES, 0)
            if key is not None:
                counts = {
                    "mention": len(spans[key, None]),
                    "name_mention": len(spans[key, "name"]),
                    "article": 1,
                }
            yield _alone(article.name, actor, counts, mentions)


def gum_actors(texts: list[tuple[LinkedText, Extraction]]) -> Iterator[Appearance]:
    """GUM news: actors found by name, with the gold names and pronouns of the one it is."""
    for text, extraction in texts:
        clusters = {
            str(n): [("", *span) for span in cluster]
            for n, cluster in enumerate(gold_names(text))
            if any(not _is_pronoun(text, span) for span in cluster)
        }
        found = {
            actor: mentions
            for actor, mentions in _by_actor(extraction).items()
            if mentions[0].type not in ("OTHER", "NORP")
        }
        places = {
            actor: [("", *text.span(m.part, m.char_start, m.char_end)) for m in mentions]
            for actor, mentions in found.items()
        }
        same = _paired(clusters, places)
        for actor, mentions in found.items():
            cluster = clusters.get(same.get(actor, ""), [])
            names = sum(not _is_pronoun(text, (a, b)) for _, a, b in cluster)
            counts = {
                "mention": len(cluster),
                "name_mention": names,
                "article": int(bool(cluster)),
            }
            yield _alone(text.name, actor, counts, mentions)


def _is_pronoun(text: LinkedText, span: Span) -> bool:
    return text.text[slice(*span)].lower() in PRONOUNS


def _by_actor(extraction: Extraction) -> dict[int, list[Mention]]:
    found: dict[int, list[Mention]] = defaultdict(list)
    for mention in extraction.mentions:
        if mention.actor is not None:
            found[mention.actor].append(mention)
    return found


def _alone(
    article: str,
    actor: int,
    gold: Mapping[str, int],
    mentions: Sequence[Mention],
) -> Appearance:
    return Appearance(
        f"{article}#{actor}",
        article,
        date(2024, 1, 1),
        "",
        gold,
        mentions,
    )


def _paired(
    gold: Mapping[str, Sequence[Place]], found: Mapping[int, Sequence[Place]]
) -> dict[int, str]:
    """Found actors with the gold one that they share most mentions with, each at most once."""
    shared: Counter[tuple[str, int]] = Counter()
    for key, places in gold.items():
        for actor, others in found.items():
            shared[key, actor] = sum(
                a[0] == b[0] and a[1] < b[2] and b[1] < a[2] for a in places for b in others
            )
    result: dict[int, str] = {}
    for (key, actor), count in shared.most_common():
        if count and actor not in result and key not in result.values():
            result[actor] = key
    return result


def samples(bench: Bench) -> dict[str, list[Appearance]]:
    """By name of the sample."""
    own = read_gold()
    extractions = bench.extractor.extract_many([gold.article for gold in own])
    result = {
        f"PolNeAR {split}": list(two_people(bench.run(polnear, split))) for split in ("tune", "dev")
    }
    result["GUM news"] = list(gum_actors(bench.run(gum_news)))
    result["our own"] = list(own_actors(zip(own, extractions, strict=True)))
    return result


def modelled(appearances: Sequence[Appearance]) -> duckdb.DuckDBPyConnection:
    """A database in memory with the shipped series of a sample, and its table `gold`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "build.duckdb"
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


def coverage(name: str, appearances: Sequence[Appearance]) -> Iterator[list[Cell]]:
    """A row by measure and series: how often gold is within, and how wide that is.

    Every period in which the sample's gold or the extraction has the actor; where nothing was
    found the series has no row, and 0 to 0 is what it says.
    """
    with modelled(appearances) as news:
        for measure in MEASURES:
            for grain, table in SERIES.items():
                keys = "entity_id, outlet" if "outlet" in grain else "entity_id"
                periods, held, exact, found, right, width = news.execute(
                    f"with gold as (select {keys}, sum(gold) as gold,"
                    f" date_trunc('{grain.split()[0]}', published_on)::date as period_start"
                    f" from gold where measure = '{measure}' group by all),"
                    f" checked as (select gold, coalesce({measure}_count, 0) as found,"
                    f" coalesce({measure}_count_low, 0) as low,"
                    f" coalesce({measure}_count_high, 0) as high"
                    f" from gold left join {table} using ({keys}, period_start)"
                    " where gold > 0 or found > 0)"
                    " select count(*), 100 * avg((gold between low and high)::int),"
                    " 100 * avg((gold = found)::int), sum(found), sum(gold), sum(high - low)"
                    " from checked"
                ).fetchall()[0]
                if periods:
                    use = "fitted" if name in FITTED_ON[measure] else "checked"
                    row: list[Cell] = [f"{measure}_count: {name}", use, grain, periods]
                    yield [
                        *row,
                        held,
                        exact,
                        int(found),
                        int(right),
                        f"{width / max(1, found):.2f}",
                    ]


HEADER = (
    *("", "used", "by", "rows", "gold within, %", "gold is the count, %"),
    *("found", "gold", "width / found"),
)


def fit(measure: str, appearances: Sequence[Appearance]) -> list[Cell]:
    """Together and drift of a measure by moments, over the appearances given; actors of drift.

    Drift is what the totals of actors with 30 findings or more differ by beyond `together`.
    """
    with modelled(appearances) as news:
        together, drift, actors = news.execute(
            "with rows as (select entity_id, article_id, sum(gold)::double as gold,"
            f" coalesce(any_value({_found(measure)}), 0)::double as found,"
            f" coalesce(any_value({measure}_doubt), 0)::double as doubt"
            " from gold left join actor_articles using (entity_id, article_id)"
            f" where measure = '{measure}' group by all),"
            " fitted as (select sum(pow(gold - found, 2)) filter (found > 0) / sum(doubt)"
            " as together from rows),"
            " actors as (select sum(gold) as gold, sum(found) as found, sum(doubt) as doubt"
            " from rows group by entity_id having sum(found) >= 30)"
            " select any_value(together), sqrt(greatest(0, sum(pow(gold - found, 2)"
            " - together * doubt) / sum(found * found))), count(*) from actors, fitted"
        ).fetchall()[0]
    return [measure, f"{together:.2f}", f"{drift or 0:.3f}", actors]


def _found(measure: str) -> str:
    return "(mention_count > 0)::int" if measure == "article" else f"{measure}_count"


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
            for measure in MEASURES
        ]
        header = ("", "together", "drift", "actors of drift")
        print(markdown(Table("Parameters of the intervals", header, rows)))
    else:
        rows = [row for name in found for row in coverage(name, found[name])]
        print(markdown(Table("Intervals: how often they hold the gold count", HEADER, rows)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
