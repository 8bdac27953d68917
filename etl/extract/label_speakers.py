"""For whom the labels of turns stand: the person of that name, somebody unnamed, or nobody.

Belongs here: matching labels with the people of the article, by full name, surname, first name or
initials, and writing names in capitals as names are written. Does not belong here: what a label
looks like (`turn_labels`), and the actors of an article (`mention_clusters`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from etl.domain import word_set
from etl.extract.lexicon import Lexicon
from etl.extract.name_words import PARTICLES, generation
from etl.extract.names import Name
from etl.extract.turn_labels import Label, is_in_capitals

_UNNAMED = word_set(
    "unidentified unknown male female man woman boy girl moderator reporter reporters journalist "
    "correspondent questioner interviewer host anchor announcer narrator speaker caller audience "
    "member participant voice voices crowd staff aide official translator interpreter president "
    "senator congressman congresswoman secretary chairman chairwoman chair clerk judge court "
    "witness counsel operator student attendee protester editor press the a an all both"
)
"""Words of labels that stand for speakers without naming them."""
_UNNAMED_FIRST = word_set("unidentified unknown the an audience")
_UNNAMED_LAST = word_set("reporter male female speaker moderator interviewer correspondent")
_SILENT = word_set(
    "crosstalk applause laughter cheers cheering music noise silence pause inaudible note notes "
    "update updated correction corrections clarification editor's editor’s transcript watch read "
    "listen related source sources photo photos image images picture video clip audio end begin "
    "commercial break credit caption more advertisement contact"
)
"""Words of labels for which nobody speaks."""
_LOWERED = PARTICLES & word_set("von der den del dos bin ibn zu ter of")


class People:
    """Full names, found by each form that may stand for them in a label."""

    def __init__(self) -> None:
        self._by_form: dict[str, dict[tuple[str, str], str]] = {}

    def add(self, form: str) -> None:
        """Add a full name under its surname, its first name and its initials."""
        words = [word for word in form.split() if not generation(word)]
        if len(words) < 2:
            return
        who = (words[0].casefold(), words[-1].casefold())
        initials = "".join(word[0] for word in words)
        for key in {
            form.casefold(),
            " ".join(who),
            words[0].casefold(),
            initials,
            *(" ".join(words[i:]).casefold() for i in range(1, len(words))),
        }:
            self._by_form.setdefault(key, {}).setdefault(who, form)

    def find(self, words: Sequence[str]) -> list[str]:
        """Return the full names that the words of a label may stand for."""
        kept = [word for word in words if not generation(word)]
        found = self._by_form.get(" ".join(words).casefold())
        if found is None and len(kept) > 1:
            found = self._by_form.get(f"{kept[0]} {kept[-1]}".casefold())
        if found is None and len(kept) == 1 and kept[0].isupper():
            found = self._by_form.get(kept[0].replace(".", ""))
        return list(found.values()) if found else []


def resolve(
    labels: Sequence[Label],
    names: Sequence[tuple[int, int, Name]],
    other_people: Iterable[str],
    askers: frozenset[str],
    lexicon: Lexicon,
) -> None:
    """Set of whom the labels speak: a person by full name, somebody unnamed, or nobody."""
    within = _names_within(labels, names)
    labelled, mentioned = People(), People()
    for form in other_people:
        mentioned.add(_form(form.split()))
    in_labels = {id(name) for found in within for _, _, name in found}
    for _, _, name in names:
        if name.type == "PERSON" and id(name) not in in_labels:
            mentioned.add(_form(name.form.split()))
    counts = Counter(label.words[-1].casefold() for label in labels)
    for label, found in zip(labels, within, strict=True):
        lower = [word.lower().rstrip(".") for word in label.words]
        label.is_silent = lower[0] in _SILENT
        label.is_unnamed = (
            label.style in ("question", "answer")
            or " ".join(lower) in askers
            or lower[0] in _UNNAMED_FIRST
            or lower[-1] in _UNNAMED_LAST
            or all(word in _UNNAMED or word.isdigit() for word in lower)
        )
        if label.is_silent or label.is_unnamed or len(label.words) == 1:
            continue
        known = mentioned.find(label.words)
        is_found = any(
            name.type == "PERSON" and start <= label.name_start and end >= label.name_end
            for start, end, name in found
        )
        # "RUNE HALVARD" once and "HALVARD" later; neither word is an ordinary one.
        is_recurring = counts[label.words[-1].casefold()] > 1 and not any(
            map(lexicon.is_ordinary, lower)
        )
        if len(known) == 1:
            label.person = known[0]
        elif is_found or (
            label.style != "plain" and (lower[0] in lexicon.first_names or is_recurring)
        ):
            label.person = _form(label.words)
        if label.person:
            labelled.add(label.person)
    for label, found in zip(labels, within, strict=True):
        if label.person or label.is_unnamed or label.is_silent:
            continue
        whom = labelled.find(label.words)
        if not whom and (len(label.words[0]) > 3 or counts[label.words[-1].casefold()] > 1):
            whom = mentioned.find(label.words)  # initials only if they recur
        if whom:
            label.person = whom[0] if len(whom) == 1 else None
        elif len(label.words) == 1 and label.style in ("capitals", "brackets"):
            word = label.words[0]
            is_found = any(
                name.type == "PERSON" and start == label.name_start for start, _, name in found
            )
            form = _form(label.words)
            is_surname = counts[word.casefold()] > 1 and not lexicon.is_ordinary(word.lower())
            if len(word) > 3 and (is_found or is_surname) and lexicon.type_of(form) is None:
                label.person = form


def _form(words: Sequence[str]) -> str:
    is_upper = all(map(is_in_capitals, words))
    return in_normal_case(words) if is_upper else " ".join(words)


def in_normal_case(words: Iterable[str]) -> str:
    """Return words in capitals as names are written: "URSULA VON DER LEYEN", "O’NEILL"."""
    return " ".join(
        word.lower()
        if i and word.lower() in _LOWERED
        else word
        if not is_in_capitals(word) or generation(word) or (len(word) < 3 and "." in word)
        else _capitalised(word)
        for i, word in enumerate(words)
    )


def _capitalised(word: str) -> str:
    parts = re.split(r"([-‐'’.])", word)
    parts = [
        part[:2].capitalize() + part[2:].capitalize()
        if part.upper().startswith("MC") and len(part) > 4
        else part.capitalize()
        for part in parts
    ]
    return "".join(parts)


def _names_within(
    labels: Sequence[Label], names: Sequence[tuple[int, int, Name]]
) -> list[list[tuple[int, int, Name]]]:
    """Return the names that overlap each label. Both come in text order."""
    within: list[list[tuple[int, int, Name]]] = []
    at = 0
    for label in labels:
        while at < len(names) and names[at][1] <= label.start:
            at += 1
        last = at
        while last < len(names) and names[last][0] < label.end:
            last += 1
        within.append(list(names[at:last]))
    return within
