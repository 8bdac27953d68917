"""Utterances by speaker, act, period and text, each in its sentence.

Belongs here: the SQL of `newsactors quotes`, and the rows of utterances that are found elsewhere.
Does not belong here: ranked full-text search (`etl.explorer.quote_index`), and layout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import duckdb

from etl.query.period import IN_PERIOD, Period
from etl.query.published import Row, rows
from etl.query.sentences import Span, in_sentences

MAX_LISTED_ARTICLES = 200
"""Up to this many rows, a query lists the ids of their articles. With a million articles that took
0.3 s instead of 3.9 s: DuckDB 1.5 pushes a list of values down into a view, but not a semi join."""

_FOUND = (
    """
with found as (
    select
        q.utterance_id,
        q.article_id,
        published_on,
        q.part,
        min(q.char_start) as char_start,
    from quote_attributions as q {with_texts}"""
    + IN_PERIOD
    + """
        and ($speaker::varchar is null or q.speaker_entity_id = $speaker::varchar)
        and ($act::varchar is null or coalesce(q.act, 'statement') = $act::varchar)
        and ($pattern::varchar is null or {matches})
    group by all
)
select utterance_id, article_id, count(*) over () as utterance_total
from found
order by published_on desc nulls last, article_id, part desc, char_start
limit $limit
"""
)
_UTTERANCES = """
select u.*, a.headline, a.source_path
from utterances u join articles a using (article_id)
where {in_articles} utterance_id in (select unnest($ids::varchar[]))
"""
_PIECES = """
select utterance_id, quote_id, char_start, char_end, text, kind from quotes
where {in_articles} utterance_id in (select unnest($ids::varchar[]))
order by utterance_id, char_start
"""
_ARTICLES = """
select article_id, headline, body from articles
where {in_articles} article_id in (select unnest($ids::varchar[]))
"""

Fetch = Callable[..., list[Row]]
"""Runs a query with named parameters."""


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
    act: str | None = None,
    words: str | None = None,
    limit: int = 20,
) -> list[Row]:
    """Return utterances by a speaker (entity id), of an act, with a piece that contains some words.

    Newest first, undated last. `utterance_total`, the same in every row, counts the matches before
    the limit. The other columns are those of `in_their_sentences`.
    """
    pattern = text_pattern(words) if words and words.strip() else None
    found = rows(
        connection,
        _FOUND.format(
            with_texts="join quotes as t using (quote_id)" if pattern else "",
            matches="regexp_matches(t.text, $pattern::varchar)" if pattern else "true",
        ),
        period.parameters | {"speaker": speaker, "act": act, "pattern": pattern, "limit": limit},
    )
    described = in_their_sentences(
        lambda sql, **parameters: rows(connection, sql, parameters), found
    )
    total = found[0]["utterance_total"] if found else 0
    return [row | {"utterance_total": total} for row in described]


def in_their_sentences(fetch: Fetch, found: Sequence[Row]) -> list[Row]:
    """Return the utterances of these rows, which have `utterance_id` and `article_id`, in order.

    The columns are those of table `utterances`, with `headline`, `source_path`, the `pieces` (rows
    of `quotes`), the `sentence` with the utterance, and the `stretches` of this sentence: what
    belongs to the utterance and what does not.
    """
    described: list[Row] = []
    for first in range(0, len(found), MAX_LISTED_ARTICLES):
        some = found[first : first + MAX_LISTED_ARTICLES]
        ids = [row["utterance_id"] for row in some]
        articles = sorted({row["article_id"] for row in some})
        texts = {
            row["article_id"]: row for row in _of_articles(fetch, _ARTICLES, articles, articles)
        }
        pieces: dict[str, list[Row]] = {}
        for piece in _of_articles(fetch, _PIECES, articles, ids):
            pieces.setdefault(piece.pop("utterance_id"), []).append(piece)
        by_id = {
            row["utterance_id"]: row for row in _of_articles(fetch, _UTTERANCES, articles, ids)
        }
        for utterance_id in ids:
            row, own = by_id[utterance_id], pieces[utterance_id]
            text = texts[row["article_id"]]["headline" if row["part"] == "headline" else "body"]
            spans: list[Span] = [(piece["char_start"], piece["char_end"]) for piece in own]
            stretches = in_sentences(text, spans)
            sentence = "".join(part for part, _ in stretches)
            described.append(row | {"pieces": own, "sentence": sentence, "stretches": stretches})
    return described


def _of_articles(fetch: Fetch, sql: str, articles: Sequence[str], ids: Sequence[str]) -> list[Row]:
    listed = {f"article_{number}": article for number, article in enumerate(articles)}
    in_articles = f"article_id in ({', '.join('$' + name for name in listed)}) and"
    return fetch(sql.format(in_articles=in_articles), ids=list(ids), **listed)
