"""Peoples, faiths and parties: the noun that names them, and whether a form is one.

Belongs here: what a form of such a name tells about itself. Does not belong here: which forms mean
one people (`lexicon`, `mention_clusters`).
"""

from __future__ import annotations

from etl.extract.lexicon import Lexicon

_UNCHANGED = ("ese", "sh", "ch", "iss")  # "the Chinese", "the Irish", "the French", "the Swiss"
_ADJECTIVES = ("ish", "ic", "ern", "y")
_LEAST_STEM = 3


def noun(form: str, lexicon: Lexicon) -> str:
    """Return the plural noun of an adjective or noun: "Democrats" for "Democratic".

    The form itself if the lexicon has none for it.
    """
    listed = form.title() if form.isupper() else form
    group = lexicon.demonyms.get(listed)
    if group is None or _is_plural(listed):
        return form
    if f"{listed}s" in lexicon.demonyms:
        return f"{listed}s"
    if not listed.endswith(_ADJECTIVES):
        return form
    nouns = [
        plural
        for plural, other in lexicon.demonyms.items()
        if other == group and plural.startswith(listed[:_LEAST_STEM]) and _is_noun(plural)
    ]
    return min(nouns, key=len, default=form)


def _is_noun(plural: str) -> bool:
    """Whether a listed form is the plural noun of an adjective: not "Frenchmans" or "Islamists"."""
    return _is_plural(plural) and not plural.endswith(("mans", "ists"))


def _is_plural(form: str) -> bool:
    return form.endswith("s") and not form.endswith("ss")


def is_people(form: str, before: str) -> bool:
    """Whether a form means people, given the word before it: "Russians", "the French".

    "A Republican" is one person whom it does not name, and "Russian" may be an adjective.
    """
    last = form.rpartition(" ")[2].lower()
    if _is_plural(last) or last.endswith(("men", "folk")):
        return True
    return last.endswith(_UNCHANGED) and before == "the"
