"""Names of authors as bibliographies write them: "Marsk, Ellen".

Belongs here: the order of a name's parts. Does not belong here: bylines (`readers.text.byline`).
"""

from __future__ import annotations


def given_first(name: str) -> str:
    """Return "Ellen Marsk" of "Marsk, Ellen"; a name without a comma is returned as it is."""
    family, comma, rest = " ".join(name.split()).partition(",")
    if not comma:
        return family
    given, _, suffix = rest.partition(",")
    return " ".join(part for part in (given.strip(), family.strip(), suffix.strip()) if part)


def family_first_list(text: str) -> list[str]:
    """Return the names in "Marsk, Ellen; Falk, Jonas", given names first."""
    return [name for part in text.split(";") if (name := given_first(part))]
