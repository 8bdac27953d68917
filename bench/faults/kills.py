"""SIGKILL at moments drawn within every stage of every action, then a run to the end.

Belongs here: which moments, and what must hold after a kill and at the end. A kill of the clock
comes from outside at a time drawn in a stage; one of a change comes from within, just before a
change of a file.

In a round an action is begun and killed several times, further on each time, and then runs to its
end. After each kill readers must find what was published before or what is to be, never a part; at
the end the tables are those of an undisturbed run, and no file is left over.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from bench.faults.tables import difference
from bench.faults.victim_process import BETWEEN, Harm, Kill, Outcome
from bench.faults.warehouse_harness import (
    ACTIONS,
    Action,
    Undisturbed,
    WarehouseHarness,
    undisturbed,
)

AT_LEAST_SECONDS = 0.002
"""A stage that takes less is hit by a change of a file or not at all."""
KILLS_A_ROUND = 4


@dataclass
class Round:
    """The kills of one action, in order, and what was wrong after them."""

    action: str
    stages: list[str] = field(default_factory=list)
    """In which it died, each time."""
    moments: list[str] = field(default_factory=list)
    problem: str = ""


def stages_of(one: Undisturbed) -> list[str]:
    """The stages of an action that can be hit, in the order in which it comes to them."""
    return [
        stage
        for stage, spent in one.outcome.stages.items()
        if stage != BETWEEN and (spent.seconds > AT_LEAST_SECONDS or spent.changes)
    ]


def deal(
    reference: Sequence[Undisturbed], chance: random.Random
) -> Iterator[tuple[Undisturbed, list[str]]]:
    """Rounds for ever: each action in turn, its stages dealt out so that all come equally often."""
    waiting: dict[str, list[str]] = {one.action.name: [] for one in reference}
    while True:
        for one in reference:
            left = waiting[one.action.name]
            if len(left) < KILLS_A_ROUND:
                left += chance.sample(stages_of(one), len(stages_of(one)))
            drawn, left[:] = left[:KILLS_A_ROUND], left[KILLS_A_ROUND:]
            yield one, sorted(drawn, key=list(one.outcome.stages).index)


def _kill(
    place: WarehouseHarness,
    one: Undisturbed,
    stage: str,
    chance: random.Random,
    arguments: list[str],
) -> tuple[Outcome, str]:
    """Run a command that is to be killed in a stage; how it ended, and the moment drawn."""
    spent = one.outcome.stages[stage]
    if spent.changes and (chance.random() < 0.5 or spent.seconds < AT_LEAST_SECONDS):
        change = chance.randint(1, spent.changes)
        harm = Harm(die_at=(stage, change))
        return place.run(*arguments, harm=harm), f"before change {change} of {spent.changes}"
    seconds = chance.uniform(0, spent.seconds)
    moment = f"after {seconds:.3f} of {spent.seconds:.3f} s"
    return place.run(*arguments, kill=Kill(stage, seconds)), moment


def one_round(
    place: WarehouseHarness, one: Undisturbed, stages: Sequence[str], chance: random.Random
) -> Round:
    """Kill an action in these stages, one after the other, and run to the end."""
    place.restore(f"before-{one.action.name}")
    done = Round(one.action.name)
    arguments = one.arguments
    for stage in stages:
        outcome, moment = _kill(place, one, stage, chance, arguments)
        _learn(one, outcome, done.stages)
        if outcome.code is not None:  # less was left to do, or it was quicker than before
            if done.stages:
                break
            place.restore(f"before-{one.action.name}")
            continue
        done.stages.append(outcome.stage)
        done.moments.append(moment)
        if not one.is_whole(seen := place.contents()):
            done.problem = f"half is published: {difference(seen, one.after)}"
            return done
        arguments = one.action.again(place, one.arguments)
    # What was done already needs no doing: then the command may say so, and the rest must hold.
    outcome = place.run(*arguments)
    _learn(one, outcome, done.stages)
    differs = difference(place.contents(), one.after)
    if differs or place.leftovers():
        done.problem = differs or f"left over: {place.leftovers()}"
        done.problem += f" (exit {outcome.code}: {outcome.output[-500:]})"
    return done


def _learn(one: Undisturbed, outcome: Outcome, killed_in: Sequence[str]) -> None:
    """Keep up with how quick this machine is now, by the stages that no kill has shortened."""
    order = list(one.outcome.stages)
    begun = max((order.index(stage) for stage in killed_in if stage in order), default=-1)
    for stage in order[begun + 1 :]:
        if stage in outcome.stages and (outcome.code == 0 or stage != outcome.stage):
            one.outcome.stages[stage].seconds = outcome.stages[stage].seconds


def run(
    place: WarehouseHarness,
    kills: int,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
    actions: Sequence[Action] = ACTIONS,
) -> dict[str, object]:
    """Kill so often, over all stages in turn; what was hit and what went wrong."""
    chance = random.Random(seed)
    reference = undisturbed(place, actions)
    done: list[Round] = []
    for one, stages in deal(reference, chance):
        done.append(found := one_round(place, one, stages, chance))
        count = sum(len(r.stages) for r in done)
        hits = "; ".join(f"{s} {m}" for s, m in zip(found.stages, found.moments, strict=True))
        say(f"{count} kills: {found.action}: {hits}: {found.problem or 'ok'}")
        if count >= kills:
            break
    hit = Counter((r.action, stage) for r in done for stage in r.stages)
    return {
        "rounds": len(done),
        "kills": hit.total(),
        "failed": [asdict(r) for r in done if r.problem],
        "by_stage": dict(Counter(stage for _, stage in hit.elements())),
        "by_action": {
            one.action.name: {
                stage: hit[one.action.name, stage] for stage in (*stages_of(one), BETWEEN)
            }
            for one in reference
        },
        "seed": seed,
    }
