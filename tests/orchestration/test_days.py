"""Days that are extracted again by materializing their asset alone: who publishes them."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from dagster_harness import DAYS, DagsterHarness, environment

from etl.orchestration import sensors
from etl.orchestration.assets.days import EXTRACTED_DAYS


def tick(harness: DagsterHarness, instance: dg.DagsterInstance) -> dg.SensorExecutionData:
    """Evaluate the sensor as the daemon does, on the newest materialization."""
    repository = harness.definitions().get_repository_def()
    context = dg.build_sensor_context(instance, repository_def=repository)
    with environment(harness.environment), context:
        return sensors.extracted_days_to_publish.evaluate_tick(context)


def test_days_that_nobody_publishes_are_published_by_the_sensor(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    harness = DagsterHarness.at(tmp_path / "p", tmp_path_factory)
    harness.drop(*DAYS)
    with dg.DagsterInstance.ephemeral() as instance:
        assert harness.run(instance).success
        found = tick(harness, instance)
        assert not found.run_requests
        assert found.skip_message == "the run that extracted the days publishes them"

        chosen = {
            "dagster/asset_partition_range_start": DAYS[0],
            "dagster/asset_partition_range_end": DAYS[1],
        }
        extracted = harness.run(instance, assets=[EXTRACTED_DAYS], tags=chosen)
        assert extracted.success, harness.last_run.error
        # An ad-hoc run has the tags of those that a job or schedule starts.
        tags = instance.get_runs(dg.RunsFilter(run_ids=[extracted.run_id]))[0].tags
        assert tags["newsactors/kind"] == "materialize"
        assert tags["newsactors/writer"] == "true"
        (request,) = tick(harness, instance).run_requests or []
        assert request.run_key == extracted.run_id

        before = harness.snapshot()
        assert harness.run(instance, "republish").success
        assert harness.snapshot() != before
        wrong = {"dagster/partition": "2025-01-01"}
        assert not harness.run(instance, assets=[EXTRACTED_DAYS], tags=wrong).success
