"""The plan of all corrections: which rows count, what each one means, and in which order.

Belongs here: what follows from the rows alone. Does not belong here: the effect on a warehouse
(`replay`, `outcomes`), and the file (`csv_file`).

Rows count in the order of the file, each on top of the rows before it. An undone row counts as if
it had never been there. An id in a row means the actor that it leads to at that point, through the
merges above it. So merges cannot form a cycle: a row about two ids of one actor is refused.

A correction L depends on an earlier X if removing X changes what L refers to. Undo L first. That is
so if:

1. L names an actor that X created (a split or alias without `into` or `actor`) or gave up (the
   first actor of a merge), directly or through other merges; or
2. L gives away an actor (merges it into another, or splits it) that X changed: either actor of a
   merge or split, or the target of an alias.

So two merges into the same actor do not depend on each other, nor does a later rename of the kept
actor depend on a merge. Nothing depends on `distinct`, `rename`, `type` and `article`.
tests/linking/test_plan.py checks that after a permitted undo every other row still counts, and
tests/linking/test_replay.py that the links are those of a file without both rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from etl.corrections.records import UNDO, Correction
from etl.errors import NewsactorsError


class ConflictError(NewsactorsError):
    """A correction contradicts an earlier one; the message names it."""


@dataclass(frozen=True)
class Step:
    """A step that moves mentions from `source` (None: from any actor) to `target`.

    Steps of one level are independent of each other; they may depend on steps of lower levels.
    """

    correction: Correction
    level: int
    source: str | None
    target: str


@dataclass
class Outcome:
    """The outcome of a row: 'applied', 'undone' or 'skipped', and why or by which row."""

    status: str
    detail: str = ""


@dataclass(frozen=True)
class _Meaning:
    """What a row means at its place in the file.

    `named`: the ids that its own ids lead through. `gives`: the actor it takes mentions from.
    `touches`: the actors it changes.
    """

    correction: Correction
    named: frozenset[str]
    gives: str | None = None
    touches: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    """Ids that it creates or gives up."""
    target: str = ""

    def depends_on(self, earlier: _Meaning) -> bool:
        return bool(self.named & earlier.ends) or self.gives in earlier.touches


@dataclass
class Plan:
    """The changes to the automatic linker's links and names."""

    steps: list[Step] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    """By given-up id the actor that it leads to, in one step."""
    distinct: list[tuple[str, str, str]] = field(default_factory=list)
    """Pairs of actors never to be merged, and the correction that says so."""
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By entity its new name and the correction."""
    types: dict[str, tuple[str, str]] = field(default_factory=dict)
    dates: dict[str, tuple[date, str]] = field(default_factory=dict)
    """By article its new date and the correction."""
    outlets: dict[str, tuple[str, str]] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """By id of a row, in the order of the file."""
    corrections: list[Correction] = field(default_factory=list)

    def resolve(self, entity_id: str) -> str:
        """Return the actor that an id means after all corrections."""
        return self.redirects.get(entity_id, entity_id)

    @property
    def minted(self) -> dict[str, Correction]:
        """The actors that counting corrections created, with their corrections."""
        return {s.target: s.correction for s in self.steps if s.correction.minted == s.target}

    def of(self, status: str) -> list[tuple[Correction, str]]:
        """Return the rows with this outcome, with the reason."""
        return [
            (c, self.outcomes[c.id].detail)
            for c in self.corrections
            if self.outcomes[c.id].status == status
        ]


class _State:
    """The rows that count so far, and the state that they lead to."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}
        self.merged_by: dict[str, Correction] = {}
        self.distinct: dict[str, tuple[str, str]] = {}
        self.meanings: dict[str, _Meaning] = {}

    def resolve(self, entity_id: str) -> str:
        while entity_id in self.parent:
            entity_id = self.parent[entity_id]
        return entity_id

    def _path(self, *ids: str) -> frozenset[str]:
        path = set()
        for entity_id in ids:
            path.add(entity_id)
            while entity_id in self.parent:
                entity_id = self.parent[entity_id]
                path.add(entity_id)
        return frozenset(path)

    def take(self, c: Correction) -> None:
        """Add a row to the state. Raises ConflictError."""
        written = [value for key, value in c.arguments if key in ("actor", "into", "other")]
        named, current = self._path(*written), {w: self.resolve(w) for w in written}
        if c.action in ("merge", "distinct"):
            other = c["into"] if c.action == "merge" else c["other"]
            a, b = current[c["actor"]], current[other]
            if a == b:
                raise ConflictError(self._same(c["actor"], other, a))
            declared_by = self._declared_distinct_by(a, b)
            if c.action == "distinct":
                if declared_by:
                    raise ConflictError(f"{a} and {b} are distinct already, by {declared_by}")
                self.distinct[c.id] = (a, b)
                meaning = _Meaning(c, named)
            else:
                if declared_by:
                    raise ConflictError(
                        f"{a} and {b} were declared distinct by {declared_by}; undo that first"
                    )
                self.parent[a] = b
                self.merged_by[a] = c
                meaning = _Meaning(c, named, a, frozenset({a, b}), frozenset({a}), b)
        elif c.action in ("split", "alias"):
            source = current[c["actor"]] if c.action == "split" else None
            given = c.get("into" if c.action == "split" else "actor")
            target = current[given] if given else c.minted or ""
            if source == target:
                raise ConflictError(self._same(c["actor"], given or "", target))
            made = frozenset() if given else frozenset({target})
            touches = frozenset({target} if source is None else {source, target})
            meaning = _Meaning(c, named, source, touches, made, target)
        else:
            meaning = _Meaning(c, named, target=current.get(c.get("actor") or "", ""))
        self.meanings[c.id] = meaning

    def _same(self, first: str, second: str, actor: str) -> str:
        if first == second:
            return f"{first} is one actor, not two"
        by = self.merged_by.get(first) or self.merged_by.get(second)
        since = f", since {by.id} ({by.argument_text})" if by else ""
        return f"{first} and {second} are one actor already, {actor}{since}"

    def _declared_distinct_by(self, a: str, b: str) -> str | None:
        for by, pair in self.distinct.items():
            if {self.resolve(pair[0]), self.resolve(pair[1])} == {a, b}:
                return by
        return None

    def dependents_of(self, correction_id: str) -> list[Correction]:
        """Return the counting rows that depend on a counting row."""
        ids = list(self.meanings)
        earlier = self.meanings[correction_id]
        later = ids[ids.index(correction_id) + 1 :]
        return [self.meanings[i].correction for i in later if self.meanings[i].depends_on(earlier)]

    def undo(self, correction_id: str) -> None:
        """Remove a row without dependents from the state."""
        meaning = self.meanings.pop(correction_id)
        self.distinct.pop(correction_id, None)
        if meaning.correction.action == "merge" and meaning.gives:
            del self.parent[meaning.gives]
            del self.merged_by[meaning.gives]


def make_plan(corrections: Iterable[Correction]) -> Plan:
    """Return the plan of these rows, in this order. Never raises: conflicting rows are skipped."""
    plan, state = Plan(), _State()
    counting: dict[str, Correction] = {}
    for c in corrections:
        if c.id in plan.outcomes:
            first = next(other for other in plan.corrections if other.id == c.id)
            plan.outcomes[
                c.id
            ].detail = (
                f"appears twice in the file (lines {first.line} and {c.line}); it counts once"
            )
            continue
        plan.corrections.append(c)
        if c.action == UNDO:
            reason = _undo_conflict(c, counting, plan, state)
            plan.outcomes[c.id] = Outcome("skipped" if reason else "applied", reason)
            if reason:
                continue
            del counting[c.undoes]
            plan.outcomes[c.undoes] = Outcome("undone", f"by {c.id}")
            if all(i in state.meanings for i in (*counting, c.undoes)):
                state.undo(c.undoes)
            else:
                # A row was refused, perhaps because of the one undone here.
                state = _State()
                for other in counting.values():
                    plan.outcomes[other.id] = _take(state, other)
        else:
            counting[c.id] = c
            plan.outcomes[c.id] = _take(state, c)
    _finish(plan, state)
    return plan


def _take(state: _State, c: Correction) -> Outcome:
    try:
        state.take(c)
    except ConflictError as conflict:
        return Outcome("skipped", str(conflict))
    return Outcome("applied")


def _undo_conflict(
    undo: Correction, counting: dict[str, Correction], plan: Plan, state: _State
) -> str:
    if undo.undoes not in plan.outcomes:
        missing = f"there is no correction {undo.undoes} before it"
        return f"{missing}; `newsactors actors history` lists all"
    if undo.undoes not in counting:
        if plan.outcomes[undo.undoes].status == "undone":
            return f"{undo.undoes} was undone {plan.outcomes[undo.undoes].detail}"
        return f"{undo.undoes} is an undo itself; record again what it took back"
    dependents = state.dependents_of(undo.undoes) if undo.undoes in state.meanings else []
    if dependents:
        others = "; ".join(f"{c.id} ({c.action} {c.argument_text})" for c in dependents)
        return f"{undo.undoes} cannot be undone while others depend on it: {others}"
    return ""


def _finish(plan: Plan, state: _State) -> None:
    """Turn the counting rows into steps with levels, redirects and overrides.

    A step that takes from an actor has a higher level than all earlier steps that gave to it or
    took from it. A step that gives to an actor may share the level of the last step that took from
    it, since a level reads the state before it. An alias takes by name from any actor, so its level
    matters only to steps that take from its own actor. Only the last alias of a spelling counts: it
    takes all.
    """
    gave: dict[str, int] = {}
    took: dict[str, int] = {}
    last_alias = {
        m.correction.spelling: m.correction.id
        for m in state.meanings.values()
        if m.correction.action == "alias"
    }
    for meaning in state.meanings.values():
        c, target = meaning.correction, meaning.target
        if c.action in ("merge", "split", "alias"):
            level = max(1, took.get(target, 0))
            if meaning.gives is not None:
                level = max(level, 1 + gave.get(meaning.gives, 0), 1 + took.get(meaning.gives, 0))
                took[meaning.gives] = level
            gave[target] = max(level, gave.get(target, 0))
            if c.action != "alias" or last_alias[c.spelling] == c.id:
                plan.steps.append(Step(c, level, meaning.gives, target))
        elif c.action == "distinct":
            a, b = state.distinct[c.id]
            plan.distinct.append((state.resolve(a), state.resolve(b), c.id))
        elif c.action == "rename":
            plan.names[target] = c["name"], c.id
        elif c.action == "type":
            plan.types[target] = c["type"], c.id
        elif c.action == "article":
            if day := c.get("date"):
                plan.dates[c["article"]] = date.fromisoformat(day), c.id
            if outlet := c.get("outlet"):
                plan.outlets[c["article"]] = outlet, c.id
    plan.redirects = {old: state.resolve(old) for old in state.parent}
    targets = {meaning.target for meaning in state.meanings.values()}
    for c in plan.corrections:
        # An actor whose split was undone leads back to the actor it was split from, unless a row
        # written by hand has given mentions to its id since.
        is_undone_split = c.action == "split" and plan.outcomes[c.id].status == "undone"
        if is_undone_split and c.minted and c.minted not in targets:
            plan.redirects.setdefault(c.minted, plan.resolve(state.resolve(c["actor"])))


def conflict_reason(corrections: Sequence[Correction], new: Correction) -> str:
    """Return why a new row cannot count after these; empty if it can."""
    outcome = make_plan([*corrections, new]).outcomes[new.id]
    if any(c.id == new.id for c in corrections):
        return f"this is recorded already, as {new.id}"
    return outcome.detail if outcome.status == "skipped" else ""
