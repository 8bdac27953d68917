"""People whom an article names elsewhere, to tell their names from the words beside them.

Belongs here: which words of a longer name are a known one. Does not belong here: finding names, and
merging them into actors (`mention_clusters`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from etl.extract.lexicon import Lexicon
from etl.extract.name_words import generation

_MAX_WORDS = 8  # of a name with words beside it
_ENDINGS = ("", "s", "es", "ed", "ing")


class KnownPeople:
    """The forms under which an article names people."""

    def __init__(self, forms: Iterable[str], lexicon: Lexicon) -> None:
        self._forms = frozenset(forms)
        self._lexicon = lexicon

    def part(self, words: Sequence[str]) -> tuple[int, int]:
        """Return the first and last of the words that are a name without the others.

        That is a full name of the article, or a first name and a surname that stands alone
        elsewhere. The words beside it are ordinary ones: "Ada Kessler Cruises".
        """
        count = len(words)
        for size in range(count - 1, 1, -1) if count <= _MAX_WORDS else ():
            for first in range(count - size + 1):
                last = first + size
                beside = [*words[:first], *words[last:]]
                if self._is_known(words[first:last]) and all(map(self._is_other_word, beside)):
                    return first, last
        return 0, count

    def _is_known(self, words: Sequence[str]) -> bool:
        if " ".join(words) in self._forms:
            return True
        surname = words[-1]
        is_named = surname in self._forms and not self._lexicon.is_ordinary(surname.lower())
        return is_named and words[0].lower() in self._lexicon.first_names

    def _is_other_word(self, word: str) -> bool:
        """Whether a word beside a name is an ordinary one or a title."""
        lower, lexicon = word.lower(), self._lexicon
        if generation(word) or lower in lexicon.first_names:
            return False
        stems = (lower.removesuffix(ending) for ending in _ENDINGS)
        return lower in lexicon.titles or any(lexicon.is_ordinary(stem) for stem in stems)
