"""Links each actor within an article (`text_actors`) to an entity across articles.

The first version of identity, precision before recall: names that meet under one key are one
entity; a lone surname joins the one person of that surname who dominates the corpus; an acronym
joins the one organisation that some text expands it to. All else stays its own.

An entity_id is a hash of its key, so a rebuild gives the same ids without any memory.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from etl.actors.names import name_key, type_group

LINKING_VERSION = "1"

SURNAME_DOMINANCE = 10
"""A lone surname joins a person who is in that many times more texts than any namesake."""

_PARTICLES = frozenset(
    {"al", "bin", "da", "de", "del", "den", "der", "di", "du", "la", "van", "von"}
)
"""Words that a surname may begin with."""
_ACRONYM = re.compile(r"(?:[A-Z]\.?){2,8}")


@dataclass(frozen=True, slots=True)
class Named:
    """A distinct name and type among the actors of texts, and in how many texts it occurs."""

    name: str
    type: str
    texts: int


@dataclass(frozen=True, slots=True)
class Link:
    """Where a name leads: the entity, by which method, how surely."""

    entity_id: str
    method: str
    confidence: float


def _entity_id(identity: str) -> str:
    return "E" + hashlib.sha256(identity.encode()).hexdigest()[:12]


def _identity(name: Named) -> str:
    """A multi-word name is one entity whatever its type; a bare word is one for each group."""
    key = name_key(name.name, name.type)
    return key if " " in key else f"{type_group(name.type)}:{key}"


def _is_surname(key: str) -> bool:
    """Whether a name that ends another one is a surname alone: "leyen", "von der leyen"."""
    return " " not in key or key.split()[0] in _PARTICLES


def decide(names: list[Named], expansions: list[tuple[str, str]]) -> dict[tuple[str, str], Link]:
    """The link of every (name, type).

    `expansions` holds (acronym, name of the organisation) pairs that texts themselves give. Pure:
    the same input gives the same links in any order.
    """
    people: dict[str, Counter[str]] = defaultdict(Counter)  # surname -> full key -> texts
    for n in names:
        words = name_key(n.name, n.type).split()
        if n.type == "PERSON" and len(words) > 1:
            for start in range(1, len(words)):  # "von der leyen", "der leyen" and "leyen"
                people[" ".join(words[start:])][" ".join(words)] += n.texts
    meant: dict[str, set[str]] = defaultdict(set)
    for acronym, name in expansions:
        meant[name_key(acronym, "ORG")].add(name_key(name, "ORG"))

    links = {}
    for n in names:
        key = name_key(n.name, n.type)
        link = Link(_entity_id(_identity(n)), "name", 1.0)
        if n.type == "PERSON" and key in people and _is_surname(key):
            ranked = people[key].most_common()
            best, count = sorted(ranked, key=lambda kv: (-kv[1], kv[0]))[0]
            others = max((c for k, c in ranked if k != best), default=0)
            if count >= SURNAME_DOMINANCE * others:
                link = Link(_entity_id(best), "surname", round(count / (count + others), 3))
        elif n.type != "PERSON" and _ACRONYM.fullmatch(n.name) and len(meant[key]) == 1:
            (expansion,) = meant[key]
            if " " in expansion:
                link = Link(_entity_id(expansion), "acronym", 0.9)
        links[n.name, n.type] = link
    return links


def link_actors(con: duckdb.DuckDBPyConnection) -> int:
    """Fill `loaded.text_links` anew from `loaded.text_actors`; returns the number of entities."""
    names = [
        Named(*row)
        for row in con.execute(
            "select name, type, count(*) from loaded.text_actors group by all order by all"
        ).fetchall()
    ]
    expansions = con.execute(
        """
        select distinct m.surface, a.name
        from loaded.text_mentions m join loaded.text_actors a using (text_actor_id)
        where a.type = 'ORG' and m.kind = 'name' and m.surface <> a.name
          and m.surface = upper(m.surface) and length(m.surface) between 2 and 10
        order by all
        """
    ).fetchall()
    links = decide(names, expansions)
    decided = pa.table(
        {
            "name": pa.array([name for name, _ in links], pa.string()),
            "type": pa.array([type_ for _, type_ in links], pa.string()),
            "entity_id": pa.array([link.entity_id for link in links.values()], pa.string()),
            "method": pa.array([link.method for link in links.values()], pa.string()),
            "confidence": pa.array([link.confidence for link in links.values()], pa.float64()),
        }
    )
    con.register("decided_links", decided)
    con.execute("begin")
    con.execute("delete from loaded.text_links")
    con.execute(
        """
        insert into loaded.text_links by name
        select a.text_actor_id, d.entity_id, d.method, d.confidence
        from loaded.text_actors a join decided_links d using (name, type)
        """
    )
    con.execute("commit")
    con.unregister("decided_links")
    return len({link.entity_id for link in links.values()})
