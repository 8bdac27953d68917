"""Roles in apposition to a name: "Ann Lee, the ministry's spokeswoman", or before it and a comma.

Belongs here: appositives. Does not belong here: titles directly before a name, which decide where
the name begins (`titles`).
"""

from __future__ import annotations

from etl.domain import word_set
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.names import Name

_MAX_ROLE_TOKENS = 14
_CLOSING_SIGNS = frozenset({",", ".", ";", ":", "—", "–", "?", "!", "(", ")", "“", "”", '"'})
_BREAKS = word_set("who whose which that and but said says is was were has had while when")
_NO_HEAD_FOLLOWS = word_set("as for with than like because after before since until to")
_DETERMINERS = word_set("a an the his her their its one")
_SEAT_PREPOSITIONS = word_set("of for at in")
_MAX_SEAT_TOKENS = 6  # tokens in "of the Bank of England", at most


def add_roles(doc: Document, names: list[Name], lexicon: Lexicon) -> None:
    """Set the role of every person without one from an appositive, if there is one."""
    for name in names:
        if name.type == "PERSON" and name.role is None:
            span = _appositive_after(doc, name, lexicon) or _appositive_before(doc, name, lexicon)
            if span:
                name.role = doc.on_one_line(*span)
                name.gender = name.gender or _gender(doc, span, lexicon)


def _gender(doc: Document, span: tuple[int, int], lexicon: Lexicon) -> str:
    genders = {lexicon.titles.get(t.lower, "") for t in doc.tokens[span[0] : span[1]]} - {""}
    return genders.pop() if len(genders) == 1 else ""


def _appositive_after(doc: Document, name: Name, lexicon: Lexicon) -> tuple[int, int] | None:
    """Return the tokens of the appositive in "Ann Lee, the ministry's spokeswoman, said"."""
    tokens, end = doc.tokens, doc.sentence_of(name.first).last
    i = name.last
    if i + 2 >= end or tokens[i].text != ",":
        return None
    i += 1
    if tokens[i].text.isdigit() and tokens[i + 1].text == ",":
        i += 2  # an age
    first, has_title = i, False
    while i < end and i - first < _MAX_ROLE_TOKENS:
        token = tokens[i]
        if token.text in _CLOSING_SIGNS or token.lower in _BREAKS:
            break
        if not has_title and token.lower in _NO_HEAD_FOLLOWS:
            break  # "a sad day as my former coach": the coach is not what is said of her
        if token.lower in lexicon.titles and not has_title:
            has_title = i - first < 7
        i += 1
    has_opening = first < end and (
        tokens[first].lower in _DETERMINERS
        or tokens[first].lower in lexicon.titles
        or (tokens[first + 1].lower if first + 1 < end else "") in lexicon.titles
        or "'s" in [t.lower.replace("’", "'") for t in tokens[first : first + 4]]
    )
    is_closed = (
        i == end or tokens[i].text in _CLOSING_SIGNS or tokens[i].lower in ("who", "and", "said")
    )
    if not (has_title and has_opening and is_closed) or i == first or i - first >= _MAX_ROLE_TOKENS:
        return None
    return first, i


def _appositive_before(doc: Document, name: Name, lexicon: Lexicon) -> tuple[int, int] | None:
    """Return the tokens of the appositive in "The ministry's spokeswoman, Ann Lee, said"."""
    tokens, begin = doc.tokens, doc.sentence_of(name.first).first
    i = name.first - 1
    if i - 1 < begin or tokens[i].text != ",":
        return None
    if name.last >= len(tokens) or tokens[name.last].text not in (",", "."):
        return None
    office = _office_before(doc, i, begin, lexicon)
    if office is None:
        return None
    first = office
    while first > begin and i - first < _MAX_ROLE_TOKENS:
        token = tokens[first - 1]
        if token.text in _CLOSING_SIGNS or token.lower in _BREAKS or token.lower in lexicon.cues:
            break
        first -= 1
        if token.lower in _DETERMINERS:
            break
    return (first, i) if first < i else None


def _office_before(doc: Document, end: int, begin: int, lexicon: Lexicon) -> int | None:
    """Return the token of "mayor" in a "mayor of Paris" or "the mayor" that ends before `end`."""
    for i in range(end - 1, max(begin, end - 1 - _MAX_SEAT_TOKENS) - 1, -1):
        token = doc.tokens[i]
        if token.lower in lexicon.titles:
            return i if i == end - 1 or doc.tokens[i + 1].lower in _SEAT_PREPOSITIONS else None
        if token.text in _CLOSING_SIGNS or token.lower in _BREAKS:
            return None
    return None
