"""The whole way on real input: texts of `../shared`, which are not part of the project.

These tests skip where that folder is absent. They run the command as a user would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
from session_cache import begin_modelled

from etl.settings import REPOSITORY

SHARED = REPOSITORY.parent / "shared"
ARTICLE = SHARED / "seeds" / "000_e6cac70652575f08.txt"
CORPORA = Path(os.environ.get("NEWSACTORS_CORPORA") or SHARED / "corpora")


def newsactors(*args: str, home: Path) -> str:
    return run([sys.executable, "-m", "etl", *args], {"NEWSACTORS_HOME": str(home)})


def run(command: list[str], env: Mapping[str, str]) -> str:
    clean = os.environ | {"DAGSTER_HOME": ""}
    done = subprocess.run(
        command, env=clean | dict(env), capture_output=True, text=True, cwd=REPOSITORY
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not ARTICLE.exists(), reason="../shared/seeds is absent")
def test_the_article_the_project_began_with_is_read_whole(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    begin_modelled(tmp_path, tmp_path_factory)
    newsactors("ingest", str(ARTICLE), home=tmp_path)
    with duckdb.connect(str(tmp_path / "news.duckdb"), read_only=True) as con:
        assert con.execute(
            "select published_on::varchar, outlet, authors, headline from articles"
        ).fetchall() == [
            (
                "2025-09-04",
                "Zerohedge",
                ["Tyler Derden"],
                "Kremlin Blasts ‘Unacceptable’ Western Plan For Ukraine Security Guarantees",
            )
        ]
        speakers = con.execute(
            "select distinct e.name from quotes q join entities e "
            "on e.entity_id = q.speaker_entity_id"
        ).fetchall()
    assert {("Maria Zakharova",), ("Emmanuel Macron",)} <= set(speakers)


@pytest.mark.skipif(not CORPORA.exists(), reason=f"{CORPORA} is absent")
@pytest.mark.parametrize(("every", "count"), [(7, 120), (1, 840)])
@pytest.mark.soak
def test_a_year_of_political_news_shows_its_two_candidates_every_month(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, every: int, count: int
) -> None:
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    begin_modelled(home, tmp_path_factory)
    run(
        [
            sys.executable,
            "-m",
            "training.corpora.polnear_articles",
            str(inbox),
            "--every",
            str(every),
        ],
        {},
    )
    newsactors("ingest", str(inbox), home=home)

    clinton = json.loads(
        newsactors("timeline", "Hillary Clinton", "--by", "month", "--json", home=home)
    )
    months = {
        row["period_start"][:7]: row["article_count"]
        for row in (clinton["periods"] if isinstance(clinton, dict) else clinton)
    }
    wanted = [f"2016-{month:02}" for month in range(1, 10)]
    assert all(months.get(month, 0) > 0 for month in wanted), months

    with duckdb.connect(str(home / "news.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from articles").fetchone() == (count,)
        # Among persons: parties and their members are named as often as candidates.
        first_three = con.execute(
            "with persons as ("
            "  select period_start, name from actor_monthly join entities using (entity_id)"
            "  where type = 'PERSON' and period_start between '2016-01-01' and '2016-09-01'"
            "  qualify row_number() over (partition by period_start order by rank) <= 3"
            ") select strftime(period_start, '%Y-%m'), list(name) from persons group by all"
        ).fetchall()
    assert sorted(month for month, _ in first_three) == wanted
    for month, names in first_three:
        assert {"Hillary Clinton", "Donald Trump"} <= set(names), (month, names)
