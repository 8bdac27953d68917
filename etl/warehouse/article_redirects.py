"""Filling `loaded.article_redirects` from what rereads recorded in the manifest.

Belongs here: which recorded redirects lead to a loaded article. Does not belong here: the records
(`etl.storage.article_successions`), deciding them (`etl.pipeline.reread_changes`).
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from etl.warehouse.build_db import new_generation, transaction

_CURRENT = """
create or replace temp table current_redirects as
select p.old_article_id, v.article_id, max(p.share_of_text) as share_of_text
from recorded_parts p join loaded.article_versions v using (content_sha256)
where p.old_article_id not in (select article_id from loaded.article_versions)
group by all
"""
"""A redirect names a text, whose article is known once it is loaded. An id that an article has
again, as after a restored file, leads nowhere."""

_CHANGED = """
(from loaded.article_redirects except from current_redirects)
union all
(from current_redirects except from loaded.article_redirects)
"""


def fill(con: duckdb.DuckDBPyConnection, parts: Mapping[tuple[str, str], float]) -> None:
    """Replace the table's rows, if they differ from what is recorded.

    `parts` maps a given-up article id and the content_sha256 of a text to the share of the
    article's text in it. The caller has loaded everything that is staged.
    """
    con.register(
        "recorded_parts",
        pa.table(
            {
                "old_article_id": pa.array([old for old, _ in parts], pa.string()),
                "content_sha256": pa.array([content for _, content in parts], pa.string()),
                "share_of_text": pa.array(list(parts.values()), pa.float64()),
            }
        ),
    )
    with transaction(con):
        con.execute(_CURRENT)
        if con.execute(_CHANGED).fetchone() is not None:
            con.execute("delete from loaded.article_redirects")
            con.execute("insert into loaded.article_redirects from current_redirects")
            new_generation(con)
    con.unregister("recorded_parts")
