"""Incremental refresh of the dbt models: rebuild only the stale rows.

Belongs here: which rows of a model become stale after a change, and how they are replaced.
Does not belong here: the SQL of the models (`sql/`), and running dbt (`warehouse.dbt`).
"""
