"""Examples for the ranker of antecedents: anaphors with their candidates and the right ones.

Belongs here: matching annotated antecedents with the actors that the extractor finds. Does not
belong here: drawing the annotated articles (`training.anaphors.sample`), fitting weights
(`training.anaphors.train`), features (`etl.extract.antecedents.features`).
"""

from __future__ import annotations

import csv
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from etl.domain import Article, Part
from etl.extract.anaphors import Anaphor
from etl.extract.antecedents.discourse import SeenActor
from etl.extract.antecedents.ranker import Choice, Ranker, load_ranker
from etl.extract.antecedents.resolve import Resolver
from etl.extract.lexicon import load_lexicon
from etl.extract.mention_clusters import Actor
from etl.extract.tagger_extractor import Reading, TaggerExtractor
from training.anaphors.sample import DRAWS, texts
from training.corpora import gold
from training.corpora.gold import LinkedText, Span

ANNOTATED = Path(__file__).with_name("annotated") / "anaphors.csv"
GENRES = ("academic", "bio", "court", "interview", "speech", "textbook", "voyage")
"""The genres of GUM whose texts may be used commercially."""


Right = Callable[[Part, int, int], "set[Actor] | None"]
"""Maps an anaphor's part, start and end to whom it means: empty for nobody, None if unknown."""


@dataclass(frozen=True)
class Example:
    """An anaphor: the features of its candidates and of nobody, and which of them are right.

    `right` holds indexes of candidates; the last index, after the candidates, is nobody. `word` is
    the offset of the anaphor's last word in the text that the network reads, `mentions` those of
    the first and last words of each candidate's mentions.
    """

    source: str
    kind: str
    features: list[list[str]]
    right: list[int]
    word: int
    mentions: list[list[tuple[int, int]]]


@dataclass(frozen=True)
class Annotated:
    """An article, and a function from its readings to whom its anaphors mean."""

    name: str
    article: Article
    right: Callable[[Sequence[Reading]], Right]


def annotated() -> Iterator[Annotated]:
    """Yield the articles to which the ranker is fitted."""
    answers = _annotated()
    for text in chain.from_iterable(map(texts, DRAWS)):
        yield Annotated(
            text.document, text.article, partial(_by_names, answers=answers[text.document])
        )
    linked = [(text, True) for genre in GENRES for text in gold.gum_other(genre)]
    linked += [(text, False) for text in gold.ecbplus("train")]
    for linked_text, is_complete in linked:
        yield Annotated(
            linked_text.name,
            linked_text.article,
            partial(_by_clusters, text=linked_text, is_complete=is_complete),
        )


def half_of(source: str) -> int:
    """Return the half of the texts, 0 or 1, to which one belongs."""
    return zlib.crc32(source.encode()) % 2


def examples(
    extractor: TaggerExtractor, articles: Sequence[Annotated], *, has_network: bool = True
) -> Iterator[list[Example]]:
    """Yield the examples of each article.

    `has_network`: whether the network's probabilities are features.
    """
    readings = extractor.readings([annotated.article for annotated in articles])
    for text, of_text in zip(articles, readings, strict=True):
        yield list(_of_text(text.name, of_text, text.right(of_text), has_network))


def _of_text(
    source: str, readings: Iterable[Reading], right: Right, has_network: bool
) -> Iterator[Example]:
    """Yield the examples of one text, with the annotated antecedents as its earlier mentions.

    Where nothing is annotated, the present weights decide on them.
    """
    ranker = load_ranker("tagger" if has_network else "rules")
    for reading in readings:
        recorder = _Recorder(source, reading, right, ranker)
        Resolver(
            reading.doc, reading.names, reading.anaphors, load_lexicon(), reading.is_quoted,
            recorder.decide, recorder.refer if has_network else recorder.no_network,
        ).resolve()  # fmt: skip
        yield from recorder.examples


class _Recorder:
    """Records the choices of one part, and decides them as annotated."""

    def __init__(self, source: str, reading: Reading, right: Right, ranker: Ranker) -> None:
        self._source, self._reading, self._right, self._ranker = source, reading, right, ranker
        self._mentions: list[list[tuple[int, int]]] = []
        self.examples: list[Example] = []

    def refer(self, anaphor: Anaphor, candidates: Sequence[SeenActor]) -> list[float] | None:
        self._mentions = list(map(self._reading.refer.mentions, candidates))
        return self._reading.refer(anaphor, candidates)

    def no_network(self, anaphor: Anaphor, candidates: Sequence[SeenActor]) -> None:
        self._mentions = list(map(self._reading.refer.mentions, candidates))

    def decide(self, choice: Choice) -> tuple[Actor, float] | None:
        actors = self._right(self._reading.part, *_place(self._reading, choice.anaphor))
        if actors is None:
            return self._ranker.decide(choice)
        indexes = [i for i, actor in enumerate(choice.actors) if actor in actors]
        self.examples.append(
            Example(
                self._source,
                choice.anaphor.kind,
                [*choice.features, choice.nobody],
                indexes or [len(choice.actors)],
                self._reading.refer.word(choice.anaphor),
                self._mentions if choice.actors else [],
            )
        )
        # Somebody whom the window of candidates lost is still mentioned here.
        return (next(iter(actors)), 1.0) if actors else None


def _place(reading: Reading, anaphor: Anaphor) -> Span:
    return reading.doc.tokens[anaphor.first].start, reading.doc.tokens[anaphor.last - 1].end


def _annotated() -> dict[str, dict[int, str | Span | None]]:
    """Return, by document and offset of the anaphor, the place of a name; "none" and "unsure"."""
    answers: dict[str, dict[int, str | Span | None]] = defaultdict(dict)
    with ANNOTATED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            answer: str | Span = row["answer"]
            if answer == "named":
                answer = (int(row["name_start"]), int(row["name_end"]))
            answers[row["document"]][int(row["char_start"])] = answer
    return answers


def _by_names(readings: Sequence[Reading], *, answers: dict[int, str | Span | None]) -> Right:
    """Return whom annotated anaphors mean: the actor of most occurrences of the name."""
    headline, body = sorted(readings, key=lambda reading: reading.part == "body")

    def right(part: Part, start: int, end: int) -> set[Actor] | None:
        answer = answers.get(start) if part == "body" else None
        if answer is None or answer == "unsure":
            return None
        if answer == "none":
            return set()
        a, b = answer  # type: ignore[misc]
        # Offsets count headline, newline and body.
        whole = f"{headline.doc.text}\n{body.doc.text}"
        words = map(re.escape, whole[int(a) : int(b)].split())
        name = re.compile(r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)")
        votes: Counter[Actor] = Counter()
        for reading in (headline, body):
            places = [match.span() for match in name.finditer(reading.doc.text)]
            for mention in reading.names:
                at = reading.doc.tokens[mention.name.first].start
                to = reading.doc.tokens[mention.name.last - 1].end
                if mention.actor is not None:
                    votes[mention.actor] += sum(at < e and s < to for s, e in places)
        best = votes.most_common(1)
        return {best[0][0]} if best and best[0][1] else set()

    return right


def _by_clusters(readings: Sequence[Reading], *, text: LinkedText, is_complete: bool) -> Right:
    """Return whom anaphors mean in a text with coreference clusters.

    An actor is the cluster that most of its names belong to. `is_complete`: an anaphor without a
    cluster means nobody; otherwise it is unknown.
    """
    cluster_by_span = {span: n for n, cluster in enumerate(text.clusters) for span in cluster}
    spans = sorted(cluster_by_span)
    votes: dict[Actor, Counter[int]] = defaultdict(Counter)
    for reading in readings:
        for mention in reading.names:
            if mention.actor is None:
                continue
            start, end = text.span(
                reading.part,
                reading.doc.tokens[mention.name.first].start,
                reading.doc.tokens[mention.name.last - 1].end,
            )
            around = [s for s in spans if s[0] <= start and end <= s[1]]
            around = around or [s for s in spans if s[0] < end and start < s[1]]
            if around:
                shortest = min(around, key=lambda s: s[1] - s[0])
                votes[mention.actor][cluster_by_span[shortest]] += 1
    actors: dict[int, set[Actor]] = defaultdict(set)
    for actor, counts in votes.items():
        actors[counts.most_common(1)[0][0]].add(actor)

    def right(part: Part, start: int, end: int) -> set[Actor] | None:
        start, end = text.span(part, start, end)
        if text.text[start:end].lower() in gold.PRONOUNS:
            around = [(start, end)] if (start, end) in cluster_by_span else []
        else:
            around = [s for s in spans if start - 30 <= s[0] <= start and end <= s[1] < end + 40]
        if not around:
            return set() if is_complete else None
        found = actors[cluster_by_span[min(around, key=lambda s: s[1] - s[0])]]
        # A name outside the annotated sentences belongs to no cluster.
        return found if found or is_complete else None

    return right
