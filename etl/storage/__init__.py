"""Files at rest: raw archive and manifest, staging batches, run state, the inbox, checksums, locks.

Belongs here: reading and writing these files, and the order of writes that keeps them whole when a
process is killed. Does not belong here: the DuckDB files (`etl.warehouse`), the meaning of bytes
(`etl.readers`), extraction, entity linking, Dagster.

| module | its job |
|---|---|
| `archive`, `manifest_copies` | original bytes and the manifest; comparing its two copies |
| `inbox`, `object_store`, `source_file` | finding and opening new files, local or in a store |
| `staging`, `staged_batch`, `staged_tables`, `compaction` | Parquet batches to be loaded |
| `editions` | candidate and former extraction rows beside the active ones |
| `run_state`, `state_file`, `state_file_check` | `state.sqlite`: facade, schema, repair |
| `run_history`, `quarantine`, `seen_files` | the tables of `state.sqlite` |
| `checksums`, `files`, `writer_lock` | SHA256SUMS, durable writes, locks |
| `article_ids` | ids and hashes of articles, versions, mentions and quotes |
"""
