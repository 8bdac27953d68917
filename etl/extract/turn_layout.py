"""Whether a text has a layout of turns, such as a transcript or an interview.

Belongs here: which labels are accepted together. Does not belong here: what a label looks like
(`turn_labels`), for whom it stands (`label_speakers`), and the text of a turn (`turns`).

Most lines that begin with a few words and a colon are no turn: datelines, lists of facts, notes. So
labels count only together: they recur and alternate, they stand for people, and what follows them
reads like speech. Among 20,646 wire items and articles of Worldwide, and 1,219 of PolNeAR and
Wikinews, 42 have such labels, all of them dialogues.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from etl.extract import label_speakers
from etl.extract.lexicon import Lexicon
from etl.extract.names import Name
from etl.extract.turn_labels import Label, Style, find_candidates

_SPOKEN = re.compile(
    r"\b(?:I|I['’](?:m|ve|ll|d)|[Mm]e|[Mm]y|[Ww]e|[Oo]ur|[Uu]s|[Yy]ou|[Yy]our)\b|\?"
)
"""First and second person, and questions: marks of speech that lists of facts lack."""
FIRST_PERSON = re.compile(r"\b(?:I|I['’](?:m|ve|ll|d)|[Mm]e|[Mm]y|[Ww]e|[Ww]e['’](?:re|ve|ll))\b")
_SAMPLE = 300  # characters of a turn that are looked at for marks of speech
_MIN_WORDS = 3
_BEGINNING = re.compile(r"\s*(?:\S+\s+){2}\S")


def find_labels(
    text: str,
    names: Sequence[tuple[int, int, Name]],
    other_people: Iterable[str],
    askers: frozenset[str],
    lexicon: Lexicon,
) -> list[Label]:
    """Return the labels of a text in order; none if it has no layout of turns.

    `names` are the names found in the text, with their characters; `other_people` full names from
    elsewhere in the article; `askers` the forms in lower case that stand for its outlet.
    """
    labels = find_candidates(text, lexicon)
    if len(labels) < 2:
        return []
    label_speakers.resolve(labels, names, other_people, askers, lexicon)
    return _accepted(text, labels, lexicon)


def _first_text(text: str, label: Label) -> str:
    """Return the beginning of what a label introduces, up to the end of its paragraph."""
    sample = text[label.end : label.end + _SAMPLE].lstrip()
    return sample.partition("\n\n")[0]


def _reads_like_speech(text: str) -> bool:
    """Whether a text has the first or second person, or asks something."""
    return _SPOKEN.search(text) is not None


def _accepted(text: str, labels: Sequence[Label], lexicon: Lexicon) -> list[Label]:
    """Return the labels of the layouts that the text has."""
    accepted: set[Style] = set()
    by_style: defaultdict[Style, list[Label]] = defaultdict(list)
    for label in labels:
        by_style[label.style].append(label)
    if _is_dialogue(text, by_style["capitals"], 1 / 3):
        accepted.add("capitals")
    if _is_dialogue(text, by_style["plain"], 1 / 2):
        accepted.add("plain")
    brackets = by_style["brackets"]
    if len(brackets) > 1 and _share_spoken(text, brackets) >= 1 / 3:
        accepted.add("brackets")
    if _has_answers(text, labels):
        accepted.update(("question", "answer"))
    quotations = [label for label in labels if label.person and _is_quotation(text, label)]
    if len(quotations) > 1 and not accepted:
        for label in quotations:
            label.is_quotation = True
        return quotations
    if not accepted:
        return []
    turns_of = Counter(label.person for label in labels)
    kept = []
    for label in labels:
        is_kept = _may_speak(label)
        if label.style not in accepted:
            # Beside labels of another style, one counts only if it names a person: "((WN))", "NG:".
            is_kept = label.person is not None and turns_of[label.person] > 1
        if is_kept or (label.is_silent and label.style == "capitals"):
            kept.append(label)
    return kept


def _is_quotation(text: str, label: Label) -> bool:
    """Whether the rest of a line is one quotation in marks: "Tobias Wren, Liberal: “…”"."""
    end = text.find("\n", label.end)
    rest = text[label.end : end if end >= 0 else len(text)].strip()
    if label.is_silent or rest[:1] not in ("“", '"') or rest[-1:] not in ("”", '"'):
        return False
    inside = rest[1:-1]
    is_whole = not any(mark in inside for mark in '“”"')
    return is_whole and inside.endswith((".", "!", "?", "…")) and len(inside.split()) > _MIN_WORDS


def _may_speak(label: Label) -> bool:
    is_told = label.person is not None or label.is_unnamed
    return not label.is_silent and (label.style != "plain" or is_told)


def _is_dialogue(text: str, labels: Sequence[Label], share: float) -> bool:
    """Whether labels by name recur and alternate, and introduce speech."""
    labels = [label for label in labels if _may_speak(label)]
    turns_of = Counter(label.speaker for label in labels)
    people = {label.person for label in labels} - {None}
    is_named = 2 * sum(label.person is not None for label in labels) >= len(labels)
    if not people or not is_named or not _are_sentences(text, labels):
        return False
    if _share_spoken(text, labels) < share:
        return False
    if len(labels) > 2 and max(turns_of.values()) > 1:
        return True
    # An excerpt: two people, once each, both in capitals.
    return len(people) > 1 and labels[0].style == "capitals"


def _share_spoken(text: str, labels: Sequence[Label]) -> float:
    spoken = sum(_reads_like_speech(_first_text(text, label)) for label in labels)
    return spoken / len(labels) if labels else 0.0


def _are_sentences(text: str, labels: Sequence[Label]) -> bool:
    """Whether a third of the labels introduce several words: no list of figures."""
    long = sum(_BEGINNING.match(_first_text(text, label)) is not None for label in labels)
    return 3 * long > len(labels)


def _has_answers(text: str, labels: Sequence[Label]) -> bool:
    """Whether questions are answered, and somebody answers as "I" or "we".

    "A." alone may be an initial or a list. Where nobody says "I", an outlet explains something.
    """
    asked = [label for label in labels if label.style == "question"]
    answers = [label for label in labels if label.style == "answer"]
    ends = {one.start: other.start for one, other in pairwise(labels)}
    if answers:
        is_asked = any(
            one.style == "question" and other.style == "answer" for one, other in pairwise(labels)
        )
        spans = [(label.end, ends.get(label.start, len(text))) for label in answers]
    else:
        # The answers have no labels: they follow the question.
        is_asked = len(asked) > 1 and all("?" in _first_text(text, label) for label in asked)
        spans = [
            (text.index("?", label.end), ends.get(label.start, len(text)))
            for label in (asked if is_asked else ())
        ]
    return is_asked and any(FIRST_PERSON.search(text, *span) for span in spans)
