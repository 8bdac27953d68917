"""Name candidates: runs of capitalised words, split after a title or a nationality.

Belongs here: where a name begins and ends. Does not belong here: its type (`entity_types`), titles
before it (`titles`), title-case sentences (`title_case`), and which names refer to the same actor
(`mention_clusters`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from etl.domain import EntityType, word_set
from etl.extract.document import Document, Sentence
from etl.extract.lexicon import Lexicon
from etl.extract.name_bounds import is_nickname
from etl.extract.name_words import NICKNAME, PARTICLES, nickname, person_form
from etl.extract.names import (
    Name,
    is_before_name,
    is_function_word,
    may_be_in_name,
    name_form,
)
from etl.extract.places import has_state
from etl.extract.title_case import is_title_case
from etl.extract.titles import ROLE_MODIFIERS, TitleFinder

# Particles that are not English words, so a name may begin with one: "de Blasio".
_OPENING_PARTICLES = PARTICLES - word_set("ben den da du zu af av ter dos la le")
_OPENING_MARKS = frozenset("(\"“‘'`")
_MAX_TOKENS = 9
_MAX_GIVEN = 4


class CandidateFinder:
    """Finds the name candidates of one document."""

    def __init__(self, doc: Document, lexicon: Lexicon) -> None:
        self.doc = doc
        self.lexicon = lexicon
        self._titles = TitleFinder(doc, lexicon)
        tokens = doc.tokens
        self._medial_capitalised = Counter(
            t.text for t in tokens if t.is_capitalised and not t.is_initial
        )
        self._lower_case = Counter(t.text for t in tokens if t.is_word and not t.is_capitalised)

    def find(self) -> list[Name]:
        """Return all candidates outside title-case sentences, in order and without overlaps."""
        names: list[Name] = []
        for sentence in self.doc.sentences:
            if not is_title_case(self.doc, sentence, self.lexicon):
                for first, last in self._capitalised_runs(sentence):
                    names.extend(self._split_run(first, last))
        return names

    def _may_begin_name(self, i: int) -> bool:
        token = self.doc.tokens[i]
        lower, lexicon = token.lower, self.lexicon
        if not token.is_capitalised or is_function_word(token, self.lexicon):
            return False
        if lower in lexicon.calendar_words:
            # "May", "April" and "August" begin a name if another word of a name follows.
            return lower in lexicon.first_names and self._may_be_in_name(i + 1)
        if not token.is_initial:
            return True
        if lower in PARTICLES and self._next_is_particle(i + 1):
            return True
        if self._medial_capitalised[token.text] > self._lower_case[lower]:
            return True
        if lexicon.type_of(token.text) or lower in lexicon.titles:
            return lower not in lexicon.common_words or self._may_be_in_name(i + 1)
        if lower not in lexicon.common_words:
            return self._lower_case[lower] == 0
        is_followed = self._may_be_in_name(i + 1)
        if is_followed and self._lower_case[lower] == 0:
            return (
                lower in lexicon.first_names
                or lower in lexicon.first_heads
                or (self.doc.tokens[i + 1].lower in lexicon.last_heads)
            )
        return lower in lexicon.first_heads and self._next_is(i + 1, "of")

    def _may_be_in_name(self, i: int) -> bool:
        return may_be_in_name(self.doc, self.lexicon, i)

    def _next_is_particle(self, i: int) -> bool:
        return i < len(self.doc.tokens) and self.doc.tokens[i].lower in PARTICLES

    def _next_is(self, i: int, lower: str) -> bool:
        return i < len(self.doc.tokens) and self.doc.tokens[i].lower == lower

    def _capitalised_runs(self, sentence: Sentence) -> Iterator[tuple[int, int]]:
        tokens, lexicon = self.doc.tokens, self.lexicon
        i = sentence.first
        while i < sentence.last:
            begin = i
            if tokens[i].lower in _OPENING_PARTICLES and not tokens[i].is_capitalised:
                while i < sentence.last and tokens[i].lower in PARTICLES:
                    i += 1
                if i == sentence.last or not self._may_be_in_name(i):
                    i = max(i, begin + 1)
                    continue
            elif not self._may_begin_name(i):
                i += 1
                continue
            i += 1
            has_of = False
            while i < sentence.last and i - begin < _MAX_TOKENS * 3:
                lower = tokens[i].lower
                if self._may_be_in_name(i):
                    i += 1
                    continue
                step = self._connector_length(begin, i, sentence.last, has_of)
                if not step:
                    break
                has_of = has_of or lower in ("of", "for", "on")
                i += step
            yield begin, i
            # Skip function words after "Mr." and the like: no name begins with them.
            while i < sentence.last and tokens[i].lower in lexicon.function_words:
                if tokens[i].is_capitalised and self._may_begin_name(i):
                    break
                i += 1

    def _connector_length(self, begin: int, i: int, end: int, has_of: bool) -> int:
        """Return how many tokens from `i` extend a run to its next capitalised word, or 0."""
        tokens, lexicon = self.doc.tokens, self.lexicon
        lower = tokens[i].lower
        if lower in PARTICLES and not tokens[i].is_capitalised:
            j = i + 1
            while j < end and j < i + 3 and tokens[j].lower in PARTICLES:
                j += 1
            return j - i + 1 if j < end and self._may_be_in_name(j) else 0
        previous = tokens[i - 1].lower
        if lower == "," and i + 1 < end and tokens[i + 1].text.rstrip(".") in ("Jr", "Sr"):
            role = tokens[i + 2].lower if i + 2 < end else ""
            return 0 if role in lexicon.titles or role in ROLE_MODIFIERS else 2
        if tokens[i].text in _OPENING_MARKS and (length := self._nickname_length(begin, i, end)):
            return length
        if tokens[i].text == "state" and has_state(name_form(self.doc, begin, i), lexicon):
            return 1
        if lower == "&":
            return 2 if i + 1 < end and self._may_be_in_name(i + 1) else 0
        is_plural = (lower in ("’", "'") and previous.endswith("s")) or (
            lower in ("’s", "'s") and previous.endswith(("men", "children", "people"))
        )
        if is_plural and i + 1 < end:
            # "Seafarers’ Guild", "Women's Institute": the apostrophe belongs to the name.
            following = tokens[i + 1].lower
            is_head = following in lexicon.last_heads or following in lexicon.first_heads
            return 2 if is_head and self._may_be_in_name(i + 1) else 0
        if lower in ("of", "for", "on"):
            if previous not in lexicon.first_heads and not (
                lower != "of" and tokens[begin].lower in lexicon.first_heads
            ):
                return 0
            j = i + 1 if i + 1 < end and tokens[i + 1].lower != "the" else i + 2
            return j - i + 1 if j < end and self._may_be_in_name(j) else 0
        if lower == "and" and has_of and i + 1 < end and self._may_be_in_name(i + 1):
            # "Ministry of Science and Technology", not "Ministry of Health and Ann Lee".
            return 2 if {tokens[i + 1].lower, previous} <= lexicon.common_words else 0
        return 0

    def _nickname_length(self, begin: int, i: int, end: int) -> int:
        """Return how many tokens a nickname and the surname after it take, or 0."""
        doc, lexicon = self.doc, self.lexicon
        match = NICKNAME.match(doc.text, doc.tokens[i - 1].end)
        if match is None or not is_nickname(match, lexicon):
            return 0
        surname = doc.token_at(match.end())
        given = doc.tokens[max(begin, i - _MAX_GIVEN) : i]
        is_person = any(token.lower in lexicon.first_names for token in given)
        if not is_person or not i < surname < end or not self._may_be_in_name(surname):
            return 0
        return 0 if lexicon.is_ordinary(doc.tokens[surname].lower) else surname - i + 1

    def _split_run(self, first: int, last: int) -> list[Name]:
        """Split a run at titles and nationalities."""
        lexicon, tokens = self.lexicon, self.doc.tokens
        form = name_form(self.doc, first, last)
        entity_type = lexicon.type_of(form)
        if entity_type is None and form.endswith(" state"):
            entity_type = "GPE"
        if entity_type:
            return [Name(first, last, form, entity_type, method="lexicon", confidence=0.9)]
        if person_form(form) != form:
            return self._split_before_first_name(first, last)
        titled = self._split_after_title(first, last)
        if titled:
            return titled
        if last - first > _MAX_TOKENS:
            return []
        words = [tokens[i].lower for i in range(first, last)]
        if last - first > 1 and words[0] not in lexicon.titles:
            head = lexicon.last_heads.get(words[-1])
            if not head:
                head = self._type_of_first_head(words)
            if head:
                return [Name(first, last, form, head, method="head_word", confidence=0.8)]
        split = self._split_after_nationality(first, last)
        if split:
            return split
        is_seat = tokens[first - 1].lower == "of"  # "Secretary of State Ann Lee"
        if not is_seat and is_before_name(self.doc, first, last, lexicon):
            return self._split_run(first + 1, last)
        is_ordinary = set(words[:2]) <= lexicon.common_words
        if last - first > 1 and words[0] in lexicon.first_names and not is_ordinary:
            return [self._person(first, last, "first_name", 0.85)]
        return [self._titles.add_role(Name(first, last, form))]

    def _split_before_first_name(self, first: int, last: int) -> list[Name]:
        """Split a run that has a nickname or generation, so ends in a person's name."""
        tokens, lexicon = self.doc.tokens, self.lexicon
        given = next(
            (i for i in range(first, last) if tokens[i].lower in lexicon.first_names), first
        )
        before = self._split_run(first, given) if given > first else []
        return [*before, self._person(given, last, "first_name", 0.85)]

    def _type_of_first_head(self, words: list[str]) -> EntityType | None:
        """Return the type that an opening such as "University of …" or "Mount …" implies."""
        heads = self.lexicon.first_heads
        for word, following in pairwise(words):
            if word in heads and following in ("of", "for"):
                return heads[word]
        return "LOC" if heads.get(words[0]) == "LOC" else None

    def _split_after_title(self, first: int, last: int) -> list[Name]:
        """Split "French President Emmanuel Macron" after its rightmost title."""
        tokens, lexicon = self.doc.tokens, self.lexicon
        for i in range(min(last, first + 2 * _MAX_TOKENS) - 1, first - 1, -1):
            if tokens[i].lower not in lexicon.titles or not tokens[i].is_capitalised:
                continue
            name_first = i + 1
            left = i
            while left > first and (
                tokens[left - 1].lower in lexicon.titles
                or (
                    tokens[left - 1].lower in ROLE_MODIFIERS
                    and f"{tokens[left - 1].lower} {tokens[left].lower}" in lexicon.titles
                )
            ):
                left -= 1
            before = self._split_run(first, left) if left > first else []
            if name_first == last:
                return before or [Name(first, first, "")]
            if last - name_first > 1 and tokens[last - 1].lower in lexicon.last_heads:
                return []
            person = self._person(name_first, last, "title", 0.95)
            return [*before, person]
        return []

    def _split_after_nationality(self, first: int, last: int) -> list[Name]:
        """Split "Republican Kevin McCarthy" before the first name."""
        tokens, lexicon = self.doc.tokens, self.lexicon
        for size in (2, 1):
            if last - first < size + 2:
                continue
            prefix = name_form(self.doc, first, first + size)
            entity_type = lexicon.type_of(prefix)
            if entity_type and tokens[first + size].lower in lexicon.first_names:
                name = Name(
                    first, first + size, prefix, entity_type, method="lexicon", confidence=0.9
                )
                return [name, self._person(first + size, last, "first_name", 0.85)]
        return []

    def _person(self, first: int, last: int, method: str, confidence: float) -> Name:
        form = name_form(self.doc, first, last)
        name = Name(
            first,
            last,
            person_form(form),
            "PERSON",
            method=method,
            confidence=confidence,
            nickname=nickname(form),
        )
        return self._titles.add_role(name)
