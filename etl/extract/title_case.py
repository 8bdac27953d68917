"""Names where capitals mean nothing: headlines in title case, lines in capitals.

Belongs here: detecting such sentences, and finding in them the names known from the body. Does not
belong here: sentences in sentence case, headline or not (`candidates`).
"""

from __future__ import annotations

from collections.abc import Sequence

from etl.domain import EntityType, word_set
from etl.extract.document import Document, Sentence
from etl.extract.known_people import KnownPeople
from etl.extract.lexicon import Lexicon
from etl.extract.name_words import PARTICLES, generation
from etl.extract.names import Name

# Function words that a title-case headline keeps in lower case; "is" or "that" it would not.
_LOWER_CASE_IN_TITLES = word_set(
    "a an the of in on at by to for and or but as with from into over after not off up out per via"
)
_MAX_TOKENS = 8


def is_title_case(doc: Document, sentence: Sentence, lexicon: Lexicon) -> bool:
    """Whether capitals mean nothing here: a headline in title case, or a line in capitals.

    True if ordinary words inside the sentence are capitalised and hardly any is in lower case.
    """
    lower_count = capitalised_count = word_count = 0
    for token in doc.tokens[sentence.first : sentence.last]:
        if not token.is_word:
            continue
        if token.lower in lexicon.function_words:
            if not token.is_capitalised and token.lower not in _LOWER_CASE_IN_TITLES:
                return False
            continue
        word_count += 1
        if not token.is_capitalised:
            lower_count += token.text[0].isalpha()
            if lower_count > 2 and lower_count > 0.1 * (sentence.last - sentence.first):
                return False
        elif token.lower in lexicon.common_words and not token.is_initial:
            capitalised_count += token.lower not in lexicon.titles
    return capitalised_count >= 2 and lower_count <= 0.1 * word_count


class KnownNames:
    """The forms under which names of the body and of the lexicon may appear."""

    def __init__(self, names: Sequence[Name], lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._forms: dict[str, tuple[str, EntityType]] = {}
        for name in names:
            if name.type:
                self._forms.setdefault(name.form.lower(), (name.form, name.type))
                words = name.form.split(" ")
                if name.type == "PERSON" and len(words) > 1:
                    words = words[:-1] if generation(words[-1]) else words
                    surname_start = len(words) - 1
                    while surname_start > 1 and words[surname_start - 1].lower() in PARTICLES:
                        surname_start -= 1
                    surname = " ".join(words[surname_start:])
                    self._forms.setdefault(surname.lower(), (surname, "PERSON"))

    def lookup(self, surface: str, *, is_upper: bool) -> tuple[str, EntityType, str] | None:
        """Return form, type and method of a known name, or None.

        Case counts unless the whole sentence is in capitals (`is_upper`).
        """
        found = self._forms.get(surface.lower())
        if found and (is_upper or not found[0].islower()):
            return (*found, "in_body")
        form = surface.title() if is_upper and len(surface) > 4 else surface
        entity_type = self._lexicon.type_of(form)
        if entity_type is None or (" " not in form and form.lower() in self._lexicon.common_words):
            return None
        return form, entity_type, "lexicon"


def cut_to_known_people(
    doc: Document, names: Sequence[Name], body: Sequence[Name], lexicon: Lexicon
) -> list[Name]:
    """Return the names of a headline with people named as in the body, without other words."""
    people = KnownPeople((name.form for name in body if name.type == "PERSON"), lexicon)
    for name in names:
        words = name.form.split(" ")
        if name.type == "PERSON" and len(words) == name.size:
            first, last = people.part(words)
            name.first, name.last = name.first + first, name.first + last
            name.form = " ".join(words[first:last])
    return list(names)


def add_title_case(
    doc: Document, names: list[Name], known: KnownNames, lexicon: Lexicon
) -> list[Name]:
    """Return `names` and the names of the title-case sentences of a document, in order."""
    added: list[Name] = []
    for sentence in doc.sentences:
        if not is_title_case(doc, sentence, lexicon):
            continue
        words = [t.text for t in doc.tokens[sentence.first : sentence.last] if t.is_word]
        is_upper = sum(word.isupper() for word in words) > 0.7 * len(words)
        i = sentence.first
        while i < sentence.last:
            name = _known_name_at(doc, i, sentence.last, known, lexicon, is_upper)
            if name is None:
                i += 1
            else:
                added.append(name)
                i = name.last
    return sorted([*names, *added], key=lambda n: n.first) if added else names


def _known_name_at(
    doc: Document, i: int, end: int, known: KnownNames, lexicon: Lexicon, is_upper: bool
) -> Name | None:
    tokens = doc.tokens
    if not tokens[i].is_capitalised:
        return None
    for last in range(min(i + _MAX_TOKENS, end), i, -1):
        if not tokens[last - 1].is_capitalised:
            continue
        surface = " ".join(t.text for t in tokens[i:last]).replace("’", "'")
        found = known.lookup(surface, is_upper=is_upper)
        if found:
            form, entity_type, method = found
            return Name(i, last, form, entity_type, method=method, confidence=0.8)
    if (
        not is_upper
        and i + 1 < end
        and tokens[i].lower in lexicon.first_names
        and tokens[i].lower not in lexicon.common_words
        and tokens[i + 1].is_capitalised
        and not lexicon.is_ordinary(tokens[i + 1].lower)
        and tokens[i + 1].lower not in lexicon.titles
    ):
        form = f"{tokens[i].text} {tokens[i + 1].text}"
        return Name(i, i + 2, form, "PERSON", method="first_name", confidence=0.6)
    return None
