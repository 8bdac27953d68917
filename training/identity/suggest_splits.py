"""Measures at which rank `actors suggest` proposes to rejoin actors that were split on purpose.

    NEWSACTORS_HOME=FOLDER python -m training.identity.suggest_splits --into OTHER

copies the warehouse FOLDER, which stays unchanged, to OTHER, records a hundred splits there as
`newsactors actors split` does, applies them together, and prints how many of the split pairs are
among the first 50, 100 and 200 suggestions, by kind of split.

Belongs here: choosing and planting splits, and ranks. Does not belong here: precision, which needs
an annotator; the suggestions (`etl.linking.suggest`).

An actor with at least MIN_ARTICLES articles is drawn at random, then one of the splits that leave
articles on both sides: by outlet (drawn), by day (from the median on), or by name (one of the
fullest forms in its articles). Real errors of the resolver are less even: it separates names that
look different, which splits by name resemble most.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import duckdb

from etl.corrections.csv_file import append, read_corrections
from etl.corrections.plan import make_plan
from etl.corrections.records import record
from etl.linking.suggest import suggest
from etl.query import published
from etl.settings import Settings

SPLITS, MIN_ARTICLES, SEED = 100, 4, 20261125
RANKS = (50, 100, 200)

_ACTORS = """
select entity_id from entities where article_count >= ? order by entity_id
"""
_TEXTS = """
select a.name, v.outlet, v.published_on, v.article_id
from loaded.actor_links l join loaded.text_actors a using (text_actor_id)
join articles v using (content_sha256)
where l.entity_id = ? order by all
"""

Arguments = list[tuple[str, str]]


def possible_splits(
    con: duckdb.DuckDBPyConnection, entity_id: str, rng: random.Random
) -> dict[str, Arguments]:
    """Return the splits of an actor that leave an article on both sides, by kind."""
    texts = con.execute(_TEXTS, [entity_id]).fetchall()
    found: dict[str, Arguments] = {}
    for kind, column in (("name", 0), ("outlet", 1)):
        values = sorted({row[column] for row in texts if row[column]})
        if len(values) > 1:
            found[kind] = [("actor", entity_id), (kind, rng.choice(values))]
    days = sorted(row[2] for row in texts if row[2])
    if days and days[0] < days[len(days) // 2]:
        found["day"] = [("actor", entity_id), ("from", days[len(days) // 2].isoformat())]
    return found


def plant(settings: Settings, count: int, seed: int) -> dict[frozenset[str], str]:
    """Split `count` actors; return the pairs to be suggested, with their kind of split."""
    rng = random.Random(seed)
    planted: dict[frozenset[str], str] = {}
    with published.open_published(settings) as con:
        actors = [entity_id for (entity_id,) in con.execute(_ACTORS, [MIN_ARTICLES]).fetchall()]
        rng.shuffle(actors)
        chosen = [(actor, possible_splits(con, actor, rng)) for actor in actors]
    for actor, found in chosen:
        if not found:
            continue
        kind = rng.choice(sorted(found))
        new = record("split", found[kind], because="planted", author="suggest_splits")
        append(settings, lambda _, new=new: new)
        planted[frozenset((actor, str(new.minted)))] = kind
        if len(planted) == count:
            break
    return planted


def main() -> None:
    """Plant splits in a copy of the warehouse and print their ranks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, required=True, help="a folder that does not exist yet")
    parser.add_argument("--count", type=int, default=SPLITS)
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    original = Settings.from_env()
    shutil.copytree(original.home, args.into, symlinks=True)
    settings = replace(original, home=args.into, registry=args.into / "registry")
    planted = plant(settings, args.count, args.seed)
    subprocess.run(
        [sys.executable, "-m", "etl", "actors", "apply"],
        env=os.environ | {"NEWSACTORS_HOME": str(settings.home), "NEWSACTORS_REGISTRY": ""},
        check=True,
    )
    plan = make_plan(read_corrections(settings))
    with published.open_published(settings) as con:
        pairs = suggest(con, plan, limit=max(RANKS))
    ranks = {}
    for rank, row in enumerate(pairs, 1):
        pair = frozenset((row["entity_id"], row["into_entity_id"]))
        if pair in planted:
            ranks[pair] = rank
    totals = Counter(planted.values())
    for rank in RANKS:
        among: dict[str, int] = defaultdict(int)
        for pair, at in ranks.items():
            among[planted[pair]] += at <= rank
        shares = ", ".join(f"{kind} {among[kind]} of {totals[kind]}" for kind in sorted(totals))
        print(f"first {rank}: {sum(among.values())} of {len(planted)} ({shares})")


if __name__ == "__main__":
    main()
