"""Suggests pairs of actors that are likely one and the same, with the evidence.

They are ranked by the mentions that a merge would move, times the likelihood that it is right: so
an hour of merging corrects most counts.

Belongs here: evidence from the articles for and against a candidate pair, and the ranking. Does not
belong here: which actors have similar names (`candidate_pairs`), merging them (a person decides),
and what the linker joins by itself (`resolver`).

Two actors named in one article are two, unless they have the same key or the article gives one as
the other's initials.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import duckdb
import pyarrow as pa

from etl.corrections.plan import Plan
from etl.linking.candidate_pairs import ActorName, Likeness, Pair, candidate_pairs
from etl.linking.name_keys import name_key, type_group

Row = dict[str, Any]

LEAST_SCORE = 0.5
GIVEN_AS, RIVAL = 0.4, -0.2
"""Initials alone are no reason to suggest a pair: the two must share co-mentioned actors, or an
article must say "Name (INITIALS)". Initials that fit several actors count less for each."""
MOST_COOCCURRING = 200
_HONORIFICS = "'mr', 'mr.', 'mrs', 'mrs.', 'ms', 'ms.', 'miss', 'dr', 'dr.', 'sir', 'lady'"
"""Roles that many people have: no evidence."""


_FORMS = """
select l.entity_id, a.name, mode(a.type) as type, count(*) as texts
from loaded.actor_links l join loaded.text_actors a using (text_actor_id)
semi join compared using (entity_id)
group by all order by all
"""
MOST_COMPARED = 50_000
"""Compare at most this many actors, those in most articles. With a million actors (and as many
articles) comparing all took more than ten minutes and all memory."""
_COMPARED = """
create or replace temp table compared as
select entity_id, name, type, country_code, article_count, mention_count from entities
order by article_count desc, entity_id limit $most
"""

_CO_MENTIONS = """
select p.entity_id, p.into_entity_id, count(*) as articles
from wanted_pairs p
join actor_articles a on a.entity_id = p.entity_id
join actor_articles b on b.entity_id = p.into_entity_id and b.article_id = a.article_id
group by all
"""

_EXPANDED = """
select p.entity_id, p.into_entity_id, count(distinct article_id) as articles
from given_acronyms p
join actor_articles a on a.entity_id in (p.entity_id, p.into_entity_id)
join articles using (article_id)
where contains(body, p.long || ' (' || p.short || ')')
group by all
"""

_SHARED_COOCCURRENCES = """
with wanted as (
  select entity_id from wanted_pairs union select into_entity_id from wanted_pairs
),
frequent as (
  select entity_id from entities order by article_count desc limit 2000
),
beside as (
  select w.entity_id, o.entity_id as cooccurring_id, count(*) as articles
  from wanted w join actor_articles a using (entity_id)
  join actor_articles o on o.article_id = a.article_id and o.entity_id <> a.entity_id
  semi join frequent f on f.entity_id = o.entity_id
  group by w.entity_id, o.entity_id
  qualify row_number() over (partition by w.entity_id order by count(*) desc, o.entity_id) <= $most
),
shared as (
  select p.entity_id, p.into_entity_id, count(*) as shared,
    list(e.name order by least(a.articles, b.articles) desc, e.name)[:3] as names
  from wanted_pairs p
  join beside a on a.entity_id = p.entity_id
  join beside b on b.entity_id = p.into_entity_id and b.cooccurring_id = a.cooccurring_id
  join entities e on e.entity_id = a.cooccurring_id
  group by all
),
sizes as (select entity_id, count(*) as cooccurring_count from beside group by 1)
select s.*, least(x.cooccurring_count, y.cooccurring_count) as fewest
from shared s join sizes x on x.entity_id = s.entity_id
join sizes y on y.entity_id = s.into_entity_id
"""

_ROLES = f"""
with wanted as (
  select entity_id from wanted_pairs union select into_entity_id from wanted_pairs
),
roles as (
  select entity_id, lower(role) as role, any_value(role) as shown, count(*) as mentions
  from mentions semi join wanted using (entity_id)
  where role is not null and lower(role) not in ({_HONORIFICS})
  group by all
)
select p.entity_id, p.into_entity_id,
  list(a.shown order by a.mentions + b.mentions desc, a.shown)[:2] as roles
from wanted_pairs p join roles a on a.entity_id = p.entity_id
join roles b on b.entity_id = p.into_entity_id and b.role = a.role
group by all
"""


def suggest(
    con: duckdb.DuckDBPyConnection, plan: Plan, *, limit: int = 20, type_: str | None = None
) -> list[Row]:
    """Return the pairs worth most to a reader first; the first actor of each is in fewer articles.

    `con` is open on the published file. `plan` holds all corrections: pairs that they merged or
    declared distinct are left out, and so are actors beyond the MOST_COMPARED in most articles.
    Rows hold the score (0 to 1), the mentions that a merge would move, both actors with their ids,
    names, types and article counts, and the evidence in words.
    """
    con.execute(_COMPARED, {"most": MOST_COMPARED})
    names = [
        ActorName(entity_id, name, name_key(name, type_of), type_group(type_of))
        for entity_id, name, type_of, _ in con.execute(_FORMS).fetchall()
    ]
    entities = {row[0]: row[1:] for row in con.execute("from compared").fetchall()}
    article_counts = {entity_id: row[3] for entity_id, row in entities.items()}
    pairs = candidate_pairs(names, plan, article_counts)
    if type_:
        pairs = {p: e for p, e in pairs.items() if type_ in (entities[p[0]][1], entities[p[1]][1])}
    con.register(
        "given_pairs",
        pa.table(
            {
                "entity_id": pa.array([a for a, _ in pairs], pa.string()),
                "into_entity_id": pa.array([b for _, b in pairs], pa.string()),
            }
        ),
    )
    con.execute("create or replace temp table wanted_pairs as from given_pairs")
    con.unregister("given_pairs")
    _weigh_acronyms(con, pairs)
    _weigh_co_mentions(con, pairs)
    _weigh_shared_context(con, pairs)
    found = [_row(pair, likeness, entities) for pair, likeness in pairs.items()]
    found = [row for row in found if row["score"] >= LEAST_SCORE]
    found.sort(
        key=lambda r: (
            -r["score"] * r["moved_mentions"],
            -r["score"],
            r["entity_id"],
            r["into_entity_id"],
        )
    )
    return found[:limit]


def _weigh_acronyms(con: duckdb.DuckDBPyConnection, pairs: dict[Pair, Likeness]) -> None:
    """Score initials: up if an article gives them for the name, down if other actors share them."""
    acronyms = {pair: e.acronym for pair, e in pairs.items() if e.acronym}
    expansions: dict[str, set[str]] = defaultdict(set)
    for short, long in acronyms.values():
        expansions[short.entity_id].add(long.entity_id)
    for pair, (short, _) in acronyms.items():
        if others := len(expansions[short.entity_id]) - 1:
            pairs[pair].score += RIVAL
            pairs[pair].reasons.append(f"and of {others} more")
    con.register(
        "given_acronyms",
        pa.table(
            {
                "entity_id": pa.array([few for few, _ in acronyms], pa.string()),
                "into_entity_id": pa.array([many for _, many in acronyms], pa.string()),
                "short": pa.array([short.name for short, _ in acronyms.values()], pa.string()),
                "long": pa.array([long.name for _, long in acronyms.values()], pa.string()),
            }
        ),
    )
    for few, many, articles in con.execute(_EXPANDED).fetchall():
        pairs[few, many].score += GIVEN_AS
        plural = "s" if articles > 1 else ""
        pairs[few, many].reasons.append(f"so given in {articles} article{plural}")
        pairs[few, many].can_share_article = True
    con.unregister("given_acronyms")


def _weigh_co_mentions(con: duckdb.DuckDBPyConnection, pairs: dict[Pair, Likeness]) -> None:
    """Drop pairs that one article names as two actors, or lower their score."""
    for few, many, articles in con.execute(_CO_MENTIONS).fetchall():
        if not pairs[few, many].can_share_article:
            del pairs[few, many]
        else:
            pairs[few, many].score -= 0.2
            pairs[few, many].reasons.append(f"both in {articles} articles")


def _weigh_shared_context(con: duckdb.DuckDBPyConnection, pairs: dict[Pair, Likeness]) -> None:
    """Add for co-occurring actors and roles that the two share."""
    for few, many, shared, names, fewest in con.execute(
        _SHARED_COOCCURRENCES, {"most": MOST_COOCCURRING}
    ).fetchall():
        if likeness := pairs.get((few, many)):
            likeness.score += 0.2 * min(1.0, shared / max(4, fewest))
            likeness.reasons.append(f"both beside {', '.join(names)} ({shared} shared)")
    for few, many, roles in con.execute(_ROLES).fetchall():
        if likeness := pairs.get((few, many)):
            likeness.score += 0.15
            likeness.reasons.append(f"both {' and '.join(roles)}")


def _row(pair: Pair, likeness: Likeness, entities: dict[str, Any]) -> Row:
    few, many = pair
    name, type_of, country, articles, mentions = entities[few]
    into_name, into_type, into_country, into_articles, _ = entities[many]
    reasons = list(likeness.reasons)
    score = likeness.score
    if country and into_country:
        reasons.append(f"both {country}" if country == into_country else "of different countries")
        score += 0.1 if country == into_country else -0.4
    return {
        "score": round(max(0.0, min(score, 1.0)), 3),
        "moved_mentions": mentions,
        "entity_id": few,
        "name": name,
        "type": type_of,
        "article_count": articles,
        "into_entity_id": many,
        "into_name": into_name,
        "into_type": into_type,
        "into_article_count": into_articles,
        "evidence": reasons,
    }
