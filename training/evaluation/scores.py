"""The sections of `make eval`, with the measures of names, confidence and speed.

Belongs here: one function per section, which turns extractions into tables. Does not belong here:
the metrics (`etl.quality.scores`), reading corpora (`training.corpora.gold`), printing
(`training.evaluation.evaluate`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from etl.domain import Extraction, Mention
from etl.quality.scores import Calibration, Counts, calibration, score_spans
from training.corpora.gold import Gold, polnear, uner, worldwide
from training.evaluation.actors import actors, pronouns
from training.evaluation.counts import counts
from training.evaluation.quotes import compare, quotes, spans
from training.evaluation.report import PRF, Cell, Table, prf
from training.evaluation.runner import CorpusRunner
from training.evaluation.speakers import acts, speakers

ARTICLE_WORDS = 600
CLASSES = {"PERSON": "PER", "GPE": "LOC", **{x: x for x in ("ORG", "LOC", "NORP", "FAC")}}
"""Our types as classes of the corpora, which have one class of place and no OTHER."""
HEADLINE_CLASSES = frozenset({"PER", "ORG", "LOC"})


def found_names(text: Gold, extraction: Extraction) -> dict[tuple[int, int, str], Mention]:
    """Return the names of an article by span and class, without those of type OTHER."""
    return {
        (*text.span(m.part, m.char_start, m.char_end), CLASSES[m.type]): m
        for m in extraction.mentions
        if m.kind == "name" and m.type in CLASSES
    }


def names(runner: CorpusRunner) -> list[Table]:
    """Score names by exact span and class, on held-out news and on web text."""
    tables = []
    for title, read, merged in (
        ("Names: Worldwide dev", worldwide, {}),
        ("Names: UNER EWT dev (web text)", uner, {"FAC": "LOC"}),
    ):
        counts: dict[str, Counts] = defaultdict(Counts)
        classes = ["PER", "ORG", "LOC"] if merged else ["PER", "ORG", "LOC", "NORP", "FAC"]
        for text, extraction in runner.run(read, "dev"):
            found = {(a, b, merged.get(c, c)) for a, b, c in found_names(text, extraction)}
            for name in classes:
                counts[name] += score_spans(
                    {x for x in text.names if x[2] == name}, {x for x in found if x[2] == name}
                )
        headline = sum((counts[c] for c in classes if c in HEADLINE_CLASSES), Counts())
        rows = [prf("**PER, ORG, LOC**", headline)]
        if not merged:
            rows.append(prf("all five", sum(counts.values(), Counts())))
        rows += [prf(name, counts[name]) for name in classes]
        tables.append(Table(title, ("", *PRF), rows))
    return tables


def outcomes(
    runner: CorpusRunner, names_split: str, quotes_split: str
) -> dict[str, list[tuple[float, bool]]]:
    """Return each confidence and whether it was right, for names, quotes and speakers.

    `names_split` is a split of Worldwide, `quotes_split` one of PolNeAR.
    """
    outcomes_by_kind: dict[str, list[tuple[float, bool]]] = {
        "names": [],
        "quotes": [],
        "speakers": [],
    }
    for text, extraction in runner.run(worldwide, names_split):
        outcomes_by_kind["names"] += [
            (m.confidence, key in text.names) for key, m in found_names(text, extraction).items()
        ]
    for article, extraction in runner.run(polnear, quotes_split):
        comparison = compare(article, extraction)
        matched = {m.found for m in comparison.matches}
        outcomes_by_kind["quotes"] += [
            (u.confidence, n in matched) for n, u in enumerate(comparison.found)
        ]
        for match in comparison.matches:
            utterance = comparison.found[match.found]
            if comparison.source_words[match.gold] and utterance.speaker_words:
                outcomes_by_kind["speakers"].append(
                    (utterance.speaker_confidence, comparison.is_right(match))
                )
    return outcomes_by_kind


def confidence(runner: CorpusRunner) -> list[Table]:
    """Return the expected calibration error of names, quotes and speakers, and its bins."""
    scored: dict[str, Calibration] = {
        name: calibration(found) for name, found in outcomes(runner, "dev", "dev").items()
    }
    summary: list[list[Cell]] = [[n, f"{c.error:.3f}", c.count] for n, c in scored.items()]
    rows: list[list[Cell]] = []
    for bins in zip(*(c.bins for c in scored.values()), strict=True):
        row: list[Cell] = [f"{bins[0].low:.1f} to {bins[0].high:.1f}"]
        for b in bins:
            means = (
                (f"{b.mean_confidence:.2f}", f"{b.share_right:.2f}") if b.count else (None, None)
            )
            row += [b.count, *means]
        rows.append(row)
    header = [f"{name}{what}" for name in scored for what in ("", ", sure", ", right")]
    return [
        Table("Confidence: expected calibration error", ("", "error", "found"), summary),
        Table("Confidence by bin", ("confidence", *header), rows),
    ]


def speed(runner: CorpusRunner) -> list[Table]:
    """Return words a second over PolNeAR dev in one process, and its peak memory.

    "By core" divides by the CPU time of all threads, which a busy machine affects less.
    """
    runner.run(polnear, "dev")
    timing = runner.timings["polnear", "dev"]
    by_clock, by_cpu = timing.words / timing.clock, timing.words / timing.cpu
    articles = f"articles of {ARTICLE_WORDS} words a second"
    rows: list[list[Cell]] = [
        ["words a second", round(by_clock), round(by_cpu)],
        [articles, by_clock / ARTICLE_WORDS, by_cpu / ARTICLE_WORDS],
        ["cores in use", timing.cpu / timing.clock, None],
        ["peak memory of the process, MB", round(timing.peak_megabytes), None],
    ]
    return [Table("Speed: PolNeAR dev, one process", ("", "by the clock", "by core"), rows)]


SECTIONS: dict[str, Callable[[CorpusRunner], list[Table]]] = {
    "names": names,
    "counts": counts,
    "spans": spans,
    "quotes": quotes,
    "actors": actors,
    "pronouns": pronouns,
    "speakers": speakers,
    "acts": acts,
    "confidence": confidence,
    "speed": speed,
}
