"""Measures of actors within one article: coreference on GUM news, pronouns on GAP.

Belongs here: which mentions are compared. Does not belong here: the metrics (`etl.quality.scores`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from etl.domain import Extraction, MentionKind
from etl.extract.lexicon import word_set
from etl.quality.coreference import Coreference, score_coreference
from etl.quality.scores import score_gap
from training.corpora.gold import PRONOUNS, Capitals, Gold, LinkedText, Span, gap, gum_news, trimmed
from training.evaluation.report import PRF, Cell, Table, prf
from training.evaluation.runner import CorpusRunner

_WORD = re.compile(r"\w+")
_CONNECTIVES = word_set("of the and for de la von van der den al el bin in on at s")


def actors(runner: CorpusRunner) -> list[Table]:
    """Coreference within an article, as three selections of mentions see it."""
    totals: dict[str, Coreference] = defaultdict(Coreference)
    sizes: dict[str, int] = defaultdict(int)
    for text, extraction in runner.run(gum_news):
        everything = [{trimmed(text.text, m) for m in c} for c in text.clusters]
        named = gold_names(text)
        by_actor: dict[int, set[Span]] = defaultdict(set)
        by_name: dict[int, set[Span]] = defaultdict(set)
        for m in extraction.mentions:
            # GUM annotates no adjectives: of 46 NORP that the rules find, it has 5 as a mention.
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
    """The clusters, of their mentions only names and pronouns; without those left empty."""
    capitals = Capitals(text)

    def is_kept(span: Span) -> bool:
        words = [m[0] for m in _WORD.finditer(text.text, *span)]
        if len(words) == 1 and words[0].lower() in PRONOUNS:
            return True
        means = capitals.names(span)
        return any(means) and all(w[0].isupper() or w in _CONNECTIVES for w in words)

    clusters = [
        {span for span in (trimmed(text.text, m) for m in c) if is_kept(span)}
        for c in text.clusters
    ]
    return [c for c in clusters if c]


def _aligned(gold: list[set[Span]], found: list[set[Span]]) -> list[set[Span]]:
    """Found mentions, put in place of the shortest gold ones that hold them and end where they do.

    GUM has titles within the mention ("Ambassador Mohib"), here they stand beside it.
    """
    by_end: dict[int, list[Span]] = defaultdict(list)
    for start, end in sorted((m for c in gold for m in c), reverse=True):
        by_end[end].append((start, end))
    taken: set[Span] = set()
    result = []
    for cluster in found:
        moved = set()
        for start, end in sorted(cluster):
            home = next((g for g in by_end[end] if g[0] <= start and g not in taken), (start, end))
            taken.add(home)
            moved.add(home)
        result.append(moved)
    return result


def pronouns(runner: CorpusRunner) -> list[Table]:
    """GAP: is the pronoun's actor also the name's."""

    def pairs() -> Iterator[tuple[str, bool, bool]]:
        for text, extraction in runner.run(gap, "validation"):
            who = _actors_at(text.pronoun, "pronoun", text, extraction)
            for span, is_gold in text.candidates:
                is_found = bool(who & _actors_at(span, "name", text, extraction))
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
    """The actors whose mentions of a kind overlap a span."""
    return {
        m.actor
        for m in extraction.mentions
        for start, end in [text.span(m.part, m.char_start, m.char_end)]
        if m.kind == kind and m.actor is not None and start < span[1] and span[0] < end
    }
