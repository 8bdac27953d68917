"""Resolves names to entities from what is known: pure, one name after the other.

Belongs here: the order of decisions, and what outweighs what. Does not belong here: whether two
names are spellings of one (`variants`), where names and counts come from (`forms`, `link`), and
what people declared distinct (`cannot_link`).

Precision before recall. Spellings of one name are one entity if only one entity fits and no text
names both. A lone surname joins the one person of that surname who dominates the news around its
month. An acronym joins the one organisation that texts expand it to. Everything else stays an
entity of its own; if several were plausible, its method is 'ambiguous'.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from etl.extract.lexicon import load_lexicon
from etl.linking.bearers import Bearers, gender_of
from etl.linking.blocking import (
    blocking_keys,
    keys_of_things,
    longer_names,
    new_entity_id,
    short_key,
    shorter_names,
)
from etl.linking.cannot_link import CannotLink
from etl.linking.decisions import (
    SHORT_NAME,
    Decision,
    Evidence,
    Form,
    NameType,
    is_full,
    is_initial,
    is_short,
)
from etl.linking.reference import Office, Reference, load_reference
from etl.linking.variants import (
    CONFIDENCE,
    COURTESIES,
    PersonName,
    is_acronym,
    is_acronym_of,
    organisation_key,
    person_blocks,
    person_name,
    same_person,
    turned_organisation_keys,
)

DOMINANCE = 5
"""A name that fits several entities joins the one with this many times the texts of the next."""
LEAST_IN_FULL = 0.1
"""A short name means an organisation whose full name has this share of its texts."""
LEAST_ALONE = 5
"""Texts that name an organisation in full before a short name needs no text that uses both."""
LEAST_TITLED = 2
"""Texts that must give a title to a person before it tells who a surname with it is."""


class Resolver:
    """Decides forms one after the other; each decision knows those before it."""

    def __init__(
        self,
        known: Iterable[Decision],
        evidence: Evidence,
        reference: Reference | None = None,
        cannot_link: CannotLink | None = None,
    ) -> None:
        self.reference = reference or load_reference()
        self.evidence = evidence
        self._cannot_link = cannot_link or CannotLink()
        self._by_key: dict[str, list[Decision]] = defaultdict(list)
        self._bearers_of: dict[tuple[str, str], Bearers] = {}
        self._taken: set[str] = set()
        self._ids: dict[str, set[str]] = defaultdict(set)
        for decision in known:
            self._remember(decision)
        self._titles: Mapping[str, Mapping[str, int]] = {}
        self._expansions: dict[str, set[str]] = defaultdict(set)
        self._calling: Mapping[str, Mapping[str, int]] = {}

    def _remember(self, decision: Decision) -> Decision:
        for key in blocking_keys(decision.form, self.reference):
            self._by_key[key].append(decision)
        if decision.method != "office":  # else the full name takes that id when it comes
            self._taken.add(decision.entity_id)
        self._ids[decision.entity_id] |= self._cannot_link.ids(decision.form)
        if is_full(decision.form):
            self._bearers_of.clear()
        return decision

    def may_be(self, form: Form, entity: str) -> bool:
        """Whether no constraint forbids a form to join an entity.

        Checked for the entity to be joined only, not for its rivals: ruling out the likeliest
        entity doesn't make the next one any likelier.
        """
        own_ids = self._cannot_link.ids(form)
        return not own_ids or not self._cannot_link.separates(own_ids, self._ids[entity])

    def _joinable(self, key: str, form: Form) -> list[Decision]:
        """Return the decisions under a blocking key whose entity a form may join."""
        return [d for d in self._by_key[key] if self.may_be(form, d.entity_id)]

    def decide(self, forms: Sequence[Form]) -> list[Decision]:
        """Decide new forms, the surest first. The order of `forms` does not matter."""
        ordered = sorted(forms, key=lambda f: (-f.texts, -len(f.name), f.name, f.type, f.scope))
        full = [f for f in ordered if is_full(f)]
        full.sort(key=is_initial)  # "J. Lee" may be Jane or John, once both are known
        short = [f for f in ordered if is_short(f.name, f.type)]
        other = [f for f in ordered if f.type != "PERSON"]
        distinct = self._named_together(full)
        decided: list[Decision] = []
        # Acronyms and short names come last, when the organisations that they may mean are decided.
        # A short name may have a shorter one.
        shorter = {key for f in other for key in shorter_names(f)}
        last = {f: -len(f.name.split()) for f in other if short_key(f) in shorter}
        other.sort(key=lambda f: (f in last, last.get(f, 0), is_acronym(f.name)))
        self._expansions = self._expanded(f.name for f in other if is_acronym(f.name))
        self._calling = self._called_by_texts(other, short)
        for group, decide in (
            (full, lambda f: self._full_person(f, distinct)),
            (other, self._other),
            (short, self._short_person),
        ):
            if group is short:
                self._titles = self.evidence.titles(self._contested(short))
            decided.extend(self._remember(decide(form)) for form in group)
        return decided

    def _expanded(self, acronyms: Iterable[str]) -> dict[str, set[str]]:
        """Return the keys of the organisations that texts expand acronyms to."""
        expansions: dict[str, set[str]] = defaultdict(set)
        for acronym, name in self.evidence.expansions(list(acronyms)):
            if is_acronym_of(acronym, name):  # else one article merged them by mistake
                expansions[organisation_key(acronym)].add(organisation_key(name))
        return expansions

    def _called_by_texts(
        self, other: Iterable[Form], lone: Iterable[Form]
    ) -> Mapping[str, Mapping[str, int]]:
        """Return how many texts call organisations by the short names that these forms may be."""
        names: dict[str, set[str]] = defaultdict(set)
        for form in other:
            for short in shorter_names(form):
                names[short].add(form.name)
        asked = {short_key(form) for form in other}
        asked |= {person_name(form.name).surname for form in lone}
        for short in asked:
            if known := self._by_key.get(longer_names(short)):
                names[short] |= {d.form.name for d in known}
        wanted: dict[str, Collection[str]] = {s: of for s, of in names.items() if s in asked}
        return self.evidence.called(wanted) if wanted else {}

    def _named_together(self, full: Sequence[Form]) -> set[frozenset[NameType]]:
        """Return the pairs of possible spellings that one text holds as two people."""
        pairs: set[frozenset[NameType]] = set()
        rivals: dict[str, list[Form]] = defaultdict(list)
        for form in full:
            for key in person_blocks(person_name(form.name)):
                rivals[key].append(form)
        for key, members in rivals.items():
            others = [*members, *(d.form for d in self._by_key[key])]
            for form in members:
                name = person_name(form.name)
                pairs |= {
                    frozenset(((form.name, form.type), (o.name, o.type)))
                    for o in others
                    if o.name != form.name and same_person(name, person_name(o.name))
                }
        return self.evidence.together(pairs) if pairs else set()

    def _full_person(self, form: Form, distinct: set[frozenset[NameType]]) -> Decision:
        identity, *more = blocking_keys(form, self.reference)
        if same := self._joinable(identity, form):
            return Decision(form, same[0].entity_id, "name", 1.0)
        name = person_name(form.name)
        fitting: dict[str, list[tuple[float, int, str, str]]] = defaultdict(list)
        for decision in {d for key in more for d in self._by_key[key]}:
            other = decision.form
            if decision.method == "ambiguous" or other.type != "PERSON":
                continue
            if is_initial(other) and not is_initial(form):
                continue
            pair = frozenset(((form.name, form.type), (other.name, other.type)))
            variant = same_person(name, person_name(other.name))
            if variant and pair not in distinct:
                confidence = CONFIDENCE[variant]
                fitting[decision.entity_id].append((confidence, other.texts, variant, other.name))
        if fitting:
            weights = {entity: sum(x[1] for x in found) for entity, found in fitting.items()}
            best = _dominating(weights)
            if best and self.may_be(form, best):
                confidence, _, method, by = max(fitting[best])
                return Decision(form, best, method, confidence, by)
            return Decision(form, new_entity_id(identity, self._taken), "ambiguous", 1.0)
        if whole := self._bearer_of_tail(name, form):
            return whole
        return Decision(form, new_entity_id(identity, self._taken), "name", 1.0)

    def _bearer_of_tail(self, name: PersonName, form: Form) -> Decision | None:
        """Return the person whose last two names a form is: "Boone Isaacs" is Cheryl's surname.

        A first name at the beginning speaks against it: Mary Smith need not be Anna Mary Smith.
        """
        if name.middle or name.suffix or name.given in load_lexicon().first_names:
            return None
        return self._dominant_bearer(name.key, form, 1, "surname", 0.9)

    def _other(self, form: Form) -> Decision:
        identity, *_ = blocking_keys(form, self.reference)
        if same := self._in_full(identity, form):
            return Decision(form, same[0].entity_id, "name", 1.0)
        for turned in turned_organisation_keys(identity):
            if same := self._in_full(turned, form):
                return Decision(form, same[0].entity_id, "order", 0.95, same[0].form.name)
        expansions = self._expansions.get(organisation_key(form.name), set())
        if is_acronym(form.name) and len(expansions) == 1:
            (expansion,) = expansions
            found = self._joinable(expansion, form) if " " in expansion else []
            if found:
                return Decision(form, found[0].entity_id, "acronym", 0.9, found[0].form.name)
        if (key := short_key(form)) and (named := self._called(key, form)):
            return named
        if " " not in identity and (person := self._dominant(identity.partition(":")[2], form)):
            return person
        return Decision(form, new_entity_id(identity, self._taken), "name", 1.0)

    def _in_full(self, key: str, form: Form) -> list[Decision]:
        """Return the joinable decisions under a key, without those on a short name.

        These follow today's evidence, and another name of that key need not follow them.
        """
        return [d for d in self._joinable(key, form) if d.method != SHORT_NAME]

    def _called(self, short: str, form: Form) -> Decision | None:
        """Return the organisation that texts call by a short name, if they call only one so.

        It must be named in full in a certain share of the texts that use the short name. One of
        several words needs no such text if only one organisation, often named, can be called so.
        """
        calling: Counter[str] = Counter()
        texts: Counter[str] = Counter()
        names: dict[str, str] = {}
        counts = self._calling.get(short, {})
        full = sorted(self._by_key[longer_names(short)], key=lambda d: (d.form.texts, d.form.key))
        for d in full:
            calling[d.entity_id] += counts.get(d.form.name, 0)
            texts[d.entity_id] += d.form.texts
            names[d.entity_id] = d.form.name
        best, least = _dominating({e: n for e, n in calling.items() if n}), LEAST_IN_FULL
        if best is None and len(texts) == 1 and " " in short:
            (best,) = texts
            least = max(1.0, LEAST_ALONE / max(1, form.texts))
        if best is None or texts[best] < least * form.texts or not self.may_be(form, best):
            return None
        return Decision(form, best, SHORT_NAME, 0.85, names[best])

    def _dominant(self, surname: str, form: Form) -> Decision | None:
        """Return the person of a single word that texts mostly use as a surname."""
        return self._dominant_bearer(surname, form, DOMINANCE, "type", 0.7)

    def _dominant_bearer(
        self, surname: str, form: Form, least: int, method: str, confidence: float
    ) -> Decision | None:
        """Return the one person of a surname, if in `least` times as many texts as the form."""
        bearers = self._named(surname, "")
        weights = bearers.at_any_time()
        if len(weights) == 1:
            ((entity, count),) = weights.items()
            if count >= least * form.texts and self.may_be(form, entity):
                return Decision(form, entity, method, confidence, bearers.name_of(entity))
        return None

    def bearers(self, form: Form) -> Bearers:
        """Return the people whom a lone surname may mean."""
        return self._named(person_name(form.name).surname, _title_gender(form.title))

    def _named(self, surname: str, gender: str) -> Bearers:
        if (surname, gender) not in self._bearers_of:
            named = self._by_key[f"~{surname}"]
            if gender:
                named = [d for d in named if gender_of(d.form) in ("", gender)]
            self._bearers_of[surname, gender] = Bearers(named, self.evidence.months)
        return self._bearers_of[surname, gender]

    def _short_person(self, form: Form) -> Decision:
        identity, *_ = blocking_keys(form, self.reference)
        surname = person_name(form.name).surname
        bearers = self.bearers(form)
        weights = bearers.around(form.month) or _only_one(bearers)
        office = self.reference.official(surname, form.title, form.month)
        titled = self._by_title(bearers, form)
        if office and not (titled and office.is_one_of_many):
            titled = self._holder(office, form, bearers) or titled
        if titled:
            return titled
        if (best := _dominating(weights)) and self.may_be(form, best):
            by = bearers.name_of(best)
            share = weights[best] / sum(weights.values())
            return Decision(form, best, "surname", round(0.95 * share, 3), by)
        alone = (d for d in self._joinable(identity, form) if is_short(d.form.name, d.form.type))
        if own := next((d for d in alone if d.method in ("name", "ambiguous")), None):
            return Decision(form, own.entity_id, "ambiguous" if weights else "name", 1.0)
        if not weights and (thing := self._other_type(surname, form)):
            return thing
        if not weights and (firm := self._called(surname, form)):
            return firm
        method = "ambiguous" if weights else "name"
        return Decision(form, new_entity_id(identity, self._taken), method, 1.0)

    def _contested(self, short: Iterable[Form]) -> set[str]:
        """Return the full names of people among whom a title may decide."""
        names: set[str] = set()
        for form in short:
            if is_telling(form.title):
                bearers = self.bearers(form).entities
                if len(set(bearers.values())) > 1:
                    names |= bearers.keys()
        return names

    def _by_title(self, bearers: Bearers, form: Form) -> Decision | None:
        """Return the bearer whom texts give this title, if they give it to no other."""
        if not is_telling(form.title):
            return None
        words = set(form.title.split())
        texts: Counter[str] = Counter()
        for d in bearers.decisions:
            for title, count in self._titles.get(d.form.name, {}).items():
                if is_telling(title) and (
                    words <= set(title.split()) or words >= set(title.split())
                ):
                    texts[d.entity_id] += count
        best = _dominating(texts)
        if best is None or texts[best] < LEAST_TITLED or not self.may_be(form, best):
            return None
        return Decision(form, best, "title", 0.9, bearers.name_of(best))

    def _holder(self, office: Office, form: Form, bearers: Bearers) -> Decision | None:
        """Return who held the office of a title, named in full or not: "President Putin" in 2016.

        One whom no article names in full gets the id of the full name, which then finds it. But a
        member of Congress is not meant if articles name only others of that surname.
        """
        named = next((d for key in office.keys if (d := self._by_key[key])), [])
        if not named and " " not in office.key:
            return None
        entity = named[0].entity_id if named else new_entity_id(office.key)
        if not self.may_be(form, entity):
            return None
        known = set(bearers.entities.values())
        if office.is_one_of_many and known and entity not in known:
            return None
        evidence = named[0].form.name if named else office.name
        return Decision(form, entity, "office", 0.9 if named else 0.85, evidence)

    def _other_type(self, word: str, form: Form) -> Decision | None:
        """Return the organisation, place or group of a single word that is nobody's surname.

        A quarter of its texts is enough: a person is named in full somewhere, a country never is.
        """
        if word in load_lexicon().first_names:
            return None
        found: Counter[str] = Counter()
        for key in keys_of_things(word):
            for d in self._joinable(key, form):
                found[d.entity_id] += d.form.texts
        for entity, count in found.most_common(1):
            if count > 1 and 4 * count >= form.texts:
                return Decision(form, entity, "type", 0.7, word)
        return None


def _only_one(bearers: Bearers) -> dict[str, int]:
    """Return the one person of a surname at any time; both, if there are two."""
    weights = bearers.at_any_time()
    return weights if len(weights) < 2 else dict.fromkeys(weights, 1)


def _dominating(weights: Mapping[str, int]) -> str | None:
    """Return the entity with DOMINANCE times the weight of the next one, if there is one."""
    if not weights:
        return None
    best = max(weights, key=lambda e: (weights[e], e))
    rest = max((w for e, w in weights.items() if e != best), default=0)
    return best if weights[best] >= DOMINANCE * rest else None


def _title_gender(title: str) -> str:
    titles = load_lexicon().titles
    genders = {titles.get(w, "") or titles.get(f"{w}.", "") for w in title.split()} - {""}
    return genders.pop() if len(genders) == 1 else ""


def is_telling(title: str) -> bool:
    """Whether a title is an office and no form of address."""
    return bool(title) and title not in COURTESIES and not _title_gender(title)
