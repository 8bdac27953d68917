"""Quotes by speaker, period and text.

Belongs here: the SQL of `newsactors quotes`.
Does not belong here: ranked full-text search (`etl.explorer.quote_index`), and layout.
"""

from __future__ import annotations

import re

import duckdb

from etl.query.period import IN_PERIOD, Period
from etl.query.published import Row, rows

_QUOTES = (
    """
with found as (
    select * from quotes
    where ($speaker::varchar is null or speaker_entity_id = $speaker::varchar)
        and ($pattern::varchar is null or regexp_matches(text, $pattern::varchar))
)
select
    found.quote_id,
    found.utterance_id,
    articles.published_on,
    articles.outlet,
    articles.article_id,
    articles.headline,
    articles.source_path,
    found.part,
    found.char_start,
    found.char_end,
    found.text,
    found.kind,
    found.cue,
    found.speaker_entity_id,
    entities.name as speaker_name,
    found.speaker_surface,
    found.speaker_char_start,
    found.speaker_char_end,
    found.method,
    found.confidence,
    count(*) over () as quote_total,
from found
join articles using (article_id)
left join entities on entities.entity_id = found.speaker_entity_id"""
    + IN_PERIOD
    + """
order by articles.published_on desc nulls last, article_id, part desc, char_start
limit $limit
"""
)


_MARKS = dict.fromkeys("'‘’", "['‘’]") | dict.fromkeys('"“”', '["“”]')


def text_pattern(words: str) -> str:
    """Return a regular expression, valid in RE2 and Python, that finds the words in a text.

    It ignores case, matches any white space with any other, and straight quotation marks and
    apostrophes with curly ones.
    """

    def letter(character: str) -> str:
        return _MARKS.get(character) or re.escape(character)

    return "(?i)" + r"\s+".join("".join(map(letter, word)) for word in words.split())


def quotes(
    connection: duckdb.DuckDBPyConnection,
    period: Period,
    *,
    speaker: str | None = None,
    words: str | None = None,
    limit: int = 20,
) -> list[Row]:
    """Return quotes by a speaker (entity id), containing some words, or both.

    Newest first, undated last. `quote_total`, the same in every row, counts the matches before the
    limit.
    """
    pattern = text_pattern(words) if words and words.strip() else None
    parameters = {"speaker": speaker, "pattern": pattern, "limit": limit}
    return rows(connection, _QUOTES, {**period.parameters, **parameters})
