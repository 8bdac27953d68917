"""Why a run failed, in one line, read from Dagster's events."""

from collections.abc import Iterable, Sequence

import dagster as dg


def describe_failure(instance: dg.DagsterInstance | None, run: dg.DagsterRun) -> str | None:
    """Return the first failure of a run in one line; None if every step completed."""
    if instance is None:
        return None
    events = [
        entry.dagster_event
        for entry in instance.all_logs(
            run.run_id,
            of_type={
                dg.DagsterEventType.STEP_SUCCESS,
                dg.DagsterEventType.STEP_SKIPPED,
                dg.DagsterEventType.STEP_FAILURE,
                dg.DagsterEventType.ASSET_CHECK_EVALUATION,
                dg.DagsterEventType.RUN_FAILURE,
            },
        )
        if entry.dagster_event is not None
    ]
    reason = _failed_step(events) or _failure_before_steps(events)
    return reason or _cut_off_step(instance, run, events)


def _failed_step(events: Iterable[dg.DagsterEvent]) -> str | None:
    for event in events:
        if event.is_step_failure and event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            # Dagster wraps what an asset raises. A Failure is ours, and its message is complete.
            while error.cause is not None and error.cls_name != "Failure":
                error = error.cause
            name, message = error.cls_name, " ".join(error.message.split()).partition(": ")[2]
            if name == "DagsterExecutionInterruptedError":
                return f"{event.step_key}: interrupted"
            if name == "DagsterAssetCheckFailedError":
                message = _failed_checks(events) or message
                return f"{event.step_key}: {message}"
            return f"{event.step_key}: {message if name == 'Failure' else f'{name}: {message}'}"
    return None


def _failure_before_steps(events: Iterable[dg.DagsterEvent]) -> str | None:
    """Return the failure of a resource: it is initialized before the first step."""
    for event in events:
        if event.is_job_failure and event.job_failure_data.error is not None:
            error = event.job_failure_data.error
            while error.cause is not None:
                error = error.cause
            return " ".join(error.message.split())
    return None


def _cut_off_step(
    instance: dg.DagsterInstance, run: dg.DagsterRun, events: Iterable[dg.DagsterEvent]
) -> str | None:
    """Return the first step without an end: steps run one after another, in the plan's order."""
    ended = {
        event.step_key
        for event in events
        if event.step_key is not None
        and event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION
    }
    cut_off = next((step for step in planned_steps(instance, run) if step not in ended), None)
    return f"interrupted before the end of {cut_off}" if cut_off else None


def planned_steps(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Sequence[str]:
    """Return the steps of a run in the order of its plan; none if the plan was not recorded."""
    if not run.execution_plan_snapshot_id:
        return []
    plan = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)
    return plan.step_keys_to_execute


def _failed_checks(events: Iterable[dg.DagsterEvent]) -> str:
    """Return the messages of the failed blocking checks, with an example each."""
    evaluations = [
        event.asset_check_evaluation_data
        for event in events
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ]
    return "; ".join(e.description or e.check_name for e in evaluations if not e.passed)
