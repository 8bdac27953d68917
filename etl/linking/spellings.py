"""Joins spellings of a full name that the rules keep apart, if their articles tell the same story.

Belongs here: which names are alike, and when articles show that they are one person's. Does not
belong here: comparing two names (`variants`), comparing articles (`shared_context`), and who is
meant by undecided names (`settling`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product

from etl.linking.candidate_pairs import MOST_IN_A_BLOCK
from etl.linking.cannot_link import CannotLink
from etl.linking.decisions import CONTEXT, Decision, Evidence, Shared, is_full
from etl.linking.known import Known
from etl.linking.variants import alike, alike_blocks, person_name

LEAST_SHARE, LEAST_NAMES = 0.12, 3
"""Two spellings are joined if articles with either share this much (Jaccard index), and so many
names."""
CONFIDENCE = 0.85
MOST_FORMS = 4
"""The spellings of an actor that are compared, those in most texts."""

Pair = frozenset[str]
"""Two names, or two actors."""


def join_spellings(known: Known, evidence: Evidence, cannot_link: CannotLink) -> set[str]:
    """Join actors with names that are alike if their articles tell the same story.

    All names of the actor in fewer texts follow; they are returned. Two actors whom one text names
    both stay two.
    """
    moved: set[str] = set()
    pairs = _alike_names(known.full_names(), known.arrived)
    while joined := _joined(pairs, known, evidence, cannot_link):
        known.put(joined)
        moved |= {d.form.name for d in joined}
    return moved


def _joined(
    alike_names: Collection[Pair], known: Known, evidence: Evidence, cannot_link: CannotLink
) -> list[Decision]:
    entity_of = {
        name: known.current[name, "PERSON", ""].entity_id for pair in alike_names for name in pair
    }
    candidates = {frozenset(entity_of[name] for name in pair) for pair in alike_names}
    candidates = {couple for couple in candidates if len(couple) == 2}
    of_entity: dict[str, list[Decision]] = defaultdict(list)
    for d in known.of_entities({entity for couple in candidates for entity in couple}):
        of_entity[d.entity_id].append(d)
    names = {entity: _most_used(members) for entity, members in of_entity.items()}
    pairs = {
        couple: {frozenset((a, b)) for a, b in product(*(names[e] for e in sorted(couple)))}
        for couple in candidates
        if not cannot_link.separates(*(_ids(of_entity[e], cannot_link) for e in sorted(couple)))
    }
    # Names that are alike but seldom used say too little about their actors.
    pairs = {couple: found for couple, found in pairs.items() if not found.isdisjoint(alike_names)}
    every = {pair for of_couple in pairs.values() for pair in of_couple}
    together = evidence.together({frozenset((n, "PERSON") for n in pair) for pair in every})
    apart = {frozenset(n for n, _ in pair) for pair in together}
    likely = {c: p for c, p in pairs.items() if not p & apart}
    shared = evidence.shared({pair for of_couple in likely.values() for pair in of_couple})
    weights = {
        couple: max(((shared[p], p) for p in of_couple if p in shared), key=lambda x: x[0].share)
        for couple, of_couple in likely.items()
        if any(p in shared for p in of_couple)
    }
    texts = {
        e: sum(d.form.texts for d in members if is_full(d.form)) for e, members in of_entity.items()
    }
    joined = []
    for fewer, (more, found, pair) in _targets(weights, texts).items():
        joined += [_followed(d, more, found, pair) for d in of_entity[fewer]]
    return joined


def _targets(
    weights: Mapping[Pair, tuple[Shared, Pair]], texts: Mapping[str, int]
) -> dict[str, tuple[str, Shared, Pair]]:
    """Return by actor the one that it joins, with the two names that tell so.

    One step at a time, so that the names of the joined actor are compared as a whole next.
    """
    couples = sorted(
        (c for c, (found, _) in weights.items() if _is_one_story(found)),
        key=lambda c: (-weights[c][0].share, sorted(c)),
    )
    target: dict[str, tuple[str, Shared, Pair]] = {}
    for couple in couples:
        fewer, more = sorted(couple, key=lambda e: (texts[e], e))
        if not {fewer, more} & (target.keys() | {t for t, *_ in target.values()} - {more}):
            target[fewer] = (more, *weights[couple])
    return target


def _followed(d: Decision, entity: str, found: Shared, pair: Pair) -> Decision:
    if d.method != "name" or not is_full(d.form):
        return replace(d, entity_id=entity)
    (by,) = pair - {d.form.name} if d.form.name in pair else {max(pair)}
    return replace(
        d,
        entity_id=entity,
        method=CONTEXT,
        confidence=CONFIDENCE,
        evidence=by,
        beside=found.names,
    )


def _is_one_story(shared: Shared) -> bool:
    return shared.share >= LEAST_SHARE and shared.count >= LEAST_NAMES


def _ids(members: Iterable[Decision], cannot_link: CannotLink) -> set[str]:
    return {i for d in members for i in cannot_link.ids(d.form)}


def _most_used(members: Iterable[Decision]) -> list[str]:
    full = [d for d in members if is_full(d.form) and d.method != "ambiguous"]
    full.sort(key=lambda d: (-d.form.texts, d.form.name))
    return [d.form.name for d in full[:MOST_FORMS]]


def _alike_names(names: Sequence[Decision], arrived: Collection[str] | None) -> set[Pair]:
    """Return the pairs of names that are alike, of which an article brought one."""
    blocks: dict[str, set[str]] = defaultdict(set)
    blocks_of = {d.form.name: alike_blocks(person_name(d.form.name)) for d in names}
    wanted: set[str] | None = None
    if arrived is not None:
        wanted = {block for name in blocks_of.keys() & set(arrived) for block in blocks_of[name]}
    for name, of_name in blocks_of.items():
        for block in of_name if wanted is None else of_name & wanted:
            blocks[block].add(name)
    return {
        frozenset((a, b))
        for members in blocks.values()
        if 2 <= len(members) <= MOST_IN_A_BLOCK
        for a, b in combinations(members, 2)
        if (arrived is None or a in arrived or b in arrived)
        and alike(person_name(a), person_name(b))
    }
