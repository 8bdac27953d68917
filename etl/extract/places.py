"""The type of a place name: a country, state or city (GPE), or any other location (LOC).

The training corpora only label locations, so word lists and the words of the name decide. Belongs
here: that decision. Does not belong here: whether a name is a place at all.
"""

from __future__ import annotations

from etl.domain import EntityType, word_set
from etl.extract.lexicon import Lexicon

_PLACES: tuple[EntityType, ...] = ("GPE", "LOC")
# Words of places that are neither states nor cities.
_LAND_WORDS = word_set(
    "river lake sea ocean gulf bay strait straits channel canal mount mountain mountains hills "
    "valley desert forest peninsula coast island islands isles basin plateau delta glacier cape "
    "region continent hemisphere sahel sahara arctic antarctic balkans caucasus baltics riviera "
    "north south east west northeast northwest southeast southwest midwest"
)
_LEADING_LAND_WORDS = word_set("mount lake gulf cape river")
_CONTINENTS = word_set(
    "Africa Asia Europe America Americas Oceania Antarctica Australasia Scandinavia Eurasia Levant "
    "Maghreb Earth Moon Mars"
)
# A site that the tagger labels as a location, such as a street, is LOC: the tagger labels buildings
# itself, and FAC here made names 0.4 points worse on Worldwide.
_SITE_WORDS = word_set(
    "airport bridge building tower stadium arena hospital palace prison jail street road avenue "
    "highway motorway square park station plaza centre center hall hotel mall museum cathedral "
    "church mosque temple port harbour harbor dam tunnel terminal house theatre theater"
)
# With one of these words, a name that looks like a piece of land is a polity.
_POLITY_WORDS = word_set(
    "republic kingdom emirates states province county city district town federation"
)


def has_state(form: str, lexicon: Lexicon) -> bool:
    """Whether a name alone means a city, but with "state" a state: Washington, New York."""
    return any(
        lexicon.type_of(city) and lexicon.canonical(city) == form
        for city in (f"{form} City", f"{form} D.C.")
    )


def place_type(form: str, lexicon: Lexicon) -> EntityType:
    """Return GPE or LOC for a name known to be a place; GPE if there is no evidence."""
    listed = lexicon.type_of(form) or lexicon.type_of(form.removeprefix("the ").strip())
    if listed in _PLACES:
        return listed
    words = form.split(" ")
    lower = [word.lower() for word in words]
    if any(word in _POLITY_WORDS for word in lower):
        return "GPE"
    if words[-1] in _CONTINENTS:
        return "LOC"
    if (
        lower[-1] in _LAND_WORDS
        or (len(words) > 1 and lower[-1] in _SITE_WORDS)
        or lower[0] in _LEADING_LAND_WORDS
    ):
        return "LOC"
    if len(words) == 1 or lower[0] in lexicon.first_heads:
        head = lexicon.first_heads.get(lower[0])
    else:
        head = lexicon.last_heads.get(lower[-1])
    return head if head in _PLACES else "GPE"
