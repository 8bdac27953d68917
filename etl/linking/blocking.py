"""Blocking keys: only forms that share one are compared, and the first decides the entity id.

Belongs here: the keys of a form, and entity ids. Does not belong here: how a name is taken apart
(`variants`, `name_keys`), and what happens when forms meet (`resolver`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import lru_cache

from etl.extract.short_names import short_names
from etl.linking.common_bodies import is_scope, key_in_scope
from etl.linking.decisions import Form, is_organisation
from etl.linking.name_keys import name_key, type_group
from etl.linking.reference import Reference
from etl.linking.variants import (
    group_key,
    organisation_key,
    person_blocks,
    person_name,
    surname_tails,
    turned_organisation_keys,
)

_LONGER, _SHORT = "^", "<"
THINGS = ("ORG", "PLACE", "NORP")
"""Groups of types that a single word may mean if it is no surname."""


def blocking_keys(form: Form, reference: Reference) -> tuple[str, ...]:
    """Keys of which any two forms of one entity share at least one; the first is its identity."""
    return _blocking_keys(form.name, form.type, form.scope if is_of_body(form) else "", reference)


def keys_to_look_up(form: Form, reference: Reference) -> set[str]:
    """Return the blocking keys under which a form looks for others."""
    identity, *others = blocking_keys(form, reference)
    if form.type == "PERSON":
        name = person_name(form.name)
        # "Boone Isaacs" of "Cheryl Boone Isaacs"
        return {identity, *others, f"~{name.key}", *_keys_of_word(name.surname)}
    keys = {identity, *turned_organisation_keys(identity)}
    keys |= _keys_of_word(name_key(form.name, "ORG"))
    return keys | {longer_names(short) for short in (short_key(form),) if short}


def _keys_of_word(word: str) -> set[str]:
    return set() if " " in word else {f"~{word}", *keys_of_things(word)}


def keys_of_things(word: str) -> list[str]:
    """Return the keys of the organisation, place and group of a single word."""
    return [] if " " in word else [f"{group}:{word}" for group in THINGS]


def longer_names(short: str) -> str:
    """Return the blocking key of the organisations that a short name may mean."""
    return f"{_LONGER}{short}"


def is_of_body(form: Form) -> bool:
    """Whether a form is a body that many countries have, in the scope of one."""
    return form.type != "PERSON" and is_scope(form.scope)


@lru_cache(maxsize=200_000)
def short_keys(name: str) -> frozenset[str]:
    """Return the keys of the short names that an organisation's name allows."""
    return frozenset(name_key(short, "ORG") for short in short_names(name))


def shorter_names(form: Form) -> frozenset[str]:
    """Return the keys of the short names that a form allows: none for a body in its scope."""
    return short_keys(form.name) if form.type == "ORG" and not form.scope else frozenset()


def short_key(form: Form) -> str:
    """Return the key of the short name that a form may be, or an empty string."""
    return name_key(form.name, "ORG") if is_organisation(form) and not form.scope else ""


def keys_of_short_name(short: str, reference: Reference) -> tuple[str, str]:
    """Return the blocking keys under which the organisations with a short name are found."""
    return _identity(short, "ORG", reference), f"{_SHORT}{short}"


@lru_cache(maxsize=400_000)
def _blocking_keys(text: str, type_: str, scope: str, reference: Reference) -> tuple[str, ...]:
    if scope:
        return (key_in_scope(text, scope, reference),)
    identity = _identity(text, type_, reference)
    if type_group(type_) == "ORG":
        longer = sorted(map(longer_names, short_keys(text))) if type_ == "ORG" else []
        own, in_short = keys_of_short_name(name_key(text, "ORG"), reference)
        # "O'Neill" and "ONeill" are two identities, and one short name.
        return (identity, *longer, *([in_short] if own != identity else []))
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
