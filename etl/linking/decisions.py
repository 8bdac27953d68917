"""The records that linking works on: forms of names, decisions on them, evidence from the texts.

Belongs here: plain frozen dataclasses. Does not belong here: how a decision is made (`resolver`),
how decisions are stored (`ledger`), and where evidence comes from (`forms`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from etl.linking.name_keys import type_group
from etl.linking.variants import person_name

NameType = tuple[str, str]
FormKey = tuple[str, str, str]
"""Name, type and scope."""
UNDECIDED = ("name", "ambiguous")
"""Methods of a short name that stays an actor of its own."""
SHORT_NAME = "short_name"
"""Method of the short name of an organisation: "Dunmore" for "Dunmore Motor Co"."""
CONTEXT = "context"
"""Method of a decision by what else articles of the same days name."""


@dataclass(frozen=True, slots=True)
class Form:
    """A name as texts use it. A lone surname has a scope, since it means different people.

    `scope` is the month and title of its articles ("2016-05|mrs"), followed by a text if it holds
    for that text only ("2016-05|mrs|5f3a…"). A body that many countries have has its country for a
    scope, or a text ("=JP"; see `common_bodies`). All other names have none. `texts` counts the
    texts that use the form.
    """

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
        return self.scope.partition("|")[2].partition("|")[0]

    @property
    def is_lone_surname(self) -> bool:
        """Whether the form is a lone surname in its month or text."""
        return self.type == "PERSON" and self.scope != ""

    @property
    def is_of_text(self) -> bool:
        """Whether the form is a name in one text."""
        return self.scope.count("|") == 2


@dataclass(frozen=True, slots=True)
class Decision:
    """The entity of a form, the method, its confidence (0 to 1), and the other name behind it.

    `beside`: for a decision by context, the names that articles with either name share.
    """

    form: Form
    entity_id: str
    method: str
    confidence: float
    evidence: str | None = None
    beside: tuple[str, ...] = ()


def decision_of(row: Sequence[Any]) -> Decision:
    """Return a decision from name, type, scope, texts, and its other fields in their order."""
    name, type_, scope, texts, entity, method, confidence, evidence, beside = row
    form = Form(name, type_, scope, texts)
    return Decision(form, entity, method, confidence, evidence, tuple(beside or ()))


@dataclass(frozen=True, slots=True)
class Shared:
    """What two articles of the same days both name: the number of names, and the first of them.

    `share` is the Jaccard index of the names in the two articles.
    """

    count: int
    share: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class Arrival:
    """What the articles name that a run links for the first time.

    `people`: full and lone names with the months of their articles ("" for undated ones). `words`:
    names of one word that are no people, in lower case. `new`: people never named before.
    `organisations`: their names.
    """

    people: Mapping[str, frozenset[str]]
    words: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Evidence:
    """What the corpus says beyond the names themselves.

    `expansions`: a function from acronyms to pairs of one and the organisation that a text expands
    it to. `months`: by name, the number of texts in each month ("2016-05"). `called`: a function
    from keys of short names, each with full names of organisations, to the number of texts that
    call each by it. `together`: a function that returns those
    of the given pairs of names that one text holds as two actors. `shared`: a function from pairs
    of names to what two articles share that share most, one article of each name. `shared_by_text`:
    the same for texts of forms (see `is_of_text`), and each of the names given for that form. Of
    the forms in its second argument all texts count, of the others those near new articles.
    `titles`: a function from full names to the number of texts that give each title to the name.
    """

    expansions: Callable[[Collection[str]], Iterable[tuple[str, str]]] = lambda acronyms: ()
    months: Mapping[NameType, Mapping[str, int]] = field(default_factory=dict)
    together: Callable[[set[frozenset[NameType]]], set[frozenset[NameType]]] = lambda pairs: set()
    shared: Callable[[set[frozenset[str]]], Mapping[frozenset[str], Shared]] = lambda pairs: {}
    shared_by_text: Callable[
        [Mapping[Form, Iterable[str]], Collection[Form]], Mapping[Form, Mapping[str, Shared]]
    ] = lambda names, whole: {}
    titles: Callable[[set[str]], Mapping[str, Mapping[str, int]]] = lambda names: {}
    called: Callable[[Mapping[str, Collection[str]]], Mapping[str, Mapping[str, int]]] = (
        lambda names: {}
    )


def is_short(name: str, type_: str) -> bool:
    """Whether a name is a person's surname or first name alone, which several people may have."""
    return type_ == "PERSON" and not person_name(name).given


def is_organisation(form: Form) -> bool:
    """Whether a form is an organisation's, or what a single word does not tell from one."""
    return type_group(form.type) == "ORG"


def is_full(form: Form) -> bool:
    """Whether a form is the full name of a person."""
    return form.type == "PERSON" and not is_short(form.name, form.type)


def is_initial(form: Form) -> bool:
    """Whether a form is the name of a person with an initial for the first name: "J. Lee"."""
    return form.type == "PERSON" and len(person_name(form.name).given) == 1
