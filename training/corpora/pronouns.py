"""Training texts for pronoun resolution: GAP with more candidates, and silver data from news.

Belongs here: pronouns with their antecedents and the wrong choices. Does not belong here: reading
corpora (`training.corpora.documents`), the network (`training.model.network`), the rules that
extraction uses (`etl.extract.pronouns`).

GAP annotates two persons per text; `with_candidates` adds the others. Silver data comes from plain
news: if a text names one woman among men, "she" refers to her. `hide_gender` then gives all persons
of the text names and pronouns of one gender, so that the network must learn from other signals:
grammar, distance, topic. WikiCREM (Kocijan et al. 2019) replaces repeated names by pronouns; here,
pronouns stand where a writer chose to put them.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from etl.domain import Article, word_set
from etl.extract.anaphors import PRONOUNS
from etl.extract.lexicon import (
    Gender,
    load_lexicon,
)
from etl.extract.rule_extractor import RuleExtractor
from training.corpora.documents import Document, Link

Person = tuple[int, int]
"""The span of a person's name: characters, end exclusive."""
NEAR = 450
"""Distance in characters within which persons are candidates; a window has about 1,000."""
_PRONOUN = re.compile(r"\b(?:" + "|".join(PRONOUNS) + r")\b", re.I)
_TITLE = re.compile(r"\b(Mr|Mrs|Ms|Miss|Sir|Lady|Lord|Mister|Madam)\b\.? ?$")
_TITLES: dict[str, Gender] = {
    **dict.fromkeys(("Mr", "Sir", "Lord", "Mister"), "m"),
    **dict.fromkeys(("Mrs", "Ms", "Miss", "Lady", "Madam"), "f"),
}
_SWAP = {
    "m": {"she": "he", "her": "him", "hers": "his", "herself": "himself"},
    "f": {"he": "she", "him": "her", "his": "her", "himself": "herself"},
}
_ENDS_PHRASE = word_set(
    "to and or in on at for from with by of as that who which when while after before because but "
    "if into about over up down out off again also if than through against is was would could"
)


def persons_by_rules(document: Document) -> list[Person]:
    """Return the persons that the rules find, for a corpus without annotated names."""
    found = _rules().extract(Article(None, document.text))
    return [
        (m.char_start, m.char_end)
        for m in found.mentions
        if m.type == "PERSON" and m.kind == "name"
    ]


@lru_cache(maxsize=1)
def _rules() -> RuleExtractor:
    return RuleExtractor()


def with_candidates(document: Document) -> Document:
    """Return a GAP text with its other persons as wrong choices.

    Persons that share a word with the antecedent are left out. If the pronoun refers to neither of
    GAP's two names, no person is added, because any might be the antecedent.
    """
    links: list[Link] = []
    for at, right, wrong in document.links["pronoun"]:
        persons = persons_by_rules(document) if right else []
        known = {w for start in right for w in _words_at(document.text, start)}
        others = {
            a
            for a, b in persons
            if a not in right and not known & set(document.text[a:b].lower().split())
        }
        links.append((at, right, sorted({*(wrong or []), *others})))
    return replace(document, links={**document.links, "pronoun": links})


def _words_at(text: str, start: int) -> list[str]:
    """Return the words of the name that starts at an offset; GAP annotates starts only."""
    name = re.match(r"[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*)*", text[start : start + 60])
    return name[0].lower().split() if name else []


def resolved_by_gender(document: Document, persons: Sequence[Person]) -> Document | None:
    """Link each pronoun whose gender only one person nearby has; return None without any.

    Somebody of the other gender must be nearby as a wrong choice, and nobody of unknown gender.
    """
    text = document.text
    families = {p: text[p[0] : p[1]].split()[-1].lower().removesuffix("’s") for p in persons}
    genders: dict[str, set[Gender]] = {}
    for p in persons:
        genders.setdefault(families[p], set()).update(_gender(text, p))
    links: list[Link] = []
    for match in _PRONOUN.finditer(text):
        at = match.start()
        near = [p for p in persons if abs(p[0] - at) < NEAR]
        before = {families[p] for p in near if p[1] <= at}
        if any(len(genders[families[p]]) != 1 for p in near):
            continue
        gender = PRONOUNS[match[0].lower()]
        same = {f for f in before if genders[f] == {gender}}
        others = {families[p] for p in near if genders[families[p]] != {gender}}
        if len(same) == 1 and others and len({families[p] for p in near} - others) == 1:
            right = [p[0] for p in near if families[p] in same]
            links.append((at, right, [p[0] for p in near if families[p] not in same]))
    return replace(document, links={**document.links, "pronoun": links}) if links else None


def _gender(text: str, person: Person) -> set[Gender]:
    title = _TITLE.search(text[max(0, person[0] - 10) : person[0]])
    words = text[person[0] : person[1]].split()
    gender = _TITLES[title[1]] if title else load_lexicon().first_names.get(words[0].lower(), "")
    return {gender} if gender else set()


def hide_gender(document: Document, persons: Sequence[Person], seed: int = 0) -> Document:
    """Return a copy in which all first names, titles and pronouns have one gender.

    A first name is replaced by the same other name throughout. Spans and links move with the text.
    """
    text = document.text
    rng = random.Random(f"{document.name}/{seed}")
    gender: Gender = rng.choice(("m", "f"))
    names = _first_names(gender)
    chosen: dict[str, str] = {}
    edits: list[tuple[int, int, str]] = []
    for start, end in sorted(set(persons)):
        title = _TITLE.search(text[max(0, start - 10) : start])
        if title and _TITLES[title[1]] != gender:
            at = max(0, start - 10) + title.start(1)
            edits.append((at, at + len(title[1]), "Mr" if gender == "m" else "Ms"))
        first = re.match(r"\w+", text[start:end])
        if first and first[0].lower() in load_lexicon().first_names:
            new = chosen.setdefault(first[0].lower(), rng.choice(names))
            edits.append((start, start + len(first[0]), _cased(new, first[0])))
    for match in _PRONOUN.finditer(text):
        word = match[0].lower()
        if PRONOUNS[word] != gender:
            new = _SWAP[gender][word]
            if word == "her":
                after = re.match(r" ?(\w+)", text[match.end() : match.end() + 30])
                new = "his" if after and after[1].lower() not in _ENDS_PHRASE else "him"
            edits.append((match.start(), match.end(), _cased(new, match[0])))
    return edited(document, sorted(edits))


def _cased(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word.capitalize() if like[0].isupper() else word


@lru_cache(maxsize=2)
def _first_names(gender: Gender) -> list[str]:
    return sorted(name for name, g in load_lexicon().first_names.items() if g == gender)


def edited(document: Document, edits: Sequence[tuple[int, int, str]]) -> Document:
    """Return the document with parts of its text replaced. Of overlapping edits the first wins."""
    text, at = "", 0
    ends, shifts = [0], [0]
    for start, end, new in edits:
        if start < at:
            continue
        text += document.text[at:start] + new
        at = end
        ends.append(end)
        shifts.append(len(text) - end)
    text += document.text[at:]

    def moved(position: int) -> int:
        return position + shifts[bisect_right(ends, position) - 1]

    return Document(
        document.name,
        document.corpus,
        text,
        {
            layer: [(moved(a), moved(b), label) for a, b, label in spans]
            for layer, spans in document.layers.items()
        },
        [moved(cut) for cut in document.cuts],
        [(moved(a), moved(b)) for a, b in document.skipped],
        {
            kind: [
                (
                    moved(where),
                    [moved(x) for x in right],
                    None if wrong is None else [moved(x) for x in wrong],
                )
                for where, right, wrong in rows
            ]
            for kind, rows in document.links.items()
        },
    )


def silver(
    documents: Iterator[Document], persons: Callable[[Document], list[Person]]
) -> Iterator[Document]:
    """Yield the documents whose pronouns are resolved by gender, with the gender hidden."""
    for document in documents:
        found = persons(document)
        if resolved := resolved_by_gender(document, found):
            yield hide_gender(resolved, found)


def annotated_persons(document: Document) -> list[Person]:
    """Return the annotated persons of a text."""
    return [(a, b) for a, b, label in document.layers["names"] if label == "PERSON"]


def gap_renamed(documents: Iterator[Document], seed: int) -> Iterator[Document]:
    """Yield GAP texts with other first names, in half of them of the other gender."""
    for document in documents:
        yield hide_gender(document, persons_by_rules(document), seed)
