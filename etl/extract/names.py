"""Names as spans of tokens.

Belongs here: the record that the steps of extraction pass on, and what any step may ask of a
token. Does not belong here: finding names (`candidates`, `title_case`, `tagger_extractor`).
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.domain import EntityType
from etl.extract.document import Document, Token
from etl.extract.lexicon import Lexicon

_FULL_NAME = 2  # a first name and a surname


@dataclass(slots=True)
class Name:
    """A name or a candidate for one: tokens `first`:`last` and the evidence from its context.

    `form` is the surface with single spaces, without a nickname in marks. `type` is None until
    `entity_types` decides it, unless the words of the name decide it. `role` is the title as
    written; `gender` is what it implies.
    """

    first: int
    last: int
    form: str
    type: EntityType | None = None
    role: str | None = None
    gender: str = ""
    method: str = "capitalised"
    confidence: float = 0.5
    nickname: str = ""

    @property
    def size(self) -> int:
        """Length in tokens."""
        return self.last - self.first


def name_form(doc: Document, first: int, last: int) -> str:
    """Return the tokens `first`:`last` with single spaces and straight apostrophes."""
    return doc.on_one_line(first, last).replace("’", "'")


def is_function_word(token: Token, lexicon: Lexicon) -> bool:
    """Whether a token is a function word. "US", "WHO" and "IS" in capitals are names."""
    if token.lower not in lexicon.function_words:
        return False
    return len(token.text) < 2 or lexicon.type_of(token.text) is None


def is_before_name(doc: Document, first: int, last: int, lexicon: Lexicon) -> bool:
    """Whether token `first` only stands before a full name that ends at `last`.

    It is an ordinary word or a nationality, and a first name and surname follow: "Notorious Bess
    Paige", "American Hasan Rahm".
    """
    word, given = doc.tokens[first], doc.tokens[min(first + 1, last - 1)]
    return (
        last - first > _FULL_NAME
        and given.is_capitalised
        and given.lower in lexicon.first_names
        and word.lower not in lexicon.first_names
        and (lexicon.is_ordinary(word.lower) or lexicon.type_of(word.text) == "NORP")
    )


def may_be_in_name(doc: Document, lexicon: Lexicon, i: int) -> bool:
    """Whether token `i` may be capitalised because of a name; False past the last token."""
    if i >= len(doc.tokens) or not doc.tokens[i].is_capitalised:
        return False
    token = doc.tokens[i]
    return not is_function_word(token, lexicon) and token.lower not in lexicon.calendar_words
