"""Reads the gold annotations of the development corpora, in the form that scoring needs.

Belongs here: gold annotations, and the article that an extractor receives for them. Does not belong
here: scores (`training.evaluation`), training spans (`training.corpora.documents`, reused here if
it reads the same annotations).
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from etl.domain import Article, Part, word_set
from training.corpora import documents

Span = tuple[int, int]
Spans = list[Span]


@dataclass(frozen=True)
class Gold:
    """A text of a corpus, and the article that an extractor receives for it."""

    name: str
    text: str
    has_headline: bool = False
    """Whether the first line is the headline. Otherwise the whole text is body."""

    @property
    def article(self) -> Article:
        if not self.has_headline:
            return Article(None, self.text)
        return Article(self.text.partition("\n")[0], self.text[self._body :])

    @property
    def _body(self) -> int:
        rest = self.text.partition("\n")[2]
        return len(self.text) - len(rest.lstrip("\n")) if self.has_headline else 0

    def span(self, part: Part, start: int, end: int) -> Span:
        """Convert offsets in a part of the article to offsets in the text."""
        at = self._body if part == "body" else 0
        return start + at, end + at


@dataclass(frozen=True)
class Attribution:
    """Who says what with which cue; each may be in pieces, source and cue may be empty."""

    content: Spans
    source: Spans
    cue: Spans


@dataclass(frozen=True)
class NamedText(Gold):
    """A text with names as (start, end, class)."""

    names: frozenset[tuple[int, int, str]] = frozenset()


@dataclass(frozen=True)
class QuotedText(Gold):
    """A text with attributions, and with the single spans of each layer (source, cue, content)."""

    attributions: tuple[Attribution, ...] = ()
    layers: tuple[tuple[str, frozenset[Span]], ...] = ()


@dataclass(frozen=True)
class LinkedText(Gold):
    """A text with coreference clusters of mentions, singletons included."""

    clusters: tuple[frozenset[Span], ...] = ()


@dataclass(frozen=True)
class EcbText(LinkedText):
    """A document of ECB+, with the mentions of people that are linked across documents.

    The key of a mention is one per person and topic. A person who is only marked in one document,
    or only linked within it, may be anyone, so `people` leaves those out.
    """

    people: tuple[tuple[Span, str], ...] = ()

    @property
    def topic(self) -> str:
        """Return the number of the topic, which begins the name."""
        return self.name.partition("_")[0]


@dataclass(frozen=True)
class GapText(Gold):
    """A text with a pronoun and two names, each with whether it is the antecedent."""

    pronoun: Span = (0, 0)
    candidates: tuple[tuple[Span, bool], ...] = ()


WORLDWIDE_CLASSES = {"PERSON": "PER", "ORG": "ORG", "LOC": "LOC", "NORP": "NORP", "FAC": "FAC"}


def worldwide(split: str) -> Iterator[NamedText]:
    """Yield English Worldwide Newswire: tokens joined by blanks, a sentence per line, all body."""
    for document in documents.worldwide(split):
        names = {(a, b, WORLDWIDE_CLASSES[label]) for a, b, label in document.layers["names"]}
        yield NamedText(document.name, document.text, names=frozenset(names))


def uner(split: str) -> Iterator[NamedText]:
    """Yield Universal NER EWT (web text): PER, ORG and LOC, one sentence per line, all body."""
    path = documents.corpora_folder() / "ner" / "uner_ewt" / f"en_ewt-ud-{split}.iob2"
    for block in path.read_text("utf-8").split("# newdoc id")[1:]:
        text, gold = "", set()
        begin, kind, end = 0, "", 0
        for sentence in block.split("\n\n"):
            match = re.search(r"^# text = (.*)$", sentence, re.M)
            if not match:
                continue
            at = len(text)
            text += match[1] + "\n"
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
        yield NamedText(block.split("\n", 1)[0].strip(" ="), text, names=frozenset(gold))


def polnear(split: str) -> Iterator[QuotedText]:
    """Yield PolNeAR articles with the first annotator's attributions; line one is the headline."""
    folder = (
        documents.corpora_folder() / "quotes" / "polnear" / ("dev" if split == "dev" else "train")
    )
    for document in documents.polnear(split):
        layers = tuple(
            (layer, frozenset((a, b) for a, b, _ in spans))
            for layer, spans in document.layers.items()
        )
        path = min((folder / "attributions").glob(f"{document.name}_*.ann"))
        yield QuotedText(document.name, document.text, True, tuple(_attributions(path)), layers)


def _attributions(path: Path) -> Iterator[Attribution]:
    """Yield the events of a brat file that have a content."""
    spans: dict[str, Spans] = {}
    lines = path.read_text("utf-8").splitlines()
    for line in lines:
        key, _, rest = line.partition("\t")
        if key.startswith("T"):
            offsets = rest.split("\t")[0].split(" ", 1)[1]
            spans[key] = [(int(a), int(b)) for a, b in map(str.split, offsets.split(";"))]
    for line in lines:
        key, _, rest = line.partition("\t")
        if key.startswith("E"):
            roles: dict[str, Spans] = defaultdict(list)
            for role in rest.split():
                kind, _, target = role.partition(":")
                roles[kind.rstrip("0123456789")] += spans.get(target, [])
            if roles["Content"]:
                yield Attribution(roles["Content"], roles["Source"], roles["Cue"])


GUM_TYPES = frozenset({"person", "organization", "place"})
"""The types of GUM that are actors. In GUM, groups of people are persons or organisations, and
buildings are places. The other types (abstract, event, object, time, substance, animal) are not
actors."""
_GUM_EDGE = re.compile(r"(\()?([a-z]+)-(\d+)(?:-[^()]*)?(\))?")


def gum_news() -> Iterator[LinkedText]:
    """Yield the Wikinews articles of GUM, which are development data."""
    return _gum("gum_news", "*")


def gum_other(genre: str) -> Iterator[LinkedText]:
    """Yield the documents of another genre of GUM, which are training data."""
    return _gum("gum_other", f"GUM_{genre}_*")


def _gum(folder: str, pattern: str) -> Iterator[LinkedText]:
    """Yield documents of GUM with the clusters of persons, organisations and places.

    Clusters come from the CoNLL file, sentences from the WebAnno file. The tokens are joined as
    running text; the first sentence is the headline.
    """
    files = documents.corpora_folder() / "coref" / folder
    for path in sorted(files.glob(f"{pattern}.conll")):
        sentences: list[list[str]] = []
        for line in path.with_suffix(".tsv").read_text("utf-8").splitlines():
            if line.startswith("#Text="):
                sentences.append([])
            elif line and not line.startswith("#"):
                sentences[-1].append(line.split("\t")[2])
        text, tokens = detokenised(sentences)
        clusters: dict[str, set[Span]] = defaultdict(set)
        opened: dict[str, list[int]] = defaultdict(list)
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("#") or not line:
                continue
            number, _, edges = line.split("\t")
            start, end = tokens[int(number)]
            for opens, kind, entity, closes in _GUM_EDGE.findall(edges):
                if kind not in GUM_TYPES:
                    continue
                if opens:
                    opened[entity].append(start)
                if closes:
                    clusters[entity].add((opened[entity].pop(), end))
        yield LinkedText(path.stem, text, True, tuple(map(frozenset, clusters.values())))


ECB_TOPICS = {
    "train": (1, 3, 4, 6, 7, 8, 9, 10, 11, 13, 14, 16, 19, 20, 22, *range(24, 34)),
    "dev": (2, 5, 12, 18, 21, 23, 34, 35),
    "test": tuple(range(36, 46)),
}
"""The topics of ECB+ by split, those of Cybulska and Vossen (2015). Topics 15 and 17 do not exist.
Train on the training topics only: dev and test measure identity across articles."""
_ECB_ENTITIES = ("HUMAN_PART", "LOC_")
_ECB_PERSON = "HUMAN_PART_PER"


def ecbplus(split: str) -> Iterator[EcbText]:
    """Yield documents of ECB+ with the clusters of people, organisations and places; all body.

    Only a few sentences of a document are annotated, and in them only what takes part in the
    annotated events. So a word without a mention is not known to refer to nobody.
    """
    folder = documents.corpora_folder() / "identity" / "ecbplus"
    topics = ECB_TOPICS[split]
    for path in sorted(folder.glob("*.xml")):
        if int(path.stem.partition("_")[0]) in topics:
            yield _ecb_document(path)


def _ecb_document(path: Path) -> EcbText:
    root = ElementTree.parse(path).getroot()
    sentences: dict[str, list[str]] = defaultdict(list)
    ids: list[str] = []
    for token in root.iter("token"):
        sentences[token.attrib["sentence"]].append(token.text or "")
        ids.append(token.attrib["t_id"])
    text, spans = detokenised(list(sentences.values()))
    by_token = dict(zip(ids, spans, strict=True))
    mentions: dict[str, Span] = {}
    persons: set[str] = set()
    people: list[tuple[Span, str]] = []
    for mention in root.iterfind("Markables/*"):
        anchors = [by_token[anchor.attrib["t_id"]] for anchor in mention.iter("token_anchor")]
        if anchors and mention.tag.startswith(_ECB_ENTITIES):
            mentions[mention.attrib["m_id"]] = (anchors[0][0], anchors[-1][1])
            if mention.tag == _ECB_PERSON:
                persons.add(mention.attrib["m_id"])
    clusters: dict[str, set[Span]] = defaultdict(set)
    clustered: set[str] = set()
    for relation in root.iterfind("Relations/*"):
        if relation.tag.endswith("_COREF"):
            target = next(relation.iter("target")).attrib["m_id"]
            members = {s.attrib["m_id"] for s in relation.iter("source")} & mentions.keys()
            clusters[target] |= {mentions[member] for member in members}
            clustered |= members
            if person := relation.attrib.get("note"):
                people += [(mentions[member], person) for member in members & persons]
    for key in mentions.keys() - clustered:
        clusters[f"alone {key}"] = {mentions[key]}
    return EcbText(
        path.stem,
        text,
        clusters=tuple(frozenset(c) for c in clusters.values() if c),
        people=tuple(sorted(people)),
    )


_GLUED_LEFT = re.compile(r"[,.;:?!%)\]}»”]+|['’](?:s|S|re|ve|ll|d|m)?|n['’]t|-|/")
_GLUED_RIGHT = re.compile(r"[(\[{«“$£€#/-]")


def detokenised(sentences: Sequence[Sequence[str]]) -> tuple[str, Spans]:
    """Join tokens to running text, one sentence per line; return it and the span of each token.

    Blanks are removed before punctuation, after brackets, around hyphens and inside straight
    quotation marks, of which every other one opens. Single marks count as quotation marks only if a
    sentence has an even number of them, otherwise as apostrophes. Dashes written as one hyphen
    become hyphens.
    """
    text, spans = "", []
    opened = set[str]()
    for sentence in sentences:
        marks = {'"'} if sentence.count("'") % 2 else {'"', "'"}
        is_glued = True
        for token in sentence:
            opens = token in marks and token not in opened
            if (not is_glued and not (token in opened or _GLUED_LEFT.fullmatch(token))) or opens:
                text += "" if text.endswith(("\n", "(")) or not text else " "
            spans.append((len(text), len(text) + len(token)))
            text += token
            is_glued = opens or bool(_GLUED_RIGHT.fullmatch(token))
            if token in marks:
                opened ^= {token}
        text += "\n"
    return text, spans


def gap(split: str) -> Iterator[GapText]:
    """Yield GAP: a paragraph of Wikipedia with a pronoun and two names, all body."""
    path = documents.corpora_folder() / "coref" / "gap" / f"gap-{split}.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            pronoun, a, b = (
                (int(row[f"{key}-offset"]), int(row[f"{key}-offset"]) + len(row[key]))
                for key in ("Pronoun", "A", "B")
            )
            candidates = ((a, row["A-coref"] == "TRUE"), (b, row["B-coref"] == "TRUE"))
            yield GapText(row["ID"], row["Text"], pronoun=pronoun, candidates=candidates)


PRONOUNS = word_set(
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his "
    "himself she her hers herself it its itself they them their theirs themselves"
)
_WORDS = re.compile(r"\w+(?:[’'-]\w+)*")
_NO_END = re.compile(r"\b(?:\w|Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|Lt|Col|Sgt|Prof|Rev|St|Jr)$")
_SENTENCE_GAP = re.compile(r"(?:^|\n|[.!?:][”\"’')\]]*\s)[\s“\"‘'(\[]*$")


class Capitals:
    """Decides which capitalised words of a text are part of a name.

    Within a sentence of the body, every capitalised word is. At the start of a sentence, or in the
    headline, it is if the same word is capitalised within a sentence elsewhere in the text, and is
    never in lower case. Pronouns are not names.
    """

    def __init__(self, gold: Gold) -> None:
        self._text = gold.text
        body = gold.span("body", 0, 0)[0]
        words = [(m.start(), m[0]) for m in _WORDS.finditer(gold.text)]
        self._within = {
            start
            for start, word in words
            if start >= body and word[0].isupper() and not self._begins_sentence(start)
        }
        within = {word for start, word in words if start in self._within}
        self._known = within - {word.capitalize() for _, word in words if word[0].islower()}

    def _begins_sentence(self, start: int) -> bool:
        before = self._text[max(0, start - 12) : start]
        gap = _SENTENCE_GAP.search(before)
        if not gap or (gap.start() == 0 and start > 12):
            return False
        return gap[0][:1] != "." or not _NO_END.search(before[: gap.start()])

    def names(self, span: Span) -> list[bool]:
        """Return, for each word in the span, whether it is part of a name."""
        return [self._is_name(m) for m in _WORDS.finditer(self._text, *span)]

    def named(self, span: Span) -> Spans:
        """Return the words in the span that are part of a name."""
        return [m.span() for m in _WORDS.finditer(self._text, *span) if self._is_name(m)]

    def _is_name(self, word: re.Match[str]) -> bool:
        return (
            word[0].lower() not in PRONOUNS
            and word[0][0].isupper()
            and (word.start() in self._within or word[0] in self._known)
        )


_LEFT = re.compile(r"(?:(?:the|a|an)\b|\W)+", re.I)
_RIGHT = re.compile(r"(?:['’]s\b|\W)+\Z")


def trimmed(text: str, span: Span) -> Span:
    """Strip a span: marks, punctuation and article on the left, marks and possessive on the right.

    Applied to gold and found spans alike, because the exact edges of a span are convention.
    """
    start, end = span
    if left := _LEFT.match(text, start, end):
        start = left.end()
    if right := _RIGHT.search(text[start:end]):
        end = start + right.start()
    return (start, end) if start < end else span
