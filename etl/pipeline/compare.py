"""What another extractor changes: a candidate beside the published file, or two published files.

Belongs here: the SQL of both, and examples with their sentences. Does not belong here: making a
candidate (`etl.pipeline.reextract`), and how it looks (`etl.cli.comparison`).

A mention or quote is the same where its characters are. One that overlaps another of the other
side is that one changed, with other bounds; the rest was gained or lost. Actors are linked anew, as
a promotion would link them, so that a change shows of which actor it is; articles outside of the
candidate count where their actors lead elsewhere because of it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from etl.corrections.csv_file import read_corrections
from etl.corrections.plan import make_plan
from etl.corrections.replay import replay
from etl.corrections.write_back import write_back
from etl.extract import tokens
from etl.linking.ledger import Ledger
from etl.linking.link import link_actors
from etl.pipeline.ingest import InputError, Progress, silent
from etl.query import published
from etl.query.published import Row
from etl.schema import tables
from etl.settings import Settings
from etl.storage import editions
from etl.storage.staging import Staging, layout
from etl.warehouse.publish import former_snapshot

EXAMPLES = 20
SHIFT_ARTICLES = 5
"""Actors in fewer articles, before and after, shift by half with every one: they are left out."""
SENTENCE_CHARACTERS = 400
"""What is shown of a sentence, around the span."""
STAGE = "compare"
_STEPS = 5


@dataclass(frozen=True)
class Comparison:
    """What promoting a candidate would change; rows are dicts, ready for JSON.

    `totals` and `by_type` count mentions (by type) and quotes (by kind) before and after, and those
    gained, lost and changed; `by_actor` holds every actor with a change, most changes first;
    `shifted` those whose series would shift by more than the set share.
    """

    candidate: Row
    articles: int
    changed_articles: int
    totals: list[Row]
    by_type: list[Row]
    by_actor: list[Row]
    shift_share: float
    shifted: list[Row]
    examples: list[Row]

    def as_dict(self) -> dict[str, object]:
        """The comparison as JSON-ready values."""
        return asdict(self)


def compare_candidate(settings: Settings, progress: Progress = silent) -> Comparison:
    """Compare the candidate with what is published; changes nothing.

    Raises InputError where there is no candidate or nothing is published.
    """
    edition = editions.candidate(settings)
    if edition is None or not settings.published.exists():
        raise InputError("there is no candidate; make one with `newsactors reextract --diff`")
    with _connect(old=settings.published.resolve()) as con:
        progress(STAGE, 0, _STEPS)
        articles = _redo(con, editions.candidate_rows(settings))
        progress(STAGE, 1, _STEPS)
        plan = make_plan(read_corrections(settings))
        link_actors(con, Ledger(settings.identity_ledger), datetime.now(UTC), plan, is_trial=True)
        replay(con, plan)
        write_back(con)
        progress(STAGE, 2, _STEPS)
        con.execute(_SPANS)
        con.execute(_CHANGES)
        progress(STAGE, 3, _STEPS)
        con.execute(_COUNTED)
        con.execute(_SERIES_WITH_CANDIDATE)
        comparison = Comparison(
            candidate=edition.to_json(),
            articles=articles,
            changed_articles=published.rows(
                con, "select count(distinct content_sha256) as n from changes"
            )[0]["n"],
            totals=published.rows(con, _TOTALS.format(group="what")),
            by_type=published.rows(con, _TOTALS.format(group="what, type")),
            by_actor=published.rows(con, _BY_ACTOR),
            shift_share=settings.shift_share,
            shifted=_shifts(con, settings.shift_share),
            examples=_examples(con),
        )
        progress(STAGE, _STEPS, _STEPS)
    return comparison


def published_shifts(settings: Settings) -> list[Row]:
    """Actors whose series the last publish shifted by more than the set share, the busiest first.

    Only articles count that both files hold in the same version: what came or was edited is news,
    what remains is how they were extracted and linked. Rows hold entity_id, name, type,
    articles_before, articles_after and share: of all their articles by week, before or after, those
    that only one side has. Empty where no former file is kept.
    """
    former = former_snapshot(settings)
    if former is None:
        return []
    with _connect(old=former, new=settings.published.resolve()) as con:
        con.execute(_SERIES_OF_FILES)
        return _shifts(con, settings.shift_share)


def _connect(**files: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory with published files attached, read-only."""
    # Without a name every process would spill into the working directory.
    spill = f"{tempfile.gettempdir()}/newsactors-{os.getpid()}-compare"
    con = duckdb.connect(config={"temp_directory": spill})
    con.execute("set TimeZone = 'UTC'")
    for name, file in files.items():
        path = str(file).replace("'", "''")
        con.execute(f"attach '{path}' as {name} (read_only)")
    return con


def _redo(con: duckdb.DuckDBPyConnection, rows: Staging) -> int:
    """Fill schema `loaded` with what would be loaded; returns how many versions are extracted."""
    con.execute("create schema loaded")
    con.execute(
        "create table redone as select content_sha256 from old.loaded.article_versions where false"
    )
    contents = pa.array(sorted(rows.contents()), pa.string())
    con.register("contents", pa.table({"content_sha256": contents}))
    con.execute(
        "insert into redone from contents semi join old.loaded.article_versions "
        "using (content_sha256)"
    )
    con.unregister("contents")
    for table in tables.EXTRACTED:
        batches = (b for t in rows.rows(table.name, contents) for b in t.to_batches())
        con.register("rows", pa.RecordBatchReader.from_batches(layout(table.name), batches))
        con.execute(f"create table loaded.new_{table.name} as from rows")
        con.unregister("rows")
        columns = ", ".join(column.name for column in table.columns)
        con.execute(
            f"create view loaded.{table.name} as "
            f"select {columns} from old.loaded.{table.name} anti join redone using (content_sha256)"
            f" union all "
            f"select {columns} from loaded.new_{table.name} semi join redone using (content_sha256)"
        )
    con.execute("create view loaded.article_versions as from old.loaded.article_versions")
    for made in (*tables.LINKED, *tables.CORRECTED):
        con.execute(made.ddl)
    return len(published.rows(con, "from redone"))


_SPANS = """
create table touched as
with moved as (
  select distinct content_sha256
  from old.loaded.text_actors
  join old.loaded.actor_links as before using (text_actor_id)
  join loaded.actor_links as after using (text_actor_id)
  where before.entity_id <> after.entity_id
)
select content_sha256, article_id from old.main.articles
where content_sha256 in (from redone) or content_sha256 in (from moved);

create macro spans_of(mentions, quotes, links) as table
select 'mention' as what, mention_id as id, article_id, content_sha256, part, char_start, char_end,
  surface as text, entity_id, type, kind, role as note, null::varchar as speaker
from query_table(mentions) join touched using (content_sha256)
left join query_table(links) using (text_actor_id)
union all
select 'quote', quote_id, article_id, content_sha256, part, char_start, char_end, text, entity_id,
  kind, kind, cue, case when entity_id is null then speaker_surface end
from query_table(quotes) join touched using (content_sha256)
left join query_table(links) as links on links.text_actor_id = speaker_text_actor_id;

create table old_spans as
from spans_of('old.loaded.text_mentions', 'old.loaded.text_quotes', 'old.loaded.actor_links');
create table new_spans as
from spans_of('loaded.text_mentions', 'loaded.text_quotes', 'loaded.actor_links');
"""
"""Mentions and quotes of the articles that may change. `type` of a quote is its kind; `speaker` is
the speaker as written where that is nobody known; `note` is a role or a cue."""

_CHANGES = """
create table changes as
with same as (
  select what, id as old_id, id as new_id from old_spans semi join new_spans using (what, id)
),
lost as (select * from old_spans anti join same on id = old_id and old_spans.what = same.what),
gained as (select * from new_spans anti join same on id = new_id and new_spans.what = same.what),
overlapping as (
  select what, lost.id as old_id, gained.id as new_id,
    least(lost.char_end, gained.char_end) - greatest(lost.char_start, gained.char_start) as shared
  from lost join gained using (what, content_sha256, part)
  where lost.char_start < gained.char_end and gained.char_start < lost.char_end
),
pairs as (
  from same
  union all
  select what, old_id, new_id from overlapping
  qualify row_number() over (partition by what, old_id order by shared desc, new_id) = 1
    and row_number() over (partition by what, new_id order by shared desc, old_id) = 1
),
paired as (
  select o as old, n as new
  from pairs
  join old_spans as o on o.what = pairs.what and o.id = old_id
  join new_spans as n on n.what = pairs.what and n.id = new_id
),
beside as (
  select old, new from paired
  union all
  select o, null from old_spans as o anti join pairs on o.what = pairs.what and o.id = old_id
  union all
  select null, n from new_spans as n anti join pairs on n.what = pairs.what and n.id = new_id
)
select
  coalesce(old.what, new.what) as what,
  case when new is null then 'lost' when old is null then 'gained' else 'changed' end as change,
  case when old is null or new is null then [] else list_filter([
    case when old.id <> new.id then 'span' end,
    case when (old.entity_id, old.speaker) is distinct from (new.entity_id, new.speaker)
      then case old.what when 'mention' then 'actor' else 'speaker' end end,
    case when old.type <> new.type and old.what = 'mention' then 'type' end,
    case when old.kind <> new.kind then 'kind' end,
    case when old.note is distinct from new.note
      then case old.what when 'mention' then 'role' else 'cue' end end
  ], lambda field: field is not null) end as fields,
  coalesce(old.content_sha256, new.content_sha256) as content_sha256,
  coalesce(old.article_id, new.article_id) as article_id,
  old, new
from beside
where change <> 'changed' or len(fields) > 0
"""

_COUNTED = """
create table all_before as
select 'mention' as what, entity_id, type, count(*) as spans from old.main.mentions group by all
union all
select 'quote', speaker_entity_id, kind, count(*) from old.main.quotes group by all;

create table counted as
select what, entity_id, type, spans as before, spans as after from all_before
union all
select what, entity_id, type, 0, -count(*) from old_spans group by all
union all
select what, entity_id, type, 0, count(*) from new_spans group by all;

create table names as
select entity_id, name, type from old.main.entities
union all
select entity_id, mode(name), mode(type)
from loaded.text_actors join loaded.actor_links using (text_actor_id)
where entity_id not in (select entity_id from old.main.entities)
group by entity_id;
"""

_TOTALS = """
with before_and_after as (
  select {group}, sum(before)::bigint as before, sum(after)::bigint as after
  from counted group by all
),
changed as (
  select {group},
    count(*) filter (change = 'gained') as gained,
    count(*) filter (change = 'lost') as lost,
    count(*) filter (change = 'changed') as changed
  from (select what, coalesce(old.type, new.type) as type, change from changes)
  group by all
)
select {group}, before, after, coalesce(gained, 0) as gained, coalesce(lost, 0) as lost,
  coalesce(changed, 0) as changed
from before_and_after left join changed using ({group})
order by {group}
"""

_BY_ACTOR = """
with events as (
  select what, new.entity_id as entity_id, 'gained' as change from changes
  where change = 'gained' or old.entity_id is distinct from new.entity_id
  union all
  select what, old.entity_id, 'lost' from changes
  where change = 'lost' or old.entity_id is distinct from new.entity_id
  union all
  select what, new.entity_id, 'changed' from changes
  where change = 'changed' and old.entity_id = new.entity_id
),
changed as (
  select entity_id, count(*) as changes,
    count(*) filter (what = 'mention' and change = 'gained') as mentions_gained,
    count(*) filter (what = 'mention' and change = 'lost') as mentions_lost,
    count(*) filter (what = 'mention' and change = 'changed') as mentions_changed,
    count(*) filter (what = 'quote' and change = 'gained') as quotes_gained,
    count(*) filter (what = 'quote' and change = 'lost') as quotes_lost,
    count(*) filter (what = 'quote' and change = 'changed') as quotes_changed
  from events where entity_id is not null group by entity_id
),
totals as (
  select entity_id,
    coalesce(sum(before) filter (what = 'mention'), 0)::bigint as mentions_before,
    coalesce(sum(after) filter (what = 'mention'), 0)::bigint as mentions_after,
    coalesce(sum(before) filter (what = 'quote'), 0)::bigint as quotes_before,
    coalesce(sum(after) filter (what = 'quote'), 0)::bigint as quotes_after
  from counted group by entity_id
)
select entity_id, name, type, mentions_before, mentions_after, mentions_gained, mentions_lost,
  mentions_changed, quotes_before, quotes_after, quotes_gained, quotes_lost, quotes_changed
from changed join totals using (entity_id) left join names using (entity_id)
order by changes desc, name, entity_id
"""
"""A span that goes from one actor to another is lost to the one and gained by the other."""

_SERIES_WITH_CANDIDATE = """
create view old_series as
select entity_id, article_id, published_on from old.main.actor_articles where mention_count > 0;
create view new_series as
from old_series anti join touched using (article_id)
union all
select distinct entity_id, article_id, published_on
from new_spans join old.main.articles using (article_id)
where what = 'mention' and entity_id is not null;
"""

_SERIES_OF_FILES = """
create table both_hold as
select article_id from old.main.article_metadata
semi join new.main.article_metadata using (article_id, content_sha256);
create view old_appearances as
select entity_id, article_id, published_on
from old.main.actor_articles semi join both_hold using (article_id) where mention_count > 0;
create view new_appearances as
select entity_id, article_id, published_on
from new.main.actor_articles semi join both_hold using (article_id) where mention_count > 0;
-- Nearly all are as they were, and a sum tells: a million articles take 3 s instead of 7.
create table changed_actors as
with old_sums as (
  select entity_id, count(*) as n, bit_xor(hash(article_id, published_on)) as h
  from old_appearances group by all
),
new_sums as (
  select entity_id, count(*) as n, bit_xor(hash(article_id, published_on)) as h
  from new_appearances group by all
)
select entity_id from old_sums full join new_sums using (entity_id)
where old_sums.n is distinct from new_sums.n or old_sums.h is distinct from new_sums.h;
create view old_series as from old_appearances semi join changed_actors using (entity_id);
create view new_series as from new_appearances semi join changed_actors using (entity_id);
create view names as
select entity_id, name, type from new.main.entities
union all
select entity_id, name, type from old.main.entities
where entity_id not in (select entity_id from new.main.entities);
"""

_SHIFTS = """
with weeks as (
  select entity_id, date_trunc('week', published_on) as week, count(*) as before, 0 as after
  from old_series group by all
  union all
  select entity_id, date_trunc('week', published_on), 0, count(*) from new_series group by all
),
by_week as (
  select entity_id, week, sum(before)::bigint as before, sum(after)::bigint as after
  from weeks group by all
),
shifts as (
  select entity_id, sum(before)::bigint as articles_before, sum(after)::bigint as articles_after,
    sum(abs(after - before)) / sum(greatest(before, after)) as share
  from by_week group by entity_id
)
select entity_id, name, type, articles_before, articles_after, round(share, 3) as share
from shifts left join names using (entity_id)
where share > $share and greatest(articles_before, articles_after) >= $least
order by greatest(articles_before, articles_after) desc, name, entity_id
"""


def _shifts(con: duckdb.DuckDBPyConnection, share: float) -> list[Row]:
    return published.rows(con, _SHIFTS, {"share": share, "least": SHIFT_ARTICLES})


_EXAMPLES = """
with ranked as (
  select *, row_number() over (
    partition by what, change order by coalesce(new.id, old.id)  -- hashes: any order but theirs
  ) as turn
  from changes
)
select what, change, fields, article_id, published_on, headline, body, old, new,
  before.name as old_name, after.name as new_name
from ranked
join old.main.articles using (article_id)
left join names as before on before.entity_id = old.entity_id
left join names as after on after.entity_id = new.entity_id
order by turn, what, change
limit $limit
"""


def _examples(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """Examples of changes, as many of each sort as there is room for, each with its sentence."""
    return [_example(row) for row in published.rows(con, _EXAMPLES, {"limit": EXAMPLES})]


def _example(row: Row) -> Row:
    sides = [side for side in (row["old"], row["new"]) if side]
    part = sides[0]["part"]
    text = row["headline"] if part == "headline" else row["body"]
    span = min(s["char_start"] for s in sides), max(s["char_end"] for s in sides)
    start, end = _sentence(text, *span)
    return {
        "what": row["what"],
        "change": row["change"],
        "fields": row["fields"],
        "article_id": row["article_id"],
        "published_on": row["published_on"],
        "part": part,
        "before": _side(row["old"], row["old_name"], row["what"]),
        "after": _side(row["new"], row["new_name"], row["what"]),
        "sentence": text[start:end],
        "sentence_char_start": start,
    }


def _side(span: Row | None, name: str | None, what: str) -> Row | None:
    if span is None:
        return None
    shown = {key: span[key] for key in ("char_start", "char_end", "text", "entity_id")}
    if what == "quote":
        return shown | {
            "speaker": name or span["speaker"],
            "kind": span["kind"],
            "cue": span["note"],
        }
    kinds = {"type": span["type"], "kind": span["kind"], "role": span["note"]}
    return shown | {"actor": name} | kinds


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The characters of the sentences in which a span stands, not many more than the span."""
    document = tokens.read(text)
    first, last = document.tokens_of(start, end)
    if first >= last:
        return start, end
    left = document.tokens[document.sentence_of(first).first].start
    right = document.tokens[document.sentence_of(last - 1).last - 1].end
    room = max(0, SENTENCE_CHARACTERS - (end - start)) // 2
    return max(left, start - room), min(right, end + room)


def busiest(shifted: Sequence[Row], most: int = 3) -> str:
    """Shifted actors in one line: the first of them with their articles, and how many more."""
    shown = "; ".join(
        f"{row['name']}: {row['articles_before']:,} to {row['articles_after']:,} articles "
        f"({row['share']:.0%} of its weeks)"
        for row in shifted[:most]
    )
    return shown + (f"; and {len(shifted) - most:,} more" if len(shifted) > most else "")
