"""The outlet of an article as the addressee: "Lee told Reuters", in an item of Reuters.

Belongs here: which names only say that the outlet asked. Does not belong here: outlets that others
quote or write about, which are actors, and the labels of interviews (`turn_labels`).
"""

from __future__ import annotations

from collections.abc import Sequence

from etl.domain import word_set
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.names import Name

_TELLING = word_set("told tell tells telling")
_BEFORE = {
    "with": word_set("interview interviews conversation spoke speaking speak talked talking call"),
    "to": word_set("spoke speaking said statement email comments remarks"),
    "by": word_set("contacted queried asked interviewed reached seen reviewed obtained polled"),
}
"""Words before a preposition that make the name after it the one who asks."""


def without_own_outlet(
    doc: Document, names: Sequence[Name], outlet: str | None, lexicon: Lexicon
) -> list[Name]:
    """Return the names without those by which the article's own outlet is only addressed."""
    if not outlet:
        return list(names)
    own = _plain(outlet, lexicon)
    return [
        name
        for name in names
        if _plain(name.form, lexicon) != own or not _is_addressee(doc, name.first)
    ]


def _plain(form: str, lexicon: Lexicon) -> str:
    """Return an outlet's name without its article, in lower case; AFP in full."""
    return lexicon.canonical(" ".join(form.split())).casefold().removeprefix("the ")


def _is_addressee(doc: Document, first: int) -> bool:
    begin, i = doc.sentence_of(first).first, first - 1
    if i > begin and doc.tokens[i].lower == "the":
        i -= 1
    if i < begin:
        return False
    word = doc.tokens[i].lower
    if word in _TELLING:
        return True
    return i > begin and doc.tokens[i - 1].lower in _BEFORE.get(word, frozenset())
