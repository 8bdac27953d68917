"""The analyst's app over the published file, and the same views as a static site.

Belongs here: pages, charts, the server on 127.0.0.1 and the report. Does not belong here: SQL of
the commands (`etl.query.published`), how a correction is recorded and applied (`etl.pipeline.submit_correction`,
`etl.pipeline.apply_corrections`). Reads the published file only; the one thing it writes is a correction.

| module | its job |
|---|---|
| `blocks` | what a page is made of, whoever shows it |
| `asking` | parameters of an address, checked |
| `published` | the published file as it is now, for many requests |
| `names` | actors by their first letters, while one types |
| `search` | the full text of quotes, ranked |
| `charts` | tables as Vega-Lite |
| `views/` | a module a view: parameters and a connection -> page |
| `rendering` | page -> HTML |
| `server` | addresses -> views, exports, corrections |
| `report` | the same pages as files |
"""
