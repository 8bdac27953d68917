"""Measures linking a night of 1,000 articles: `python -m bench.linking 60000 [--beside CHECKOUT]`.

Generates articles as `loaded` has them: 60,000 people, 20,000 organisations and 3,000 places,
named as often as in news (few very often, most rarely), an eighth of the people by surname alone.
Links them in one night, then 1,000 more in each of two nights. `--beside` measures the code of
another checkout on the same articles, in turn, each in its own process.
Belongs here: `etl.linking` alone, on generated names. Does not belong here: a whole nightly run
(`bench.growth`).
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

NIGHTS, NIGHT = 2, 1_000
FIRST_DAY, DAYS = date(2015, 1, 1), 3_000
_AT_A_TIME = 50_000
_SYLLABLES = ("ka", "lo", "mer", "vin", "da", "ro", "ste", "ban", "tor", "el", "mi", "son")

Article = tuple[str, date, list[tuple[str, str]]]
"""Hash, day, and names with their types."""


class News:
    """Generates articles. The same seed gives the same articles."""

    def __init__(self, first_names: list[str]) -> None:
        self.random = random.Random(3)
        draw = self.random.choice
        words = {"".join(self.random.choices(_SYLLABLES, k=2 + n % 3)) for n in range(20_000)}
        surnames = sorted(word.title() for word in words)
        kinds = ("Group", "Council", "Party", "Bank", "Agency")
        self.people = [f"{draw(first_names)} {self._often(surnames)}" for _ in range(60_000)]
        self.bodies = [f"{draw(surnames)} {draw(kinds)}" for _ in range(20_000)]
        self.places = [draw(surnames) + "ville" for _ in range(3_000)]

    def _often(self, items: list[str]) -> str:
        return items[int(len(items) * self.random.random() ** 3)]

    def articles(self, first: int, last: int, day: date, days: int) -> Iterator[Article]:
        """Yield articles by number."""
        for number in range(first, last):
            names: set[tuple[str, str]] = set()
            for _ in range(self.random.randint(2, 5)):
                person = self._often(self.people)
                is_surname = self.random.random() < 0.12
                names.add((person.split()[1] if is_surname else person, "PERSON"))
            for items, type_ in ((self.bodies, "ORG"), (self.places, "GPE")):
                names |= {(self._often(items), type_) for _ in range(self.random.randint(1, 4))}
            yield f"{number:064x}", day + timedelta(self.random.randrange(days)), sorted(names)


def add(con: duckdb.DuckDBPyConnection, articles: list[Article]) -> None:
    """Load articles with their names, each mentioned once."""
    rows = [(sha, n, *name) for sha, _, names in articles for n, name in enumerate(names)]
    con.register(
        "made_articles",
        pa.table({"sha": [a[0] for a in articles], "day": [a[1] for a in articles]}),
    )
    columns = ("sha", "n", "name", "t")
    con.register(
        "made_names", pa.table({key: [row[i] for row in rows] for i, key in enumerate(columns)})
    )
    con.execute(
        """
        insert into loaded.article_versions by name
        select sha as content_sha256, sha as article_id, day as published_on, [] as authors,
          '' as body, 0 as word_count, '' as source_format, '' as extractor_version,
          0 as first_sequence, now() as ingested_at, '' as run_id from made_articles;
        insert into loaded.text_actors by name
        select sha || n as text_actor_id, sha as content_sha256, name, t as type from made_names;
        insert into loaded.text_mentions by name
        select sha || n as mention_id, sha as content_sha256, sha || n as text_actor_id,
          'body' as part, 0 as char_start, 1 as char_end, name as surface, t as type,
          'name' as kind, 0 as paragraph, 0 as sentence, false as is_in_quote, '' as method,
          1.0 as confidence from made_names;
        create or replace temp table new_articles as select sha as article_id from made_articles
        """
    )


def measure(size: int) -> None:
    """Measure the code on the path, and print a line for each night."""
    from etl.corrections.plan import Plan
    from etl.extract.lexicon import load_lexicon
    from etl.linking.ledger import Ledger
    from etl.linking.link import link_actors
    from etl.schema import tables

    news = News(sorted(name.title() for name in load_lexicon().first_names))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/b.duckdb") as con:
        ledger = Ledger(Path(folder) / "ledger")
        con.execute("create schema loaded")
        for table in tables.TABLES:
            con.execute(table.ddl)
        for first in range(0, size, _AT_A_TIME):
            last = min(size, first + _AT_A_TIME)
            add(con, list(news.articles(first, last, FIRST_DAY, DAYS)))
        for night in range(NIGHTS + 1):
            if night:
                day, first = FIRST_DAY + timedelta(DAYS + night), size + (night - 1) * NIGHT
                add(con, list(news.articles(first, first + NIGHT, day, 1)))
            con.execute("checkpoint")
            wall, used = time.perf_counter(), time.process_time()
            new_in = "new_articles" if night else None
            linked = link_actors(con, ledger, datetime.now(UTC), Plan(), new_in=new_in)
            wall, used = time.perf_counter() - wall, time.process_time() - used
            what = f"night {night}" if night else f"{size:,} articles at once"
            sys.stdout.write(
                f"  {what}: {wall:.1f} s, {used:.1f} s of processor time, "
                f"{linked.entities:,} actors\n"
            )
            sys.stdout.flush()


def main() -> None:
    """Measure this checkout, and another one beside it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("size", type=int, help="number of articles before the nights")
    parser.add_argument("--beside", type=Path, help="folder of another checkout")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        measure(options.size)
        return
    own = Path(__file__).parents[1]
    for checkout in (*([options.beside] if options.beside else []), own):
        sys.stdout.write(f"{checkout}\n")
        sys.stdout.flush()
        command = [sys.executable, __file__, str(options.size), "--alone"]
        environment = os.environ | {"PYTHONPATH": str(checkout.resolve())}
        subprocess.run(command, check=True, env=environment)


if __name__ == "__main__":
    main()
