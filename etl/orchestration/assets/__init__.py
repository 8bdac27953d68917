"""Dagster assets: one module per stage, each a thin layer over `etl.pipeline`.

Belongs here: assets with their config, metadata and blocking checks.
Does not belong here: jobs, schedules, sensors and checks that only warn (`etl.orchestration`); SQL,
files and anything that is useful without Dagster (`etl.pipeline`).
"""
