"""Titles directly before a name: "French President" Emmanuel Macron.

Belongs here: the role written before a name, and the type and gender it implies. Does not belong
here: appositives (`roles`).
"""

from __future__ import annotations

from etl.domain import word_set
from etl.extract.document import Document, Sentence
from etl.extract.lexicon import Lexicon
from etl.extract.names import Name, may_be_in_name, name_form
from etl.extract.title_case import is_title_case

_MAX_TOKENS = 9
_MAX_SEAT_TOKENS = 5
_MAX_ROLE_TOKENS = 20  # bounds lines in capitals, where every word could belong to a role
# Words that may occur inside a role: "former first deputy prime minister".
ROLE_MODIFIERS = word_set(
    "former then acting deputy senior junior vice prime foreign first chief interim outgoing "
    "incoming presidential vice-presidential longtime veteran retired late ex-president co- top "
    "presumptive chairman-elect elect executive assistant associate managing general national "
    "state city county federal district party campaign police press financial political military "
    "defence defense interior finance health education justice energy opposition majority minority "
    "government company union local regional fellow real estate republican democratic democrat "
    "conservative liberal independent billionaire business science environmental human rights"
)


# Titles of honour and rank that are other words in lower case: "a major donor", "the lady".
_CAPITALISED_TITLES = word_set("lady lord sir major general saint justice incumbent")


class TitleFinder:
    """Finds the titles before the names of one document."""

    def __init__(self, doc: Document, lexicon: Lexicon) -> None:
        self.doc = doc
        self.lexicon = lexicon
        self._is_title_case: dict[int, bool] = {}  # by the first token of a sentence

    def add_title(self, name: Name) -> None:
        """Set the role and gender of a person's name from the title directly before it.

        Keeps the method and confidence of the name.
        """
        method, confidence = name.method, name.confidence
        self.add_role(name)
        name.role = name.role or self._office_before(name)
        name.type, name.method, name.confidence = "PERSON", method, confidence

    def _office_before(self, name: Name) -> str | None:
        """Return the office and its seat before a name: "Secretary of State" John Kerry."""
        tokens, begin = self.doc.tokens, self.doc.sentence_of(name.first).first
        of = name.first - 1
        while of > begin and tokens[of].is_capitalised and name.first - of < _MAX_SEAT_TOKENS:
            of -= 1
        is_office = begin < of < name.first - 1 and tokens[of].lower in ("of", "for")
        if not is_office or tokens[of - 1].lower not in self.lexicon.titles:
            return None
        start = of - 1
        while start > max(begin, of - _MAX_TOKENS) and self._is_role_word(start - 1):
            start -= 1
        while tokens[start].lower in ("'s", "’s", "of", "for", "-"):
            start += 1
        return self.doc.surface(start, name.first)

    def add_role(self, name: Name) -> Name:
        """Set the role of a name to the title directly before it, as written, if there is one.

        Such a name is a person. Returns a shorter name if the first word belongs to the title.
        """
        tokens, lexicon = self.doc.tokens, self.lexicon
        sentence = self.doc.sentence_of(name.first)
        i = name.first
        if i - 2 >= sentence.first and tokens[i - 1].lower == "of":
            split = self._split_off_seat(name, sentence)
            if split:
                return split
        if i == sentence.first or tokens[i - 1].lower not in lexicon.titles:
            return name
        if self._is_other_word(i - 1, sentence):
            return name
        start = i - 1
        gender = lexicon.titles[tokens[start].lower]
        start = self._role_start(start, sentence)
        while start < i - 1 and tokens[start].lower in ("'s", "’s", "of", "for", "-", "incumbent"):
            start += 1
        if (
            tokens[i - 1].is_capitalised
            or name.size > 1
            or name.form.split(" ")[0].lower() not in (lexicon.common_words)
        ):
            name.type, name.method, name.confidence = "PERSON", "title", 0.95
            if not self._is_supposed(name, sentence):
                name.role = self.doc.on_one_line(start, i)
            name.gender = gender
        return name

    def _is_other_word(self, i: int, sentence: Sentence) -> bool:
        """Whether a title in lower case is another word: "a major" donor, but "first lady"."""
        token = self.doc.tokens[i]
        if token.is_capitalised or token.lower not in _CAPITALISED_TITLES:
            return False
        before = self.doc.tokens[i - 1].lower if i > sentence.first else ""
        return before not in ROLE_MODIFIERS

    def _is_supposed(self, name: Name, sentence: Sentence) -> bool:
        """Whether "a" makes an office a supposed one: "a President Romney" is no president."""
        office = name.first - 1
        if name.size > 1 or office - 1 < sentence.first:
            return False
        before = self.doc.tokens[office - 1].lower
        return self.doc.tokens[office].is_capitalised and before in ("a", "an")

    def _role_start(self, last: int, sentence: Sentence) -> int:
        """Return the first token of the role that ends with token `last`."""
        start, begin = last, max(sentence.first, last - _MAX_ROLE_TOKENS)
        if sentence.first not in self._is_title_case:
            is_title = is_title_case(self.doc, sentence, self.lexicon)
            self._is_title_case[sentence.first] = is_title
        if self._is_title_case[sentence.first]:
            # Capitals mean nothing: "Police Arrest Former Mayor" is no role.
            while start > begin and self._is_listed(start - 1):
                start -= 1
            return start
        while start > begin and self._is_role_word(start - 1):
            start -= 1
        return start

    def _is_listed(self, i: int) -> bool:
        lower = self.doc.tokens[i].lower
        return lower in self.lexicon.titles or lower in ROLE_MODIFIERS

    def _is_role_word(self, i: int) -> bool:
        token = self.doc.tokens[i]
        lower = token.lower
        if lower in self.lexicon.titles or lower in ROLE_MODIFIERS:
            return True
        if lower in ("'s", "’s"):
            return i > 0 and self.doc.tokens[i - 1].is_capitalised
        if lower == "of":
            head = self.doc.tokens[i - 1]
            return head.is_capitalised and head.lower in self.lexicon.first_heads
        return token.is_capitalised and may_be_in_name(self.doc, self.lexicon, i)

    def _split_off_seat(self, name: Name, sentence: Sentence) -> Name | None:
        """Move "State" from the name to the role in "Secretary of State John Kerry"."""
        tokens, lexicon = self.doc.tokens, self.lexicon
        title = name.first - 2
        if tokens[title].lower not in lexicon.titles or not tokens[title].is_capitalised:
            return None
        begin = name.first
        while begin < name.last and tokens[begin].lower in lexicon.common_words:
            begin += 1
        if begin in (name.first, name.last):
            return None
        start = self._role_start(title, sentence)
        form = name_form(self.doc, begin, name.last)
        role = self.doc.on_one_line(start, begin)
        return Name(begin, name.last, form, "PERSON", role, "", "title", 0.95)
