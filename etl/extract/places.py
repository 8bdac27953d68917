"""Which kind of place a name is: a country, state or city (GPE), or anything else that has a map.

The corpora know only locations, so lists and the words of the name tell them apart. Belongs here:
that one decision. Does not belong here: whether a name is a place.
"""

from __future__ import annotations

from etl.domain import EntityType
from etl.extract.lexicon import Lexicon, word_set

_PLACES: tuple[EntityType, ...] = ("GPE", "LOC")
# Words that make a place no state and no city, wherever in its name they stand.
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
# The tagger knows buildings as such; what it takes for a place, as streets, is one: with FAC here
# names were 0.4 points worse on Worldwide.
_SITE_WORDS = word_set(
    "airport bridge building tower stadium arena hospital palace prison jail street road avenue "
    "highway motorway square park station plaza centre center hall hotel mall museum cathedral "
    "church mosque temple port harbour harbor dam tunnel terminal house theatre theater"
)
# In these, what looks like a piece of land is a place that governs itself.
_POLITY_WORDS = word_set(
    "republic kingdom emirates states province county city district town federation"
)


def place_type(form: str, lexicon: Lexicon) -> EntityType:
    """GPE or LOC for a name that is known to be a place; GPE where nothing tells."""
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
