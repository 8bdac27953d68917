"""Stories: which articles belong to one text lineage: copies, reprints, cuts and edits of one text.

Belongs here: fingerprints of texts (`text`), candidate pairs without comparing all (`sketch`), the
rule for a match (`lineage`), stories with stable ids (`grouping`), and all of it over the build
database (`assign`). Does not belong here: events (a report of the same event in other words is
another story), article ids (`etl.storage.article_ids`), counting (`sql/`), locks and stages
(`etl.pipeline`).
"""
