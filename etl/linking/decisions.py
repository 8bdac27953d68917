"""The records that linking works on: forms of names, decisions on them, evidence from the texts.

Belongs here: plain frozen dataclasses. Does not belong here: how a decision is made (`resolver`),
how decisions are stored (`ledger`), and where evidence comes from (`forms`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from etl.linking.variants import person_name

NameType = tuple[str, str]
FormKey = tuple[str, str, str]
"""Name, type and scope."""


@dataclass(frozen=True, slots=True)
class Form:
    """A name as texts use it. A lone surname has a scope, since it means different people.

    `scope` is the month and title of its articles ("2016-05|mrs"), empty for all other names.
    `texts` counts the texts that use the form.
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
        return self.scope.partition("|")[2]


@dataclass(frozen=True, slots=True)
class Decision:
    """The entity of a form, the method, its confidence (0 to 1), and the other name behind it."""

    form: Form
    entity_id: str
    method: str
    confidence: float
    evidence: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What the corpus says beyond the names themselves.

    `expansions`: pairs of an acronym and the organisation that a text expands it to. `months`: by
    name, the number of texts in each month ("2016-05"). `together`: a function that returns those
    of the given pairs of names that one text holds as two actors.
    """

    expansions: Iterable[tuple[str, str]] = ()
    months: Mapping[NameType, Mapping[str, int]] = field(default_factory=dict)
    together: Callable[[set[frozenset[NameType]]], set[frozenset[NameType]]] = lambda pairs: set()


def is_short(name: str, type_: str) -> bool:
    """Whether a name is a person's surname or first name alone, which several people may have."""
    return type_ == "PERSON" and not person_name(name).given
