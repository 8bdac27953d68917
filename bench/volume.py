"""Multiplies the articles of a warehouse, by copying rows in its build database.

    python -m bench.volume texts 1000 texts.jsonl FILE…   # real articles, shortened
    NEWSACTORS_HOME=DIR newsactors ingest texts.jsonl
    NEWSACTORS_HOME=DIR python -m bench.volume copies 100  # multiplies by 100 and publishes

Belongs here: rows for measuring how the cost of a step grows. Does not belong here: lasting data.
The archive does not have the copies, so a rebuild drops them.

Each copy has another day. An actor in fewer than FREQUENT articles appears in NAMED_AGAIN copies,
spread over all; in the others, a different actor whose name has other letters at the end stands in.
The number of actors thus grows as it does in news: a thousand times the articles have 190 times the
actors, an exponent of 0.76 (measured at 1,000 articles of PolNeAR, Wikinews and Reuters: 0.81, and
falling). Ids are hashes as long as real ones, and the identity ledger has all names.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from etl.cli.progress import progress
from etl.domain import Article
from etl.linking.decisions import Decision, Form
from etl.linking.forms import register_forms
from etl.linking.ledger import Ledger
from etl.linking.link import as_table
from etl.readers import read_file
from etl.settings import Settings
from etl.storage.writer_lock import WriterLock
from etl.warehouse import build_db

FREQUENT = 5
NAMED_AGAIN = 5
CHARACTERS = 3_000
"""Length of a shortened text: such articles have 25 mentions on average."""
_COPIES_AT_A_TIME = 20
_NAMES_AT_A_TIME = 200_000

_HASHES = ("content_sha256", "article_id", "matched_article_id", "text_actor_id",
           "speaker_text_actor_id", "mention_id", "quote_id", "utterance_id",
           "source_sha256")  # fmt: skip
_CHANGED = {name: f"left(sha256({name} || '-' || n), length({name}))" for name in _HASHES} | {
    "story_id": "'S' || left(sha256(story_id[2:] || '-' || n), length(story_id) - 1)",
    "source_key": "source_key || '-' || n",
    "source_path": "source_path || '-' || n",
    # Before existing sequence numbers, so that the next ingest is the latest.
    "sequence": "sequence - 1000000 * n",
    "first_sequence": "first_sequence - 1000000 * n",
    "published_on": "published_on + (n * {days})::integer",
    "published_at": "published_at + to_days((n * {days})::integer)",
    # Distinct letters, so that no two names look like spellings of one.
    "name": """case when n % {persons} = 0 or text_actor_id in (from frequent) then name
      else name || translate(left(md5(name || n % {persons}), 6), '0123456789', 'ghjklmnpqr')
      end""",
    "entity_id": """case
      when n % {persons} = 0 or text_actor_id in (from frequent) then entity_id
      else 'E' || left(sha256(entity_id || '-' || n % {persons}), 12) end""",
}
_TABLES = ("loaded.article_versions", "loaded.article_sources", "loaded.text_actors",
           "loaded.text_mentions", "loaded.text_quotes", "loaded.text_links",
           "loaded.article_stories", "bookkeeping.stories",
           "bookkeeping.story_signatures")  # fmt: skip


def texts(take: int, files: list[Path]) -> Iterator[Article]:
    """Yield `take` articles, the same number from each file or folder as far as it has them."""
    left = take
    for at, file in enumerate(files):
        share = left // (len(files) - at)
        found = list(_articles(file))
        step = max(1, len(found) // share)
        chosen = found[::step][:share]
        left -= len(chosen)
        yield from chosen


def _articles(file: Path) -> Iterator[Article]:
    for path in sorted(file.rglob("*")) if file.is_dir() else [file]:
        if path.is_file():
            for item in read_file(path.read_bytes(), str(path)):
                if item.article and item.article.published_on:
                    yield item.article


def cut(body: str, characters: int) -> str:
    """Return the start of a text of at most `characters`, cut after a line or a sentence."""
    if len(body) <= characters:
        return body
    end = max(body.rfind("\n", 0, characters), body.rfind(". ", 0, characters) + 1)
    return body[: end if end > 0 else characters].rstrip()


def write(articles: Iterable[Article], path: Path, characters: int = CHARACTERS) -> None:
    """Write articles as JSON lines, their texts shortened."""
    with path.open("w", encoding="utf-8") as file:
        for article in articles:
            record = {
                "title": article.headline,
                "date": str(article.published_on),
                "outlet": article.outlet,
                "authors": list(article.authors),
                "text": cut(article.body, characters),
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def copy(settings: Settings, times: int, days: int) -> int:
    """Multiply the articles of the build database by `times`; return their number."""
    with WriterLock(settings), build_db.open_build(settings.build_file) as con:
        with build_db.transaction(con):
            _copy_rows(con, times, days)
            con.execute(_MARK_ALL_NEW)
            build_db.new_generation(con)
        _enter_names(con, Ledger(settings.identity_ledger))
        con.execute("checkpoint")
        return build_db.count(con, "loaded.article_versions")


def _copy_rows(con: duckdb.DuckDBPyConnection, times: int, days: int) -> None:
    con.execute(
        f"""
        create or replace temp table frequent as
        select text_actor_id from loaded.text_links
        where entity_id in (
          select entity_id from loaded.text_links group by 1 having count(*) >= {FREQUENT})
        """
    )
    persons = -(-times // NAMED_AGAIN)
    with progress("tables copied") as report:
        for done, table in enumerate(_TABLES, start=1):
            con.execute(f"create or replace temp table first_rows as from {table}")
            columns = [name for name, *_ in con.execute("describe first_rows").fetchall()]
            replaced = ", ".join(
                f"{_CHANGED[c].format(days=days, persons=persons)} as {c}"
                for c in columns
                if c in _CHANGED
            )
            for first in range(1, times, _COPIES_AT_A_TIME):
                last = min(first + _COPIES_AT_A_TIME, times)
                con.execute(
                    f"insert into {table} by name select * exclude (n) replace ({replaced}) "
                    f"from range({first}, {last}) as copies(n), first_rows order by n"
                )
            report(done)


_MARK_ALL_NEW = """
insert into bookkeeping.unmodelled_articles
select article_id, null from loaded.article_stories;
insert into bookkeeping.unchecked_versions select content_sha256 from loaded.article_versions
"""


def _enter_names(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Append each new name to the ledger with the entity of its copies."""
    register_forms(con)
    ledger.register(con)
    found = con.execute(
        """
        select name, type, scope, any_value(entity_id), any_value(method), any_value(confidence)
        from forms join loaded.text_links using (text_actor_id)
        anti join ledger using (name, type, scope)
        group by all
        """
    )
    now = datetime.now(UTC)
    entered = 0
    with progress("names entered") as report:
        while rows := found.fetchmany(_NAMES_AT_A_TIME):
            decided = [
                Decision(Form(name, type_, scope), entity_id, method, confidence)
                for name, type_, scope, entity_id, method, confidence in rows
            ]
            ledger.append(as_table(decided, now))
            entered += len(rows)
            report(entered)
    con.execute("drop table forms")
    con.execute("drop table ledger")


def main() -> None:
    """Write texts, or multiply the warehouse in NEWSACTORS_HOME and publish it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("texts", help="write articles of these files, shortened")
    command.add_argument("take", type=int, help="number of articles")
    command.add_argument("out", type=Path)
    command.add_argument("files", type=Path, nargs="+", help="files, or folders of them")
    command = commands.add_parser("copies", help="multiply the articles of the warehouse")
    command.add_argument("times", type=int, help="factor")
    command.add_argument("--days", type=int, default=1, help="days between two copies (1)")
    command.add_argument(
        "--no-publish", action="store_true", help="leave publishing to the next run"
    )
    options = parser.parse_args()
    if options.command == "texts":
        write(texts(options.take, options.files), options.out)
        return
    settings = Settings.from_env()
    count = copy(settings, options.times, options.days)
    sys.stdout.write(f"{count:,} articles\n")
    if not options.no_publish:
        from etl.__main__ import load_job
        from etl.orchestration.run_job import run_job
        from etl.pipeline.progress import silent

        run_job(load_job("republish"), {}, silent)


if __name__ == "__main__":
    main()
