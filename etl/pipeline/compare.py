"""What promoting a candidate would change: mentions and quotes gained, lost and changed.

Belongs here: the comparison and the SQL that counts changes. Does not belong here: building a
candidate (`etl.pipeline.reextract`), the database it is compared in
(`etl.pipeline.candidate_database`), and how a comparison looks (`etl.cli.comparison`).

A mention or quote is the same if its characters are. If it overlaps one of the other side, that one
changed its bounds; the rest was gained or lost. Actors are linked again, as a promotion would link
them, to show whose mention or quote changed. Articles outside the candidate count if their actors
resolve differently because of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from etl.corrections.csv_file import read_corrections
from etl.corrections.plan import make_plan
from etl.corrections.replay import replay
from etl.corrections.write_back import write_back
from etl.linking.ledger import Ledger
from etl.linking.link import link_actors
from etl.pipeline.candidate_database import connect, load_candidate
from etl.pipeline.change_examples import change_examples
from etl.pipeline.errors import InputError
from etl.pipeline.progress import Progress, silent
from etl.pipeline.series_shifts import shifted_actors
from etl.query import published
from etl.query.published import Row
from etl.settings import Settings
from etl.storage import editions

STAGE = "compare"
_STEPS = 5


@dataclass(frozen=True)
class Comparison:
    """What promoting a candidate would change; rows are dicts, ready for JSON.

    `totals` and `by_type` count mentions (by type) and quotes (by kind) before and after, and how
    many were gained, lost and changed. `by_actor` holds every actor with a change, most changes
    first. `shifted` holds the actors whose series would shift by more than `shift_share`.
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
        """Return the comparison as JSON-ready values."""
        return asdict(self)


def compare_candidate(settings: Settings, progress: Progress = silent) -> Comparison:
    """Compare the candidate with the published file; changes nothing.

    Raises InputError if there is no candidate or nothing is published.
    """
    edition = editions.candidate(settings)
    if edition is None or not settings.published.exists():
        raise InputError("there is no candidate; make one with `newsactors reextract --diff`")
    with connect(old=settings.published.resolve()) as con:
        progress(STAGE, 0, _STEPS)
        articles = load_candidate(con, editions.candidate_rows(settings))
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
            shifted=shifted_actors(con, settings.shift_share),
            examples=change_examples(con),
        )
        progress(STAGE, _STEPS, _STEPS)
    return comparison


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

-- By name: a file published before acts existed has no such column.
create view old_text_quotes as
from old.loaded.text_quotes union all by name select null::varchar as act where false;
create view old_quotes as
from old.main.quotes union all by name select null::varchar as act where false;

create macro spans_of(mentions, quotes, links) as table
select 'mention' as what, mention_id as id, article_id, content_sha256, part, char_start, char_end,
  surface as text, entity_id, type, kind, role as note, null::varchar as speaker,
  null::varchar as act
from query_table(mentions) join touched using (content_sha256)
left join query_table(links) using (text_actor_id)
union all
select 'quote', quote_id, article_id, content_sha256, part, char_start, char_end, text, entity_id,
  kind, kind, cue, case when entity_id is null then speaker_surface end,
  coalesce(act, 'statement')
from query_table(quotes) join touched using (content_sha256)
left join query_table(links) as links on links.text_actor_id = speaker_text_actor_id;

create table old_spans as
from spans_of('old.loaded.text_mentions', 'old_text_quotes', 'old.loaded.actor_links');
create table new_spans as
from spans_of('loaded.text_mentions', 'loaded.text_quotes', 'loaded.actor_links');
"""
"""Mentions and quotes of the articles that may change. The `type` of a quote is its kind; `speaker`
is the speaker as written if no actor is known; `note` is a role or a cue. A quote whose extractor
told no act is a statement, as in the series."""

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
    case when old.act <> new.act then 'act' end,
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
select 'mention' as what, entity_id, type, null::varchar as act, count(*) as spans
from old.main.mentions group by all
union all
select 'quote', speaker_entity_id, kind, coalesce(act, 'statement'), count(*)
from old_quotes group by all;

create table counted as
select what, entity_id, type, act, spans as before, spans as after from all_before
union all
select what, entity_id, type, act, 0, -count(*) from old_spans group by all
union all
select what, entity_id, type, act, 0, count(*) from new_spans group by all;

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
    coalesce(sum(after) filter (what = 'quote'), 0)::bigint as quotes_after,
    coalesce(sum(before) filter (act = 'statement'), 0)::bigint as statements_before,
    coalesce(sum(after) filter (act = 'statement'), 0)::bigint as statements_after
  from counted group by entity_id
)
select entity_id, name, type, mentions_before, mentions_after, mentions_gained, mentions_lost,
  mentions_changed, quotes_before, quotes_after, quotes_gained, quotes_lost, quotes_changed,
  statements_before, statements_after
from changed join totals using (entity_id) left join names using (entity_id)
order by changes desc, name, entity_id
"""
"""A span that moves from one actor to another counts as lost by the first, gained by the second."""

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
