"""The incremental engine over small projects: rows equal a full refresh, faults are raised."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.schema import tables
from etl.warehouse import build_db, dbt
from etl.warehouse.incremental import build_state
from etl.warehouse.incremental.change_set import ChangeSet, find_change_set
from etl.warehouse.incremental.compiled import record_compiled
from etl.warehouse.incremental.outcome import Fallback, IncrementalError, RefreshResult
from etl.warehouse.incremental.refresh import refresh
from etl.warehouse.incremental.relations import names_read, replace_relations

FIRST_DAY = date(2025, 3, 1)
SOURCES = ("text_actors", "actor_links", "article_versions")


@dataclass(frozen=True)
class Model:
    """A model or singular test as dbt would have compiled it."""

    name: str
    sql: str
    meta: dict[str, Any] = field(default_factory=dict)
    reads: tuple[str, ...] = ("appearances",)
    materialized: str = "table"
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def is_test(self) -> bool:
        return self.materialized == "test"

    @property
    def unique_id(self) -> str:
        return f"{'test' if self.is_test else 'model'}.newsactors.{self.name}"

    def to_node(self) -> dict[str, Any]:
        sources = [f"source.newsactors.loaded.{name}" for name in self.reads if name in SOURCES]
        models = [f"model.newsactors.{name}" for name in self.reads if name not in SOURCES]
        plain: dict[str, Any] = {
            "materialized": self.materialized, "pre-hook": [], "post-hook": [], "meta": self.meta,
            "severity": "ERROR", "error_if": "!= 0", "fail_calc": "count(*)", "where": None,
            "limit": None,
        }  # fmt: skip
        return {
            "unique_id": self.unique_id,
            "name": self.name,
            "schema": "main",
            "resource_type": "test" if self.is_test else "model",
            "package_name": "newsactors",
            "original_file_path": f"models/{self.name}.sql",
            "path": f"{self.name}.sql",
            "config": plain | self.config,
            "depends_on": {"nodes": [*sources, *models]},
        }


APPEARANCES = Model(
    "appearances",
    """
    select actor_links.entity_id, article_versions.article_id, article_versions.published_on
    from "loaded"."text_actors"
    inner join "loaded"."actor_links" using (text_actor_id)
    inner join "loaded"."article_versions" using (content_sha256)
    """,
    reads=SOURCES,
    materialized="view",
)
BY_ARTICLE = Model(
    "actor_articles",
    'select entity_id, article_id, published_on from "main"."appearances" group by all',
    {
        "actors": {"entity_id": {"appearances": "entity_id"}},
        "articles": {"article_id": {"appearances": "article_id"}},
    },
)
BY_ACTOR = Model(
    "actor_totals",
    """
    select entity_id, count(*) as article_count, rank() over (order by count(*) desc) as rank
    from "main"."actor_articles" as named
    group by entity_id
    """,
    {
        "actors": {"entity_id": {"actor_articles": "entity_id"}},
        "own_articles": True,
        "among_all": {"rank": "rank() over (order by article_count desc)"},
    },
    reads=("actor_articles",),
)
BY_WEEK = Model(
    "actor_weeks",
    """
    select entity_id, date_trunc('week', published_on)::date as week, count(*) as article_count
    from "main"."appearances"
    group by all
    """,
    {
        "actors": {"entity_id": {"appearances": "entity_id"}},
        "weeks": {"week": {"appearances": "published_on"}},
    },
)
PAIRS = Model(
    "pairs_daily",
    """
    select one.entity_id as one, other.entity_id as other, one.published_on as day, count(*) as n
    from "main"."actor_articles" as one
    inner join "main"."actor_articles" as other
      on one.article_id = other.article_id and one.entity_id < other.entity_id
    group by all
    """,
    {
        "actors": {"one": {}, "other": {}},
        "cooccurring_actors": {"actor_articles": "entity_id"},
        "days": {"day": {"actor_articles": "published_on"}},
    },
    reads=("actor_articles",),
)
UNPROMISED = Model("actor_count", 'select count(distinct entity_id) from "main"."appearances"')
TRUE_MODELS = (APPEARANCES, BY_ARTICLE, BY_ACTOR, BY_WEEK, PAIRS, UNPROMISED)

FALSE_SHARE = Model(
    "shares",
    """
    select entity_id, count(*) / (select count(*) from "main"."appearances" as everyone) as share
    from "main"."appearances" as own
    group by entity_id
    """,
    {"actors": {"entity_id": {"appearances": "entity_id"}}, "own_articles": True},
)
FALSE_PAIRS = Model("pairs_daily", PAIRS.sql, PAIRS.meta | {"actors": {"one": {}}}, PAIRS.reads)


class Warehouse:
    """A build database with the models of a project, all filled."""

    def __init__(self, root: Path, models: Sequence[Model]) -> None:
        self.file, self.target = root / "news.duckdb", root / "dbt"
        self.models = models
        self.articles = 0
        compiled = self.target / "compiled" / "newsactors" / "models"
        compiled.mkdir(parents=True)
        nodes = {model.unique_id: model.to_node() for model in models}
        (self.target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
        for model in models:
            (compiled / f"{model.name}.sql").write_text(model.sql)
        with build_db.open_build(self.file) as con:
            for model in models:
                if not model.is_test:
                    con.execute(f'create {model.materialized} "main"."{model.name}" as {model.sql}')
            build_state.record_built(con, "1")
        record_compiled(self.target)

    def load(self, con: duckdb.DuckDBPyConnection, day: int, actors: frozenset[int]) -> None:
        """Load an article that names these actors, each linked to the entity of its number."""
        self.articles += 1
        article = f"A{self.articles}"
        con.execute(
            "insert into loaded.article_versions by name select ? as content_sha256, "
            "? as article_id, ? as published_on, [] as authors, '' as body, 0 as word_count, "
            "'text' as source_format, '1' as extractor_version, 1 as first_sequence, "
            "now() as ingested_at, 'run' as run_id",
            [f"C{article}", article, FIRST_DAY + timedelta(day)],
        )
        con.execute("insert into loaded.article_stories values (?, ?, '', null, null)",
                    [article, f"S{article}"])  # fmt: skip
        for actor in sorted(actors):
            text_actor = f"{article}-{actor}"
            con.execute("insert into loaded.text_actors values (?, ?, '', 'PERSON')",
                        [text_actor, f"C{article}"])  # fmt: skip
            con.execute("insert into loaded.actor_links values (?, ?, '', 1, null)",
                        [text_actor, f"E{actor}"])  # fmt: skip
        con.execute("insert into bookkeeping.unmodelled_articles values (?, null)", [article])
        build_db.new_generation(con)

    def merge(self, con: duckdb.DuckDBPyConnection, one: int, other: int) -> None:
        con.execute("update loaded.actor_links set entity_id = ? where entity_id = ?",
                    [f"E{other}", f"E{one}"])  # fmt: skip
        self._corrected(con, one, other)

    def split(self, con: duckdb.DuckDBPyConnection, one: int, other: int) -> None:
        """Move one text actor of an entity to another entity."""
        con.execute(
            "update loaded.actor_links set entity_id = ? where text_actor_id = "
            "(select min(text_actor_id) from loaded.actor_links where entity_id = ?)",
            [f"E{other}", f"E{one}"],
        )
        self._corrected(con, one, other)

    def redate(self, con: duckdb.DuckDBPyConnection, article: int, day: int) -> None:
        found = con.execute("select article_id, published_on from loaded.article_versions "
                            "where article_id = ?", [f"A{article}"]).fetchall()  # fmt: skip
        con.executemany("insert into bookkeeping.unmodelled_articles values (?, ?)",
                        found or [("A0", None)])  # fmt: skip
        con.execute("update loaded.article_versions set published_on = ? where article_id = ?",
                    [FIRST_DAY + timedelta(day), f"A{article}"])  # fmt: skip

    @staticmethod
    def _corrected(con: duckdb.DuckDBPyConnection, *actors: int) -> None:
        con.executemany("insert into bookkeeping.unmodelled_actors values (?)",
                        [[f"E{actor}"] for actor in actors])  # fmt: skip

    def change(self, *changes: tuple[Any, ...]) -> ChangeSet | Fallback:
        """Carry out changes, refresh the models, and return what the refresh was told."""
        with build_db.open_build(self.file) as con:
            for name, *arguments in changes:
                getattr(self, name)(con, *arguments)
            found = find_change_set(con)
        done = self.refresh(found if isinstance(found, ChangeSet) else None)
        assert isinstance(done, RefreshResult), done
        with build_db.open_build(self.file) as con:
            build_state.record_built(con, "1")
        return found

    def refresh(self, changes: ChangeSet | None = None) -> RefreshResult | Fallback:
        everything = {table.name for table in tables.TABLES}
        return refresh((), everything, build_file=self.file, target=self.target, changes=changes)

    def different(self) -> set[str]:
        """The models whose rows are not those that their SQL returns."""
        with build_db.open_build(self.file) as con:
            return {
                model.name
                for model in self.models
                if model.materialized == "table"
                and con.execute(f"from main.{model.name} order by all").fetchall()
                != con.execute(f"from ({model.sql}) order by all").fetchall()
            }


ACTORS, DAYS = st.integers(0, 4), st.integers(0, 20)
CHANGES = st.one_of(
    st.tuples(st.just("load"), DAYS, st.frozensets(ACTORS, min_size=1)),
    st.tuples(st.just("load"), DAYS, st.frozensets(ACTORS, min_size=1)),
    st.tuples(st.just("merge"), ACTORS, ACTORS),
    st.tuples(st.just("split"), ACTORS, ACTORS),
    st.tuples(st.just("redate"), st.integers(1, 6), DAYS),
)
HISTORIES = st.lists(st.lists(CHANGES, min_size=1, max_size=3), min_size=2, max_size=5)
"""Batches of changes, each followed by a refresh."""
BEGIN = [("load", 0, frozenset({0, 1, 2})), ("load", 9, frozenset({1, 3}))]


def different_after(history: list[list[Any]], models: Sequence[Model]) -> set[str]:
    """The models that a refresh left different from a full one, after some batch of a history."""
    with tempfile.TemporaryDirectory() as root:
        warehouse = Warehouse(Path(root), models)
        found: set[str] = set()
        for changes in [BEGIN, *history]:
            warehouse.change(*changes)
            found |= warehouse.different()
        return found


@given(HISTORIES)
@hypothesis.settings(max_examples=12, deadline=None)
def test_a_refresh_leaves_what_a_full_refresh_would(history: list[list[Any]]) -> None:
    assert different_after(history, TRUE_MODELS) == set()


@pytest.mark.parametrize("false", [FALSE_SHARE, FALSE_PAIRS])
def test_a_false_promise_is_caught_by_some_history(false: Model) -> None:
    models = (APPEARANCES, BY_ARTICLE, false)
    hypothesis.find(
        HISTORIES,
        lambda history: different_after(history, models) == {false.name},
        settings=hypothesis.settings(
            max_examples=60, deadline=None, phases=[hypothesis.Phase.generate], database=None
        ),
    )


def test_only_stale_rows_are_replaced(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, (APPEARANCES, BY_ARTICLE))
    warehouse.change(("load", 0, frozenset({0, 1})), ("load", 1, frozenset({2})))
    with build_db.open_build(warehouse.file) as con:
        con.execute("update main.actor_articles set published_on = null")
    found = warehouse.change(("merge", 0, 3))
    assert isinstance(found, ChangeSet)
    assert found.actors == {"E0", "E3"}
    assert found.cooccurring_actors is not None
    assert set(found.cooccurring_actors) == {"E1", "E3"}
    with build_db.open_build(warehouse.file) as con:
        assert con.execute(
            "select entity_id, published_on is null from main.actor_articles order by all"
        ).fetchall() == [("E1", True), ("E2", True), ("E3", False)]


# Tests


def test_a_test_reads_the_rows_that_a_change_can_touch(tmp_path: Path) -> None:
    no_negative = Model(
        "no_old_days",
        'select * from "main"."actor_articles" where published_on < date \'2000-01-01\'',
        {"articles": {"article_id": {"actor_articles": "article_id"}}},
        ("actor_articles",),
        "test",
    )
    warehouse = Warehouse(tmp_path, (APPEARANCES, BY_ARTICLE, no_negative))
    warehouse.change(("load", 0, frozenset({0})))
    with build_db.open_build(warehouse.file) as con:
        con.execute("update main.actor_articles set published_on = date '1999-01-01'")
    warehouse.change(("load", 1, frozenset({0})))  # the other article was tested before
    with pytest.raises(dbt.DbtError, match="no_old_days") as raised:
        warehouse.change(("load", -20_000, frozenset({0})))
    assert set(raised.value.failures) == {"no_old_days"}
    with build_db.open_build(warehouse.file) as con:
        assert build_db.count(con, "main.actor_articles") == 2, "the refresh was rolled back"


# Faults and fallbacks


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({"actor": {"entity_id": {}}}, "unknown key `actor`"),
        ({"actors": "entity_id"}, "`actors` is not of type dict"),
        ({"actors": {"entity_id": "appearances"}}, "does not map inputs"),
        ({"since": {"day": {"appearances": "published_on"}}}, "does not map inputs"),
        ({"since": {"day": {"appearances": ["published_on", -1]}}}, "does not map inputs"),
        ({"among_all": {"rank": 1}}, "`among_all` has a value that is not text"),
        ({"alters": {"stories": ["story_id"]}}, "`alters` has other keys"),
        ({"actors": {"entity_id": {"mentions": "entity_id"}}}, "names mentions as an input"),
    ],
)
def test_a_wrong_promise_fails_the_build(
    tmp_path: Path, meta: dict[str, Any], message: str
) -> None:
    with pytest.raises(IncrementalError, match=message):
        Warehouse(tmp_path, (APPEARANCES, Model("wrong", BY_ARTICLE.sql, meta)))


def test_sql_that_duckdb_rejects_is_a_fault(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, (APPEARANCES, BY_ARTICLE))
    with build_db.open_build(warehouse.file) as con:
        con.execute("alter table main.actor_articles rename to other")
    with pytest.raises(IncrementalError, match="DuckDB rejected the refresh of actor_articles"):
        warehouse.refresh()


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (Model("odd", "select 1", reads=(), config={"materialized": "incremental"}), "incremental"),
        (Model("odd", "select 1", reads=(), config={"post-hook": [{"sql": "select 1"}]}), "hooks"),
        (Model("odd", "select 1", reads=(), materialized="test", config={"severity": "warn"}),
         "settings of its own"),
    ],
)  # fmt: skip
def test_what_only_dbt_can_run_is_a_fallback_with_its_reason(
    tmp_path: Path, model: Model, reason: str
) -> None:
    done = Warehouse(tmp_path, (APPEARANCES, model)).refresh()
    assert isinstance(done, Fallback)
    assert reason in done.reason
    assert not done.is_expected


def test_running_out_of_memory_is_a_fallback_that_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hungry = Model(
        "hungry",
        "select string_agg(repeat(entity_id, 1000000)) as text from "
        '"main"."appearances" cross join range(200)',
    )
    warehouse = Warehouse(tmp_path, (APPEARANCES, BY_ARTICLE, hungry))
    with build_db.open_build(warehouse.file) as con:
        warehouse.load(con, 0, frozenset({0}))
    monkeypatch.setattr(build_db, "_MEMORY", "50MB")
    done = warehouse.refresh()
    assert isinstance(done, Fallback)
    assert "memory" in done.reason
    with build_db.open_build(warehouse.file) as con:
        assert build_db.count(con, "main.actor_articles") == 0


def test_a_missing_or_old_compilation_is_a_fallback(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, (APPEARANCES, BY_ARTICLE))
    (warehouse.target / "manifest.json").unlink()
    done = warehouse.refresh()
    assert isinstance(done, Fallback)
    assert "has not compiled" in done.reason


# Relations in SQL


def test_only_relations_with_a_schema_are_read() -> None:
    sql = """
    with kept as (select * from "main"."b" as named) -- from "main"."c"
    select "main"."b".x, 'from "main"."d"' as text
    from "main"."a" semi join kept using (x) where x in (from "main"."e")
    """
    assert names_read(sql) == {"a", "b", "e"}


def test_a_replaced_relation_keeps_its_name() -> None:
    con = duckdb.connect()
    con.execute('create table "a" as select unnest([1, 2]) as x')
    sql = 'select a.x, b.x from "main"."a" inner join "main"."a" as b on a.x = b.x -- "main"."a"'
    new = replace_relations(sql, lambda name, text: f"(select * from {text} where x = 2)")
    assert con.execute(new).fetchall() == [(2, 2)]
    assert new.endswith('-- "main"."a"')
    assert replace_relations(sql, lambda name, text: None) == sql


def test_sql_that_cannot_be_parsed_is_a_fault() -> None:
    with pytest.raises(IncrementalError, match="cannot parse"):
        names_read("select from where")
