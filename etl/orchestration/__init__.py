"""The Dagster layer: assets, checks, jobs, schedules, sensors and resources.

Belongs here: everything that imports Dagster, kept thin.
Does not belong here: what a stage does (`etl.pipeline`, which doesn't import Dagster).
"""
