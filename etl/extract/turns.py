"""Speech by layout: what follows the label of a turn is said by the person it stands for.

Belongs here: the text of each turn, the names in labels, and the quotes that turns become. Does not
belong here: which labels a text has (`turn_layout`), and whose answers these are (`interviews`).

A turn is direct speech without marks. What other rules find inside it is dropped, because quotes
don't overlap.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from etl.domain import Article, Part
from etl.extract import interviews
from etl.extract.antecedents.resolve import Reference
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.mention_clusters import Actor, NameMention
from etl.extract.names import Name
from etl.extract.speech import INTERVIEW, Speech, deduplicate
from etl.extract.turn_labels import Label
from etl.extract.turn_layout import FIRST_PERSON, find_labels

Span = tuple[int, int]
FindSpeech = Callable[[Sequence[Reference]], list[Speech]]

METHOD = "turn"
"""The method of quotes whose speaker a label names, and "label" that of the names in labels."""
_LABEL_METHOD = "label"
_NAME_CONFIDENCE = 0.95
_SPEECH_CONFIDENCE = 0.9
_ANSWER_CONFIDENCE = 0.75
_STAGE_DIRECTION = re.compile(r"[(\[][^()\[\]]*[)\]][.…]?")
_CAPTION = re.compile(r"\b(?:Image|Photo|Picture|Credit|File|Video)s?[ \t]?:|©")
_MAX_CAPTION = 200
_IN_MARKS = re.compile(r"“[^”]*”?|\"[^\"]*\"?")
_PERSONAL = re.compile(r"\b(?:I|[Mm]e|[Mm]y|[Ww]e|[Oo]ur|[Uu]s|[Yy]ou|[Yy]our)\b")
_WRAPPED = 90  # characters of a line, at most, if a paragraph of several is one text
_DOUBLE_MARKS = '“”"'


@dataclass(slots=True)
class _Turn:
    """The text of one turn, a piece a paragraph; without a label it is an answer."""

    label: Label | None
    pieces: list[Span]
    mention: NameMention | None = None
    source: Span | None = None


@dataclass
class Layout:
    """The turns of an article's body; mostly none, and then nothing changes."""

    names: list[Name]
    _doc: Document
    _labels: list[Label]
    _turns: list[_Turn]
    _names_by_label: dict[int, Name]
    _headings: list[interviews.Heading]
    _authors: frozenset[str]
    _interviewee: Actor | None = None
    _mentions: list[NameMention] = field(default_factory=list)

    def name_speakers(self, mentions: Sequence[NameMention], headline: Document) -> None:
        """Take over the actors of labels, once the names of the article are clustered."""
        if not self._turns and not self._headings:
            return
        by_name = {id(mention.name): mention for mention in mentions}
        for turn in self._turns:
            name = self._names_by_label.get(turn.label.start) if turn.label else None
            turn.mention = by_name.get(id(name)) if name is not None else None
            actor = turn.mention.actor if turn.mention else None
            # Named in a label only, so in capitals.
            if turn.mention and actor and actor.name == turn.mention.surface:
                actor.name = turn.mention.name.form
        self._mentions = [mention for mention in mentions if mention.part == "body"]
        if self._headings or any(self._is_answer(turn) for turn in self._turns):
            begin = self._labels[0].start if self._labels else self._headings[0].start
            spoken = [
                (piece, turn.label is None or turn.label.style == "answer")
                for turn in self._turns
                for piece in turn.pieces
                if turn.mention is None
            ]
            self._interviewee = interviews.find_interviewee(
                self._doc, headline, mentions, begin, self._authors, spoken
            )
            for turn in self._turns:
                if turn.label is None and self._interviewee is not None:
                    turn.source = _bare_label(self._doc.text, turn.pieces[0], self._interviewee)
                    if turn.source is not None:
                        rest = _trimmed(self._doc.text, turn.source[1], turn.pieces[0][1])
                        turn.pieces[0] = rest

    def is_quoted(self, part: Part, is_in_marks: Callable[[int], bool]) -> Callable[[int], bool]:
        """Return a predicate: is a character offset inside marks or inside a turn?"""
        if part != "body" or not self._turns:
            return is_in_marks
        pieces = [piece for turn in self._turns for piece in turn.pieces]
        starts = [start for start, _ in pieces]

        def is_inside(position: int) -> bool:
            i = bisect_right(starts, position) - 1
            return (i >= 0 and position < pieces[i][1]) or is_in_marks(position)

        return is_inside

    def speech_of(self, part: Part, find_speech: FindSpeech) -> FindSpeech:
        """Return a function that finds speech as `find_speech` does, and that of the turns."""
        if part != "body" or not (self._turns or self._headings):
            return find_speech

        def find(resolved: Sequence[Reference]) -> list[Speech]:
            found = find_speech(resolved)
            if self._headings and self._interviewee is not None:
                found = interviews.attribute_answers(
                    self._doc, found, self._headings, self._interviewee, self._mentions
                )
            return self._with_turns(found)

        return find

    def _with_turns(self, found: Sequence[Speech]) -> list[Speech]:
        taken = sorted(
            [(label.start, label.end) for label in self._labels]
            + [piece for turn in self._turns for piece in turn.pieces]
        )
        starts = [start for start, _ in taken]
        kept = []
        for quote in found:
            at = bisect_left(starts, quote.end)
            if not at or taken[at - 1][1] <= quote.start:
                kept.append(quote)
        first = 1 + max((quote.utterance for quote in kept), default=-1)
        spoken = [
            speech
            for number, turn in enumerate(self._turns, first)
            for speech in self._speech(turn, number)
        ]
        return deduplicate([*kept, *spoken])

    def _speech(self, turn: _Turn, utterance: int) -> Iterator[Speech]:
        speaker, source, method, confidence = self._speaker(turn)
        if turn.label is None and speaker is None:
            return  # nothing says that this is an answer
        for start, end in turn.pieces:
            yield Speech(
                start,
                end,
                utterance,
                "direct",
                None,
                speaker,
                source,
                method,
                _SPEECH_CONFIDENCE,
                confidence if source else None,
            )

    def _speaker(self, turn: _Turn) -> tuple[Actor | None, Span | None, str, float]:
        """Return the speaker of a turn, the source, the method and the speaker's confidence."""
        label = turn.label
        if turn.mention is not None and turn.mention.actor is not None and label is not None:
            where = (label.name_start, label.name_end)
            return turn.mention.actor, where, METHOD, turn.mention.confidence
        if self._is_answer(turn) and self._interviewee is not None:
            source = (
                (label.name_start, label.name_end)
                if label is not None
                else turn.source
                or interviews.name_before(
                    self._doc, self._mentions, self._interviewee, turn.pieces[0][0]
                )
            )
            if source is not None:
                return self._interviewee, source, INTERVIEW, _ANSWER_CONFIDENCE
        where_unnamed = (label.name_start, label.name_end) if label is not None else None
        return None, where_unnamed, METHOD, _SPEECH_CONFIDENCE

    @staticmethod
    def _is_answer(turn: _Turn) -> bool:
        return turn.label is None or turn.label.style == "answer"


def find_layout(
    article: Article,
    doc: Document,
    body_names: list[Name],
    headline_names: Sequence[Name],
    lexicon: Lexicon,
) -> Layout:
    """Return the layout of an article's body; its names are `body_names` with those of labels."""
    starts, text = doc.starts, doc.text
    spans = [
        (starts[name.first], doc.tokens[name.last - 1].end, name)
        for name in body_names
        if name.last > name.first
    ]
    labels = find_labels(
        text,
        spans,
        [name.form for name in headline_names if name.type == "PERSON"],
        _outlet_forms(article.outlet),
        lexicon,
    )
    authors = frozenset(author.casefold() for author in article.authors)
    headings = [] if labels else interviews.find_headings(doc)
    if not labels:
        return Layout(body_names, doc, [], [], {}, headings, authors)
    by_label: dict[int, Name] = {}
    for label in labels:
        name = _label_name(doc, label, lexicon)
        if name is not None:
            by_label[label.start] = name
    label_starts = [label.start for label in labels]

    def is_outside(start: int, end: int) -> bool:
        at = bisect_left(label_starts, end)
        return not at or labels[at - 1].end <= start

    kept = [name for start, end, name in spans if is_outside(start, end)]
    names = sorted([*kept, *by_label.values()], key=lambda name: name.first)
    return Layout(names, doc, labels, _turns(doc, labels), by_label, [], authors)


def _bare_label(text: str, piece: Span, person: Actor) -> Span | None:
    """Return the name or initials that open an answer and lost their mark: "MS We used …"."""
    words = person.name.split()
    for label in (person.name, "".join(word[0] for word in words)):
        end = piece[0] + len(label)
        if len(words) > 1 and text.startswith(f"{label} ", piece[0]) and end + 1 < piece[1]:
            return piece[0], end
    return None


def _outlet_forms(outlet: str | None) -> frozenset[str]:
    """Return the forms in lower case under which an outlet may ask questions."""
    words = (outlet or "").split()
    letters = "".join(word[0] for word in words)
    forms = {" ".join(words), letters, *(word for word in words if len(word) > 3)}
    return frozenset(form.lower() for form in forms if len(form) > 1)


def _label_name(doc: Document, label: Label, lexicon: Lexicon) -> Name | None:
    """Return the name in a label, or None if it names no person or lies across tokens."""
    if label.person is None:
        return None
    first, last = doc.token_range(label.name_start, label.name_end)
    tokens = doc.tokens
    if tokens[first].start != label.name_start or tokens[last - 1].end != label.name_end:
        return None
    gender = lexicon.titles.get(label.title.split()[-1].lower(), "") if label.title else ""
    role = label.role or label.title
    return Name(
        first, last, label.person, "PERSON", role, gender, _LABEL_METHOD, _NAME_CONFIDENCE
    )  # fmt: skip


def _turns(doc: Document, labels: Sequence[Label]) -> list[_Turn]:
    people = {label.person for label in labels if label.person}
    names = {word.lower() for person in people for word in person.split()}
    ends = [label.start for label in labels[1:]] + [len(doc.text)]
    turns = [
        _Turn(label, list(_pieces(doc, label, end, names, is_last=label is labels[-1])))
        for label, end in zip(labels, ends, strict=True)
        if not label.is_silent
    ]
    turns = [turn for turn in turns if turn.pieces]
    speakers = {label.speaker if label.person else "" for label in labels if not label.is_silent}
    if len(speakers) > 1 or any(label.style == "answer" for label in labels):
        return turns
    # Only one side has labels: the questions, or the answers.
    is_asking = sum(doc.text[turn.pieces[0][1] - 1] == "?" for turn in turns) * 2 > len(turns)
    return list(_questions(doc.text, turns) if is_asking else _answers(doc.text, turns))


def _questions(text: str, turns: Sequence[_Turn]) -> Iterator[_Turn]:
    """Yield the questions, each of one paragraph, and as answers what says "I" or "we" after it."""
    for turn in turns:
        yield _Turn(turn.label, turn.pieces[:1])
        answer = [piece for piece in turn.pieces[1:] if _is_first_person(text, *piece)]
        if answer and text[turn.pieces[0][1] - 1] == "?":
            yield _Turn(None, answer)


def _answers(text: str, turns: Sequence[_Turn]) -> Iterator[_Turn]:
    """Yield the answers without the question that may stand before the next label."""
    for turn in turns:
        is_asked = len(turn.pieces) > 1 and text[turn.pieces[-1][1] - 1] == "?"
        yield _Turn(turn.label, turn.pieces[:-1] if is_asked else turn.pieces)


def _pieces(
    doc: Document, label: Label, end: int, names: set[str], *, is_last: bool
) -> Iterator[Span]:
    """Yield the text of a turn by paragraph, without stage directions and captions."""
    text = doc.text
    number = max(0, bisect_right(doc.paragraphs, label.end, key=lambda p: p.start) - 1)
    is_first = True
    while number < len(doc.paragraphs) and doc.paragraphs[number].start < end:
        paragraph = doc.paragraphs[number]
        number += 1
        start, stop = _trimmed(text, max(paragraph.start, label.end), min(paragraph.end, end))
        said = text[start:stop]
        is_direction = _STAGE_DIRECTION.fullmatch(said.strip(_DOUBLE_MARKS)) is not None
        if is_direction or not any(c.isalnum() for c in said):
            continue
        if len(said) < _MAX_CAPTION and _CAPTION.search(said):
            continue
        if not is_first:
            named = {t.lower for t in doc.tokens[paragraph.first : paragraph.last]} & names
            outside = _IN_MARKS.sub("", said)
            # Text of the article between or behind turns: it names the speakers.
            if named and not _PERSONAL.search(outside):
                return
            # Where the last turn ends is not marked, so only what says "I" or "we" continues it.
            if is_last and not FIRST_PERSON.search(outside):
                return
        is_first = False
        if is_last:
            stop = start + _said_last(said)
        start, stop = _without_marks(text, start, stop)
        if start < stop:
            yield start, stop
        if label.is_quotation:
            return


def _said_last(said: str) -> int:
    """Return the length of what the last speaker says in a paragraph of several long lines."""
    end = said.find("\n")
    if end < _WRAPPED:
        return len(said)
    while end < len(said):
        following = said.find("\n", end + 1)
        following = len(said) if following < 0 else following
        if not FIRST_PERSON.search(said, end, following):
            break
        end = following
    return end


def _is_first_person(text: str, start: int, end: int) -> bool:
    return FIRST_PERSON.search(_IN_MARKS.sub("", text[start:end])) is not None


def _trimmed(text: str, start: int, end: int) -> Span:
    said = text[start:end] if start < end else ""
    start += len(said) - len(said.lstrip())
    return start, start + len(said.strip())


def _without_marks(text: str, start: int, end: int) -> Span:
    """Drop the marks around a piece, also if only one of them stands in it."""
    inner = sum(text.count(mark, start + 1, end - 1) for mark in _DOUBLE_MARKS)
    opens, closes = text[start] in '“"', text[end - 1] in '”"' and end - start > 1
    if opens and (closes or not inner) and inner % 2 == 0:
        start += 1
        end -= closes
    elif closes and not opens and inner % 2 == 0:
        end -= 1
    return _trimmed(text, start, end)
