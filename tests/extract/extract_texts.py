"""Test texts for extractors: random ones and adversarial ones."""

from __future__ import annotations

from hypothesis import strategies as st

from etl.domain import Article

SURROGATES = st.characters(categories=["Cs"])
# Random characters rarely look like news, so other texts consist of what the rules react to.
ANY_TEXT = st.text(st.characters(), max_size=300)
_NAMES = ["Lise Holm", "Holm", "Emil", "Osterby", "OHA", "(OHA)", "Russia", "Russian", "A", "U.S."]
_WORDS = ["she", "He", "said", "told", "added", "according to", "that", "the", "of", "and", "who"]
_TITLES = ["mayor", "President", "Ministry", "Mr.", "Jr.", "von", "officials", "Angela Merkel"]
_SIGNS = ["(", ")", "“", "”", "‘", "’", "'", '"', "''", ",", ".", "?", ":", "—", "’s"]
_BREAKS = ["\n", "\n\n", "\r\n"]
_OTHERS = [
    "É\u0301",
    "🙂",
    "👩‍👩‍👧",
    "שלום",
    "الخبر",
    "\u202e",
    "\u00ad",
    "\u200b",
    "\x00",
    "한국",
    "≠",
]
_FRAGMENTS = st.sampled_from(_NAMES + _WORDS + _TITLES + _SIGNS + _BREAKS + _OTHERS)
_NEWSLIKE = st.lists(_FRAGMENTS, max_size=60).map(" ".join)
TEXT = st.one_of(ANY_TEXT, _NEWSLIKE, st.lists(_FRAGMENTS, max_size=40).map("".join))
ARTICLES = st.builds(Article, headline=st.none() | TEXT, body=TEXT)

_PARAGRAPH = (
    "BERLIN — German Chancellor Angela Merkel said on Monday that the old bridge would close. “We "
    "have no choice,” she told reporters, adding that {name} Holm, the mayor of Osterby, agreed.\n"
    "“It is over,” the mayor said. According to {name}, 1,200 people work at Lowen Ltd. (LL).\n\n"
)


def news(size: int) -> str:
    """Return `size` characters of news-like text, with a new person in every paragraph."""
    count = size // len(_PARAGRAPH) + 1
    return "".join(_PARAGRAPH.format(name=f"Li{_letters(i)}") for i in range(count))[:size]


def names(size: int) -> str:
    """Return text full of different people, 200,000 in 5 MB: "Abc Def left early. "."""
    count = size // 18 + 1
    sentences = (
        f"{_letters(i).title()} {_letters(7 * i).title()} left early. " for i in range(count)
    )
    return "".join(sentences)[:size]


def acronyms(size: int) -> str:
    """Return text full of organisations with their acronyms."""
    count = size // 20 + 1
    return "".join(
        f"Big {_letters(i).title()} Agency (B{_letters(i).upper()}A) met. " for i in range(count)
    )[:size]


def ministers(size: int) -> str:
    """Return text with many holders of one office and one surname."""
    count = size // 40 + 1
    return "".join(
        f"Minister {_letters(i).title()} Smith left, the minister said. Smith sat. "
        for i in range(count)
    )[:size]


def _letters(number: int) -> str:
    """Return a different word for each number."""
    word = ""
    while True:
        word = chr(97 + number % 26) + word
        number //= 26
        if not number:
            return word


HARD = {
    "one letter": "a",
    "spaces": " ",
    "indented blank lines": "\n   ",
    "punctuation": ".,;!?-",
    "marks": '"',
    "words in marks": "“a” ",
    "marks in marks": "‘a “b,” c.’ ",
    "openings alone": "“Foo said ",
    "apostrophes": "‘Abc’s ",
    "initials": "A. ",
    "abbreviations": "U.S. ",
    "dotted letters": "a.",
    "hyphens": "A-b",
    "links": "http://",
    "capitals": "Alpha ",
    "capitals with titles": "Alpha Beta Mr. Gamma President ",
    "titles": "President ",
    "offices": "Ministry of ",
    "cues": "said, ",
    "cues with sources": "and he said, ",
    "sources": "it is, according to him, ",
    "colons": "Lee said: ",
    "pronouns": "He told Ann Lee that she had seen him ",
    "speech": "he said “It is so now, dear,” ",
    "inner speech": "he said, “I say ‘I do,’ dear,” ",
    "first persons": "he said, “" + "I say ‘I do,’ my dear; " * 99 + "it is so.” ",
    "reopened speech": "Foo said:\n\n“Yes I do agree.\n\n",
}
"""Units that, repeated, are the worst case for a slow rule."""


_MADE = {
    "news": news,
    "news in one line": lambda size: news(size).replace("\n", " "),
    "names": names,
    "acronyms": acronyms,
    "ministers": ministers,
}
KINDS = (*_MADE, *HARD)


def text(kind: str, size: int) -> str:
    """Return `size` characters of one of the KINDS."""
    if kind in _MADE:
        return _MADE[kind](size)
    return (HARD[kind] * (size // len(HARD[kind]) + 1))[:size]
