"""The Dagster layer: a module a stage, each thin over `etl.pipeline`.

Belongs here: assets, checks, metadata, jobs, schedules and sensors. Does not belong here: parsing,
SQL, files, and anything that would be useful without Dagster.
"""
