"""Web pages over the published file, served locally or written as a static report.

Belongs here: pages, charts, the server on 127.0.0.1 and the report. Does not belong here: the SQL
of the commands (`etl.query.published`), recording and applying corrections
(`etl.pipeline.submit_correction`, `etl.pipeline.apply_corrections`). Reads the published file only;
the one thing it writes is a correction.

| module | its job |
|---|---|
| `blocks` | building blocks of a page, independent of HTML |
| `view_request` | the validated parameters of a request |
| `connections` | connections to the newest snapshot |
| `name_search` | actor suggestions during typing |
| `quote_index` | ranked full-text search of quotes |
| `charts` | tables as Vega-Lite |
| `views/` | one module per view: request -> page |
| `rendering` | page -> HTML |
| `table_export` | table -> CSV or Parquet |
| `error_pages` | pages for requests that cannot be answered |
| `response_headers` | headers that every response has |
| `cross_site` | refuses what pages of other sites embed, fetch or post |
| `query_stop` | ends queries that take too long or that nobody waits for |
| `correction_worker` | applies corrections in the background |
| `server` | URLs -> views, exports, corrections |
| `report` | the same pages as files |
"""
