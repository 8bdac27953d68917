"""Settles who is meant by names that were left undecided, on all evidence known today.

Belongs here: what is decided again when articles arrive, and decisions by context: by what else
articles of the same days name. Does not belong here: deciding a name by the names alone
(`resolver`), reading articles (`forms`), and storing decisions (`ledger`).

Two kinds of names are decided again. A lone surname, or a name with an initial for the first name,
is decided from all articles, so the order in which they arrived does not matter. Two spellings of a
full name that the rules keep apart are joined once their articles tell the same story. ADR 36 has
the precision at several thresholds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product

from etl.linking.blocking import blocking_keys, keys_to_look_up
from etl.linking.candidate_pairs import MOST_IN_A_BLOCK
from etl.linking.cannot_link import CannotLink
from etl.linking.decisions import (
    CONTEXT,
    UNDECIDED,
    Arrival,
    Decision,
    Evidence,
    Form,
    FormKey,
    Shared,
    is_full,
    is_initial,
    is_short,
)
from etl.linking.reference import Reference
from etl.linking.resolver import MONTHS_AROUND, Resolver, months_between
from etl.linking.variants import alike, alike_blocks, person_name, surname_tails

LEAST_SHARE_OF_SPELLINGS, LEAST_NAMES_OF_SPELLINGS = 0.12, 3
"""Two spellings are joined if articles with either share this much (Jaccard index), and so many
names."""
LEAST_SHARE, LEAST_NAMES = 0.2, 2
"""A surname in an article is settled if the article shares this much with one of a bearer …"""
LEAD = 2.0
"""… and this many times what it shares with an article of any other bearer."""
CONFIDENCE_OF_SPELLING = 0.85
CONFIDENCE_OF_SURNAME = 0.85
MOST_FORMS = 4
"""The spellings of an actor that are compared, those in most texts."""


def settle(
    decisions: Sequence[Decision],
    evidence: Evidence,
    reference: Reference,
    cannot_link: CannotLink,
    arrival: Arrival | None = None,
) -> list[Decision]:
    """Return the decisions that differ from those given, on today's evidence.

    `decisions` are all that may concern each other. Only what `arrival` concerns is settled; None
    settles all.
    """
    before = {d.form.key: d for d in decisions}
    after = dict(before)
    new = None if arrival is None else frozenset(arrival.people)
    joined_names = set[str]()
    while joined := _joined_spellings(list(after.values()), evidence, cannot_link, new):
        after |= {d.form.key: d for d in joined}
        new = frozenset(d.form.name for d in joined)
        joined_names |= new

    def decide_again(open_: Sequence[Decision], known: Iterable[Decision]) -> Resolver:
        """Decide names again, given others, and put the result into `after`."""
        others = list(known)
        resolver = Resolver(
            _sharing_keys(others, open_, reference), evidence, reference, cannot_link
        )
        decided = resolver.decide([d.form for d in open_])
        after.update((d.form.key, d) for d in _with_ids_kept(decided, after, others))
        return resolver

    # Full names first: a surname may follow one that moved.
    concern = None if arrival is None else _Concern(arrival, joined_names, evidence)
    full = {d.form.key: d for d in _open(after, concern) if is_full(d.form)}
    decide_again(
        list(full.values()),
        [d for d in _names(after) if d.form.key not in full and not _is_short(d)],
    )
    moved = {d.form.name for d in full.values() if _differs(after[d.form.key], d)}

    if arrival is not None and moved:
        concern = _Concern(arrival, joined_names | moved, evidence)
    short = {d.form.key: d for d in _open(after, concern) if _is_short(d)}
    resolver = decide_again(
        list(short.values()), [d for d in _names(after) if d.form.key not in short]
    )
    again = [after[key] for key in short]
    whole = {
        d.form
        for d in again
        if concern is None
        or short[d.form.key].method not in UNDECIDED
        or person_name(d.form.name).surname in concern.moved
    }
    after |= {d.form.key: d for d in _by_text(again, whole, after, resolver, evidence)}
    return [d for d in after.values() if _differs(d, before.get(d.form.key))]


def _names(decisions: Mapping[FormKey, Decision]) -> Iterator[Decision]:
    """Return the decisions on names, without those on single texts."""
    return (d for d in decisions.values() if not d.form.is_of_text)


def _open(decisions: Mapping[FormKey, Decision], concern: _Concern | None) -> Iterator[Decision]:
    """Return the decisions to make again."""
    return (
        d for d in _names(decisions) if _is_open(d) and (concern is None or concern.form(d.form))
    )


def _is_short(decision: Decision) -> bool:
    return is_short(decision.form.name, decision.form.type)


class _Concern:
    """Tells which undecided names new articles concern, so that the others need no second look.

    A lone surname depends on the full names within MONTHS_AROUND of its month, or, if there are
    none, on whether one person of that surname is known at all.
    """

    def __init__(self, arrival: Arrival, moved: Iterable[str], evidence: Evidence) -> None:
        """`moved` are full names that belong to another actor now."""
        self.moved = {tail for name in moved for tail in surname_tails(person_name(name))}
        self._new = arrival.words | self.moved
        self._arrived: dict[str, set[str]] = defaultdict(set)
        for name, months in arrival.people.items():
            for tail in surname_tails(person_name(name)):
                self._arrived[tail] |= months
                if name in arrival.new:
                    self._new |= {tail}
        self._named: dict[str, set[str]] = defaultdict(set)
        for (name, _), by_month in evidence.months.items():
            for tail in surname_tails(person_name(name)):
                self._named[tail] |= by_month.keys()

    def form(self, form: Form) -> bool:
        surname = person_name(form.name).surname
        if surname not in self._new and surname not in self._arrived:
            return False
        # Titles of bearers count at any time.
        if surname in self.moved or not form.month or form.title:
            return True
        if _has_near(self._arrived[surname], form.month):
            return True
        return surname in self._new and not _has_near(self._named[surname], form.month)


def _has_near(months: Iterable[str], month: str) -> bool:
    return any(not m or months_between(m, month) <= MONTHS_AROUND for m in months)


def _sharing_keys(
    decided: Iterable[Decision], open_: Iterable[Decision], reference: Reference
) -> list[Decision]:
    """Return the decisions that may matter for others: a tenth of all, in a nightly run."""
    wanted = {key for d in open_ for key in keys_to_look_up(d.form, reference)}
    return [d for d in decided if not wanted.isdisjoint(blocking_keys(d.form, reference))]


def _is_open(decision: Decision) -> bool:
    """Whether a decision is made again when articles arrive."""
    form = decision.form
    if form.type != "PERSON":
        return False
    is_initial_alone = is_initial(form) and decision.method != CONTEXT
    return _is_short(decision) or is_initial_alone or decision.method == "ambiguous"


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
    whole: Collection[Form],
    before: Mapping[FormKey, Decision],
    resolver: Resolver,
    evidence: Evidence,
) -> list[Decision]:
    """Settle surnames that remain undecided, text by text, by what the texts name beside them."""
    undecided = [d for d in again if d.method in UNDECIDED]
    bearers = {d.form: resolver.bearers(d.form) for d in undecided}
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
                settled[form.key] = Decision(
                    form, entity, CONTEXT, CONFIDENCE_OF_SURNAME, name, shared.names
                )
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


def _joined_spellings(
    decisions: Sequence[Decision],
    evidence: Evidence,
    cannot_link: CannotLink,
    arrived: Collection[str] | None,
) -> list[Decision]:
    """Join actors with names that are alike if their articles tell the same story.

    All names of the actor in fewer texts follow. Two actors whom one text names both stay two.
    """
    of_entity: dict[str, list[Decision]] = defaultdict(list)
    for d in decisions:
        of_entity[d.entity_id].append(d)
    names: dict[str, list[str]] = {}
    for entity, members in of_entity.items():
        full = [d for d in members if is_full(d.form) and d.method != "ambiguous"]
        full.sort(key=lambda d: (-d.form.texts, d.form.name))
        if full:
            names[entity] = [d.form.name for d in full[:MOST_FORMS]]
    candidates = _alike_entities(names, arrived)
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
    weights = {
        couple: max(((shared[p], p) for p in of_couple if p in shared), key=lambda x: x[0].share)
        for couple, of_couple in likely.items()
        if any(p in shared for p in of_couple)
    }
    couples = sorted(
        (c for c, (found, _) in weights.items() if _is_one_story(found)),
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


def _is_one_story(shared: Shared) -> bool:
    return shared.share >= LEAST_SHARE_OF_SPELLINGS and shared.count >= LEAST_NAMES_OF_SPELLINGS


def _ids(members: Iterable[Decision], cannot_link: CannotLink) -> set[str]:
    return {i for d in members for i in cannot_link.ids(d.form)}


def _alike_entities(
    names: Mapping[str, Sequence[str]], arrived: Collection[str] | None
) -> set[frozenset[str]]:
    """Return the pairs of actors with names that are alike, of which an article brought one."""
    blocks: dict[str, set[tuple[str, str]]] = defaultdict(set)
    wanted: set[str] | None = None
    if arrived is not None:
        wanted = {block for name in arrived for block in alike_blocks(person_name(name))}
    for entity, of_entity in names.items():
        for name in of_entity:
            for block in alike_blocks(person_name(name)):
                if wanted is None or block in wanted:
                    blocks[block].add((name, entity))
    found = set()
    for members in blocks.values():
        if not 2 <= len(members) <= MOST_IN_A_BLOCK:
            continue
        for (a, one), (b, other) in combinations(sorted(members), 2):
            if one == other or not (arrived is None or a in arrived or b in arrived):
                continue
            if alike(person_name(a), person_name(b)):
                found.add(frozenset((one, other)))
    return found
