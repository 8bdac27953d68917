"""Blocking keys: only forms that share one are compared, and the first decides the entity id.

Belongs here: the keys of a form, and entity ids. Does not belong here: how a name is taken apart
(`variants`, `name_keys`), and what happens when forms meet (`resolver`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import lru_cache

from etl.linking.decisions import Form
from etl.linking.name_keys import name_key, type_group
from etl.linking.reference import Reference
from etl.linking.variants import (
    group_key,
    organisation_key,
    person_blocks,
    person_name,
    surname_tails,
    turned_organisation_key,
)

THINGS = ("ORG", "PLACE", "NORP")
"""Groups of types that a single word may mean if it is no surname."""


def blocking_keys(form: Form, reference: Reference) -> tuple[str, ...]:
    """Keys of which any two forms of one entity share at least one; the first is its identity."""
    return _blocking_keys(form.name, form.type, reference)


def keys_to_look_up(form: Form, reference: Reference) -> set[str]:
    """Return the blocking keys under which a form looks for others."""
    keys = set(blocking_keys(form, reference))
    bare = person_name(form.name).surname if form.type == "PERSON" else name_key(form.name, "ORG")
    if " " not in bare:
        keys |= {f"~{bare}", *keys_of_things(bare)}
    if turned := turned_organisation_key(organisation_key(form.name)):
        keys.add(turned)
    if form.type == "PERSON":
        keys.add(f"~{person_name(form.name).key}")  # "Boone Isaacs" of "Cheryl Boone Isaacs"
    return keys


def keys_of_things(word: str) -> list[str]:
    """Return the keys of the organisation, place and group of a single word."""
    return [] if " " in word else [f"{group}:{word}" for group in THINGS]


@lru_cache(maxsize=400_000)
def _blocking_keys(text: str, type_: str, reference: Reference) -> tuple[str, ...]:
    identity = _identity(text, type_, reference)
    if type_ != "PERSON":
        return (identity,)
    name = person_name(text)
    # A lone surname is looked up under every name that ends in it.
    tails = {f"~{tail}" for tail in surname_tails(name)}
    return (identity, *sorted(tails | (person_blocks(name) if name.given else set())))


def _identity(name: str, type_: str, reference: Reference) -> str:
    """A multi-word name is one entity whatever its type; a single word is one per type group."""
    if type_ in ("GPE", "LOC") and (code := reference.country_of(name)):
        return f"country:{code}"
    if type_ == "NORP":
        key = group_key(name)
    elif type_ == "PERSON":
        key = person_name(name).key
    else:
        key = organisation_key(reference.organisation_of(name) or name)
    key = key or name
    return key if " " in key else f"{type_group(type_)}:{key}"


def new_entity_id(identity: str, taken: Collection[str] = ()) -> str:
    """Return the id for an identity: a hash, so that a rebuild returns it again.

    If a correction or a namesake has that id already (`taken`), the hash is salted.
    """
    salt = 0
    while True:
        text = identity if not salt else f"{identity}#{salt}"
        entity = "E" + hashlib.sha256(text.encode()).hexdigest()[:12]
        if entity not in taken:
            return entity
        salt += 1
