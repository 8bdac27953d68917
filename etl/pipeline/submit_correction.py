"""Recording a correction: compute its effect, check it, then append it to the file.

Belongs here: finding the actor that a name refers to, checking a new row against the published file
and the earlier rows, appending it. Does not belong here: what rows mean together
(`etl.corrections.plan`, `etl.corrections.replay`), applying them
(`etl.pipeline.apply_corrections`), options and output (`etl.cli.corrections`). Of the warehouse,
only the published file is read.
"""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from etl.corrections import csv_file
from etl.corrections.plan import Plan, conflict_reason, make_plan
from etl.corrections.records import Correction, CorrectionError, record
from etl.corrections.replay import replay
from etl.extract import first_person
from etl.pipeline import apply_corrections
from etl.query import (
    display,
    published,
)
from etl.query.names import (
    NameNotFoundError,
    by_id,
    prepare_folding,
    resolve,
)
from etl.query.period import known_outlet
from etl.query.published import Row
from etl.settings import Settings


@dataclass
class Effect:
    """What a correction changes in the published articles."""

    mentions: int = 0
    articles: int = 0
    moves: list[Row] = field(default_factory=list)
    """Numbers of mentions and articles by the actor before and the actor after."""
    notes: list[str] = field(default_factory=list)
    minted_entity_id: str | None = None


_NAMED = """
with forms as (
  select entity_id, folded(name) as form, true as is_own from entities
  union all
  select entity_id, folded(unnest(aliases)), false from entities
)
select entity_id, name, type, first_seen, last_seen, article_count, bool_or(is_own) as is_own
from forms join entities using (entity_id)
where form = folded($name) and form <> ''
group by all
order by is_own desc, article_count desc, entity_id
"""


def actor(con: duckdb.DuckDBPyConnection, plan: Plan, name: str) -> str:
    """Return the id of the one actor with this id, or with this complete name or alias.

    Names take precedence over aliases. Corrections that are recorded but not published yet count.
    Raises NameNotFoundError, with candidates, if no actor or several actors match.
    """
    if name in plan.minted or name in plan.redirects:
        return plan.resolve(name)
    known = by_id(con, name)
    if known:
        return plan.resolve(known["entity_id"])
    prepare_folding(con)
    found = published.rows(con, _NAMED, {"name": name})
    owners = [row for row in found if row["is_own"]] or found
    ids = {plan.resolve(row["entity_id"]) for row in owners}
    if len(ids) == 1:
        return ids.pop()
    if not owners:
        try:
            likely, others = resolve(con, name)
        except NameNotFoundError as error:
            likely, others = None, error.candidates
        raise NameNotFoundError(name, [*([likely] if likely else []), *others])
    raise NameNotFoundError(name, owners, ambiguous=True)


def submit_correction(
    settings: Settings,
    action: str,
    arguments: Sequence[tuple[str, str]],
    *,
    because: str,
    author: str,
    undoes: str = "",
    dry_run: bool = False,
) -> tuple[Correction, Effect]:
    """Check a correction and, unless `dry_run`, append it to the file; it is not applied yet.

    Raises CorrectionError if it has no effect or contradicts an earlier decision, RegistryError if
    the file cannot be read, and NotPublishedError if there is nothing to check it against.
    """
    effects = []

    def check(rows: list[Correction]) -> Correction:
        new = record(action, arguments, because=because, author=author, undoes=undoes)
        if reason := conflict_reason(rows, new):
            raise CorrectionError(reason)
        with published.open_published(settings) as con:
            is_published = not apply_corrections.is_correction_due(settings)
            effects.append(effect_of(con, rows, new, is_published=is_published))
        return new

    if dry_run:
        new = check(csv_file.read_corrections(settings))
    else:
        new = csv_file.append(settings, check)
    return new, effects[0]


def author_of(given: str | None) -> str:
    """Return who decides: as given, else the user's name in git, else the login name."""
    if given:
        return given
    try:
        found = subprocess.run(
            ["git", "config", "user.name"], capture_output=True, text=True, timeout=5
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        found = ""
    return found or getpass.getuser()


def effect_of(
    con: duckdb.DuckDBPyConnection,
    rows: Sequence[Correction],
    new: Correction,
    *,
    is_published: bool,
) -> Effect:
    """Return what a row would change after the earlier rows.

    `con` is open on the published file. If that file is older than the rows (not `is_published`),
    their links are computed first. Raises CorrectionError if the row names an unknown id, or splits
    off no mention or every mention of an actor.
    """
    plan = make_plan(rows)
    after = make_plan([*rows, new])
    _check_ids(con, plan, new)
    if is_published:
        con.execute("create or replace temp view links_before as from loaded.actor_links")
    else:
        replay(con, plan)
        con.execute("create or replace temp table links_before as from corrected_actor_links")
    replay(con, after)
    moves = published.rows(con, _MOVES)
    total = published.rows(con, _MOVED)[0]
    effect = Effect(total["mentions"], total["articles"], moves, minted_entity_id=new.minted)
    if new.action == "merge":
        _note_co_mentions(con, plan, new, effect)
    elif new.action == "split":
        _check_split(con, plan, new, effect)
    elif new.action == "alias" and not published.rows(con, _SPELLED, {"name": new.spelling}):
        effect.notes.append(
            f"no article calls an actor {new.spelling!r} yet; it applies to later articles. What "
            "counts is the fullest form of the name in an article"
        )
    return effect


_MOVES = f"""
create or replace temp table moved_links as
select text_actor_id, b.entity_id as from_entity_id, a.entity_id as to_entity_id
from links_before b join corrected_actor_links a using (text_actor_id)
where b.entity_id <> a.entity_id;

create or replace temp table moved_mentions as
select from_entity_id, to_entity_id, article_id
from moved_links
join loaded.text_actors using (text_actor_id)
join main.articles using (content_sha256)
join loaded.text_mentions using (text_actor_id)
-- As in the series: "I" in a quote moves with its speaker, but nobody speaks of the speaker there.
where text_mentions.method is distinct from '{first_person.METHOD}';

select from_entity_id, to_entity_id, count(*) as mentions, count(distinct article_id) as articles
from moved_mentions group by all order by mentions desc, from_entity_id, to_entity_id
"""

_MOVED = "select count(*) as mentions, count(distinct article_id) as articles from moved_mentions"

_SPELLED = r"""
select 1 as found from loaded.text_actors
where trim(regexp_replace(name, '\s+', ' ', 'g')) = $name limit 1
"""

_KNOWN = """
select entity_id from loaded.text_links where entity_id = $id
union all
select entity_id from loaded.actor_links where entity_id = $id
union all
select entity_id from loaded.entity_redirects where old_entity_id = $id
limit 1
"""

_FORMS = """
select name, count(distinct article_id) as articles
from links_before join loaded.text_actors using (text_actor_id)
join main.articles using (content_sha256)
where entity_id = $id group by name order by articles desc, name limit 6
"""


def _check_ids(con: duckdb.DuckDBPyConnection, plan: Plan, new: Correction) -> None:
    for key, value in new.arguments:
        if key in ("actor", "into", "other"):
            is_known = value in plan.minted or value in plan.redirects
            if not is_known and not published.rows(con, _KNOWN, {"id": value}):
                raise CorrectionError(
                    f"there is no actor {value}; `newsactors actors list` shows names and ids"
                )
        elif key == "article" and not published.rows(
            con, "select 1 as found from main.articles where article_id = $id", {"id": value}
        ):
            raise CorrectionError(
                f"there is no article {value}; find its id with "
                '`newsactors sql "select article_id, headline from articles"` '
                "(`article_redirects` has ids that were given up)"
            )
        elif key == "outlet" and new.action == "split":
            known_outlet(con, value)


_BOTH = """
select count(*) as articles from (
  select content_sha256 from links_before join loaded.text_actors using (text_actor_id)
  join main.articles using (content_sha256)
  where entity_id in ($a, $b) group by 1 having count(distinct entity_id) = 2
)
"""


def _note_co_mentions(
    con: duckdb.DuckDBPyConnection, plan: Plan, new: Correction, effect: Effect
) -> None:
    pair = {"a": plan.resolve(new["actor"]), "b": plan.resolve(new["into"])}
    if both := published.rows(con, _BOTH, pair)[0]["articles"]:
        effect.notes.append(
            f"{display.counted(both, 'article')} name both separately: are they the same actor?"
        )


def _check_split(
    con: duckdb.DuckDBPyConnection, plan: Plan, new: Correction, effect: Effect
) -> None:
    source = plan.resolve(new["actor"])
    forms = ", ".join(
        f"{row['name']!r} ({row['articles']})"
        for row in published.rows(con, _FORMS, {"id": source})
    )
    if not effect.mentions:
        raise CorrectionError(
            f"the split selects no mention of {source}; its articles call it {forms} (--name takes "
            "the fullest form of the name in an article)"
        )
    if not published.rows(
        con, "select 1 as found from corrected_actor_links where entity_id = $id limit 1",
        {"id": source},
    ):  # fmt: skip
        raise CorrectionError(
            f"the split selects every mention of {source}, which would leave nothing of it; "
            f"select fewer, or rename it. Its articles call it {forms}"
        )
