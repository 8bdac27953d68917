"""What readers ask the published file: top actors, names, timelines, quotes.

Belongs here: opening the published file read-only and every SQL statement of the reading commands.
Does not belong here: rows on their way into a file (`etl.query.export`), how anything looks on a screen
(`etl.cli.terminal`), command-line options (`etl.cli.read`), and any writing to the warehouse.

Values travel as parameters, never inside SQL text; the one identifier that comes from a user, a
table name to export, is looked up in the catalog first. Rows are dicts whose keys are the column
names of the table contract.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import duckdb

from etl.errors import NewsactorsError
from etl.schema.name_folding import fold_name_sql
from etl.settings import Settings

Row = dict[str, Any]
Grain = Literal["day", "week", "month"]


class ReadError(NewsactorsError):
    """A question that the published file cannot answer; the message says what to do."""


class NotPublishedError(ReadError):
    """There is no published file to read, or it cannot be opened."""


class NameNotFoundError(ReadError):
    """No entity is meant for certain; `candidates` holds those that may be, likeliest first."""

    def __init__(self, name: str, candidates: list[Row], *, ambiguous: bool = False) -> None:
        super().__init__(f"{name!r} {'may be several actors' if ambiguous else 'is no actor'}")
        self.name, self.candidates, self.ambiguous = name, candidates, ambiguous


class OutletNotFoundError(ReadError):
    """No article is of this outlet; the message names the nearest outlets."""


@dataclass(frozen=True)
class Period:
    """Which articles count: both days included; None is no limit; undated ones only without."""

    from_day: date | None = None
    to_day: date | None = None
    outlet: str | None = None

    @property
    def parameters(self) -> Row:
        return {"from_day": self.from_day, "to_day": self.to_day, "outlet": self.outlet}


def open_published(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A read-only connection that can neither write, nor read another file, nor fetch.

    The configuration is locked, so SQL typed by a user cannot lift that. A session sorts in the
    system's temporary folder: the warehouse may be on a read-only disk.
    Raises NotPublishedError where there is no file, or none that this DuckDB can read.
    """
    path = settings.published
    if not path.exists():
        raise NotPublishedError(
            f"no published warehouse at {path}: run `newsactors ingest` to make it "
            "(NEWSACTORS_HOME says where to look)"
        )
    try:
        connection = duckdb.connect(
            str(path.resolve()),  # by its link, this process would see the old file after a publish
            read_only=True,
            config={
                "enable_external_access": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "python_enable_replacements": False,
                "temp_directory": f"{tempfile.gettempdir()}/newsactors-{os.getpid()}",
            },
        )
    except duckdb.ConnectionException as error:
        raise ReadError(f"{path} is open in this process with other settings: close it") from error
    except duckdb.Error as error:
        raise NotPublishedError(
            f"cannot read {path}: {first_line(error)}; run `newsactors ingest` to publish again"
        ) from error
    if not rows(connection, "select current_setting('lock_configuration') as is_locked")[0][
        "is_locked"
    ]:
        # Global, for the lock holds for later connections of this process too.
        connection.execute("set global TimeZone = $zone", {"zone": settings.time_zone})
        connection.execute("set global lock_configuration = true")
    return connection


def first_line(error: BaseException) -> str:
    """The first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Row | None = None
) -> list[Row]:
    """All rows of a query of ours, as dicts.

    Raises NotPublishedError where the file was published by a version without the tables asked for.
    """
    try:
        cursor = connection.execute(sql, parameters)
    except duckdb.CatalogException as error:
        raise NotPublishedError(
            f"the published file is of another version of newsactors ({first_line(error)}): "
            "run `newsactors ingest` to publish again"
        ) from error
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


_IN_PERIOD = """
where ($from_day::date is null or published_on >= $from_day::date)
    and ($to_day::date is null or published_on <= $to_day::date)
    and ($outlet::varchar is null or lower(outlet) = lower($outlet::varchar))
"""

_TOP = (
    """
with article_total as (
    select count(*) as article_total from article_metadata"""
    + _IN_PERIOD
    + """
),
counted as (
    select
        entity_id,
        count(*) filter (mention_count > 0) as article_count,
        sum(mention_count)::bigint as mention_count,
        sum(utterance_count)::bigint as utterance_count,
    from actor_articles"""
    + _IN_PERIOD
    + """
    group by entity_id
)
select
    row_number() over by_articles as rank,
    entity_id,
    entities.name,
    entities.type,
    counted.article_count,
    counted.mention_count,
    counted.utterance_count,
    counted.article_count / article_total.article_total as share_of_articles,
    entities.first_seen,
    count(*) over () as actor_total,
    article_total.article_total,
from counted
join entities using (entity_id)
cross join article_total
where $type::varchar is null or entities.type = $type::varchar
window by_articles as (
    order by counted.article_count desc, counted.mention_count desc, entities.name, entity_id
)
order by rank
limit $limit
"""
)

_WEEKS = (
    """
with weeks as (
    select unnest(generate_series(
        date_trunc('week', min(published_on)), max(published_on), interval 7 days
    ))::date as period_start
    from article_metadata"""
    + _IN_PERIOD
    + """
),
wanted as (select unnest($entity_ids::varchar[]) as entity_id),
counted as (
    select
        entity_id,
        date_trunc('week', published_on)::date as period_start,
        count(*) filter (mention_count > 0) as article_count,
    from actor_articles
    semi join wanted using (entity_id)"""
    + _IN_PERIOD
    + """
    group by all
)
select
    wanted.entity_id,
    list(coalesce(counted.article_count, 0) order by weeks.period_start) as article_counts,
    min(weeks.period_start) as first_week,
from weeks
cross join wanted
left join counted using (entity_id, period_start)
group by wanted.entity_id
"""
)


def top_actors(
    connection: duckdb.DuckDBPyConnection,
    period: Period,
    *,
    type: str | None = None,  # noqa: A002 - the column's name
    limit: int = 20,
) -> list[Row]:
    """The actors in most articles of a period, each with its articles by week.

    `rank` counts within the type asked for; `share_of_articles` is of all articles of the period;
    `actor_total` and `article_total` are the same in every row. `weekly` holds one count a week
    (from Monday `weekly_from`), zeros included, over the weeks in which anything was published.
    """
    top = rows(connection, _TOP, {**period.parameters, "type": type, "limit": limit})
    ids = {"entity_ids": [row["entity_id"] for row in top]}
    weeks = {
        row["entity_id"]: row for row in rows(connection, _WEEKS, {**period.parameters, **ids})
    }
    for row in top:
        week = weeks.get(row["entity_id"], {})
        row["weekly_from"] = week.get("first_week")
        row["weekly"] = week.get("article_counts", [])
    return top


def known_outlet(connection: duckdb.DuckDBPyConnection, name: str | None) -> str | None:
    """The outlet as the warehouse writes it; None for None.

    Raises OutletNotFoundError that lists the nearest outlets where there is no such one.
    """
    if name is None:
        return None
    found = rows(
        connection,
        "select outlet from article_metadata where outlet is not null group by outlet order by"
        " lower(outlet) = lower($name) desc,"
        " jaro_winkler_similarity(lower(outlet), lower($name)) desc, outlet limit 8",
        {"name": name},
    )
    if found and found[0]["outlet"].lower() == name.lower():
        return str(found[0]["outlet"])
    nearest = ", ".join(repr(row["outlet"]) for row in found)
    raise OutletNotFoundError(
        f"no outlet {name!r}; " + (f"nearest: {nearest}" if found else "none is known")
    )


_NAMED = """
with forms as (
    select entity_id, folded(name) as form, 5 as weight from entities
    union all
    select entity_id, folded(unnest(aliases)), 1 from entities
),
wanted as (select folded($name) as form),
matched as (
    select
        forms.entity_id,
        min(case
            when forms.form = wanted.form then 0
            when contains(' ' || forms.form || ' ', ' ' || wanted.form || ' ') then 1
            when contains(' ' || forms.form, ' ' || wanted.form) then 2
            when contains(forms.form, wanted.form) and length(wanted.form) > 2 then 3
            else 4
        end) as tier,
        max(forms.weight) filter (forms.form = wanted.form) as weight,
        max(greatest(
            jaro_winkler_similarity(forms.form, wanted.form),
            jaro_winkler_similarity(split_part(forms.form, ' ', -1), wanted.form)
        )) as similarity,
    from forms, wanted
    where wanted.form != ''
    group by forms.entity_id
    having tier < 4 or similarity >= 0.87
),
nearest as (
    select * from matched where tier = (select min(tier) from matched)
)
select
    entity_id,
    entities.name,
    entities.type,
    entities.first_seen,
    entities.last_seen,
    entities.article_count,
    nearest.tier,
    entities.article_count * coalesce(nearest.weight, 1) as score,
from nearest
join entities using (entity_id)
order by case when tier = 4 then similarity end desc, score desc, entities.name, entity_id
limit 9
"""

_BY_ID = """
select entity_id, name, type, first_seen, last_seen, article_count, 0 as tier
from entities
where entity_id = $name
    or entity_id in (select entity_id from entity_redirects where old_entity_id = $name)
order by entity_id = $name desc
"""

CLEAR_LEAD = 5
"""How many times likelier than the next one an entity must be to be taken without asking."""


def resolve(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[Row, list[Row]]:
    """The entity that a name means, and the less likely ones that it could mean too.

    Tried in turn: the id (merged ids too), name or alias, whole words of one, starts of words,
    any part. Within a step the entity in most articles is taken if it leads CLEAR_LEAD times; an
    own name counts CLEAR_LEAD times an alias. A close spelling is only ever suggested: people of
    nearly the same name are different people.
    Raises NameNotFoundError with candidates where nobody leads clearly.
    """
    known = by_id(connection, name)
    if known:
        return known, []
    prepare_folding(connection)
    found = rows(connection, _NAMED, {"name": name})
    scores = [row.pop("score") for row in found] + [0, 0]
    if found and found[0]["tier"] < 4 and scores[0] >= CLEAR_LEAD * scores[1]:
        return found[0], found[1:]
    raise NameNotFoundError(name, found, ambiguous=bool(found) and found[0]["tier"] < 4)


def by_id(connection: duckdb.DuckDBPyConnection, entity_id: str) -> Row | None:
    """The entity with this id, or the one that it leads to; None for neither."""
    return next(iter(rows(connection, _BY_ID, {"name": entity_id})), None)


def prepare_folding(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the temporary macro `folded(name)`, by which look-ups compare names."""
    connection.execute(f"create or replace temp macro folded(name) as {fold_name_sql('name')}")


def timeline(
    connection: duckdb.DuckDBPyConnection,
    entity: Row,
    grain: Grain,
    from_day: date | None = None,
    to_day: date | None = None,
) -> list[Row]:
    """One row a period, zeros included; columns of the macro `actor_timeline`.

    Without limits it runs from the entity's first day to the last day of the warehouse, so that
    silence since then shows. Empty for an entity that only undated articles mention.
    """
    last = rows(connection, "select max(published_on) as last_day from article_metadata")[0][
        "last_day"
    ]
    from_day = from_day or entity["first_seen"]
    to_day = to_day or last
    if from_day is None or to_day is None or from_day > to_day:
        return []
    return rows(
        connection,
        "from actor_timeline($entity_id, $grain, from_day := $from_day, to_day := $to_day)"
        " order by period_start",
        {
            "entity_id": entity["entity_id"],
            "grain": grain,
            "from_day": from_day,
            "to_day": to_day,
        },
    )


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
    + _IN_PERIOD
    + """
order by articles.published_on desc nulls last, article_id, part desc, char_start
limit $limit
"""
)


_MARKS = dict.fromkeys("'‘’", "['‘’]") | dict.fromkeys('"“”', '["“”]')


def text_pattern(words: str) -> str:
    """A regular expression, for RE2 and for Python, that finds the words as a reader means them.

    Case does not matter, any white space matches any other, straight marks match curly ones.
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
    """Quotes by a speaker (entity id), holding some words, or both; newest first, undated last.

    `quote_total`, the same in every row, counts those found before the limit.
    """
    pattern = text_pattern(words) if words and words.strip() else None
    asked = {"speaker": speaker, "pattern": pattern, "limit": limit}
    return rows(connection, _QUOTES, {**period.parameters, **asked})


_RELATIONS = """
select table_name as name
from information_schema.tables
where table_catalog = current_database() and table_schema = 'main'
order by name
"""


def relations(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Names of the published tables and views, sorted."""
    return [row["name"] for row in rows(connection, _RELATIONS)]


def row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of every published table and view."""
    return {
        name: rows(connection, f"select count(*) as n from main.{identifier(name)}")[0]["n"]
        for name in relations(connection)
    }


def identifier(name: str) -> str:
    """A name from the catalog as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
