"""Settles who is meant by names that were left undecided, on all evidence known today.

Belongs here: what is decided again when articles arrive, and decisions by context: by what else
articles of the same days name. Does not belong here: deciding a name by the names alone
(`resolver`), joining spellings of full names (`spellings`), which decisions matter (`known`,
`near`), reading articles (`forms`), and storing decisions (`ledger`).

A lone surname, a name with an initial for the first name, or a short name of an organisation is
decided from all articles, so the order in which they arrived does not matter. ADR 36 has the
precision at several thresholds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from etl.linking.blocking import keys_to_look_up, short_keys
from etl.linking.cannot_link import CannotLink
from etl.linking.decisions import (
    CONTEXT,
    UNDECIDED,
    Decision,
    Evidence,
    Form,
    FormKey,
    Shared,
)
from etl.linking.kept_ids import with_kept_ids
from etl.linking.known import Known, differs
from etl.linking.name_keys import name_key
from etl.linking.reference import Reference
from etl.linking.resolver import Resolver
from etl.linking.spellings import join_spellings
from etl.linking.variants import person_name, surname_tails

LEAST_SHARE, LEAST_NAMES = 0.2, 2
"""A surname in an article is settled if the article shares this much (Jaccard index) with one of a
bearer, and so many names …"""
LEAD = 2.0
"""… and this many times what it shares with an article of any other bearer."""
CONFIDENCE = 0.85


def settle(
    known: Known, evidence: Evidence, reference: Reference, cannot_link: CannotLink
) -> list[Decision]:
    """Decide undecided names on today's evidence; return all decisions that the ledger lacks.

    Full names come first: a surname may follow one that moved. So do organisations: a surname may
    mean one, and a short name somebody in the news.
    """
    moved = join_spellings(known, evidence, cannot_link)
    moved |= _decide_again(known, known.open_full(moved), evidence, reference, cannot_link)
    open_names = known.open_organisations(moved)
    organisations = _decide_again(known, open_names, evidence, reference, cannot_link)
    keys = {key for name in organisations for key in (name_key(name, "ORG"), *short_keys(name))}
    moved |= {key for key in keys if " " not in key}
    _settle_short(known, moved, evidence, reference, cannot_link)
    return known.changed()


def _decide_again(
    known: Known,
    forms: Sequence[Form],
    evidence: Evidence,
    reference: Reference,
    cannot_link: CannotLink,
) -> set[str]:
    """Decide names again, given all others; return those that belong to another actor now."""
    if not forms:
        return set()
    keys = {key for form in forms for key in keys_to_look_up(form, reference)}
    asked = {form.key for form in forms}
    others = [d for d in known.sharing(keys) if d.form.key not in asked]
    before = {form.key: known.current[form.key] for form in forms}
    again = Resolver(others, evidence, reference, cannot_link).decide(forms)
    known.put(_with_ids_kept(again, before, others))
    return {key[0] for key, d in before.items() if differs(known.current[key], d)}


def _settle_short(
    known: Known,
    moved: Collection[str],
    evidence: Evidence,
    reference: Reference,
    cannot_link: CannotLink,
) -> None:
    short = known.short(moved)
    before = {form.key: known.current[form.key] for form in short if form.key in known.current}
    others, months = known.beside(short)
    resolver = Resolver(others, replace(evidence, months=months), reference, cannot_link)
    again = _with_ids_kept(resolver.decide(short), before, others)
    known.put(again)
    tails = {tail for name in moved for tail in surname_tails(person_name(name))}
    whole = {
        d.form
        for d in again
        if known.arrived is None
        or (d.form.key in before and before[d.form.key].method not in UNDECIDED)
        or person_name(d.form.name).surname in tails
    }
    known.put(_by_text(again, whole, known.current, resolver, evidence))


def _with_ids_kept(
    again: Sequence[Decision], before: Mapping[FormKey, Decision], others: Iterable[Decision]
) -> list[Decision]:
    """Return decisions in which an actor of undecided names keeps the id that most texts have."""
    owned = {d.entity_id for d in others}
    olds = {key: d.entity_id for key, d in before.items() if d.entity_id not in owned}
    return with_kept_ids(again, olds, owned)


def _by_text(
    again: Iterable[Decision],
    whole: Collection[Form],
    before: Mapping[FormKey, Decision],
    resolver: Resolver,
    evidence: Evidence,
) -> list[Decision]:
    """Settle surnames that remain undecided, text by text, by what the texts name beside them."""
    undecided = [d for d in again if d.method in UNDECIDED]
    bearers = {d.form: resolver.bearers(d.form).entities for d in undecided}
    found = evidence.shared_by_text(
        {form: names for form, names in bearers.items() if names}, whole
    )
    settled: dict[FormKey, Decision] = {}
    for form, by_name in found.items():
        base = before[base_key(form)]
        if best := _leading(by_name, bearers[base.form]):
            name, shared = best
            entity = bearers[base.form][name]
            if resolver.may_be(base.form, entity):
                settled[form.key] = Decision(form, entity, CONTEXT, CONFIDENCE, name, shared.names)
    # What the context no longer settles goes with the undecided name again.
    for form in found:
        old = before.get(form.key)
        if old and old.method == CONTEXT and form.key not in settled:
            settled[form.key] = replace(before[base_key(form)], form=form)
    return list(settled.values())


def base_key(form: Form) -> FormKey:
    """Return the key of the name whose text this is."""
    return form.name, form.type, form.scope.rpartition("|")[0]


def _leading(
    by_name: Mapping[str, Shared], entities: Mapping[str, str]
) -> tuple[str, Shared] | None:
    """Return the bearer whose articles share most with a text, if it is far ahead."""
    ranked = sorted(by_name.items(), key=lambda item: (-item[1].share, item[0]))
    if not ranked:
        return None
    name, best = ranked[0]
    others = [s.share for n, s in ranked if entities[n] != entities[name]]
    is_enough = best.share >= LEAST_SHARE and best.count >= LEAST_NAMES
    if not is_enough or best.share < LEAD * max(others, default=0.0):
        return None
    return name, best
