"""Full text of quotes, ranked: an index beside the warehouse, made in the background.

SQLite's FTS5 (BM25), measured against DuckDB's fts on 1,080,612 quotes, two cores: built in 5.7
against 6.9 s, 91 against 87 MB, a common word found in 0.05 against 0.53 s, two words in 0.007
against 0.11 s. And it grows: DuckDB's index is made anew for each publish.

Belongs here: keeping the index up to a snapshot, and asking it. Does not belong here: conditions
other than words (`views.quotes`). The index holds no text, only which words stand where; `forget`
removes all of it, and it is made again.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path

import duckdb

from etl.pipeline.chunks import chunks
from etl.settings import Settings
from etl.storage.files import exclusive_lock

LAYOUT = 1
MOST_RANKED = 20_000
"""Quotes with the words that are ranked, the newest: ranking half a million took 0.6 s."""
MOST_STALE = 0.2
"""Share of entries that lead nowhere above which the index is made anew."""
BATCH, ROWS_AT_A_TIME = 20_000, 50_000

_SCHEMA = """
pragma journal_mode = wal;
create table docs (id integer primary key, quote_id text not null);
create table articles (article_id text primary key, version integer, first integer, last integer);
create virtual table words using fts5(
  text, content = '', tokenize = 'unicode61 remove_diacritics 2'
);
"""
_VERSIONS = """
select article_id, (bit_xor(hash(quote_id, text)) >> 1)::bigint as version
from quotes group by 1
"""
_TEXTS = """
select article_id, quote_id, text from quotes join article_metadata using (article_id)
where article_id in (select unnest($ids::varchar[]))
order by published_on nulls first, article_id, part, char_start
"""


class QuoteIndex:
    """The index of a warehouse."""

    def __init__(self, settings: Settings) -> None:
        self.path = settings.search / "quotes.sqlite"

    def update(self, published: duckdb.DuckDBPyConnection) -> int:
        """Bring the index up to what is published; the number of articles that were entered.

        Another process that does the same is waited for. Raises OSError or sqlite3.Error where the
        warehouse's disk takes no more.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(self.path.with_suffix(".lock")):
            if self._must_be_made():
                self.remove()
                with closing(sqlite3.connect(self.path)) as con:
                    con.executescript(_SCHEMA)
            wanted = dict(published.execute(_VERSIONS).fetchall())
            with closing(sqlite3.connect(self.path)) as con:
                found = dict(con.execute("select article_id, version from articles"))
                gone = [i for i in found if wanted.get(i) != found[i]]
                new = [i for i in wanted if found.get(i) != wanted[i]]
                with con:
                    for article_id in gone:
                        con.execute(
                            "delete from docs where id between "
                            "(select first from articles where article_id = ?1) "
                            "and (select last from articles where article_id = ?1)",
                            [article_id],
                        )
                        con.execute("delete from articles where article_id = ?", [article_id])
                for some in chunks(_texts(published, new), BATCH):
                    self._enter(con, some, wanted)
                con.execute(f"pragma user_version = {LAYOUT}")  # complete
            return len(new)

    def remove(self) -> None:
        """Remove all of it."""
        for end in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)

    def find(self, words: str) -> list[tuple[str, float]] | None:
        """Quotes that hold all the words, with how well each fits, best first; None for no index.

        Words between quotation marks stand side by side. Of very common words, the newest
        MOST_RANKED quotes only.
        """
        query = _query(words)
        if not query or not self.path.exists():
            return None if query else []
        with closing(_open_read_only(self.path)) as con:
            try:
                if con.execute("pragma user_version").fetchone() != (LAYOUT,):
                    return None
                rows = con.execute(
                    "select quote_id, score from (select rowid as id, -bm25(words) as score "
                    "from words where words match ? order by rowid desc limit ?) "
                    "join docs using (id) order by score desc, id desc",
                    [query, MOST_RANKED],
                ).fetchall()
            except sqlite3.DatabaseError:
                return None  # damaged, or being made: it is looked for without
        return [(str(quote_id), float(score)) for quote_id, score in rows]

    def _must_be_made(self) -> bool:
        if not self.path.exists():
            return True
        try:
            with closing(_open_read_only(self.path)) as con:
                (layout,) = con.execute("pragma user_version").fetchone()
                (live,) = con.execute("select count(*) from docs").fetchone()
                stale = _last_entry(con) - live
        except sqlite3.DatabaseError:
            return True
        return bool(layout != LAYOUT or stale > MOST_STALE * (live + stale))

    def _enter(
        self,
        con: sqlite3.Connection,
        articles: Sequence[Sequence[tuple[str, str, str]]],
        versions: dict[str, int],
    ) -> None:
        """Enter the quotes of articles, all or none of them."""
        rows = [row for quotes in articles for row in quotes]
        begin = _last_entry(con) + 1
        spans: dict[str, list[int]] = {}
        for n, (article_id, _, _) in enumerate(rows, start=begin):
            spans.setdefault(article_id, [n, n])[1] = n
        with con:
            con.executemany(
                "insert into docs values (?, ?)",
                ((n, quote_id) for n, (_, quote_id, _) in enumerate(rows, start=begin)),
            )
            con.executemany(
                "insert into words (rowid, text) values (?, ?)",
                ((n, text) for n, (_, _, text) in enumerate(rows, start=begin)),
            )
            con.executemany(
                "insert into articles values (?, ?, ?, ?)",
                ((i, versions[i], first, end) for i, (first, end) in spans.items()),
            )


def _texts(
    published: duckdb.DuckDBPyConnection, ids: Sequence[str]
) -> Iterator[list[tuple[str, str, str]]]:
    """The quotes of these articles, as (article, quote, text), an article at a time, oldest first.

    One query for all: each reading of the view takes seconds where there are millions of quotes.
    """
    found = published.execute(_TEXTS, {"ids": ids})
    rows = chain.from_iterable(iter(lambda: found.fetchmany(ROWS_AT_A_TIME), []))
    for _, quotes in groupby(rows, key=itemgetter(0)):
        yield list(quotes)


def _last_entry(con: sqlite3.Connection) -> int:
    """The number of the last entry that there ever was: those of what is gone are not used again,
    for its words stay until the index is made anew.
    """
    (last,) = con.execute("select coalesce(max(id), 0) from words_docsize").fetchone()
    return int(last)


def _open_read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)


def _query(words: str) -> str:
    """What FTS5 asks for, whatever was typed: its own operators are words like others."""
    words = words.replace("\0", " ")  # where SQLite takes the text to end
    found = re.findall(r'["“”]([^"“”]+)["“”]|([^\s"“”]+)', words)
    terms = [phrase or word for phrase, word in found]
    return " ".join(f'"{term}"' for term in terms if re.search(r"\w", term))
