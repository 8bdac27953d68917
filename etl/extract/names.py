"""A name as a span of tokens, with what its surroundings suggest.

Belongs here: the record that the steps of extraction pass on. Does not belong here: how it is
found.
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.domain import EntityType
from etl.extract.document import Document, Token
from etl.extract.lexicon import Lexicon


@dataclass(slots=True)
class Name:
    """A candidate: tokens `first`:`last` and what its surroundings suggest.

    `type` is what the run itself decides (None: `kinds` weighs it); `form` is the surface with
    single spaces; `gender` is what a title says.
    """

    first: int
    last: int
    form: str
    type: EntityType | None = None
    role: str | None = None
    gender: str = ""
    method: str = "capitalised"
    confidence: float = 0.5

    @property
    def size(self) -> int:
        """Length in tokens."""
        return self.last - self.first


def name_form(doc: Document, first: int, last: int) -> str:
    """The tokens `first`:`last` as one form: single spaces, straight apostrophes."""
    return " ".join(doc.surface(first, last).split()).replace("’", "'")


def is_function_word(token: Token, lexicon: Lexicon) -> bool:
    """Whether a token is a function word; "US", "WHO" and "IS" in capitals are names."""
    if token.lower not in lexicon.function_words:
        return False
    return len(token.text) < 2 or lexicon.type_of(token.text) is None


def may_be_in_name(doc: Document, lexicon: Lexicon, i: int) -> bool:
    """Whether token `i` has a capital that may be due to a name; False behind the last token."""
    if i >= len(doc.tokens) or not doc.tokens[i].is_capitalised:
        return False
    token = doc.tokens[i]
    return not is_function_word(token, lexicon) and token.lower not in lexicon.calendar_words
