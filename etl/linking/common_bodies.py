"""Bodies that many countries have: whose "Finance Ministry" an article means.

Belongs here: which names of bodies need a country, the country that an article states, and the key
of the body of that country. Does not belong here: deciding names (`resolver`), and countries by
name (`reference`).

The country is certain if it stands directly before the name ("Japan's Finance Ministry"), or if the
article names no other country. Else the body is one of its own in each article: two countries'
ministries never become one actor.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import duckdb

from etl.domain import word_set
from etl.linking.reference import Reference
from etl.linking.relations import register_strings
from etl.linking.variants import organisation_key

Need = Literal["always", "beside", "host"]
"""When a name needs a country: always; only if another one than the usual stands beside it; or the
country where it is, for an embassy."""

BODY_TYPES = ("ORG", "FAC", "OTHER")
_MARK = "="
_ALWAYS = re.compile(
    r"(?:\S+ ){1,6}ministry|ministry of .+"
    r"|(?:central|reserve|national) bank"
    r"|(?:national|legislative|constituent|general|provincial|regional) (?:assembly|council)"
    r"|(?:constitutional|high|appeals) court|court of appeals?"
    r"|parliament|legislature|electoral commission|election commission"
)
_BESIDE = {
    "US": word_set("senate congress treasury")
    | {"supreme court", "house of representatives", "democratic party", "republican party"},
    "GB": {"labor party", "conservative party", "house of commons", "house of lords"},
}
_HOST = re.compile(r".+ (?:embassy|consulate|high commission)")


@lru_cache(maxsize=200_000)
def need_of(name: str, reference: Reference) -> Need | None:
    """Return when the country of a body must be known; None for all other names.

    A name with a country or nationality in it needs no other.
    """
    key = organisation_key(reference.organisation_of(name) or name)
    if _HOST.fullmatch(key):
        return "host"
    if any(key in bodies for bodies in _BESIDE.values()):
        return "beside"
    if _ALWAYS.fullmatch(key) is None:
        return None
    words = name.replace(".", "").replace("-", " ").split()
    return None if any(map(reference.country_of_word, (name, *words))) else "always"


def is_scope(scope: str) -> bool:
    """Whether a scope is that of a body: its country, or the text that does not tell it."""
    return scope.startswith(_MARK)


def key_in_scope(name: str, scope: str, reference: Reference) -> str:
    """Return the key of a body in its scope, that of "Japanese Finance Ministry" for Japan's."""
    key = organisation_key(reference.organisation_of(name) or name)
    if found := re.fullmatch(r"ministry of (.+)", key):
        key = f"{found[1]} ministry"
    place = scope.removeprefix(_MARK)
    adjective = reference.adjectives.get(place)
    if adjective is None or need_of(name, reference) == "host":
        return f"{key} in {place}"
    return organisation_key(f"{adjective} {key}")


def register_scopes(con: duckdb.DuckDBPyConnection, source: str, reference: Reference) -> None:
    """Create the temporary table `body_scopes`: the scopes of actors of texts that need one."""
    names = con.execute(f"select distinct name from {source} where type in {BODY_TYPES}").fetchall()
    needs = {name: need for (name,) in names if (need := need_of(name, reference))}
    register_strings(con, "body_names", {"name": needs, "need": needs.values()})
    con.execute(
        f"""
        create or replace temp table bodies as
        select text_actor_id, a.name, need, content_sha256 from {source} a
        join body_names using (name) where a.type in {BODY_TYPES};
        create or replace temp table places_beside as
        select text_actor_id, content_sha256, name from loaded.text_actors
        where type in ('GPE', 'LOC', 'NORP')
          and content_sha256 in (select content_sha256 from bodies)
        """
    )
    con.unregister("body_names")
    places = [name for (name,) in con.execute("select distinct name from places_beside").fetchall()]
    known = {name: code for name in places if (code := reference.country_of_word(name))}
    register_strings(con, "known_places", {"name": known, "code": known.values()})
    usual = {key: code for code, bodies in _BESIDE.items() for key in bodies}
    of_name = {name: usual.get(organisation_key(reference.organisation_of(name) or name), "")
               for name in needs}  # fmt: skip
    register_strings(con, "usual_countries", {"name": of_name, "code": of_name.values()})
    con.execute(
        f"""
        create or replace temp table body_scopes as
        with near as (
          select text_actor_id, content_sha256, code
          from places_beside join known_places using (name)
        ),
        only_one as (
          select content_sha256, any_value(code) as code from near
          group by all having count(distinct code) = 1
        ),
        mentions as (
          select b.text_actor_id, m.content_sha256, m.part, m.char_start
          from bodies b join loaded.text_mentions m using (text_actor_id, content_sha256)
          where m.kind = 'name'
        ),
        adjacent as (
          select b.text_actor_id, any_value(n.code) as code
          from mentions b join loaded.text_mentions m
            on m.content_sha256 = b.content_sha256 and m.part = b.part
            and b.char_start - m.char_end between 1 and 3
          join near n on n.text_actor_id = m.text_actor_id
          group by all having count(distinct n.code) = 1
        )
        select text_actor_id, case b.need
          when 'beside' then case when a.code <> u.code then '{_MARK}' || a.code end
          when 'host' then '{_MARK}' || coalesce(o.code, content_sha256)
          else '{_MARK}' || coalesce(a.code, o.code, content_sha256) end as scope
        from bodies b
        left join adjacent a using (text_actor_id)
        left join only_one o using (content_sha256)
        left join usual_countries u using (name)
        """
    )
    for relation in ("known_places", "usual_countries"):
        con.unregister(relation)
    con.execute("drop table bodies; drop table places_beside")
