"""The stages of a run, without Dagster: read, extract, load, link, model, publish, correct.

Belongs here: the order of steps within a stage, and what each stage records about itself.
Does not belong here: Dagster (`orchestration`), table layouts and SQL of the build database
(`warehouse`), and files at rest (`storage`).
"""
