"""Pairs of actors that are likely one and the same, ranked, with the evidence.

Belongs here: which pairs are looked at, and how likely each is. Does not belong here: merging them
(a person decides), and what the linker joins by itself (`link`).

Only actors that meet in a block are compared, so that the work grows with the number of actors and
not with its square: a key without initials and diacritics, the same words in another order, the
sound of a name, an acronym, a surname alone, and the linker's blocks of people. Those of more than
MOST_IN_A_BLOCK say nothing. Two actors of one article are two, unless they have the very same key
or the article gives one as the other's initials.

A short form speaks only for an actor that has no fuller one: that both the Chicago Police
Department and a Commission on Presidential Debates are called CPD says nothing of them, nor does a
surname of two people whose first names are known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import duckdb
import pyarrow as pa
from rapidfuzz import fuzz

from etl.corrections.plan import Plan
from etl.extract.name_words import initials
from etl.linking.name_keys import name_key, split_name, type_group
from etl.linking.variants import (
    PersonName,
    Variant,
    is_acronym,
    is_acronym_of,
    organisation_key,
    person_blocks,
    person_name,
    same_person,
    sounds,
    without_particles,
)

Row = dict[str, Any]

MOST_IN_A_BLOCK = 40
LEAST_SCORE = 0.5
LEAST_RATIO = 84.0
"""Least similarity (rapidfuzz's ratio, 0 to 100) of two keys that only their sound brings together:
"zelensky" and "zelenskiy" have 94, "merkel" and "markle" 67."""
MOST_COMPANIONS = 200
ACRONYM, TWO_LETTERS, GIVEN_AS, RIVAL = 0.45, 0.3, 0.4, -0.2
"""Initials alone are no reason to look (LEAST_SCORE): company must be shared, or an article says
"Name (INITIALS)". Where they are those of several actors each is less likely. When three letters
scored 0.7, 8 of the 10 wrong among the first 20 of PolNeAR dev and Wikinews were acronyms."""

_VARIANTS: dict[Variant, tuple[float, str]] = {
    "order": (0.8, "the same words in another order"),
    "middle_name": (0.7, "the same name with a middle name"),
    "spelling": (0.75, "the same name in another spelling"),
    "nickname": (0.7, "a short form of the first name, the same surname"),
    "initial": (0.65, "an initial for the first name, the same surname"),
}
"""How likely two names of people are one actor that the linker left apart, and the reason given."""
_HONORIFICS = "'mr', 'mr.', 'mrs', 'mrs.', 'ms', 'ms.', 'miss', 'dr', 'dr.', 'sir', 'lady'"
"""Roles that many bear: they speak for nobody."""


@dataclass(frozen=True, slots=True)
class _Form:
    entity_id: str
    name: str
    key: str
    group: str

    @property
    def person(self) -> PersonName:
        return person_name(self.name)

    @property
    def words(self) -> list[str]:
        return sorted(self.key.split())


_FORMS = """
select l.entity_id, a.name, mode(a.type) as type, count(*) as texts
from loaded.actor_links l join loaded.text_actors a using (text_actor_id)
semi join compared using (entity_id)
group by all order by all
"""
MOST_COMPARED = 50_000
"""Of more actors than these, those in most articles are compared: with a million actors (and as
many articles) comparing all took more than ten minutes and all memory."""
_COMPARED = """
create or replace temp table compared as
select entity_id, name, type, country_code, article_count from entities
order by article_count desc, entity_id limit $most
"""

_TOGETHER = """
select p.entity_id, p.into_entity_id, count(*) as articles
from wanted_pairs p
join actor_articles a on a.entity_id = p.entity_id
join actor_articles b on b.entity_id = p.into_entity_id and b.article_id = a.article_id
group by all
"""

_GIVEN_AS = """
select p.entity_id, p.into_entity_id, count(distinct article_id) as articles
from given_acronyms p
join actor_articles a on a.entity_id in (p.entity_id, p.into_entity_id)
join articles using (article_id)
where contains(body, p.long || ' (' || p.short || ')')
group by all
"""

_COMPANY = """
with wanted as (
  select entity_id from wanted_pairs union select into_entity_id from wanted_pairs
),
frequent as (
  select entity_id from entities order by article_count desc limit 2000
),
beside as (
  select w.entity_id, o.entity_id as companion, count(*) as articles
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
  join beside b on b.entity_id = p.into_entity_id and b.companion = a.companion
  join entities e on e.entity_id = a.companion
  group by all
),
sizes as (select entity_id, count(*) as companions from beside group by 1)
select s.*, least(x.companions, y.companions) as fewest
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
    """The likeliest pairs, best first; the actor in fewer articles leads to the one in more.

    `con` is open on the published file; `plan` is of all corrections: pairs that are distinct, or
    one already, are left out, and so are actors beyond the MOST_COMPARED in most articles. Rows
    hold score (0 to 1), both actors with their ids, names, types and article counts, and the
    evidence in words.
    """
    con.execute(_COMPARED, {"most": MOST_COMPARED})
    forms = [
        _Form(entity_id, name, name_key(name, type_of), type_group(type_of))
        for entity_id, name, type_of, _ in con.execute(_FORMS).fetchall()
    ]
    entities = {row[0]: row[1:] for row in con.execute("from compared").fetchall()}
    pairs = _pairs(forms, plan, entities)
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
    _leave_out_companions(con, pairs)
    _add_company(con, pairs)
    found = [_row(pair, evidence, entities) for pair, evidence in pairs.items()]
    found = [row for row in found if row["score"] >= LEAST_SCORE]
    found.sort(
        key=lambda r: (-r["score"], -r["article_count"], r["entity_id"], r["into_entity_id"])
    )
    return found[:limit]


@dataclass
class _Evidence:
    score: float
    reasons: list[str]
    may_meet: bool = False
    """Whether one article may name both, and they are still likely one."""
    acronym: tuple[_Form, _Form] | None = None


Pair = tuple[str, str]


def _pairs(forms: list[_Form], plan: Plan, entities: dict[str, Any]) -> dict[Pair, _Evidence]:
    """The pairs that meet in a block and look alike, each once, with the best reason."""
    apart = {frozenset((a, b)) for a, b, _ in plan.distinct}
    found: dict[Pair, _Evidence] = {}
    for one, other in _meetings(_fullest(forms)):
        if one.entity_id == other.entity_id or plan.resolve(one.entity_id) == plan.resolve(
            other.entity_id
        ):
            continue
        if frozenset((plan.resolve(one.entity_id), plan.resolve(other.entity_id))) in apart:
            continue
        likeness = _likeness(one, other)
        if likeness is None:
            continue
        few, many = sorted((one.entity_id, other.entity_id), key=lambda i: (entities[i][3], i))
        known = found.get((few, many))
        if known is None or likeness.score > known.score:
            found[few, many] = likeness
    return found


def _fullest(forms: list[_Form]) -> list[_Form]:
    """Without acronyms and lone surnames of actors that have a name which these are short for."""
    by_entity: dict[str, list[_Form]] = defaultdict(list)
    for form in forms:
        by_entity[form.entity_id].append(form)
    return [
        form
        for form in forms
        if not any(_is_short_for(form, other) for other in by_entity[form.entity_id])
    ]


def _is_short_for(form: _Form, other: _Form) -> bool:
    if form.group == "PERSON":
        a, b = form.person, other.person
        is_of = not a.given and bool(b.given) and other.group == "PERSON"
        return is_of and without_particles(a.surname) == without_particles(b.surname)
    return (
        is_acronym(form.name)
        and not is_acronym(other.name)
        and is_acronym_of(form.name, other.name)
    )


def _meetings(forms: list[_Form]) -> Iterator[tuple[_Form, _Form]]:
    blocks: dict[tuple[str, str], dict[str, _Form]] = defaultdict(dict)
    for form in forms:
        for key in _blocks(form):
            blocks[key].setdefault(f"{form.entity_id} {form.key}", form)
    seen = set()
    for met in blocks.values():
        if len({form.entity_id for form in met.values()}) in range(2, MOST_IN_A_BLOCK + 1):
            for one, other in combinations(met.values(), 2):
                meeting = (one.entity_id, one.key, other.entity_id, other.key)
                if meeting not in seen:
                    seen.add(meeting)
                    yield one, other


def _blocks(form: _Form) -> Iterable[tuple[str, str]]:
    yield "key", form.key
    yield "words", " ".join(form.words)
    yield "sound", sounds(form.key)
    if form.group == "PERSON":
        yield "surname", without_particles(form.person.surname)
        for block in person_blocks(form.person) if form.person.given else ():
            yield "person", block
    elif is_acronym(form.name):
        yield "acronym", form.name.replace(".", "")
    else:
        yield "organisation", organisation_key(form.name)
        for letters in initials(split_name(form.name)):
            yield "acronym", letters


def _likeness(one: _Form, other: _Form) -> _Evidence | None:
    """How alike two forms are, None where they do not speak for one actor."""
    if one.key == other.key:
        if one.group == other.group or " " in one.key:
            return _Evidence(0.85, [f"the same name but for how it is written: {one.key}"], True)
        return _Evidence(0.5, ["the same word, of another type"], True)
    if one.group != other.group:
        return None
    short, long = sorted((one, other), key=lambda form: len(form.key))
    told = _alike_people(short, long) if one.group == "PERSON" else _alike_others(short, long)
    if told:
        return _Evidence(told[0], [told[1]])
    if one.group != "PERSON" and is_acronym(short.name) and is_acronym_of(short.name, long.name):
        score = ACRONYM if len(short.key.replace(" ", "")) > 2 else TWO_LETTERS
        reason = f"{short.name} are the initials of {long.name}"
        return _Evidence(score, [reason], acronym=(short, long))
    if one.group != "PERSON" and is_acronym(short.name):
        return None  # that an acronym sounds like a name says nothing
    ratio = fuzz.ratio(one.key, other.key)
    if ratio >= LEAST_RATIO and sounds(one.key) == sounds(other.key):
        score = 0.45 + 0.35 * (ratio - LEAST_RATIO) / (100 - LEAST_RATIO)
        return _Evidence(score, [f"similar spelling ({ratio:.0f} of 100), the same consonants"])
    return None


def _alike_people(short: _Form, long: _Form) -> tuple[float, str] | None:
    a, b = short.person, long.person
    if variant := same_person(a, b):
        return _VARIANTS[variant]
    if without_particles(a.surname) != without_particles(b.surname):
        return None
    if not a.given:
        return (0.45, f"{short.name} is the surname of {long.name}") if b.given else None
    if b.given and (a.given.startswith(b.given) or b.given.startswith(a.given)):
        return 0.6, "one first name shortens the other, the same surname"
    return None


def _alike_others(short: _Form, long: _Form) -> tuple[float, str] | None:
    if short.words == long.words or organisation_key(short.name) == organisation_key(long.name):
        return 0.8, "the same words in another order, spelling or legal form"
    return None


def _weigh_acronyms(con: duckdb.DuckDBPyConnection, pairs: dict[Pair, _Evidence]) -> None:
    """Whether articles give one name as the other's initials, and who else has these."""
    acronyms = {pair: e.acronym for pair, e in pairs.items() if e.acronym}
    bearers: dict[str, set[str]] = defaultdict(set)
    for short, long in acronyms.values():
        bearers[short.entity_id].add(long.entity_id)
    for pair, (short, _) in acronyms.items():
        if others := len(bearers[short.entity_id]) - 1:
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
    for few, many, articles in con.execute(_GIVEN_AS).fetchall():
        pairs[few, many].score += GIVEN_AS
        plural = "s" if articles > 1 else ""
        pairs[few, many].reasons.append(f"so given in {articles} article{plural}")
        pairs[few, many].may_meet = True
    con.unregister("given_acronyms")


def _leave_out_companions(con: duckdb.DuckDBPyConnection, pairs: dict[Pair, _Evidence]) -> None:
    for few, many, articles in con.execute(_TOGETHER).fetchall():
        if not pairs[few, many].may_meet:
            del pairs[few, many]
        else:
            pairs[few, many].score -= 0.2
            pairs[few, many].reasons.append(f"both in {articles} articles")


def _add_company(con: duckdb.DuckDBPyConnection, pairs: dict[Pair, _Evidence]) -> None:
    """Let shared companions and roles count."""
    for few, many, shared, names, fewest in con.execute(
        _COMPANY, {"most": MOST_COMPANIONS}
    ).fetchall():
        if evidence := pairs.get((few, many)):
            evidence.score += 0.2 * min(1.0, shared / max(4, fewest))
            evidence.reasons.append(f"both beside {', '.join(names)} ({shared} shared)")
    for few, many, roles in con.execute(_ROLES).fetchall():
        if evidence := pairs.get((few, many)):
            evidence.score += 0.15
            evidence.reasons.append(f"both {' and '.join(roles)}")


def _row(pair: Pair, evidence: _Evidence, entities: dict[str, Any]) -> Row:
    few, many = pair
    name, type_of, country, articles = entities[few]
    into_name, into_type, into_country, into_articles = entities[many]
    reasons = list(evidence.reasons)
    score = evidence.score
    if country and into_country:
        reasons.append(f"both {country}" if country == into_country else "of different countries")
        score += 0.1 if country == into_country else -0.4
    return {
        "score": round(max(0.0, min(score, 1.0)), 3),
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
