"""Many articles out of few: copies of what a warehouse holds, re-dated, straight in its build file.

    NEWSACTORS_HOME=DIR newsactors ingest ARTICLES
    NEWSACTORS_HOME=DIR python -m bench.volume 12      # twelve times as many articles
    NEWSACTORS_HOME=DIR newsactors actors merge …      # what is to be measured

Belongs here: rows for measuring how the cost of a step grows. Does not belong here: anything that
is to last: the archive knows nothing of the copies, and a rebuild leaves them out.

Each copy is a week later than the one before. An actor in fewer than FREQUENT texts gets another
name in each copy, so that the number of actors grows too, as it does with news.
"""

from __future__ import annotations

import argparse
import sys

from etl.settings import Settings
from etl.store import build
from etl.store.writer import Writer

FREQUENT = 5

_KEYS = (
    "content_sha256", "article_id", "text_actor_id", "speaker_text_actor_id", "mention_id",
    "quote_id", "utterance_id", "source_key", "source_path", "source_sha256", "story_id",
)  # fmt: skip
_OTHERS = {
    "sequence": "{n} * 1000000 + sequence",
    "published_on": "published_on + 7 * {n}",
    "published_at": "published_at + interval (7 * {n}) day",
    # Letters of its own, so that no two copies look like spellings or share their surnames.
    "name": "case when name in (from frequent_names) then name "
    "else name || translate(left(md5(name || '{n}'), 6), '0123456789', 'ghjklmnpqr') end",
}
_TABLES = (
    "loaded.article_versions",
    "loaded.article_sources",
    "loaded.text_actors",
    "loaded.text_mentions",
    "loaded.text_quotes",
    # Else all copies of a text, a week apart each, would be one story.
    "loaded.article_stories",
    "bookkeeping.stories",
    "bookkeeping.story_signatures",
)


def multiply(settings: Settings, times: int) -> int:
    """Make the build database hold `times` as many articles; returns how many that are."""
    writer = Writer(settings)
    writer.acquire()
    try:
        with build.open_build(settings.build_file) as con, build.transaction(con):
            con.execute(
                "create temp table frequent_names as select name from loaded.text_actors "
                f"group by 1 having count(*) >= {FREQUENT}"
            )
            for table in _TABLES:
                con.execute(f"create or replace temp table first_rows as from {table}")
                columns = [name for name, *_ in con.execute("describe first_rows").fetchall()]
                changed = {c: c + " || '-{n}'" for c in _KEYS} | _OTHERS
                replaced = ", ".join(f"{changed[c]} as {c}" for c in columns if c in changed)
                for n in range(1, times):
                    con.execute(
                        f"insert into {table} by name "
                        f"select * replace ({replaced.format(n=n)}) from first_rows"
                    )
            build.new_generation(con)
            return build.count(con, "loaded.article_versions")
    finally:
        writer.release()


def main() -> None:
    """Multiply the warehouse that the environment names, and publish it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("times", type=int)
    settings = Settings.from_env()
    count = multiply(settings, parser.parse_args().times)
    sys.stdout.write(f"{count:,} articles\n")
    from etl.assets.in_process import run_job
    from etl.intake import silent

    run_job("republish", {}, silent)


if __name__ == "__main__":
    main()
