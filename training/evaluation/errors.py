"""Prints a sample of an extractor's errors to read: gold and found, one block per error.

Belongs here: classifying errors of names, contents and speakers. Does not belong here: scores
(`training.evaluation.scores`). Prints text of the corpora: for the screen, never for the
repository.

    python -m training.evaluation.errors --layer names|content|speaker [--split train] [--count 50]
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from etl.extract import DEFAULT_EXTRACTOR, extractor_names, get_extractor
from etl.quality.scores import match_utterances
from training.corpora.gold import Gold, NamedText, Span, polnear, worldwide
from training.evaluation.quotes import CLOSE, Comparison, compare
from training.evaluation.runner import CorpusRunner
from training.evaluation.scores import found_names

_CONTEXT, _MAX_CHARS = 120, 400


@dataclass(frozen=True)
class Error:
    """One error: `span` locates it in the text; `gold` and `found` describe both sides."""

    kind: str
    text: Gold
    span: Span
    gold: str
    found: str

    def block(self) -> str:
        start, end = self.span
        context = (
            f"{self.text.text[max(0, start - _CONTEXT) : start]}⟦{self.text.text[start:end]}⟧"
            f"{self.text.text[end : end + _CONTEXT]}"
        )
        shown = [_short(part) for part in (self.gold, self.found, context)]
        return "[{}] {}\n  gold   {}\n  found  {}\n  …{}…\n".format(
            self.kind, self.text.name, *shown
        )


def _short(text: str) -> str:
    """Return text on one line, without its middle if it is long."""
    text = " ".join(text.split())
    half = _MAX_CHARS // 2
    return text if len(text) <= _MAX_CHARS else f"{text[:half]} [...] {text[-half:]}"


def name_errors(runner: CorpusRunner, split: str) -> Iterator[Error]:
    """Yield names of the wrong class, with wrong bounds, missed, and spurious."""
    for text, extraction in runner.run(worldwide, split):
        found = set(found_names(text, extraction))
        missed = sorted(text.names - found)
        spurious = sorted(found - text.names)
        paired: set[tuple[int, int, str]] = set()
        for gold in missed:
            mine = [f for f in spurious if f[0] < gold[1] and gold[0] < f[1]]
            paired.update(mine)
            if not mine:
                kind = "missed"
            elif any(f[:2] == gold[:2] for f in mine):
                kind = "class"
            else:
                kind = "bounds" if any(f[2] == gold[2] for f in mine) else "bounds and class"
            yield Error(kind, text, gold[:2], _named(text, [gold]), _named(text, mine))
        for f in spurious:
            if f not in paired:
                yield Error("spurious", text, f[:2], "–", _named(text, [f]))


def _named(text: NamedText, names: Iterable[tuple[int, int, str]]) -> str:
    return " | ".join(f"{text.text[a:b]} ({kind})" for a, b, kind in names) or "–"


def content_errors(runner: CorpusRunner, split: str) -> Iterator[Error]:
    """Yield contents missed, spurious, and found in part."""
    for text, extraction in runner.run(polnear, split):
        comparison = compare(text, extraction)
        words = [u.words for u in comparison.found]
        close = {m.gold for m in match_utterances(comparison.gold_words, words, CLOSE, "union")}
        matched = {m.gold: m.found for m in comparison.matches}
        for number, attribution in enumerate(text.attributions):
            marks = "with marks" if comparison.is_marked[number] else "without marks"
            gold = _attribution(text, attribution.content, attribution.source)
            if number not in matched:
                yield Error(f"missed, {marks}", text, attribution.content[0], gold, "–")
            elif number not in close:
                mine = _found(comparison, matched[number])
                yield Error(f"in part, {marks}", text, attribution.content[0], gold, mine)
        for number, utterance in enumerate(comparison.found):
            if number not in matched.values():
                kind = "with marks" if utterance.is_marked else "without marks"
                mine = _found(comparison, number)
                yield Error(f"spurious, {kind}", text, utterance.spans[0], "–", mine)


def speaker_errors(runner: CorpusRunner, split: str) -> Iterator[Error]:
    """Yield found contents with a speaker other than the gold source, or with none."""
    for text, extraction in runner.run(polnear, split):
        comparison = compare(text, extraction)
        for match in comparison.matches:
            if comparison.source_words[match.gold] and not comparison.is_right(match):
                speaker_words = comparison.found[match.found].speaker_words
                source = "named" if comparison.is_named[match.gold] else "unnamed"
                attribution = text.attributions[match.gold]
                yield Error(
                    f"{'another speaker' if speaker_words else 'no speaker'}, {source} source",
                    text,
                    (
                        min(a for a, _ in attribution.content + attribution.source),
                        max(b for _, b in attribution.content + attribution.source),
                    ),
                    _attribution(text, attribution.content, attribution.source),
                    _found(comparison, match.found),
                )


def _attribution(text: Gold, content: Iterable[Span], source: Iterable[Span]) -> str:
    parts = [" … ".join(text.text[a:b] for a, b in sorted(spans)) for spans in (source, content)]
    return f"{parts[0] or '–'}: {parts[1]}"


def _found(comparison: Comparison, number: int) -> str:
    utterance = comparison.found[number]
    return _attribution(comparison.text, utterance.spans, utterance.speaker_spans)


LAYERS = {"names": name_errors, "content": content_errors, "speaker": speaker_errors}


def main() -> int:
    """Print error counts by kind, then a sample. Return 2 if the corpora are missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--layer", choices=LAYERS, required=True)
    parser.add_argument("--count", type=int, default=50, help="errors to print (50)")
    parser.add_argument("--kind", help="only errors whose kind starts with this")
    parser.add_argument("--split", default="train", help="train or dev (default: %(default)s)")
    parser.add_argument(
        "--articles", type=int, default=80, help="number of articles to extract (80)"
    )
    parser.add_argument("--extractor", choices=extractor_names(), default=DEFAULT_EXTRACTOR)
    options = parser.parse_args()
    runner = CorpusRunner(get_extractor(options.extractor), options.articles)
    try:
        errors = list(LAYERS[options.layer](runner, options.split))
    except FileNotFoundError as missing:
        print(f"corpora missing: {missing}", file=sys.stderr)
        return 2
    print("| kind | errors | share |\n|---|---|---|")
    for kind, count in Counter(error.kind for error in errors).most_common():
        print(f"| {kind} | {count:,} | {100 * count / len(errors):.0f}% |")
    errors = [error for error in errors if error.kind.startswith(options.kind or "")]
    # A fixed seed: the same errors each time, in text order.
    chosen = sorted(random.Random(0).sample(range(len(errors)), min(options.count, len(errors))))
    print("", *(errors[number].block() for number in chosen), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
