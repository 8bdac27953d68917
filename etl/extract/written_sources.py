"""Sources that are texts: "the ministry's statement", "a Reuters story", "its website".

Belongs here: which noun of a source is a text, and which name or anaphor within the source says who
issued it. Does not belong here: where sources begin and end (`sources`, `attributions`), and whom
"its" means (`antecedents`).

A text speaks for the organisation or person that issues it, but "his office" and "her campaign"
speak for themselves. A name may stand beside a text for other reasons ("an EB-5 document", "the
Trump documents"), so a person needs a possessive mark, "by" or "from".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etl.domain import word_set
from etl.extract.anaphors import POSSESSIVE
from etl.extract.antecedents.resolve import Reference
from etl.extract.document import Token
from etl.extract.mention_clusters import Actor, NameMention

_TEXTS = word_set(
    "account accounts analysis announcement article articles blog bulletin calculations data "
    "document documents editorial email emails estimate estimates filing filings forecast letter "
    "memo newsletter poll polls post posts projection projections record records release releases "
    "report reports research review statement statements story stories studies study survey "
    "surveys tweet tweets website"
)
_OF_ITS_OWNER = word_set("website blog newsletter statement statements")
"""Texts whose "of" is followed by who issues them. A survey of voters is not theirs."""
_ISSUED = word_set(
    "released published issued conducted compiled written produced posted prepared commissioned"
)
_NOT_ISSUED = word_set("seen")
_CLAUSES = word_set("that which who whose whom where when")
_ENDS = _CLAUSES | word_set("for of from to with by at in on about against behind")
_OTHERS = word_set("office campaign team camp staff party")
"""Not Lee but the campaign issues "the Lee campaign's statement"."""
_JOINERS = ("-", "/")
_MAX_BEFORE_NAME = 3
"""Words between "by" and a name: "the economists"."""


def issuer(
    tokens: Sequence[Token],
    first: int,
    last: int,
    names: Mapping[int, NameMention],
    references: Mapping[int, Reference],
) -> tuple[Actor | None, float] | None:
    """Return who issues the text that a source at `first`:`last` is, with the confidence in it.

    None if the source is no text, or if it does not say. `names` and `references` are by their
    first token.
    """
    text = _text_in(tokens, first, last, names)
    if text is None:
        return None
    mention = _owner(tokens, first, text, names) or _author(tokens, text, last, names)
    if mention is not None:
        return mention.actor, mention.confidence
    for i in range(first, text):
        reference = references.get(i)
        if reference is not None and reference.last <= text:
            is_owner = reference.kind != "description" or tokens[reference.last].lower in POSSESSIVE
            if is_owner and _is_own(tokens, reference.last, text):
                return reference.antecedent, reference.confidence
    return None


def _text_in(
    tokens: Sequence[Token], first: int, last: int, names: Mapping[int, NameMention]
) -> int | None:
    """Return the token of the text that a source is: its head."""
    i = first
    while i < last:
        token = tokens[i]
        if i in names:
            i = names[i].name.last
        elif token.lower in _TEXTS and not (i + 1 < last and tokens[i + 1].lower in _TEXTS):
            return None if i + 1 < last and tokens[i + 1].lower in POSSESSIVE else i
        elif token.lower in _ENDS or token.text in (",", "—", "–"):
            return None
        else:
            i += 1
    return None


def _owner(
    tokens: Sequence[Token], first: int, text: int, names: Mapping[int, NameMention]
) -> NameMention | None:
    """Return the name before a text: "Lee's statement", "a Reuters story", "an AP-GfK poll"."""
    for i in range(first, text):
        mention = names.get(i)
        if mention is not None and mention.name.type in ("ORG", "PERSON"):
            at = mention.name.last
            is_marked = tokens[at].lower in POSSESSIVE
            if tokens[at].text in _JOINERS and at + 1 in names:
                at = names[at + 1].name.last
            if (is_marked or mention.name.type == "ORG") and _is_own(tokens, at, text):
                return mention
    return None


def _author(
    tokens: Sequence[Token], text: int, last: int, names: Mapping[int, NameMention]
) -> NameMention | None:
    """Return the name behind a text: "a study by Lee", "a report released by the port"."""
    for i in range(text + 1, last):
        lower, before = tokens[i].lower, tokens[i - 1].lower
        if lower in _CLAUSES:
            return None
        is_of = lower == "of" and before in _OF_ITS_OWNER
        if is_of or lower in ("by", "from"):
            if before in _NOT_ISSUED or (before.endswith("ed") and before not in _ISSUED):
                return None
            reach = range(i + 1, min(i + 2 + _MAX_BEFORE_NAME, last))
            mention = next((names[at] for at in reach if at in names), None)
            if mention is None or mention.name.last == last:
                return mention
            return None if tokens[mention.name.last].lower in POSSESSIVE else mention
    return None


def _is_own(tokens: Sequence[Token], last: int, text: int) -> bool:
    """Whether a text is that of the owner who ends at `last`: "its [annual] report"."""
    first = last + (tokens[last].lower in POSSESSIVE)
    return not any(
        token.lower in POSSESSIVE
        or token.lower in _OTHERS
        or not (token.is_word or token.text == "/")
        for token in tokens[first:text]
    )
