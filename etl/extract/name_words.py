"""The parts that names are made of, shared by extraction and linking.

Belongs here: surname particles, generational suffixes, nicknames, legal forms of
companies, and initials. Does not belong here: where a name begins and ends (`candidates`,
`name_bounds`), and which actor bears it (`mention_clusters`, `etl.linking`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from etl.domain import word_set

PARTICLES = word_set(
    "von van der den de del della di da dos du bin ibn al el la le ter zu af av ben"
)
"""Lower-case words that a surname may begin with."""

LEGAL_FORMS = word_set(
    "inc incorporated corp corporation co company ltd limited llc llp plc ag gmbh sa nv spa se kg "
    "oyj ab asa pty"
)
"""Final words of company names, without dots, that do not tell one company from another."""

_FAMILY_NAMES = word_set(
    "kim lee park choi jung kang cho yoon jang lim han shin moon roh ban xi li wang zhang liu chen "
    "yang zhao huang zhou wu xu sun hu zhu lin guo ma deng wen jiang mao nguyen tran pham"
)
"""Frequent Korean, Chinese and Vietnamese family names, which stand first."""
_MAX_SYLLABLE = 6

GAP = r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)"
"""White space within a name: one line break at most, because no name crosses a blank line."""

ACRONYM = re.compile(r"(?:[A-Z]\.?){2,8}")
"""Matches a name that may be an acronym: "UN", "U.S.A."."""

_NICKNAME_WORDS = r"(?:[Tt]he )?[A-Z][\w.-]*(?: (?:the|of|[A-Z][\w.-]*)){0,3}"
NICKNAME = re.compile(
    r"(?<=\w|\.)\s(?:"
    rf"\([\"“]?(?P<bracket>{_NICKNAME_WORDS}|(?:née|nee|born) [A-Z]\w+)[\"”]?\)"
    rf"|(?:\"|“|''|`` ?)(?P<quoted>{_NICKNAME_WORDS})(?:\"|”| ?'')"
    rf"|['‘](?P<single>{_NICKNAME_WORDS})['’]"
    r")\s(?=\w)"
)
"""Matches a nickname between the words of a name, with its marks: (Jerry), "Fat Tony"."""
_COMMA_GENERATION = re.compile(r",(?= (?:Jr|Sr|II|III|IV)\b)")
_EDITED = re.compile(r"[\[\]]")

_SMALL_WORDS = word_set("a an and & de des du for in la of on the to")
_GENERATIONS = {
    "jr": "jr",
    "junior": "jr",
    "sr": "sr",
    "senior": "sr",
    "ii": "2",
    "iii": "3",
    "iv": "4",
}


def generation(word: str) -> str:
    """Return the generational suffix that a word stands for ("jr" for "Jr." or "Junior"), or ""."""
    return _GENERATIONS.get(word.rstrip(".").lower(), "")


def is_family_first(words: Sequence[str]) -> bool:
    """Whether a name is a family name and two given syllables: "Kim Jong Un"."""
    return (
        len(words) == 3
        and words[0].lower() in _FAMILY_NAMES
        and all(word.istitle() and word.isalpha() and len(word) <= _MAX_SYLLABLE for word in words)
    )


def person_form(surface: str) -> str:
    """Return a person's name without nickname, brackets of an editor, or comma before "Jr."."""
    form = _COMMA_GENERATION.sub("", _EDITED.sub("", NICKNAME.sub(" ", surface)))
    return form if len(form) > 1 else surface


def nickname(surface: str) -> str:
    """Return the nickname that stands in marks within a name, or ""."""
    match = NICKNAME.search(surface)
    return (match["bracket"] or match["quoted"] or match["single"]) if match else ""


def is_without_initial(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether one name, in words, is the other without its first initial.

    "J. Edgar Marlow" is called Edgar Marlow.
    """
    short, long = sorted((a, b), key=len)
    return (
        len(long) == len(short) + 1
        and len(short) > 1
        and len(long[0].rstrip(".")) == 1
        and list(long[1:]) == list(short)
    )


def initials(words: Iterable[str]) -> frozenset[str]:
    """Return the upper-case acronyms of a name, with and without its small words.

    Empty for a name of one word.
    """
    words = [word for word in words if word]
    main = "".join(word[0] for word in words if word.lower() not in _SMALL_WORDS)
    return frozenset(
        letters.upper() for letters in (main, "".join(w[0] for w in words)) if len(letters) > 1
    )


@lru_cache(maxsize=1)
def nicknames() -> dict[str, frozenset[str]]:
    """Return by given name its equivalents: "bill" for "william"."""
    groups = [frozenset(line.split()) for line in _NICKNAMES.strip().splitlines()]
    return {
        name: frozenset().union(*(g for g in groups if name in g)) - {name}
        for group in groups
        for name in group
    }


_NICKNAMES = """
abraham abe
albert al bert
alexander alex sasha
alexandra alex sandra
andrew andy drew
anthony tony
barbara barb
benjamin ben benny
bernard bernie
catherine cathryn cathy kate katie
charles charlie chuck
christine chris chrissy
christopher chris
daniel dan danny
david dave
deborah debbie deb
donald don donnie
douglas doug
edward ed eddie ted
elizabeth liz beth betty lizzie
eugene gene
franklin frank
frederick fred freddie
gerald gerry jerry
gregory greg
harold harry hal
henry hank harry
jacob jake
james jim jimmy jamie
jeffrey jeff
jennifer jen jenny
jonathan jon
joseph joe joey
joshua josh
judith judy
katherine kathryn kathy kate katie kathie
kenneth ken kenny
kimberly kim
lawrence larry
leonard len lenny
margaret maggie meg peggy
martin marty
matthew matt
maurice mo moe
michael mike mick
mitchell mitch
nathaniel nate nathan
nicholas nick
pamela pam
patricia pat patty
patrick pat
peter pete
philip phil
randall randy
raymond ray
rebecca becky
richard rick dick richie
robert bob rob bobby
ronald ron
rudolph rudy
samuel sam
stanley stan
stephen steve
steven steve
susan sue
terence terry
theodore ted teddy
thomas tom tommy
timothy tim
victoria vicky
vincent vince
walter walt
william bill will billy
zachary zach
"""
