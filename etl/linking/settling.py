"""Settles who is meant by names that were left undecided, on all evidence known today.

Belongs here: what is decided again when articles arrive, and decisions by context: by what else
articles of the same days name. Does not belong here: deciding a name by the names alone
(`resolver`), reading articles (`forms`), and storing decisions (`ledger`).

Two kinds of names are decided again. A lone surname, or an initial that fits two people, is decided
from all articles, so the order in which they arrived does not matter. Two spellings of a full name
that the rules keep apart are joined once their articles tell the same story. Docstrings of the
constants give the precision that decided them (`docs/quality.md`).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product

from etl.linking.cannot_link import CannotLink
from etl.linking.decisions import (
    CONTEXT,
    UNDECIDED,
    Decision,
    Evidence,
    Form,
    FormKey,
    Shared,
    is_full,
    is_short,
)
from etl.linking.reference import Reference
from etl.linking.resolver import Resolver
from etl.linking.variants import alike, alike_blocks, person_name, surname_tails

LEAST_CHANCE = 4.0
LEAST_SHARE_OF_SPELLINGS = 0.07
"""Two spellings are joined if their articles share names of this weight more than the log of the
number of texts: chance would give such an article once in exp(4) = 55 times."""
LEAST_SHARE = 0.15
"""A surname in an article is settled if the article and one of a bearer share this much …"""
LEAD = 2.0
"""… and this many times what it shares with an article of any other bearer."""
CONFIDENCE_OF_SPELLING = 0.85
CONFIDENCE_OF_SURNAME = 0.85
MOST_IN_A_BLOCK = 40
"""A block of more spellings says nothing, as in `candidate_pairs`."""
MOST_FORMS = 4
"""The spellings of an actor that are compared, those in most texts."""


def settle(
    decisions: Sequence[Decision],
    evidence: Evidence,
    reference: Reference,
    cannot_link: CannotLink,
    touched: Collection[str] | None = None,
) -> list[Decision]:
    """Return the decisions that differ from those given, on today's evidence.

    `decisions` are all that may concern each other. `touched` are the names of people in the
    articles that arrived; None settles all.
    """
    before = {d.form.key: d for d in decisions}
    after = dict(before)
    new = touched
    while joined := _joined_spellings(list(after.values()), evidence, cannot_link, new):
        after |= {d.form.key: d for d in joined}
        new = {d.form.name for d in joined}
    surnames = (
        None
        if touched is None
        else {tail for name in touched for tail in surname_tails(person_name(name))}
    )
    open_ = [
        d
        for d in after.values()
        if _is_open(d) and (surnames is None or person_name(d.form.name).surname in surnames)
    ]
    keys = {d.form.key for d in open_}
    decided = [d for d in after.values() if d.form.key not in keys and not d.form.is_of_text]
    resolver = Resolver(decided, evidence, reference, cannot_link)
    again = _with_ids_kept(resolver.decide([d.form for d in open_]), after, decided)
    after |= {d.form.key: d for d in again}
    after |= {d.form.key: d for d in _by_text(again, after, resolver, evidence)}
    return [d for d in after.values() if _differs(d, before.get(d.form.key))]


def _is_open(decision: Decision) -> bool:
    """Whether a decision is made again when articles arrive."""
    form = decision.form
    if form.type != "PERSON" or form.is_of_text:
        return False
    return is_short(form.name, form.type) or decision.method == "ambiguous"


def _differs(decision: Decision, before: Decision | None) -> bool:
    return before is None or (decision.entity_id, decision.method) != (
        before.entity_id,
        before.method,
    )


def _with_ids_kept(
    again: Sequence[Decision], before: Mapping[FormKey, Decision], others: Iterable[Decision]
) -> list[Decision]:
    """Return decisions in which an actor of undecided names keeps the id that most texts have."""
    owned = {d.entity_id for d in others}
    former: dict[str, Counter[str]] = defaultdict(Counter)
    for d in again:
        old = before[d.form.key].entity_id
        if d.entity_id not in owned and old not in owned:
            former[d.entity_id][old] += d.form.texts
    kept: dict[str, str] = {}
    for new, olds in sorted(former.items()):
        free = [(texts, old) for old, texts in olds.items() if old not in kept.values()]
        kept[new] = max(free)[1] if free else new
    return [replace(d, entity_id=kept.get(d.entity_id, d.entity_id)) for d in again]


def _by_text(
    again: Iterable[Decision],
    before: Mapping[FormKey, Decision],
    resolver: Resolver,
    evidence: Evidence,
) -> list[Decision]:
    """Settle surnames that remain undecided, text by text, by what the texts name beside them."""
    undecided = [d for d in again if is_short(d.form.name, "PERSON") and d.method in UNDECIDED]
    bearers = {d.form: resolver.bearers(d.form) for d in undecided}
    found = evidence.shared_by_text({form: names for form, names in bearers.items() if names})
    settled: dict[FormKey, Decision] = {}
    for form, by_name in found.items():
        base = before[base_key(form)]
        if best := _leading(by_name, bearers[base.form]):
            name, shared = best
            entity = bearers[base.form][name]
            if resolver.may_be(base.form, entity):
                settled[form.key] = Decision(
                    form, entity, CONTEXT, CONFIDENCE_OF_SURNAME, name, shared.names
                )
    # What the context no longer settles goes with the undecided name again.
    concerned = {d.form.key: d for d in again}
    for old in before.values():
        if not old.form.is_of_text or old.method != CONTEXT or old.form.key in settled:
            continue
        if undecided_again := concerned.get(base_key(old.form)):
            settled[old.form.key] = replace(undecided_again, form=old.form)
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
    if best.share < LEAST_SHARE or best.share < LEAD * max(others, default=0.0):
        return None
    return name, best


def _joined_spellings(
    decisions: Sequence[Decision],
    evidence: Evidence,
    cannot_link: CannotLink,
    touched: Collection[str] | None,
) -> list[Decision]:
    """Join actors with names that are alike if their articles tell the same story.

    All names of the actor in fewer texts follow. Two actors whom one text names both stay two.
    """
    of_entity: dict[str, list[Decision]] = defaultdict(list)
    for d in decisions:
        of_entity[d.entity_id].append(d)
    names: dict[str, list[str]] = {}
    for entity, members in of_entity.items():
        full = sorted(
            (d for d in members if is_full(d.form) and d.method != "ambiguous"),
            key=lambda d: (-d.form.texts, d.form.name),
        )
        names[entity] = [d.form.name for d in full[:MOST_FORMS]]
    candidates = _alike_entities(names, touched)
    pairs = {
        couple: {frozenset((a, b)) for a, b in product(*(names[e] for e in sorted(couple)))}
        for couple in candidates
        if not cannot_link.separates(*(_ids(of_entity[e], cannot_link) for e in sorted(couple)))
    }
    every = {pair for of_couple in pairs.values() for pair in of_couple}
    together = evidence.together({frozenset((n, "PERSON") for n in pair) for pair in every})
    apart = {frozenset(n for n, _ in pair) for pair in together}
    likely = {c: p for c, p in pairs.items() if not p & apart}
    shared = evidence.shared({pair for of_couple in likely.values() for pair in of_couple})
    least = LEAST_CHANCE + math.log(max(1, evidence.texts))
    weights = {
        couple: max(((shared[p], p) for p in of_couple if p in shared), key=lambda x: x[0].share)
        for couple, of_couple in likely.items()
        if any(p in shared for p in of_couple)
    }
    couples = sorted(
        (
            c
            for c, (f, _) in weights.items()
            if f.weight >= least and f.share >= LEAST_SHARE_OF_SPELLINGS
        ),
        key=lambda c: (-weights[c][0].share, sorted(c)),
    )
    texts = {e: sum(d.form.texts for d in members) for e, members in of_entity.items()}
    target: dict[str, tuple[str, Shared, frozenset[str]]] = {}
    for couple in couples:
        fewer, more = sorted(couple, key=lambda e: (texts[e], e))
        # One step at a time, so that the names of the joined actor are compared as a whole next.
        if not {fewer, more} & (target.keys() | {t for t, *_ in target.values()} - {more}):
            found, pair = weights[couple]
            target[fewer] = (more, found, pair)
    joined = []
    for fewer, (more, found, pair) in target.items():
        for d in of_entity[fewer]:
            if d.method == "name" and is_full(d.form):
                (by,) = pair - {d.form.name} if d.form.name in pair else {max(pair)}
                d = replace(
                    d,
                    method=CONTEXT,
                    confidence=CONFIDENCE_OF_SPELLING,
                    evidence=by,
                    beside=found.names,
                )
            joined.append(replace(d, entity_id=more))
    return joined


def _ids(members: Iterable[Decision], cannot_link: CannotLink) -> set[str]:
    return {i for d in members for i in cannot_link.ids(d.form)}


def _alike_entities(
    names: Mapping[str, Sequence[str]], touched: Collection[str] | None
) -> set[frozenset[str]]:
    """Return the pairs of actors with names that are alike, of which an article brought one."""
    blocks: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for entity, of_entity in names.items():
        for name in of_entity:
            for block in alike_blocks(person_name(name)):
                blocks[block].add((name, entity))
    found = set()
    for members in blocks.values():
        if not 2 <= len(members) <= MOST_IN_A_BLOCK:
            continue
        for (a, one), (b, other) in combinations(sorted(members), 2):
            if one == other or not (touched is None or a in touched or b in touched):
                continue
            if alike(person_name(a), person_name(b)):
                found.add(frozenset((one, other)))
    return found
