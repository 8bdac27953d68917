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

_COPY = """
insert into loaded.article_versions by name
select * replace (
  content_sha256 || '-{n}' as content_sha256, article_id || '-{n}' as article_id,
  published_on + 7 * {n} as published_on, published_at + interval (7 * {n}) day as published_at)
from first_versions;

insert into loaded.article_sources by name
select * replace (
  {n} * 1000000 + sequence as sequence, source_key || '-{n}' as source_key,
  source_path || '-{n}' as source_path, source_sha256 || '-{n}' as source_sha256,
  content_sha256 || '-{n}' as content_sha256, article_id || '-{n}' as article_id)
from first_sources;

insert into loaded.text_actors by name
select a.* replace (
  text_actor_id || '-{n}' as text_actor_id, content_sha256 || '-{n}' as content_sha256,
  case when f.name is null then a.name || ' {letters}' else a.name end as name)
from first_actors a left join frequent_names f using (name);

insert into loaded.text_mentions by name
select * replace (
  mention_id || '-{n}' as mention_id, content_sha256 || '-{n}' as content_sha256,
  text_actor_id || '-{n}' as text_actor_id)
from first_mentions;

insert into loaded.text_quotes by name
select * replace (
  quote_id || '-{n}' as quote_id, utterance_id || '-{n}' as utterance_id,
  content_sha256 || '-{n}' as content_sha256,
  speaker_text_actor_id || '-{n}' as speaker_text_actor_id)
from first_quotes;
"""


def multiply(settings: Settings, times: int) -> int:
    """Make the build database hold `times` as many articles; returns how many that are."""
    writer = Writer(settings)
    writer.acquire()
    try:
        with build.open_build(settings.build_file) as con, build.transaction(con):
            for table, short in (
                ("article_versions", "versions"),
                ("article_sources", "sources"),
                ("text_actors", "actors"),
                ("text_mentions", "mentions"),
                ("text_quotes", "quotes"),
            ):
                con.execute(f"create temp table first_{short} as from loaded.{table}")
            con.execute(
                "create temp table frequent_names as select name from first_actors "
                f"group by 1 having count(*) >= {FREQUENT}"
            )
            for n in range(1, times):
                letters = "".join(chr(ord("A") + int(digit)) for digit in str(n))
                con.execute(_COPY.format(n=n, letters=f"Copy{letters}"))
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
