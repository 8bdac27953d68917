"""Labels of turns: "RUNE HALVARD, TRANSPORT SECRETARY:", "((WN))", "Q:" at the beginning of lines.

Belongs here: what a label looks like, and its parts. Does not belong here: for whom it stands
(`label_speakers`), and whether a text has a layout of turns at all (`turn_layout`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from etl.extract.lexicon import Lexicon
from etl.extract.name_words import PARTICLES

Style = Literal["capitals", "plain", "brackets", "question", "answer"]

_CLOCK = (
    r"(?:[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?:[ \t]?[ap]\.?m\.?)?[\])]?"
    r"[ \t]*(?:[-–—][ \t]*)?)?"
)
_LINE = re.compile(
    rf"^[ \t]*{_CLOCK}[\"“]?(?:"
    r"\(\((?P<brackets>[^()\n]{1,60})\)\)[ \t]*(?::|(?=[ \t\r\n])|$)"
    r"|(?P<question>Q\d{0,2}|Question|QUESTION)[ \t]*[:.](?=\s|$)"
    r"|(?P<answer>A\d{0,2}|Answer|ANSWER)[ \t]*[:.](?=\s|$)"
    # A colon between digits belongs to a time stamp.
    r"|(?P<name>[^\W\d_](?:[^\n:]|(?<=\d):(?=\d)){0,150}):(?=[\s\"“‘'«]|$)"
    r")",
    re.MULTILINE,
)
_FUSED_QUESTION = re.compile(r"^(Q)(?=[A-Z][a-z’']+\b)", re.MULTILINE)
"""A "Q" whose mark was lost: "QWhat would have happened?". Only in texts with "A:"."""
_ASIDE = re.compile(r"[(\[][^()\[\]\n]{0,60}[)\]]")
_HEAD_END = re.compile(r"[,(\[]")
_NOT_SPACE = re.compile(r"\S+")
_WORD = re.compile(r"[^\W\d_][\w.'’-]*")
_LEADING_CLOCK = re.compile(r"[ \t]*[\[(]\d{1,2}:\d{2}(?::\d{2})?[\])][ \t]*:?")
_MAX_NAME_WORDS = 6
_MAX_ROLE_WORDS = 12


@dataclass(slots=True)
class Label:
    """A label at characters `start`:`end`; its turn begins at `end`.

    `name_start`:`name_end` are the words that stand for the speaker. `person` is the full name of
    whom they stand for; None for an unnamed speaker. `is_unnamed`: the words stand for a speaker
    without naming one, such as "MODERATOR" or the outlet. `is_silent`: nobody speaks after it.
    `is_quotation`: nothing but a quotation in marks follows, which is the whole turn.
    """

    start: int
    end: int
    name_start: int
    name_end: int
    style: Style
    words: tuple[str, ...]
    role: str | None = None
    title: str | None = None
    person: str | None = None
    is_unnamed: bool = False
    is_silent: bool = False
    is_quotation: bool = False

    @property
    def speaker(self) -> str:
        """What labels of one speaker share."""
        return (self.person or " ".join(self.words)).casefold()


def find_candidates(text: str, lexicon: Lexicon) -> list[Label]:
    """Return what looks like labels, in order: most lines with a colon are none."""
    found = []
    for match in _LINE.finditer(text):
        label = _read(text, match, lexicon)
        if label is not None:
            clock = _LEADING_CLOCK.match(text, label.end)
            label.end = clock.end() if clock else label.end
            found.append(label)
    if sum(label.style == "answer" for label in found) > 1:
        found += [
            Label(m.start(), m.end(), m.start(), m.end(), "question", ("Q",))
            for m in _FUSED_QUESTION.finditer(text)
        ]
        found.sort(key=lambda label: label.start)
    return found


def _read(text: str, match: re.Match[str], lexicon: Lexicon) -> Label | None:
    if match["question"] or match["answer"]:
        style: Style = "question" if match["question"] else "answer"
        return Label(match.start(), match.end(), *match.span(style), style, (match[style],))
    group = "brackets" if match["brackets"] else "name"
    written, begin = match[group], match.start(group)
    head = _HEAD_END.split(written, maxsplit=1)[0]
    spans = [(m.start(), m.end()) for m in _NOT_SPACE.finditer(head)]
    title = []
    while len(spans) > 1 and head[slice(*spans[0])].lower() in lexicon.titles:
        title.append(head[slice(*spans.pop(0))])
    words = tuple(head[start:end] for start, end in spans)
    if not words or len(words) > _MAX_NAME_WORDS or not all(map(_is_name_word, words)):
        return None
    style = "brackets"
    if group == "name":
        style = "capitals" if all(map(is_in_capitals, words)) else "plain"
    role = _ASIDE.sub(" ", written[len(head) :].partition(",")[2]).strip(" \t,") or None
    if role is not None and not _is_role(role, lexicon):
        return None
    return Label(
        match.start(),
        match.end(),
        begin + spans[0][0],
        begin + spans[-1][1],
        style,
        words,
        role,
        " ".join(title) or None,
    )


def _is_role(role: str, lexicon: Lexicon) -> bool:
    """Whether words may be a role: no clause such as "the mayor, said in a statement"."""
    words = role.split()
    return len(words) <= _MAX_ROLE_WORDS and not any(
        word in lexicon.cues and before != "of" for before, word in pairwise(["", *words])
    )


def _is_name_word(word: str) -> bool:
    is_number = word.isdigit() and len(word) < 3  # SPEAKER 1
    is_small = word.lower() in PARTICLES
    return is_number or (bool(_WORD.fullmatch(word)) and (is_small or word[0].isupper()))


def is_in_capitals(word: str) -> bool:
    """Whether a word is in capitals, as "HALVARD" and "McKELL" are."""
    word = word.removeprefix("Mc").removeprefix("Mac")
    return word.upper() == word
