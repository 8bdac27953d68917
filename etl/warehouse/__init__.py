"""The DuckDB files: the build database, its checks, dbt, and publishing a snapshot.

Belongs here: everything that opens the build database to write, runs dbt, or makes a snapshot.
Does not belong here: who a name refers to (`linking`, `corrections`), and files that are not DuckDB
(`storage`).
"""
