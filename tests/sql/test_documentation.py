"""Public tables document exactly the columns that exist, in the yml and in the file itself."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
import yaml

from etl.schema import docs, tables
from etl.warehouse.dbt import PROJECT, SEEDS, parse

from .conftest import Warehouse


@pytest.fixture(scope="module")
def documented(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The models and seeds of the manifest."""
    manifest = json.loads(parse(warehouse.target).read_text())
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] in ("model", "seed")]
    assert len(nodes) > 20
    return nodes


def real_columns(news: duckdb.DuckDBPyConnection, node: dict[str, Any]) -> dict[str, str]:
    relation = f"{node['schema']}.{node['name']}"
    if node["config"]["materialized"] == "table_function":
        relation += "('', 'day')" if node["name"] == "actor_timeline" else "('')"
    rows = news.execute(f"describe from {relation}").fetchall()
    return {name: type_ for name, type_, *_ in rows}


def test_columns_and_types_are_those_that_exist(
    news: duckdb.DuckDBPyConnection, documented: list[dict[str, Any]]
) -> None:
    for node in documented:
        declared = {
            name: news.execute(f"select typeof(null::{column['data_type']})").fetchall()[0][0]
            for name, column in node["columns"].items()
        }
        assert list(declared.items()) == list(real_columns(news, node).items()), node["name"]


def test_every_model_states_its_grain_first(documented: list[dict[str, Any]]) -> None:
    for node in documented:
        description = node["description"]
        assert description.startswith(("One row per ", "A table macro: ")), node["name"]
        assert all(column["description"] for column in node["columns"].values()), node["name"]


def test_a_yml_stands_beside_every_model_and_seed() -> None:
    files = [*PROJECT.glob("models/*/*.sql"), *SEEDS.glob("*.csv")]
    assert [file.name for file in files if not file.with_suffix(".yml").exists()] == []


def test_descriptions_are_in_the_file(news: duckdb.DuckDBPyConnection) -> None:
    undescribed = news.execute(
        """
        select table_name, column_name from duckdb_columns()
        where schema_name = 'main' and not internal and comment is null
        union all
        select table_name, null from duckdb_tables() where schema_name = 'main' and comment is null
        union all
        select view_name, null from duckdb_views()
        where schema_name = 'main' and not internal and comment is null
        union all
        select function_name, null from duckdb_functions()
        where schema_name = 'main' and not internal and comment is null
        """
    ).fetchall()
    assert undescribed == []


def test_the_contract_is_kept(documented: list[dict[str, Any]]) -> None:
    """Names that people's SQL relies on; adding to them is free."""
    contract = {
        "articles": "article_id source_path source_item source_sha256 content_sha256 source_format"
        " outlet authors headline published_on published_at date_method date_note"
        " outlet_method authors_method dateline is_truncated language body word_count story_id"
        " is_reprint ingested_at run_id extractor_version",
        "entities": "entity_id name type aliases country_code wikidata_id first_seen last_seen",
        "mentions": "mention_id article_id entity_id part char_start char_end surface type kind"
        " paragraph sentence role is_in_quote method confidence",
        "quotes": "quote_id utterance_id article_id part char_start char_end text kind cue"
        " speaker_entity_id speaker_surface speaker_char_start speaker_char_end method confidence"
        " speaker_confidence quote_group_id act",
        "utterances": "utterance_id article_id published_on outlet text kind act cue"
        " speaker_entity_id speaker_name speaker_surface method confidence speaker_confidence",
        "appearances": "entity_id name type country_code article_id published_on week month outlet"
        " headline language story_id is_reprint mention_count name_mention_count"
        " headline_mention_count utterance_count statement_count quoted_word_count",
        "publication_days": "published_on article_count articles_by_outlet story_count",
        "publication_periods": "grain period_start article_count story_count outlet_count",
        "stories": "story_id first_article_id first_published_on first_outlet last_published_on"
        " article_count outlet_count headline",
        **dict.fromkeys(
            ("actor_daily", "actor_weekly", "actor_monthly"),
            "entity_id period_start mention_count name_mention_count article_count"
            " headline_article_count utterance_count statement_count outlet_count"
            " share_of_articles rank story_count share_of_stories mention_count_low"
            " mention_count_high"
            " name_mention_count_low name_mention_count_high article_count_low article_count_high"
            " headline_article_count_low headline_article_count_high utterance_count_low"
            " utterance_count_high story_count_low story_count_high share_of_articles_low"
            " share_of_articles_high share_of_stories_low share_of_stories_high",
        ),
    }
    columns = {node["name"]: set(node["columns"]) for node in documented}
    for table, names in contract.items():
        assert set(names.split()) <= columns[table], table
    assert {
        "article_versions",
        "article_sources",
        "article_stories",
        "article_redirects",
        "entity_redirects",
        "story_redirects",
        "quarantine",
        "ingest_runs",
        "warehouse_info",
        "actor_timeline",
    } <= set(columns)


def test_loaded_yml_is_what_the_schema_makes() -> None:
    text = docs.LOADED_YML.read_text(encoding="utf-8")
    assert text == docs.render(), "run python -m etl.schema.docs"
    (source,) = yaml.safe_load(text)["sources"]
    assert [table["name"] for table in source["tables"]] == [t.name for t in tables.TABLES]
    for table, made in zip(tables.TABLES, source["tables"], strict=True):
        assert [c["description"] for c in made["columns"]] == [c.description for c in table.columns]
