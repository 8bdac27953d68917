"""The tables that Python writes, and the documentation rendered from them.

Belongs here: columns, types, keys and descriptions of schema `loaded` and of the staged Parquet.
Does not belong here: the tables that dbt builds; `sql/models` describes those.
"""
