"""Incremental refresh of the dbt models: rebuild only the rows that changed.

Belongs here: which rows of a model a change makes stale, and how they are replaced.
Does not belong here: the SQL of the models (`sql/`), and running dbt (`warehouse.dbt`).
"""
