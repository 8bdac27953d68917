"""What all corrections together ask for: which still count, what each one means, in which order.

Belongs here: what follows from the rows alone. Does not belong here: what is in the warehouse
(`replay` applies a plan to links, and says what has no effect), and the file (`store.registry`).

Rows count in the order of the file, each on top of those before it. A row that was undone is as if
it had never been. An id in a row means the actor that it leads to at that point, through the merges
above it. So merges cannot run in a circle: what is one actor already is refused.

A correction L rests on an earlier X, and X cannot be undone before L, where without X the row of L
would mean something else:

1. L names an actor that X made (a split or alias without `into` or `actor`), or gave up (the first
   actor of a merge), be it by way of other merges;
2. L gives away an actor (merges it into another, or splits it) that X gave something to or took
   something from: the actors of a merge or split, and the one that an alias leads to.

So two merges into the same actor do not rest on each other, nor do a merge and a later rename of
the actor that is kept. `distinct`, `rename`, `type` and `article` carry nothing. It is proven by
tests/actors/test_plan.py: once a permitted undo is carried out, every other row that counted still
counts, and by tests/actors/test_replay.py: the links are those of a file without both rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from etl.corrections.records import UNDO, Correction
from etl.errors import NewsactorsError


class ConflictError(NewsactorsError):
    """A correction that contradicts what was decided before; the message names that."""


@dataclass(frozen=True)
class Step:
    """Something that moves mentions: from `source` (any actor where None) to `target`.

    Steps of one level do not depend on each other; those of a higher one do on lower ones.
    """

    correction: Correction
    level: int
    source: str | None
    target: str


@dataclass
class Outcome:
    """What became of a row: 'applied', 'undone' or 'skipped', and the reason or by which row."""

    status: str
    detail: str = ""


@dataclass(frozen=True)
class _Meaning:
    """What a row means where it stands: the ids that its own lead through, gives and takes."""

    correction: Correction
    named: frozenset[str]
    gives: str | None = None
    touches: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    """Ids that it makes or gives up."""
    target: str = ""

    def depends_on(self, earlier: _Meaning) -> bool:
        return bool(self.named & earlier.ends) or self.gives in earlier.touches


@dataclass
class Plan:
    """What is to be done to the links and names that the automatic linker gives."""

    steps: list[Step] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    """Where each id that was given up leads to, in one step."""
    distinct: list[tuple[str, str, str]] = field(default_factory=list)
    """Pairs of actors never to be merged, and by which correction."""
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By entity the name it was given, and by which correction."""
    types: dict[str, tuple[str, str]] = field(default_factory=dict)
    dates: dict[str, tuple[date, str]] = field(default_factory=dict)
    """By article the date it was given, and by which correction."""
    outlets: dict[str, tuple[str, str]] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """Of every row by its id, in the order of the file."""
    corrections: list[Correction] = field(default_factory=list)

    def resolve(self, entity_id: str) -> str:
        """The actor that an id means after all corrections."""
        return self.redirects.get(entity_id, entity_id)

    @property
    def minted(self) -> dict[str, Correction]:
        """The actors that corrections made and that count, with their corrections."""
        return {s.target: s.correction for s in self.steps if s.correction.minted == s.target}

    def of(self, status: str) -> list[tuple[Correction, str]]:
        """The rows that came to this, with the reason."""
        return [
            (c, self.outcomes[c.id].detail)
            for c in self.corrections
            if self.outcomes[c.id].status == status
        ]


class _State:
    """The rows that count so far, and what they come to."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}
        self.merged_by: dict[str, Correction] = {}
        self.distinct: dict[str, tuple[str, str]] = {}
        self.meanings: dict[str, _Meaning] = {}

    def resolve(self, entity_id: str) -> str:
        while entity_id in self.parent:
            entity_id = self.parent[entity_id]
        return entity_id

    def _way(self, *ids: str) -> frozenset[str]:
        passed = set()
        for entity_id in ids:
            passed.add(entity_id)
            while entity_id in self.parent:
                entity_id = self.parent[entity_id]
                passed.add(entity_id)
        return frozenset(passed)

    def take(self, c: Correction) -> None:
        """Let a row count. Raises ConflictError."""
        written = [value for key, value in c.arguments if key in ("actor", "into", "other")]
        named, meant = self._way(*written), {w: self.resolve(w) for w in written}
        if c.action in ("merge", "distinct"):
            other = c["into"] if c.action == "merge" else c["other"]
            a, b = meant[c["actor"]], meant[other]
            if a == b:
                raise ConflictError(self._same(c["actor"], other, a))
            apart = self._apart(a, b)
            if c.action == "distinct":
                if apart:
                    raise ConflictError(f"{a} and {b} are distinct already, by {apart}")
                self.distinct[c.id] = (a, b)
                meaning = _Meaning(c, named)
            else:
                if apart:
                    raise ConflictError(
                        f"{a} and {b} were said to be distinct by {apart}; undo that first"
                    )
                self.parent[a] = b
                self.merged_by[a] = c
                meaning = _Meaning(c, named, a, frozenset({a, b}), frozenset({a}), b)
        elif c.action in ("split", "alias"):
            source = meant[c["actor"]] if c.action == "split" else None
            given = c.get("into" if c.action == "split" else "actor")
            target = meant[given] if given else c.minted or ""
            if source == target:
                raise ConflictError(self._same(c["actor"], given or "", target))
            made = frozenset() if given else frozenset({target})
            touches = frozenset({target} if source is None else {source, target})
            meaning = _Meaning(c, named, source, touches, made, target)
        else:
            meaning = _Meaning(c, named, target=meant.get(c.get("actor") or "", ""))
        self.meanings[c.id] = meaning

    def _same(self, first: str, second: str, meant: str) -> str:
        if first == second:
            return f"{first} is one actor, not two"
        by = self.merged_by.get(first) or self.merged_by.get(second)
        since = f", since {by.id} ({by.argument_text})" if by else ""
        return f"{first} and {second} are one actor already, {meant}{since}"

    def _apart(self, a: str, b: str) -> str | None:
        for by, pair in self.distinct.items():
            if {self.resolve(pair[0]), self.resolve(pair[1])} == {a, b}:
                return by
        return None

    def dependents_of(self, correction_id: str) -> list[Correction]:
        """Rows that count and rest on another, which counts too."""
        ids = list(self.meanings)
        earlier = self.meanings[correction_id]
        later = ids[ids.index(correction_id) + 1 :]
        return [self.meanings[i].correction for i in later if self.meanings[i].depends_on(earlier)]

    def undo(self, correction_id: str) -> None:
        """Let a row that no other rests on count no longer."""
        meaning = self.meanings.pop(correction_id)
        self.distinct.pop(correction_id, None)
        if meaning.correction.action == "merge" and meaning.gives:
            del self.parent[meaning.gives]
            del self.merged_by[meaning.gives]


def make_plan(corrections: Iterable[Correction]) -> Plan:
    """What these rows ask for, in this order. Never raises: what cannot count is skipped."""
    plan, state = Plan(), _State()
    counting: dict[str, Correction] = {}
    for c in corrections:
        if c.id in plan.outcomes:
            first = next(other for other in plan.corrections if other.id == c.id)
            plan.outcomes[
                c.id
            ].detail = f"stands twice in the file (lines {first.line} and {c.line}); it counts once"
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
                # Something was refused, perhaps because of the row that is gone now.
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
        return f"there is no correction {undo.undoes} before it"
    if undo.undoes not in counting:
        if plan.outcomes[undo.undoes].status == "undone":
            return f"{undo.undoes} was undone {plan.outcomes[undo.undoes].detail}"
        return f"{undo.undoes} is an undo itself; record again what it took back"
    resting = state.dependents_of(undo.undoes) if undo.undoes in state.meanings else []
    if resting:
        others = "; ".join(f"{c.id} ({c.action} {c.argument_text})" for c in resting)
        return f"{undo.undoes} cannot be undone while others rest on it: {others}"
    return ""


def _finish(plan: Plan, state: _State) -> None:
    """Turn the rows that count into steps with levels, redirects and overrides.

    A step that takes from an actor comes after all that gave to it or took from it before; one that
    gives to an actor may go with the last that took from it, which looks at what was before. An
    alias takes by name, whoever it is from, so where it stands among others does not matter but for
    those that take from its own actor. Only the last alias of a spelling counts: it takes all.
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
        # An actor that was made and unmade is again who it was taken from, unless a row written by
        # hand gave its id something since.
        is_unmade = c.action == "split" and plan.outcomes[c.id].status == "undone"
        if is_unmade and c.minted and c.minted not in targets:
            plan.redirects.setdefault(c.minted, plan.resolve(state.resolve(c["actor"])))


def conflict_reason(corrections: Sequence[Correction], new: Correction) -> str:
    """Why a new row cannot count after these; empty where it can."""
    outcome = make_plan([*corrections, new]).outcomes[new.id]
    if any(c.id == new.id for c in corrections):
        return f"this is recorded already, as {new.id}"
    return outcome.detail if outcome.status == "skipped" else ""
