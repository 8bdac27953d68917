"""The code location: every change of names, blocking checks or automation must be deliberate."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster_harness import DagsterHarness

from etl.settings import REPOSITORY

SNAPSHOT = Path(__file__).with_name("definitions.txt")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return DagsterHarness.at(
        tmp_path_factory.mktemp("harness") / "p", tmp_path_factory
    ).definitions()


def _lines(definitions: dg.Definitions) -> list[str]:
    graph = definitions.resolve_asset_graph()
    repository = definitions.get_repository_def()
    assets = [
        f"asset {key.to_user_string()}  group {node.group_name}"
        f"{'' if node.is_materializable else '  external'}"
        f"{''.join(f'  pool {pool}' for pool in sorted(node.pools or ()))}"
        for key, node in ((key, graph.get(key)) for key in graph.get_all_asset_keys())
    ]
    checks = [
        f"check {key.asset_key.to_user_string()}:{key.name}"
        f"  {'blocks' if graph.get_check_spec(key).blocking else 'warns'}"
        for key in graph.asset_check_keys
    ]
    jobs = [
        f"job {job.name}"
        for job in repository.get_all_jobs()
        if not job.name.startswith("__")  # Dagster's own, for ad-hoc materializations
    ]
    schedules = [
        f"schedule {s.name}  {s.cron_schedule}  {s.execution_timezone}  {s.default_status.value}"
        for s in repository.schedule_defs
    ]
    sensors = [f"sensor {s.name}  {s.default_status.value}" for s in repository.sensor_defs]
    return [line for part in (assets, checks, jobs, schedules, sensors) for line in sorted(part)]


def test_the_code_location_holds_exactly_what_the_snapshot_lists(
    definitions: dg.Definitions,
) -> None:
    found = _lines(definitions)
    expected = SNAPSHOT.read_text().splitlines() if SNAPSHOT.exists() else []
    if found != expected:
        new = Path("build") / "definitions.txt"
        new.parent.mkdir(exist_ok=True)
        new.write_text("\n".join(found) + "\n")
        difference = "\n".join(difflib.unified_diff(expected, found, "expected", "found", n=0))
        pytest.fail(
            f"the definitions changed:\n{difference}\n"
            f"if that is intended, `cp {new} {SNAPSHOT.relative_to(Path.cwd())}` and note it in "
            "CHANGELOG.md: people select, schedule and alert by these names"
        )


def test_every_kind_of_run_is_one_that_the_history_may_hold(definitions: dg.Definitions) -> None:
    model = yaml.safe_load((REPOSITORY / "sql/models/ops/ingest_runs.yml").read_text("utf-8"))
    (kind,) = (c for c in model["models"][0]["columns"] if c["name"] == "kind")
    (accepted,) = (t["accepted_values"] for t in kind["data_tests"] if "accepted_values" in t)
    kinds = {
        job.tags.get("newsactors/kind", "materialize")
        for job in definitions.get_repository_def().get_all_jobs()
    }
    assert kinds - {"read"} <= set(accepted["arguments"]["values"])


def test_every_asset_has_a_description_group_kind_and_code_version(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    missing = [
        f"{key.to_user_string()}: no {name}"
        for key in sorted(graph.get_all_asset_keys())
        for name, value in (
            ("description", graph.get(key).description),
            ("group", graph.get(key).group_name != "default"),
            ("kinds", graph.get(key).kinds),
            ("code version", graph.get(key).code_version or not graph.get(key).is_materializable),
        )
        if not value
    ]
    assert missing == []


def test_every_job_schedule_and_sensor_has_a_description(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    described = {
        **{d.name: d.description for d in repository.get_all_jobs()},
        **{f"schedule {d.name}": d.description for d in repository.schedule_defs},
        **{f"sensor {d.name}": d.description for d in repository.sensor_defs},
    }
    assert [n for n, text in described.items() if not text and not n.startswith("__")] == []


def test_every_writing_step_and_job_is_queued(definitions: dg.Definitions) -> None:
    """The UI queues by pool (ad-hoc materializations) or tag (jobs); the lock always protects."""
    graph = definitions.resolve_asset_graph()
    unpooled = {
        key.to_user_string()
        for key in graph.materializable_asset_keys
        if graph.get(key).pools != {"warehouse_writer"}
    }
    assert unpooled == {
        "raw_files",
        "staged_batches",
        "extracted_days",
    }  # these hold the intake lock instead
    tagged = {
        job.name for job in definitions.get_repository_def().get_all_jobs()
        if job.tags.get("newsactors/writer") == "true"
    }  # fmt: skip
    assert tagged == {
        "nightly_ingest", "reextract", "reextract_days", "promote", "rollback", "reread", "rebuild",
        "republish", "apply_corrections", "relink", "retry",
    }  # fmt: skip


def test_names_of_assets_are_distinct_where_the_lineage_shows_only_the_last_part(
    definitions: dg.Definitions,
) -> None:
    keys = definitions.resolve_asset_graph().get_all_asset_keys()
    counts = Counter(key.path[-1] for key in keys)
    assert [name for name, count in counts.items() if count > 1] == []


def test_groups_form_no_cycle_so_that_the_collapsed_lineage_reads_from_left_to_right(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    before: dict[str, set[str]] = {}
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        parents = {str(graph.get(parent).group_name) for parent in node.parent_keys}
        before.setdefault(str(node.group_name), set()).update(parents - {node.group_name})
    TopologicalSorter(before).prepare()  # raises CycleError


def test_every_field_of_a_config_has_a_description(definitions: dg.Definitions) -> None:
    missing = [
        f"{name}: {field}"
        for name, fields in _config_fields(definitions)
        for field, found in fields.items()
        if not found.description
    ]
    assert missing == []


def _config_fields(definitions: dg.Definitions) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for job in definitions.get_repository_def().get_all_jobs():
        schemas = [job.config_mapping.config_schema] if job.config_mapping else []
        schemas += [node.definition.config_schema for node in job.graph.nodes
                    if isinstance(node.definition, dg.OpDefinition)]  # fmt: skip
        for schema in schemas:
            yield job.name, getattr(schema.config_type, "fields", {})
