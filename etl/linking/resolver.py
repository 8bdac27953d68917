"""Deciding who a name is from what is known: pure, one name after the other.

Belongs here: the order of decisions and what outweighs what. Does not belong here: whether two
names are spellings of one (`variants`), where names and counts come from (`link`).

Precision before recall: names that are spellings of one are one entity where only one entity fits
and no text names both; a lone surname joins the one person of that surname who dominates the news
around its month; an acronym joins the one organisation that texts expand it to. All else stays its
own, and where several were plausible its method is 'ambiguous'.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from etl.extract.lexicon import load_lexicon
from etl.linking.name_keys import type_group
from etl.linking.reference import Reference, load_reference
from etl.linking.variants import (
    CONFIDENCE,
    PersonName,
    group_key,
    is_acronym,
    is_acronym_of,
    organisation_key,
    person_blocks,
    person_name,
    same_person,
)

DOMINANCE = 5
"""A name that fits several entities joins one in that many times more texts than the rest."""
MONTHS_AROUND = 6
"""Months before and after in which a person must be named in full to be meant by a surname."""

NameType = tuple[str, str]
FormKey = tuple[str, str, str]
"""Name, type and scope."""


@dataclass(frozen=True, slots=True)
class Form:
    """A name as texts use it: where it means different people by time and title, with its scope."""

    name: str
    type: str
    scope: str = ""
    texts: int = 1

    @property
    def key(self) -> FormKey:
        return self.name, self.type, self.scope

    @property
    def month(self) -> str:
        return self.scope.partition("|")[0]

    @property
    def title(self) -> str:
        return self.scope.partition("|")[2]


@dataclass(frozen=True, slots=True)
class Decision:
    """Which entity a form is, by which method, how surely, and by which other name."""

    form: Form
    entity_id: str
    method: str
    confidence: float
    evidence: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What the corpus says beyond names.

    `expansions`: (acronym, organisation) pairs that texts give; `months`: in how many texts of each
    month ("2016-05") a name occurs; `together`: of pairs of names, those that one text holds as two
    actors.
    """

    expansions: Iterable[tuple[str, str]] = ()
    months: Mapping[NameType, Mapping[str, int]] = field(default_factory=dict)
    together: Callable[[set[frozenset[NameType]]], set[frozenset[NameType]]] = lambda pairs: set()


@dataclass(frozen=True)
class CannotLink:
    """What people declared distinct: pairs of actors, and which of those each form stands for.

    A form stands for the actor that it is in, and one that nobody has decided yet for the actor
    that it would be alone. No two forms of a pair are ever given one entity.
    """

    pairs: frozenset[frozenset[str]] = frozenset()
    stands_for: Mapping[FormKey, frozenset[str]] = field(default_factory=dict)

    def ids(self, form: Form) -> frozenset[str]:
        """The actors of pairs that a form stands for; mostly none."""
        return self.stands_for.get(form.key, frozenset())

    def parts(self, some: Iterable[str], others: Iterable[str]) -> bool:
        """Whether an actor of one kind was declared distinct from one of the other."""
        return any(frozenset((a, b)) in self.pairs for a in some for b in others)


def is_short(name: str, type_: str) -> bool:
    """Whether a name is a person's surname or first name alone, which several people may bear."""
    return type_ == "PERSON" and not person_name(name).given


def blocking_keys(form: Form, reference: Reference) -> tuple[str, ...]:
    """Keys of which any two forms of one entity share at least one; the first is its identity."""
    return _blocks(form.name, form.type, reference)


@lru_cache(maxsize=100_000)
def _blocks(text: str, type_: str, reference: Reference) -> tuple[str, ...]:
    identity = _identity(text, type_, reference)
    if type_ != "PERSON":
        return (identity,)
    name = person_name(text)
    # A lone surname is looked for under each surname that ends in it.
    words = name.surname.split()
    tails = {f"~{' '.join(words[i:])}" for i in range(len(words))}
    return (identity, *sorted(tails | (person_blocks(name) if name.given else set())))


def _identity(name: str, type_: str, reference: Reference) -> str:
    """A multi-word name is one entity whatever its type; a bare word is one for each group."""
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
    """An id that a rebuild mints again; another where a correction or namesake has it already."""
    salt = 0
    while True:
        text = identity if not salt else f"{identity}#{salt}"
        entity = "E" + hashlib.sha256(text.encode()).hexdigest()[:12]
        if entity not in taken:
            return entity
        salt += 1


class Resolver:
    """Decides forms one after the other, each knowing those before it."""

    def __init__(
        self,
        known: Iterable[Decision],
        evidence: Evidence,
        reference: Reference | None = None,
        apart: CannotLink | None = None,
    ) -> None:
        self.reference = reference or load_reference()
        self.evidence = evidence
        self._declared = apart or CannotLink()
        self._by_block: dict[str, list[Decision]] = defaultdict(list)
        self._taken: set[str] = set()
        self._ids: dict[str, set[str]] = defaultdict(set)
        for decision in known:
            self._remember(decision)
        self._meant: dict[str, set[str]] = defaultdict(set)
        for acronym, name in evidence.expansions:
            if not is_acronym_of(acronym, name):
                continue  # what one article took for one actor
            self._meant[organisation_key(acronym)].add(organisation_key(name))

    def _remember(self, decision: Decision) -> Decision:
        for block in blocking_keys(decision.form, self.reference):
            self._by_block[block].append(decision)
        self._taken.add(decision.entity_id)
        self._ids[decision.entity_id] |= self._declared.ids(decision.form)
        return decision

    def _may_be(self, form: Form, entity: str) -> bool:
        """Whether nobody declared a form distinct from an entity.

        Asked of the one that is to be joined, not of its rivals: who is left when people rule out
        the likeliest is no more likely for that.
        """
        mine = self._declared.ids(form)
        return not mine or not self._declared.parts(mine, self._ids[entity])

    def _in_block(self, block: str, form: Form) -> list[Decision]:
        """The decisions of a block whose entity a form may be."""
        return [d for d in self._by_block[block] if self._may_be(form, d.entity_id)]

    def decide(self, forms: Sequence[Form]) -> list[Decision]:
        """Decisions on new forms, the surest first; the same for any order in which they come."""
        ordered = sorted(forms, key=lambda f: (-f.texts, -len(f.name), f.name, f.type, f.scope))
        full = [f for f in ordered if f.type == "PERSON" and not is_short(f.name, f.type)]
        short = [f for f in ordered if is_short(f.name, f.type)]
        other = [f for f in ordered if f.type != "PERSON"]
        apart = self._apart(full)
        decided: list[Decision] = []
        # What an acronym stands for is known before the acronym.
        other.sort(key=lambda f: is_acronym(f.name))
        for group, decide in (
            (full, lambda f: self._full_person(f, apart)),
            (other, self._other),
            (short, self._short_person),
        ):
            decided.extend(self._remember(decide(form)) for form in group)
        return decided

    def _apart(self, full: Sequence[Form]) -> set[frozenset[NameType]]:
        """Pairs of possible spellings that a text holds as two people."""
        pairs: set[frozenset[NameType]] = set()
        rivals: dict[str, list[Form]] = defaultdict(list)
        for form in full:
            for block in person_blocks(person_name(form.name)):
                rivals[block].append(form)
        for block, members in rivals.items():
            others = [*members, *(d.form for d in self._by_block[block])]
            for form in members:
                name = person_name(form.name)
                pairs |= {
                    frozenset(((form.name, form.type), (o.name, o.type)))
                    for o in others
                    if o.name != form.name and same_person(name, person_name(o.name))
                }
        return self.evidence.together(pairs) if pairs else set()

    def _full_person(self, form: Form, apart: set[frozenset[NameType]]) -> Decision:
        identity, *more = blocking_keys(form, self.reference)
        if same := self._in_block(identity, form):
            return Decision(form, same[0].entity_id, "name", 1.0)
        name = person_name(form.name)
        fitting: dict[str, list[tuple[float, int, str, str]]] = defaultdict(list)
        for decision in {d for block in more for d in self._by_block[block]}:
            other = decision.form
            if decision.method == "ambiguous" or other.type != "PERSON":
                continue
            pair = frozenset(((form.name, form.type), (other.name, other.type)))
            variant = same_person(name, person_name(other.name))
            if variant and pair not in apart:
                sure = CONFIDENCE[variant]
                fitting[decision.entity_id].append((sure, other.texts, variant, other.name))
        if fitting:
            weights = {entity: sum(x[1] for x in found) for entity, found in fitting.items()}
            best = max(weights, key=lambda e: (weights[e], e))
            rest = max((w for e, w in weights.items() if e != best), default=0)
            if weights[best] >= DOMINANCE * rest and self._may_be(form, best):
                sure, _, method, by = max(fitting[best])
                return Decision(form, best, method, sure, by)
            return Decision(form, new_entity_id(identity, self._taken), "ambiguous", 1.0)
        if (earlier := self._unnamed(name, form)) is not None:
            return Decision(form, earlier.entity_id, "full_name", 0.8, earlier.form.name)
        return Decision(form, new_entity_id(identity, self._taken), "name", 1.0)

    def _unnamed(self, name: PersonName, form: Form) -> Decision | None:
        """A person known by this surname only, whom no other full name claims."""
        bearers = self._by_block[f"~{name.surname}"]
        alone = [
            d
            for d in bearers
            if is_short(d.form.name, "PERSON")
            and d.method == "name"
            # "Allen" may be Greg Van Allen, "Van Allen" is not Greg Allen.
            and f" {name.surname}".endswith(f" {person_name(d.form.name).surname}")
            and self._may_be(form, d.entity_id)
        ]
        claimed = any(not is_short(d.form.name, "PERSON") for d in bearers)
        return alone[0] if alone and not claimed else None

    def _other(self, form: Form) -> Decision:
        (identity,) = blocking_keys(form, self.reference)
        if same := self._in_block(identity, form):
            return Decision(form, same[0].entity_id, "name", 1.0)
        meant = self._meant.get(organisation_key(form.name), set())
        if is_acronym(form.name) and len(meant) == 1:
            (expansion,) = meant
            found = self._in_block(expansion, form) if " " in expansion else []
            if found:
                return Decision(form, found[0].entity_id, "acronym", 0.9, found[0].form.name)
        if " " not in identity and (person := self._dominant(identity.partition(":")[2], form)):
            return person
        return Decision(form, new_entity_id(identity, self._taken), "name", 1.0)

    def _dominant(self, surname: str, form: Form) -> Decision | None:
        """The person whom a bare word means that texts rarely take for anything but a surname."""
        weights = self._weights([d for d in self._by_block[f"~{surname}"] if _is_full(d)], "")
        if len(weights) == 1:
            ((entity, count),) = weights.items()
            if count >= DOMINANCE * form.texts and self._may_be(form, entity):
                return Decision(form, entity, "type", 0.7, surname)
        return None

    def _short_person(self, form: Form) -> Decision:
        identity, *_ = blocking_keys(form, self.reference)
        surname = person_name(form.name).surname
        bearers = [d for d in self._by_block[f"~{surname}"] if _is_full(d)]
        gender = _title_gender(form.title)
        if gender:
            bearers = [d for d in bearers if _gender(d.form) in ("", gender)]
        # Near its month first; where nobody is named in full then, anybody ever.
        weights = self._weights(bearers, form.month) or self._weights(bearers, "")
        if official := self.reference.official(surname, form.title, form.month):
            named = [d for d in bearers if person_name(d.form.name).key == official]
            if named and self._may_be(form, named[0].entity_id):
                return Decision(form, named[0].entity_id, "office", 0.9, named[0].form.name)
        if weights:
            best = max(weights, key=lambda e: (weights[e], e))
            rest = max((w for e, w in weights.items() if e != best), default=0)
            if weights[best] >= DOMINANCE * rest and self._may_be(form, best):
                by = next(d.form.name for d in bearers if d.entity_id == best)
                share = weights[best] / sum(weights.values())
                return Decision(form, best, "surname", round(0.95 * share, 3), by)
        alone = (d for d in self._in_block(identity, form) if is_short(d.form.name, d.form.type))
        if own := next((d for d in alone if d.method in ("name", "ambiguous")), None):
            return Decision(form, own.entity_id, "ambiguous" if weights else "name", 1.0)
        if not weights and (thing := self._thing(surname, form)):
            return thing
        method = "ambiguous" if weights else "name"
        return Decision(form, new_entity_id(identity, self._taken), method, 1.0)

    def _thing(self, word: str, form: Form) -> Decision | None:
        """What a bare word is that nobody bears as a surname: an organisation, a place.

        A quarter of its texts is enough: a person is named in full somewhere, a country never is.
        """
        if word in load_lexicon().first_names:
            return None
        found: Counter[str] = Counter()
        for group in ("ORG", "PLACE", "NORP"):
            for d in self._in_block(f"{group}:{word}", form):
                found[d.entity_id] += d.form.texts
        for entity, count in found.most_common(1):
            if count > 1 and 4 * count >= form.texts:
                return Decision(form, entity, "type", 0.7, word)
        return None

    def _weights(self, bearers: Iterable[Decision], month: str) -> dict[str, int]:
        """By entity, the texts that name it in full around a month (empty: ever)."""
        weights: Counter[str] = Counter()
        for d in bearers:
            if not month:
                weights[d.entity_id] += d.form.texts
                continue
            near = self.evidence.months.get((d.form.name, d.form.type), {})
            weights[d.entity_id] += sum(
                count for m, count in near.items() if _months_between(m, month) <= MONTHS_AROUND
            )
        return {entity: weight for entity, weight in weights.items() if weight}


def _is_full(decision: Decision) -> bool:
    form = decision.form
    return form.type == "PERSON" and not is_short(form.name, form.type)


def _months_between(a: str, b: str) -> int:
    if not (a and b):
        return 0
    return abs((int(a[:4]) - int(b[:4])) * 12 + int(a[5:7]) - int(b[5:7]))


def _gender(form: Form) -> str:
    return load_lexicon().first_names.get(person_name(form.name).given, "")


def _title_gender(title: str) -> str:
    titles = load_lexicon().titles
    genders = {titles.get(w, "") or titles.get(f"{w}.", "") for w in title.split()} - {""}
    return genders.pop() if len(genders) == 1 else ""
