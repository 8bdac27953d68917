"""SIGKILL at random moments in every stage of every action, then a run that completes.

Belongs here: drawing the moments, and what must hold after each kill and at the end. Does not
belong here: killing a process (`bench.faults.victim_process`), the actions
(`bench.faults.warehouse_harness`).

There are two kinds of kill: from outside, at a random time within a stage; and from within, just
before a random file change.

A round starts an action and kills it several times, each time at a later stage, and then lets it
complete. After each kill, readers must see either the former or the next publication, never a part
of one. At the end the tables equal those of a run without faults, and no file is left over.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from bench.faults.actions import ACTIONS, Action, ReferenceRun, reference_runs
from bench.faults.tables import difference
from bench.faults.victim_process import OUTSIDE_STAGES, InjectedFault, Outcome, TimedKill
from bench.faults.warehouse_harness import WarehouseHarness

MIN_STAGE_SECONDS = 0.002
"""Shorter stages are killed only at a file change."""
KILLS_PER_ROUND = 4


@dataclass
class Round:
    """The kills of one action, in order, and the problem found after them."""

    action: str
    stages: list[str] = field(default_factory=list)
    """The stage of each kill."""
    moments: list[str] = field(default_factory=list)
    problem: str = ""


def stages_of(reference: ReferenceRun) -> list[str]:
    """Return the stages in which an action can be killed, in order."""
    return [
        stage
        for stage, spent in reference.outcome.stages.items()
        if stage != OUTSIDE_STAGES and (spent.seconds > MIN_STAGE_SECONDS or spent.changes)
    ]


def deal(
    references: Sequence[ReferenceRun], chance: random.Random
) -> Iterator[tuple[ReferenceRun, list[str]]]:
    """Yield rounds without end: each action in turn, with all its stages equally often."""
    decks: dict[str, list[str]] = {reference.action.name: [] for reference in references}
    while True:
        for reference in references:
            deck = decks[reference.action.name]
            if len(deck) < KILLS_PER_ROUND:
                deck += chance.sample(stages_of(reference), len(stages_of(reference)))
            drawn, deck[:] = deck[:KILLS_PER_ROUND], deck[KILLS_PER_ROUND:]
            yield reference, sorted(drawn, key=list(reference.outcome.stages).index)


def _kill(
    harness: WarehouseHarness,
    reference: ReferenceRun,
    stage: str,
    chance: random.Random,
    arguments: list[str],
) -> tuple[Outcome, str]:
    """Run a command and kill it in a stage. Return its outcome and the moment drawn."""
    spent = reference.outcome.stages[stage]
    if spent.changes and (chance.random() < 0.5 or spent.seconds < MIN_STAGE_SECONDS):
        change = chance.randint(1, spent.changes)
        fault = InjectedFault(die_at=(stage, change))
        return harness.run(*arguments, fault=fault), f"before change {change} of {spent.changes}"
    seconds = chance.uniform(0, spent.seconds)
    moment = f"after {seconds:.3f} of {spent.seconds:.3f} s"
    return harness.run(*arguments, kill=TimedKill(stage, seconds)), moment


def one_round(
    harness: WarehouseHarness,
    reference: ReferenceRun,
    stages: Sequence[str],
    chance: random.Random,
) -> Round:
    """Kill an action in each of these stages in turn, then let it complete."""
    harness.restore(f"before-{reference.action.name}")
    done = Round(reference.action.name)
    arguments = reference.arguments
    for stage in stages:
        outcome, moment = _kill(harness, reference, stage, chance, arguments)
        _update_durations(reference, outcome, done.stages)
        if outcome.code is not None:  # it ended before the kill: less work left, or faster
            if done.stages:
                break
            harness.restore(f"before-{reference.action.name}")
            continue
        done.stages.append(outcome.stage)
        done.moments.append(moment)
        if not reference.matches_before_or_after(seen := harness.contents()):
            done.problem = f"partly published: {difference(seen, reference.after)}"
            return done
        arguments = reference.action.retry(harness, reference.arguments)
    # The command may fail if a killed attempt has already done the work; the rest must hold.
    outcome = harness.run(*arguments)
    _update_durations(reference, outcome, done.stages)
    differs = difference(harness.contents(), reference.after)
    if differs or harness.leftovers():
        done.problem = differs or f"left over: {harness.leftovers()}"
        done.problem += f" (exit {outcome.code}: {outcome.output[-500:]})"
    return done


def _update_durations(reference: ReferenceRun, outcome: Outcome, killed_in: Sequence[str]) -> None:
    """Update the expected duration of each stage that no kill has shortened."""
    order = list(reference.outcome.stages)
    last_killed = max((order.index(stage) for stage in killed_in if stage in order), default=-1)
    for stage in order[last_killed + 1 :]:
        if stage in outcome.stages and (outcome.code == 0 or stage != outcome.stage):
            reference.outcome.stages[stage].seconds = outcome.stages[stage].seconds


def run(
    harness: WarehouseHarness,
    kills: int,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
    actions: Sequence[Action] = ACTIONS,
) -> dict[str, object]:
    """Run rounds until `kills` kills; return the stages hit and the failed rounds."""
    chance = random.Random(seed)
    references = reference_runs(harness, actions)
    done: list[Round] = []
    for reference, stages in deal(references, chance):
        done.append(found := one_round(harness, reference, stages, chance))
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
            reference.action.name: {
                stage: hit[reference.action.name, stage]
                for stage in (*stages_of(reference), OUTSIDE_STAGES)
            }
            for reference in references
        },
        "seed": seed,
    }
