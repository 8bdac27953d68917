"""A segmented text: paragraphs, sentences and tokens, each with exact offsets.

Belongs here: the records, and looking them up by position. Does not belong here: deciding where
words and sentences begin and end (`tokens`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign: `text` is the characters `start`:`end` of the document."""

    text: str
    lower: str
    start: int
    sentence: int
    is_initial: bool  # first word of its sentence, or after an opening mark or colon
    is_word: bool
    is_capitalised: bool

    @property
    def end(self) -> int:
        # Computed, not stored: a text may have two million tokens, and an int takes 32 bytes.
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: tokens `first`:`last`, `last` exclusive."""

    first: int
    last: int
    paragraph: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: characters `start`:`end`, tokens `first`:`last`, ends exclusive."""

    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True)
class Document:
    """One part of an article, segmented."""

    text: str
    tokens: tuple[Token, ...]
    sentences: tuple[Sentence, ...]
    paragraphs: tuple[Paragraph, ...]

    def surface(self, first: int, last: int) -> str:
        """Return the text of the tokens `first`:`last`."""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end]

    def on_one_line(self, first: int, last: int) -> str:
        """Return the text of tokens with single spaces for line breaks."""
        return " ".join(self.surface(first, last).split())

    def token_range(self, start: int, end: int) -> tuple[int, int]:
        """Return `first` and `last` of the tokens that overlap the characters `start`:`end`."""
        return self.token_at(start), bisect_left(self.starts, end)

    def token_at(self, position: int) -> int:
        """Return the number of the token at a character offset, or else before it."""
        return max(0, bisect_right(self.starts, position) - 1)

    def paragraph_of(self, token: int) -> int:
        """Return the number of the paragraph that contains a token."""
        return self.sentences[self.tokens[token].sentence].paragraph

    def sentence_of(self, token: int) -> Sentence:
        """Return the sentence that contains a token."""
        return self.sentences[self.tokens[token].sentence]

    def sentence_at(self, position: int) -> int:
        """Return the number of the sentence at a character offset, or else before it."""
        return self.tokens[self.token_at(position)].sentence

    @cached_property
    def starts(self) -> list[int]:
        """The character offset at which each token starts, for bisection."""
        return [token.start for token in self.tokens]
