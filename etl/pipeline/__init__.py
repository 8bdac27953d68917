"""The stages of a run, without Dagster: archive, stage, load, link, model, publish, correct.

Belongs here: the order of steps within a stage, and what each stage records about itself.
Does not belong here: Dagster (`etl.orchestration`), table layouts and SQL of the build database
(`etl.warehouse`), and files at rest (`etl.storage`).
"""
