"""Anaphors: the words that may mean an actor without naming it.

Belongs here: finding third-person pronouns ("she", "they", "it") and descriptions ("the senator",
"the company"), with what they say about their antecedent. Does not belong here: the antecedent
(`antecedents`), names (`mention_clusters`), and the first and second person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from etl.domain import EntityType, word_set
from etl.extract.document import Document
from etl.extract.lexicon import Gender, Lexicon, load_lexicon
from etl.extract.mention_clusters import NameMention

Kind = Literal["person", "group", "thing", "description"]
"""What an anaphor is: "he" and "she", "they", "it", or "the senator"."""
Form = Literal["subject", "object", "possessive", "reflexive"]

_FORMS: dict[str, tuple[Kind, Form, Gender]] = {
    "he": ("person", "subject", "m"),
    "him": ("person", "object", "m"),
    "his": ("person", "possessive", "m"),
    "himself": ("person", "reflexive", "m"),
    "she": ("person", "subject", "f"),
    "her": ("person", "possessive", "f"),
    "hers": ("person", "object", "f"),
    "herself": ("person", "reflexive", "f"),
    "they": ("group", "subject", ""),
    "them": ("group", "object", ""),
    "their": ("group", "possessive", ""),
    "theirs": ("group", "object", ""),
    "themselves": ("group", "reflexive", ""),
    "it": ("thing", "subject", ""),
    "its": ("thing", "possessive", ""),
    "itself": ("thing", "reflexive", ""),
}
PRONOUNS: dict[str, Gender] = {w: g for w, (kind, _, g) in _FORMS.items() if kind == "person"}
"""The pronouns of one person, with their gender."""
PAST_TENSES = word_set(
    "became began broke brought built came chose cut drew fell felt fought found gave got grew "
    "held kept knew led left lost made met paid put ran rose sat saw sent shot spent spoke stood "
    "struck taught thought took went won wrote"
)
"""Irregular verbs that are no cues. Like them, they follow a subject."""
_MAX_MODIFIERS = 3
# "The president of France" and "the man who called" say themselves whom they mean.
_COMPLEMENTS = word_set("of for who whom whose that which in at from on to and or called named")
_DETERMINERS = word_set("the this that")
_OWNERS = word_set("his her its their")
_MODIFIERS = word_set("former first second third last late new then own")
"""Function words that may stand within a description."""
POSSESSIVE = ("'s", "’s", "'", "’")


@dataclass(frozen=True, slots=True)
class Anaphor:
    """Tokens `first`:`last` that may mean an actor.

    Of a description, `head` is the lower-case noun, `modifiers` the lower-case words before it,
    `type` the type of actor that it describes, and `owner` the token of "his" in "his campaign". A
    pronoun has none of them.
    """

    first: int
    last: int
    kind: Kind
    form: Form
    gender: Gender = ""
    owner: int | None = None
    head: str = ""
    modifiers: tuple[str, ...] = ()
    type: EntityType | None = None


def may_refer(word: str) -> bool:
    """Whether a lower-case word may be an anaphor, or the noun of one."""
    return word in _FORMS or word in load_lexicon().description_heads


def find(doc: Document, names: Sequence[NameMention], lexicon: Lexicon) -> Iterator[Anaphor]:
    """Yield the anaphors of one part in text order. None overlaps a name or another anaphor."""
    ends = {mention.name.first: mention.name.last for mention in names}
    named = {i for mention in names for i in range(mention.name.first, mention.name.last)}
    for i, token in enumerate(doc.tokens):
        # The network may label "HER" or "His Holiness" as a name.
        if i in named:
            continue
        form = _FORMS.get(token.lower)
        if form and token.text != "IT":  # information technology
            yield Anaphor(i, i + 1, *form)
        if token.lower in _DETERMINERS or token.lower in _OWNERS:
            description = _description(doc, i, ends, named, lexicon)
            if description is not None:
                yield description


def _description(
    doc: Document, first: int, ends: dict[int, int], named: set[int], lexicon: Lexicon
) -> Anaphor | None:
    """Return the description that begins with the determiner at `first`, or None.

    A demonym or place before the noun stays a mention of its own, as does a possessive pronoun, so
    the anaphor begins after it ("the French [president]", "his [campaign]").
    """
    tokens, limit = doc.tokens, doc.sentence_of(first).last
    owner = first if tokens[first].lower in _OWNERS else None
    start, i = first if owner is None else first + 1, first + 1
    if owner is None and i in ends and ends[i] < limit:
        start = i = ends[i]
    head = None
    for j in range(i, min(i + _MAX_MODIFIERS + 1, limit)):
        token = tokens[j]
        is_modifier = token.lower not in lexicon.function_words or token.lower in _MODIFIERS
        if not token.is_word or j in named or not is_modifier:
            break
        if token.is_capitalised and not token.is_initial and token.lower not in lexicon.titles:
            break
        if _noun_of(token.lower) in lexicon.description_heads:
            head = j
        elif head is not None and token.lower in lexicon.cues:
            break
    if head is None:
        return None
    last = _with_office(doc, head, limit, lexicon)
    if not _ends_phrase(doc, last - 1, ends, limit, lexicon):
        return None
    noun = _noun_of(tokens[head].lower)
    if owner is not None and lexicon.description_heads[noun] != "ORG":
        return None  # "his lawyer" is rarely named by that word
    before = tuple(t.lower for t in tokens[first + 1 : head])
    after = tokens[last].lower if last < len(tokens) else ""
    return Anaphor(
        start,
        last,
        "description",
        "possessive" if after in POSSESSIVE else "subject",
        lexicon.titles.get(noun, ""),
        owner,
        noun,
        before,
        lexicon.description_heads[noun],
    )


def _with_office(doc: Document, head: int, limit: int, lexicon: Lexicon) -> int:
    """Return where a noun ends, with its office: "secretary of state"."""
    of, field = doc.tokens[head + 1 : head + 2], doc.tokens[head + 2 : head + 3]
    is_office = (
        head + 3 <= limit
        and of[0].lower == "of"
        and field[0].text.islower()
        and field[0].lower not in lexicon.function_words
        and doc.tokens[head].lower in lexicon.titles
    )
    return head + 3 if is_office else head + 1


def _noun_of(word: str) -> str:
    """Return "year-old" for "45-year-old", or the word itself."""
    return "year-old" if word.endswith("year-old") else word


def _ends_phrase(
    doc: Document, head: int, ends: dict[int, int], limit: int, lexicon: Lexicon
) -> bool:
    """Whether a noun phrase ends with the noun `head` instead of saying more."""
    after = head + 1
    if after >= limit:
        return True
    token = doc.tokens[after]
    if token.text == ",":
        # "the president, Ann Lee, said" is named there.
        return after + 1 not in ends
    if after in ends or token.lower in _COMPLEMENTS or token.text == "-":
        return False
    if not token.is_word or token.lower in lexicon.function_words:
        return True
    if token.lower in lexicon.source_nouns:
        return False  # "the party leaders"
    is_verb = token.lower in lexicon.cues or token.lower in PAST_TENSES
    return is_verb or token.lower.endswith(("ed", "s", "ly"))
