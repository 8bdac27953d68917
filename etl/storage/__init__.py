"""State on disk: raw archive, Parquet staging, build database, publish, run state.

Belongs here: everything that opens a file of the warehouse, and the rules that keep it whole when
a process is killed. Does not belong here: parsing, extraction, deciding who an actor is, Dagster.
"""
