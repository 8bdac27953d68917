"""Who is meant by sources that are pronouns or descriptions: the table of `training.speakers`.

Belongs here: extracting the annotated texts, and the table. Does not belong here: the gold and how
an extraction is compared with it (`training.speakers.measure`).
"""

from __future__ import annotations

from training.evaluation.report import Table
from training.evaluation.runner import CorpusRunner
from training.identity.sample import texts
from training.speakers.measure import read_speakers, tallies


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
