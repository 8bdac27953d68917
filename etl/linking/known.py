"""The decisions that a run works on: those stored, overlaid with those that the run has made.

Belongs here: which decisions each step of a run needs, among decisions in memory. Does not belong
here: selecting them from a large ledger (`near`), and the steps (`settling`, `spellings`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from etl.linking.blocking import blocking_keys, short_key, shorter_names
from etl.linking.decisions import (
    CONTEXT,
    Decision,
    Evidence,
    Form,
    FormKey,
    NameType,
    is_full,
    is_initial,
    is_short,
)
from etl.linking.reference import Reference

Months = Mapping[NameType, Mapping[str, int]]


class Known:
    """All decisions, in memory. Every undecided name is settled."""

    arrived: Collection[str] | None = None
    """The full names in new articles; None if all articles count as new."""

    def __init__(
        self,
        stored: Iterable[Decision],
        reference: Reference,
        evidence: Evidence,
        new_short: Sequence[Form] = (),
    ) -> None:
        """`new_short`: short names that have no decision yet."""
        self.current: dict[FormKey, Decision] = {}
        self.evidence = evidence
        self.reference = reference
        self.new_short = new_short
        self._before: dict[FormKey, Decision] = {}
        self._load(stored)

    def _load(self, stored: Iterable[Decision]) -> list[Decision]:
        """Take stored decisions into memory; return those that hold, this run's where it made any.

        The number of texts is that of the last loading.
        """
        holding = []
        for d in stored:
            key = d.form.key
            self._before.setdefault(key, d)
            now = self.current.get(key, d)
            self.current[key] = now if now.form == d.form else replace(now, form=d.form)
            holding.append(self.current[key])
        return holding

    def put(self, decisions: Iterable[Decision]) -> None:
        """Overlay decisions of this run."""
        self.current.update((d.form.key, d) for d in decisions)

    def changed(self) -> list[Decision]:
        """Return the decisions of this run that differ from the stored ones."""
        return [d for key, d in self.current.items() if differs(d, self._before.get(key))]

    def sharing(self, keys: Collection[str]) -> list[Decision]:
        """Return the decisions on names that have one of these blocking keys; no lone surnames."""
        return [
            d
            for d in self.current.values()
            if not d.form.is_lone_surname
            and not set(blocking_keys(d.form, self.reference)).isdisjoint(keys)
        ]

    def full_names(self) -> list[Decision]:
        """Return the full names of which some may be spellings of those that arrived."""
        return [d for d in self.current.values() if is_full(d.form) and d.method != "ambiguous"]

    def of_entities(self, entities: Collection[str]) -> list[Decision]:
        """Return all decisions for these entities."""
        return [d for d in self.current.values() if d.entity_id in entities]

    def open_full(self, moved: Collection[str]) -> list[Form]:
        """Return the full names to decide again. `moved` names belong to another actor now."""
        return [d.form for d in self.current.values() if is_open_full(d)]

    def open_organisations(self, moved: Collection[str]) -> list[Form]:
        """Return the names to decide again that an organisation's name allows as short names."""
        allowed = {short for d in self.current.values() for short in shorter_names(d.form)}
        return [d.form for d in self.current.values() if short_key(d.form) in allowed]

    def short(self, moved: Collection[str]) -> list[Form]:
        """Return the short names to decide, or to decide again. As `open_full`."""
        stored = [
            d.form
            for d in self.current.values()
            if is_short(d.form.name, d.form.type) and not d.form.is_of_text
        ]
        return [*stored, *self.new_short]

    def beside(self, short: Sequence[Form]) -> tuple[list[Decision], Months]:
        """Return what these short names may mean, and in how many texts of each month."""
        keys = {form.key for form in short}
        others = [d for key, d in self.current.items() if not d.form.is_of_text and key not in keys]
        return others, self.evidence.months


def is_open_full(decision: Decision) -> bool:
    """Whether a full name is decided again when articles arrive."""
    is_initial_alone = is_initial(decision.form) and decision.method != CONTEXT
    return is_full(decision.form) and (is_initial_alone or decision.method == "ambiguous")


def differs(decision: Decision, before: Decision | None) -> bool:
    """Whether the ledger has to say so."""
    return before is None or (decision.entity_id, decision.method) != (
        before.entity_id,
        before.method,
    )
