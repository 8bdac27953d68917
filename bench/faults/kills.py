"""SIGKILL at moments drawn within every stage of every action, then a run to the end.

Belongs here: which moments, and what must hold after a kill and at the end. A kill of the clock
comes from outside at a time drawn in a stage; one of a change comes from within, just before a
change of a file.

After each kill readers must find what was published before or what is to be, never a part; after
the run that follows, the tables are those of an undisturbed one, and no file is left over.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice

from bench.faults.place import ACTIONS, Action, Place, Undisturbed, undisturbed
from bench.faults.tables import difference
from bench.faults.victim import BETWEEN, Harm, Kill, Outcome

AT_LEAST_SECONDS = 0.002
"""A stage that takes less is hit by a change of a file or not at all."""
TRIES = 4


@dataclass
class Round:
    """One kill, or two where the run after it was killed too, and how that ended."""

    action: str
    stages: tuple[str, ...]
    """In which it died, each time."""
    moment: str
    problem: str = ""

    @property
    def kills(self) -> int:
        return len(self.stages)


def cells(reference: Sequence[Undisturbed]) -> list[tuple[Undisturbed, str]]:
    """Every stage of every action."""
    return [
        (one, stage)
        for one in reference
        for stage, spent in one.outcome.stages.items()
        if stage != BETWEEN and (spent.seconds > AT_LEAST_SECONDS or spent.changes)
    ]


def _kill(
    place: Place, one: Undisturbed, stage: str, chance: random.Random, arguments: list[str]
) -> tuple[Outcome | None, str]:
    """Kill a command in a stage, where it lives to see it; and at which moment."""
    spent = one.outcome.stages[stage]
    by_change = spent.changes > 0 and (chance.random() < 0.5 or spent.seconds < AT_LEAST_SECONDS)
    if by_change:
        change = chance.randint(1, spent.changes)
        moment = f"before change {change} of {spent.changes}"
        outcome = place.run(*arguments, harm=Harm(die_at=(stage, change)))
    else:
        seconds = chance.uniform(0, spent.seconds)
        moment = f"after {seconds:.3f} of {spent.seconds:.3f} s"
        outcome = place.run(*arguments, kill=Kill(stage, seconds))
    return (outcome if outcome.code is None else None), moment


def one_round(place: Place, one: Undisturbed, stage: str, chance: random.Random) -> Round | None:
    """Kill an action in a stage and run to the end; None where it was never in that stage."""
    for _ in range(TRIES):
        place.restore(f"before-{one.action.name}")
        hit, moment = _kill(place, one, stage, chance, one.arguments)
        if hit is not None:
            break
    else:
        return None
    done = Round(one.action.name, (hit.stage,), moment)
    seen = place.contents()
    parts = {name: seen[name] for name in seen if name in one.before and name in one.after}
    published = {n: r for n, r in parts.items() if not n.startswith(("candidate", "extractor"))}
    if all(any(side.get(n) != r for n, r in published.items()) for side in (one.before, one.after)):
        done.problem = f"half of it is published: {difference(published, one.after)}"
        return done
    again = one.action.again(place, one.arguments)
    if chance.random() < 0.3:
        second, when = _kill(place, one, stage, chance, again)
        if second is not None:
            done.stages, done.moment = (hit.stage, second.stage), f"{moment}, {when}"
            again = one.action.again(place, one.arguments)
    outcome = place.run(*again)
    # What was done already needs no doing: then the command may say so, and the rest must hold.
    differs = difference(place.contents(), one.after)
    if differs or place.leftovers():
        done.problem = differs or f"left over: {place.leftovers()}"
        done.problem += f" (exit {outcome.code}: {outcome.output[-500:]})"
    return done


def run(
    place: Place,
    kills: int,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
    actions: Sequence[Action] = ACTIONS,
) -> dict[str, object]:
    """Kill at least so often, over all stages in turn; what was hit and what went wrong."""
    chance = random.Random(seed)
    reference = undisturbed(place, actions)
    todo = cells(reference)
    say(f"{len(todo)} stages of {len(reference)} actions")
    chance.shuffle(todo)
    done: list[Round] = []
    for one, stage in islice(cycle(todo), TRIES * kills):
        if sum(r.kills for r in done) >= kills:
            break
        found = one_round(place, one, stage, chance)
        if found is None:
            say(f"{one.action.name}, {stage}: too short to be hit")
            continue
        done.append(found)
        say(f"{sum(r.kills for r in done)}: {found.action}, {', '.join(found.stages)}, "
            f"{found.moment}: {found.problem or 'ok'}")  # fmt: skip
    hit = Counter((r.action, stage) for r in done for stage in r.stages)
    return {
        "rounds": len(done),
        "kills": sum(r.kills for r in done),
        "failed": [asdict(r) for r in done if r.problem],
        "by_stage": dict(Counter(stage for _, stage in hit.elements())),
        "by_action": {
            one.action.name: {s: n for (a, s), n in sorted(hit.items()) if a == one.action.name}
            for one in reference
        },
        "stages_not_hit": [f"{o.action.name}, {s}" for o, s in todo if not hit[o.action.name, s]],
        "seed": seed,
    }
