"""Cues ("said", "according to"), each with its source.

Belongs here: finding cues outside quotation marks. Does not belong here: finding their sources
(`sources`) and contents (`quotes`, `indirect`).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from etl.domain import word_set
from etl.extract.lexicon import CueForm
from etl.extract.sources import PHRASE_ENDS, SPEAKER_PRONOUNS, Source, SourceFinder

_PASSIVE_AUXILIARIES = word_set("is are was were be been being 're ’re 'm ’m get got gets")
_MODALS = word_set("did does do will would could can may might must should to didn't don't")
# Forms that are nouns as often: cues only directly after a name or pronoun.
_NOUN_LIKE = word_set(
    "claims talks reports notes calls comments answers questions hopes fears requests orders "
    "demands promises cries posts tweets emails texts guesses jokes remarks counters signals "
    "states points shows thanks decides cites rules objects estimates forecasts concerns laughs "
    "reads hits fires shouts urges pledges vows charges lectures quotes attacks"
)
_BEFORE_BASE_FORM = _MODALS | SPEAKER_PRONOUNS
_PLURAL_NOUNS = frozenset({"people", "police", "men", "women", "media"})
_MAKE_FORMS = frozenset({"made", "makes", "make", "making"})
_BEFORE_INVERSION = PHRASE_ENDS | {"'", "’", "''"}
_PHRASE_OPENERS = _MAKE_FORMS | {"according", "put", "puts", "went", "goes"}


@dataclass(frozen=True, slots=True)
class CueSpan:
    """A cue at tokens `first`:`last`; `is_inverted` if its source follows it."""

    first: int
    last: int
    form: CueForm
    source: Source | None
    is_inverted: bool

    @property
    def is_according(self) -> bool:
        """Whether the cue is "according to"."""
        return self.form.verb == "according"


class CueIndex:
    """The cues of one part and their sources, in text order."""

    def __init__(self, sources: SourceFinder) -> None:
        self.sources = sources
        self.doc, self.lexicon, self.in_marks = sources.doc, sources.lexicon, sources.in_marks
        self.spans = self._find_cues()
        self._firsts = [cue.first for cue in self.spans]

    def between(self, first: int, last: int) -> list[CueSpan]:
        """Return the cues that begin at tokens `first`:`last`, in order."""
        return self.spans[bisect_left(self._firsts, first) : bisect_left(self._firsts, last)]

    def _find_cues(self) -> list[CueSpan]:
        cues: list[CueSpan] = []
        forms = self.lexicon.cues
        for i, token in enumerate(self.doc.tokens):
            # Few words can begin a cue; examining all took a tenth of the time for a short text.
            if self.in_marks[i] or (
                token.lower not in forms and token.lower not in _PHRASE_OPENERS
            ):
                continue
            cue = self._cue_at(i)
            if cue is not None and not (cues and cues[-1].last > i):
                cues.append(cue)
        return cues

    def _cue_at(self, i: int) -> CueSpan | None:
        tokens, lower = self.doc.tokens, self.doc.tokens[i].lower
        sentence = self.doc.sentence_of(i)
        if lower == "according" and i + 1 < sentence.last and tokens[i + 1].lower == "to":
            source = self.sources.after(i + 2, sentence.last)
            return CueSpan(i, i + 2, CueForm("according", "clause", "ing"), source, True)
        last = i + 1
        phrase = self._phrase_at(i, sentence.last)
        if phrase is not None:
            form, last = phrase
        else:
            found = self.lexicon.cues.get(lower)
            if found is None or (tokens[i].is_capitalised and not tokens[i].is_initial):
                return None
            form = found
        before = tokens[i - 1].lower if i > sentence.first else ""
        is_plural = before.endswith("s") or before in _PLURAL_NOUNS
        if form.inflection == "base" and not is_plural and before not in _BEFORE_BASE_FORM:
            return None
        if before in ("to", "the", "a", "an", "of", "his", "her", "their", "its", "this"):
            return None
        if form.inflection == "finite" and self._is_passive(i, sentence.first):
            return None
        source = None
        if (
            form.inflection != "ing"
            or before in _PASSIVE_AUXILIARIES
            or self.sources.is_name_end(i)
        ):
            source = self.sources.before(i, sentence.first)
        if lower in _NOUN_LIKE and (
            source is None or source.last != i or not self._is_named(source)
        ):
            return None
        is_inverted = False
        if source is None and form.inflection != "ing":
            follows_mark = i == 0 or self.in_marks[i - 1] or tokens[i - 1].text in _BEFORE_INVERSION
            if follows_mark or i == sentence.first:
                source = self.sources.after(last, sentence.last)
                is_inverted = source is not None
        if source is None and form.inflection != "ing" and form.frame == "direct":
            return None
        return CueSpan(i, last, form, source, is_inverted)

    def _phrase_at(self, i: int, end: int) -> tuple[CueForm, int] | None:
        """Return a cue of several words ("made it clear", "put it") and its end, or None."""
        words = [t.lower for t in self.doc.tokens[i : min(i + 4, end)]]
        if words[0] in _MAKE_FORMS and "clear" in words[1:3]:
            return CueForm("make clear", "clause", "finite"), i + words.index("clear") + 1
        if words[:2] in (["put", "it"], ["puts", "it"]):
            return CueForm("put it", "direct", "finite"), i + 2
        if words in (["went", "on", "to", "say"], ["goes", "on", "to", "say"]):
            return CueForm("say", "bare", "finite"), i + 4
        return None

    def _is_named(self, source: Source) -> bool:
        return source.actor is not None or self.doc.tokens[source.first].lower in SPEAKER_PRONOUNS

    def _is_passive(self, i: int, begin: int) -> bool:
        j = i - 1
        while j > begin and (
            self.doc.tokens[j].lower.endswith("ly")
            or self.doc.tokens[j].lower in ("not", "also", "being", "been")
        ):
            j -= 1
        lower = self.doc.tokens[j].lower if j >= begin else ""
        return lower in _PASSIVE_AUXILIARIES or (
            lower in ("'s", "’s") and j > begin and self.doc.tokens[j - 1].lower in SPEAKER_PRONOUNS
        )
