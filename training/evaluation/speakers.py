"""Who is meant by sources, and acts: the tables of `training.speakers`.

Belongs here: extracting the annotated texts, and the tables. Does not belong here: the gold and how
an extraction is compared with it (`training.speakers.measure`).
"""

from __future__ import annotations

from training.evaluation.report import Cell, Table
from training.evaluation.runner import CorpusRunner
from training.identity.sample import texts
from training.speakers.measure import act_counts, read_acts, read_speakers, tallies
from training.speakers.sample import reuters


def speakers(runner: CorpusRunner) -> list[Table]:
    """Score whom the annotated sources mean."""
    documents = {source.document for source in read_speakers()}
    read = {text.document: text for text in texts() if text.document in documents}
    extractions = runner.extractor.extract_many([text.article for text in read.values()])
    found = tallies(read, dict(zip(read, extractions, strict=True)))
    return [
        Table(
            "Who is meant: sources of PolNeAR dev and Wikinews that are pronouns or descriptions",
            (
                "", "right, of answered", "answered, of named", "right, of named", "named",
                "answered, of those that name nobody", "nobody",
            ),
            [
                [
                    name,
                    100 * tally.right / max(1, tally.answered),
                    100 * tally.answered / max(1, tally.named),
                    100 * tally.right / max(1, tally.named),
                    tally.named,
                    100 * tally.invented / max(1, tally.free),
                    tally.free,
                ]
                for name, tally in sorted(found.items())
            ],
        )
    ]  # fmt: skip


def acts(runner: CorpusRunner) -> list[Table]:
    """Score the acts of annotated indirect quotes."""
    documents = {place.document for place, _ in read_acts()}
    read = {t.document: t for t in (*texts(), *reuters()) if t.document in documents}
    extractions = runner.extractor.extract_many([text.article for text in read.values()])
    counts = act_counts(dict(zip(read, extractions, strict=True)))
    found = ("statement", "opinion", "intention")
    rows: list[list[Cell]] = [
        [act, *(counts[act, other] for other in found)] for act in (*found, "nonsense")
    ]
    marked = sum(counts[act, "statement"] for act in (*found, "nonsense"))
    shares: list[list[Cell]] = [
        ["quotes marked statement that are one", 100 * counts["statement", "statement"] / marked],
        [
            "quotes marked statement that are nonsense",
            100 * counts["nonsense", "statement"] / marked,
        ],
    ]
    return [
        Table(
            "Acts of indirect quotes, PolNeAR dev, Wikinews and Reuters: annotated and found",
            ("annotated", *found),
            rows,
        ),
        Table("Acts: shares", ("", "percent"), shares),
    ]
