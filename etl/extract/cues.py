"""Who says: cues ("said", "according to") and the source that goes with each.

Belongs here: finding cues outside quotation marks. Does not belong here: the words that name their
source (`sources`), what is said (`quotes`, `indirect`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from etl.extract.document import Document
from etl.extract.lexicon import Cue, Lexicon, word_set
from etl.extract.mention_clusters import Located
from etl.extract.pronouns import Pronoun
from etl.extract.sources import SPEAKING, STOPS, Source, SourceFinder

_PASSIVE = word_set("is are was were be been being 're ’re 'm ’m get got gets")
_MODALS = word_set("did does do will would could can may might must should to didn't don't")
# Forms that are as often nouns: a cue only right behind a name or pronoun.
_NOUN_LIKE = word_set(
    "claims talks reports notes calls comments answers questions hopes fears requests orders "
    "demands promises cries posts tweets emails texts guesses jokes remarks counters signals "
    "states points shows thanks decides cites rules objects estimates forecasts concerns laughs "
    "reads hits fires shouts urges pledges vows charges lectures quotes attacks"
)
_WITH_BASE = _MODALS | SPEAKING
_PLURALS = frozenset({"people", "police", "men", "women", "media"})
_CLEAR = frozenset({"made", "makes", "make", "making"})
_BEGIN_PHRASES = _CLEAR | {"according", "put", "puts", "went", "goes"}


@dataclass(frozen=True, slots=True)
class Site:
    """A cue at tokens `first`:`last` with its source, and on which side that stands."""

    first: int
    last: int
    cue: Cue
    source: Source | None
    is_inverted: bool

    @property
    def is_according(self) -> bool:
        """Whether the cue is "according to" or the like."""
        return self.cue.verb == "according"


class Attributor:
    """The cues of one part and their sources."""

    def __init__(
        self,
        doc: Document,
        names: Sequence[Located],
        stand_ins: Sequence[Pronoun],
        quoted: Sequence[bool],
        lexicon: Lexicon,
    ) -> None:
        self.doc, self.lexicon, self.quoted = doc, lexicon, quoted
        self.sources = SourceFinder(doc, names, stand_ins, quoted, lexicon)
        self.sites = self._find_sites()
        self._firsts = [site.first for site in self.sites]

    def between(self, first: int, last: int) -> list[Site]:
        """The sites whose cue begins at a token of `first`:`last`, in order."""
        return self.sites[bisect_left(self._firsts, first) : bisect_left(self._firsts, last)]

    def _find_sites(self) -> list[Site]:
        sites: list[Site] = []
        cues = self.lexicon.cues
        for i, token in enumerate(self.doc.tokens):
            # Few words can begin a cue: a look at each costs a tenth of a short text's time.
            if self.quoted[i] or (token.lower not in cues and token.lower not in _BEGIN_PHRASES):
                continue
            site = self._site_at(i)
            if site is not None and not (sites and sites[-1].last > i):
                sites.append(site)
        return sites

    def _site_at(self, i: int) -> Site | None:
        tokens, lower = self.doc.tokens, self.doc.tokens[i].lower
        sentence = self.doc.sentence_of(i)
        if lower == "according" and i + 1 < sentence.last and tokens[i + 1].lower == "to":
            source = self.sources.after(i + 2, sentence.last)
            return Site(i, i + 2, Cue("according", "clause", "ing"), source, True)
        last = i + 1
        phrase = self._phrase_at(i, sentence.last)
        if phrase is not None:
            cue, last = phrase
        else:
            found = self.lexicon.cues.get(lower)
            if found is None or (tokens[i].is_capitalised and not tokens[i].is_initial):
                return None
            cue = found
        before = tokens[i - 1].lower if i > sentence.first else ""
        is_plural = before.endswith("s") or before in _PLURALS
        if cue.inflection == "base" and not is_plural and before not in _WITH_BASE:
            return None
        if before in ("to", "the", "a", "an", "of", "his", "her", "their", "its", "this"):
            return None
        if cue.inflection == "finite" and self._is_passive(i, sentence.first):
            return None
        source = None
        if cue.inflection != "ing" or before in _PASSIVE or self.sources.is_name_end(i):
            source = self.sources.before(i, sentence.first)
        if lower in _NOUN_LIKE and (
            source is None or source.last != i or not self._is_named(source)
        ):
            return None
        is_inverted = False
        if source is None and cue.inflection != "ing":
            follows_mark = i == 0 or self.quoted[i - 1] or tokens[i - 1].text in STOPS
            if follows_mark or i == sentence.first:
                source = self.sources.after(last, sentence.last)
                is_inverted = source is not None
        if source is None and cue.inflection != "ing" and cue.frame == "direct":
            return None
        return Site(i, last, cue, source, is_inverted)

    def _phrase_at(self, i: int, end: int) -> tuple[Cue, int] | None:
        """Cues of several words ("made it clear", "put it"), with where each ends."""
        words = [t.lower for t in self.doc.tokens[i : min(i + 4, end)]]
        if words[0] in _CLEAR and "clear" in words[1:3]:
            return Cue("make clear", "clause", "finite"), i + words.index("clear") + 1
        if words[:2] in (["put", "it"], ["puts", "it"]):
            return Cue("put it", "direct", "finite"), i + 2
        if words in (["went", "on", "to", "say"], ["goes", "on", "to", "say"]):
            return Cue("say", "bare", "finite"), i + 4
        return None

    def _is_named(self, source: Source) -> bool:
        return source.actor is not None or self.doc.tokens[source.first].lower in SPEAKING

    def _is_passive(self, i: int, begin: int) -> bool:
        j = i - 1
        while j > begin and (
            self.doc.tokens[j].lower.endswith("ly")
            or self.doc.tokens[j].lower in ("not", "also", "being", "been")
        ):
            j -= 1
        lower = self.doc.tokens[j].lower if j >= begin else ""
        return lower in _PASSIVE or (
            lower in ("'s", "’s") and j > begin and self.doc.tokens[j - 1].lower in SPEAKING
        )
