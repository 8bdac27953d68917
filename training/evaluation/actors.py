"""Measures of actors within one article: coreference on GUM news, pronouns on GAP.

Belongs here: which mentions are compared. Does not belong here: the metrics
(`etl.quality.coreference`, `etl.quality.scores`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from etl.domain import Extraction, MentionKind, word_set
from etl.quality.coreference import Coreference, score_coreference
from etl.quality.scores import score_gap
from training.corpora.gold import PRONOUNS, Capitals, Gold, LinkedText, Span, gap, gum_news, trimmed
from training.evaluation.report import PRF, Cell, Table, prf
from training.evaluation.runner import CorpusRunner

_WORD = re.compile(r"\w+")
_CONNECTIVES = word_set("of the and for de la von van der den al el bin in on at s")


def actors(runner: CorpusRunner) -> list[Table]:
    """Score coreference within an article on three selections of mentions."""
    totals: dict[str, Coreference] = defaultdict(Coreference)
    sizes: dict[str, int] = defaultdict(int)
    for text, extraction in runner.run(gum_news):
        everything = [{trimmed(text.text, m) for m in c} for c in text.clusters]
        named = gold_names(text)
        by_actor: dict[int, set[Span]] = defaultdict(set)
        by_name: dict[int, set[Span]] = defaultdict(set)
        for m in extraction.mentions:
            # GUM annotates no adjectives: it has 5 of the 46 NORP that the rules find.
            if m.actor is not None and m.type not in ("OTHER", "NORP"):
                span = trimmed(text.text, text.span(m.part, m.char_start, m.char_end))
                by_actor[m.actor].add(span)
                if m.kind != "nominal":
                    by_name[m.actor].add(span)
        aligned = _aligned(named, list(by_name.values()))
        for title, gold, found in (
            ("all mentions, exact span", everything, list(by_actor.values())),
            ("names and pronouns, exact span", named, list(by_name.values())),
            ("names and pronouns, names by their last word", named, aligned),
        ):
            totals[title] += score_coreference(gold, found)
            sizes[title] += sum(map(len, gold))
    rows: list[list[Cell]] = [
        [title, s.muc.f1, s.b_cubed.f1, s.ceaf_e.f1, s.conll, sizes[title]]
        for title, s in totals.items()
    ]
    detail: list[list[Cell]] = [
        [f"{title}: {metric}", credit.precision, credit.recall, credit.f1]
        for title, s in totals.items()
        for metric, credit in (("MUC", s.muc), ("B³", s.b_cubed), ("CEAF-e", s.ceaf_e))
    ]
    return [
        Table(
            "Actors within an article: GUM news, F1",
            ("", "MUC", "B³", "CEAF-e", "mean (CoNLL)", "gold mentions"),
            rows,
        ),
        Table("Actors within an article: GUM news, in detail", ("", *PRF[:3]), detail),
    ]


def gold_names(text: LinkedText) -> list[set[Span]]:
    """Return the clusters with only their names and pronouns, without empty clusters."""
    capitals = Capitals(text)

    def is_kept(span: Span) -> bool:
        words = [m[0] for m in _WORD.finditer(text.text, *span)]
        if len(words) == 1 and words[0].lower() in PRONOUNS:
            return True
        is_name = capitals.names(span)
        return any(is_name) and all(w[0].isupper() or w in _CONNECTIVES for w in words)

    clusters = [
        {span for span in (trimmed(text.text, m) for m in c) if is_kept(span)}
        for c in text.clusters
    ]
    return [c for c in clusters if c]


def _aligned(gold: list[set[Span]], found: list[set[Span]]) -> list[set[Span]]:
    """Replace found mentions by the shortest gold ones that contain them and have the same end.

    GUM includes titles in a mention ("Ambassador Mohib"); our mentions exclude them.
    """
    by_end: dict[int, list[Span]] = defaultdict(list)
    for start, end in sorted((m for c in gold for m in c), reverse=True):
        by_end[end].append((start, end))
    taken: set[Span] = set()
    result = []
    for cluster in found:
        aligned = set()
        for start, end in sorted(cluster):
            span = next((g for g in by_end[end] if g[0] <= start and g not in taken), (start, end))
            taken.add(span)
            aligned.add(span)
        result.append(aligned)
    return result


def pronouns(runner: CorpusRunner) -> list[Table]:
    """Score GAP: whether the pronoun's actor is also that of each name."""

    def pairs() -> Iterator[tuple[str, bool, bool]]:
        for text, extraction in runner.run(gap, "validation"):
            pronoun_actors = _actors_at(text.pronoun, "pronoun", text, extraction)
            for span, is_gold in text.candidates:
                is_found = bool(pronoun_actors & _actors_at(span, "name", text, extraction))
                yield text.text[slice(*text.pronoun)], is_gold, is_found

    scored = score_gap(pairs())
    bias = None if scored.bias is None else f"{scored.bias:.2f}"
    rows: list[list[Cell]] = [
        prf("**overall**", scored.overall),
        prf("masculine", scored.masculine),
        prf("feminine", scored.feminine),
        ["bias (feminine F1 / masculine F1)", None, None, bias, None],
    ]
    return [Table("Pronouns: GAP validation", ("", *PRF), rows)]


def _actors_at(span: Span, kind: MentionKind, text: Gold, extraction: Extraction) -> set[int]:
    """Return the actors whose mentions of a kind overlap a span."""
    return {
        m.actor
        for m in extraction.mentions
        for start, end in [text.span(m.part, m.char_start, m.char_end)]
        if m.kind == kind and m.actor is not None and start < span[1] and span[0] < end
    }
