"""Scores of an extractor on development data: names on UNER EWT, quotes on PolNeAR.

Belongs here: reading the gold annotations and comparing. Does not belong here: tuning, which looks
at training data only. The corpora are no part of the repository: `NEWSACTORS_CORPORA` names their
folder (default `../shared/corpora` beside the repository).

    python training/evaluate.py [--extractor rules] [--split dev] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from etl.extract import Extractor, extractor_names, get_extractor
from etl.model import Article, Extraction, Part

REPOSITORY = Path(__file__).resolve().parent.parent
COLLAPSED = {"PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC"}
"""UNER knows three types, buildings and countries being LOC; NORP and OTHER have no counterpart."""
MARKS = re.compile("[“”\"‘]|''")
_WORD = re.compile(r"\w+")

Spans = list[tuple[int, int]]


@dataclass(frozen=True)
class Attribution:
    """A gold attribution: characters of what is said and of who says it."""

    content: Spans
    source: Spans


@dataclass
class Counts:
    """Hits against what was found and what there was to find."""

    hits: int = 0
    found: int = 0
    gold: int = 0

    def scores(self) -> dict[str, float]:
        """Precision, recall and F1, in percent."""
        precision = self.hits / self.found if self.found else 0.0
        recall = self.hits / self.gold if self.gold else 0.0
        total = precision + recall
        f1 = 2 * precision * recall / total if total else 0.0
        return {
            "precision": round(100 * precision, 1),
            "recall": round(100 * recall, 1),
            "f1": round(100 * f1, 1),
            "gold": self.gold,
        }


def read_uner(path: Path) -> Iterator[tuple[str, set[tuple[int, int, str]]]]:
    """Documents of an IOB2 file: text, one sentence a line, and its (start, end, type) names."""
    for block in path.read_text("utf-8").split("# newdoc id")[1:]:
        text, gold = "", set()
        begin, kind, end = 0, "", 0
        for sentence in block.split("\n\n"):
            match = re.search(r"^# text = (.*)$", sentence, re.M)
            if not match:
                continue
            at = len(text)
            text += match.group(1) + "\n"
            for row in sentence.split("\n"):
                cells = row.split("\t")
                if row.startswith("#") or len(cells) < 3:
                    continue
                start = text.find(cells[1], at)
                if start < 0:
                    continue
                if cells[2][0] != "I" and kind:
                    gold.add((begin, end, kind))
                    kind = ""
                if cells[2][0] == "B":
                    begin, kind = start, cells[2][2:]
                end = at = start + len(cells[1])
        if kind:
            gold.add((begin, end, kind))
        yield text, gold


def read_polnear(folder: Path) -> Iterator[tuple[str, list[Attribution]]]:
    """Articles with their attributions; of several annotators' files, the first by name."""
    seen = set()
    for path in sorted((folder / "attributions").glob("*.ann")):
        name = path.stem.rpartition("_")[0]
        if name in seen:
            continue
        seen.add(name)
        text = (folder / "text" / f"{name}.txt").read_text("utf-8")
        spans: dict[str, Spans] = {}
        attributions = []
        for line in path.read_text("utf-8").splitlines():
            key, _, rest = line.partition("\t")
            if key.startswith("T") and rest:
                offsets = rest.split("\t")[0].split(" ", 1)[1]
                spans[key] = [(int(a), int(b)) for a, b in map(str.split, offsets.split(";"))]
            elif key.startswith("E"):
                roles: dict[str, Spans] = defaultdict(list)
                for role in rest.split():
                    kind, _, target = role.partition(":")
                    roles[kind.rstrip("0123456789")] += spans.get(target, [])
                if roles["Content"]:
                    attributions.append(Attribution(roles["Content"], roles["Source"]))
        yield text, attributions


def names_scores(extractor: Extractor, path: Path) -> dict[str, object]:
    """Names of every type together, then by type: span and collapsed type must both be right."""
    counts: dict[str, Counts] = defaultdict(Counts)
    for text, gold in read_uner(path):
        extraction = extractor.extract(Article(None, text))
        found = {
            (m.char_start, m.char_end, COLLAPSED[m.type])
            for m in extraction.mentions
            if m.kind == "name" and m.type in COLLAPSED
        }
        for kind in ("all", "PER", "ORG", "LOC"):
            mine = {x for x in found if kind in ("all", x[2])}
            theirs = {x for x in gold if kind in ("all", x[2])}
            counts[kind].hits += len(mine & theirs)
            counts[kind].found += len(mine)
            counts[kind].gold += len(theirs)
    return {kind: count.scores() for kind, count in counts.items()}


def quotes_scores(extractor: Extractor, folder: Path) -> dict[str, object]:
    """Contents at two overlaps, with and without marks; speakers of those matched at 0.3."""
    overall = {0.3: Counts(), 0.8: Counts()}
    marked = {0.3: Counts(), 0.8: Counts()}
    speaker, speaker_marked = Counts(), Counts()
    for text, gold in read_polnear(folder):
        utterances = _utterances(text, extractor)
        truth = [_words(text, a.content) for a in gold]
        in_marks = [any(MARKS.search(text, s, e) for s, e in a.content) for a in gold]
        pairs = _pair(truth, [u.words for u in utterances])
        for limit in overall:
            good = [(g, u) for g, u, iou in pairs if iou >= limit]
            overall[limit].hits += len(good)
            overall[limit].gold += len(gold)
            overall[limit].found += len(utterances)
            marked[limit].hits += sum(in_marks[g] for g, _ in good)
            marked[limit].gold += sum(in_marks)
            marked[limit].found += sum(u.is_marked for u in utterances)
        for g, u, iou in pairs:
            source = _words(text, gold[g].source)
            if iou < 0.3 or not source:
                continue
            is_right = bool(source & utterances[u].speaker)
            for count in (speaker, speaker_marked) if in_marks[g] else (speaker,):
                count.hits += is_right
                count.gold += 1
    return {
        "content_0.3": overall[0.3].scores(),
        "content_0.8": overall[0.8].scores(),
        "recall_with_marks_0.3": marked[0.3].scores()["recall"],
        "recall_with_marks_0.8": marked[0.8].scores()["recall"],
        "utterances_with_marks": marked[0.3].found,
        "attributions_with_marks": marked[0.3].gold,
        "speaker_accuracy": speaker.scores()["recall"],
        "speaker_accuracy_with_marks": speaker_marked.scores()["recall"],
    }


@dataclass(frozen=True)
class _Utterance:
    words: frozenset[int]
    speaker: frozenset[int]
    is_marked: bool


def _utterances(text: str, extractor: Extractor) -> list[_Utterance]:
    """The quotes of an article by utterance, as words of the file: headline first, then body."""
    headline, _, rest = text.partition("\n")
    body = rest.lstrip("\n")
    base: dict[Part, int] = {"headline": 0, "body": len(text) - len(body)}
    extraction: Extraction = extractor.extract(Article(headline, body))
    pieces: dict[int, Spans] = defaultdict(list)
    speakers: dict[int, Spans] = defaultdict(list)
    marked: set[int] = set()
    for q in extraction.quotes:
        at = base[q.part]
        pieces[q.utterance].append((q.char_start + at, q.char_end + at))
        if q.speaker_char_start is not None and q.speaker_char_end is not None:
            speakers[q.utterance].append((q.speaker_char_start + at, q.speaker_char_end + at))
        if q.kind != "indirect":
            marked.add(q.utterance)
    return [
        _Utterance(_words(text, spans), _words(text, speakers[number]), number in marked)
        for number, spans in pieces.items()
    ]


def _words(text: str, spans: Spans) -> frozenset[int]:
    """The positions at which the words within some spans begin."""
    return frozenset(m.start() for s, e in spans for m in _WORD.finditer(text, s, e))


def _pair(gold: list[frozenset[int]], found: list[frozenset[int]]) -> list[tuple[int, int, float]]:
    """One-to-one pairs by falling overlap (intersection over union of words)."""
    where: dict[int, list[int]] = defaultdict(list)
    for g, words in enumerate(gold):
        for word in words:
            where[word].append(g)
    candidates = []
    for u, words in enumerate(found):
        for g in {g for word in words for g in where[word]}:
            iou = len(words & gold[g]) / len(words | gold[g])
            candidates.append((-iou, g, u))
    pairs, gold_used, found_used = [], set(), set()
    for negative, g, u in sorted(candidates):
        if g not in gold_used and u not in found_used:
            gold_used.add(g)
            found_used.add(u)
            pairs.append((g, u, -negative))
    return pairs


def speed(extractor: Extractor, folder: Path) -> float:
    """Articles of 700 words a second, over the articles of a PolNeAR split."""
    texts = [text for text, _ in read_polnear(folder)]
    began = time.perf_counter()
    for text in texts:
        extractor.extract(Article(None, text))
    return sum(len(text.split()) for text in texts) / 700 / (time.perf_counter() - began)


def main() -> int:
    """Print the scores; 2 when the corpora are absent."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--extractor", choices=extractor_names(), default="rules")
    parser.add_argument("--split", choices=("dev", "train"), default="dev", help="of PolNeAR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    default = REPOSITORY.parent / "shared" / "corpora"
    corpora = Path(os.environ.get("NEWSACTORS_CORPORA", default))
    uner = corpora / "ner" / "uner_ewt" / "en_ewt-ud-dev.iob2"
    polnear = corpora / "quotes" / "polnear" / options.split
    if missing := [str(path) for path in (uner, polnear) if not path.exists()]:
        print(
            f"no corpora: {', '.join(missing)} not found; set NEWSACTORS_CORPORA to their folder",
            file=sys.stderr,
        )
        return 2
    extractor = get_extractor(options.extractor)
    result = {
        "extractor": extractor.version,
        "names_uner_ewt_dev": names_scores(extractor, uner),
        f"quotes_polnear_{options.split}": quotes_scores(extractor, polnear),
        "articles_per_second": round(speed(extractor, polnear)),
    }
    if options.json:
        print(json.dumps(result))
        return 0
    for title, value in result.items():
        print(f"{title}: {value}" if not isinstance(value, dict) else f"\n{title}")
        for key, score in value.items() if isinstance(value, dict) else ():
            shown = (
                "  ".join(f"{k} {v}" for k, v in score.items())
                if isinstance(score, dict)
                else score
            )
            print(f"  {key:30} {shown}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
