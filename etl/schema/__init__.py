"""What Python and SQL agree on: tables, the folding of names, and documentation of both.

Belongs here: columns, types, keys and descriptions of schema `loaded` and of the staged Parquet
(`tables`); how names are compared in look-ups (`name_folding`); the files rendered from them
(`docs`). Does not belong here: the tables that dbt builds; `sql/models` describes those.
"""
