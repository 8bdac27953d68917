"""Where a name or an anaphor stands in its clause, by the words around it.

Belongs here: subjects, clauses in front of a name, and the words beside an anaphor. Does not belong
here: what that says about an antecedent (`features`).
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from itertools import accumulate

from etl.domain import word_set
from etl.extract.anaphors import PAST_TENSES
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.mention_clusters import NameMention

CLAUSE_OPENERS = word_set(
    "that but while when as after before because if where whether since then although though until "
    "said says"
)
PREPOSITIONS = word_set("of in on at by to with about for from as into against than over after")
_FRONTING = CLAUSE_OPENERS | word_set(
    "in on at for with without despite during by from under over as to of like unlike upon amid "
    "following given among through throughout asked once even just only"
)
"""Words that open a clause or phrase before the subject, as "ing" and "ed" do at a word's end."""
_AUXILIARIES = word_set("is was has had will would could can may might should did does who also")
_BE = word_set("is was 's ’s be been were are isn't wasn't seems seemed")
_MAX_SIGNS = 10
"""Tokens in which a sentence's first word is looked for, behind signs."""


class Clauses:
    """The clauses of one text."""

    def __init__(self, doc: Document, lexicon: Lexicon) -> None:
        self._doc, self._lexicon = doc, lexicon

    @cached_property
    def _commas(self) -> list[int]:
        """How many commas stand before each token."""
        return [0, *accumulate(token.text == "," for token in self._doc.tokens)]

    def is_subject(self, mention: NameMention) -> bool:
        """Whether a name is probably the subject of its sentence or clause."""
        tokens = self._doc.tokens
        i, begin = mention.name.first, self._doc.sentence_of(mention.name.first).first
        if mention.name.role and mention.method != "appositive":
            role_start = tokens[i].start - len(mention.name.role) - 1
            i = max(begin, bisect_left(self._doc.starts, role_start))
        if i > begin and tokens[i - 1].lower == "the":
            i -= 1
        before = tokens[i - 1].lower if i > begin else ""
        after = tokens[mention.name.last].lower if mention.name.last < len(tokens) else ""
        if after in ("'s", "’s"):
            return False
        opens = not before or not before[0].isalnum() or before in CLAUSE_OPENERS
        is_verb = after in _AUXILIARIES or after in self._lexicon.cues or after in PAST_TENSES
        return opens or is_verb or (after.endswith("ed") and before not in PREPOSITIONS)

    def is_fronted(self, i: int, name: int) -> bool:
        """Whether a clause or phrase with the token `i` stands in front of the name at `name`."""
        tokens = self._doc.tokens
        begin = self._doc.sentence_of(i).first
        words = (t.lower for t in tokens[begin : min(i + 1, begin + _MAX_SIGNS)] if t.is_word)
        opener = next(words, "")
        fronts = opener in _FRONTING or opener.endswith(("ing", "ed"))
        return fronts and self._commas[name] > self._commas[i]

    def is_beside_cue(self, first: int, last: int) -> bool:
        """Whether a cue stands right before or after the tokens `first`:`last`."""
        tokens, cues = self._doc.tokens, self._lexicon.cues
        return (last < len(tokens) and tokens[last].lower in cues) or (
            first > 0 and tokens[first - 1].lower in cues
        )

    def word_class(self, i: int) -> str:
        """Return what kind of word stands beside an anaphor; `i` may lie outside the text."""
        if not 0 <= i < len(self._doc.tokens):
            return "edge"
        lower = self._doc.tokens[i].lower
        if lower in _BE:
            return "be"
        if lower in ("to", "that"):
            return lower
        if lower in PREPOSITIONS:
            return "preposition"
        if lower in CLAUSE_OPENERS:
            return "opener"
        if lower in _AUXILIARIES:
            return "auxiliary"
        if lower in self._lexicon.cues:
            return "cue"
        if not lower[0].isalnum():
            return "sign"
        return "ed" if lower.endswith("ed") else "s" if lower.endswith("s") else "word"
