"""Who says: cues ("said", "according to") and the source that goes with each.

Belongs here: finding cues outside quotation marks, and the words that name their source. Does not
belong here: what is said (`quotes`, `indirect`).

A source is looked for in a window of fixed size around its cue.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from etl.extract.lexicon import Cue, Lexicon, word_set
from etl.extract.mention_clusters import Actor, Located
from etl.extract.office_holders import Holders
from etl.extract.pronouns import Pronoun
from etl.extract.tokens import Document, Sentence

_WINDOW = 30
_ADVERBS = word_set(
    "also then later once never even still now just again recently first not n't often always "
    "only further soon yesterday today did does do has have had will would could should may might "
    "must can didn't doesn't don't hasn't hadn't haven't won't wouldn't 've 'd ’ve ’d 'll ’ll "
    "already since simply long frequently since both all"
)
_PASSIVE = word_set("is are was were be been being 're ’re 'm ’m get got gets")
_SPEAKING = word_set("he she they i we it you who")
_DETERMINERS = word_set(
    "the a an his her their its our my this that these those one two three four five some several "
    "many most few both other another no any"
)
_COUNTS = word_set("one two three some several many most few both another others")
_ORDINALS = word_set("first second third former last next late")
_LINKS = word_set("for of at from with in on to close familiar inside behind")
_MODALS = word_set("did does do will would could can may might must should to didn't don't")
_STOPS = frozenset({",", ".", ";", ":", "—", "–", "?", "!", "“", "”", '"', "(", ")", "‘"})
_CLAUSES = word_set(
    "that if whether because when while and but as after before than so though although since "
    "until or"
)
# Forms that are as often nouns: a cue only right behind a name or pronoun.
_NOUN_LIKE = word_set(
    "claims talks reports notes calls comments answers questions hopes fears requests orders "
    "demands promises cries posts tweets emails texts guesses jokes remarks counters signals "
    "states points shows thanks decides cites rules objects estimates forecasts concerns laughs "
    "reads hits fires shouts urges pledges vows charges lectures quotes attacks"
)
_WITH_BASE = _MODALS | _SPEAKING
_PLURALS = frozenset({"people", "police", "men", "women", "media"})
_CLEAR = frozenset({"made", "makes", "make", "making"})
_BEGIN_PHRASES = _CLEAR | {"according", "put", "puts", "went", "goes"}


@dataclass(frozen=True, slots=True)
class Source:
    """The words `first`:`last` (tokens) that name a source; `actor` None for an unnamed one."""

    first: int
    last: int
    actor: Actor | None
    confidence: float


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
        self._starting = {x.name.first: x for x in names}
        self._ending = {x.name.last: x for x in names}
        self._pronouns = {p.token: p for p in stand_ins}
        self._holders = Holders(names)
        self._no_head = lexicon.function_words - _COUNTS
        self._outside_phrase = lexicon.function_words - _ORDINALS
        self._breaks_phrase = self._outside_phrase - _DETERMINERS
        self.sites = self._find_sites()
        self._firsts = [site.first for site in self.sites]

    def between(self, first: int, last: int) -> list[Site]:
        """The sites whose cue begins at a token of `first`:`last`, in order."""
        return self.sites[bisect_left(self._firsts, first) : bisect_left(self._firsts, last)]

    def subject_of(self, sentence: Sentence, before: int) -> Source | None:
        """The first person or speaking pronoun of a sentence, as the subject of a participle."""
        for j in range(sentence.first, min(before, sentence.first + _WINDOW)):
            if self.quoted[j]:
                continue
            if self.doc.tokens[j].lower in ("he", "she", "they", "we", "i"):
                return self._pronoun_at(j)
            x = self._starting.get(j)
            if x is None or x.actor is None:
                continue
            opens = x.name.type in ("ORG", "GPE") and j - sentence.first < 3
            if opens or x.name.type == "PERSON":
                follower = self.doc.tokens[x.name.last : x.name.last + 1]
                if not (follower and follower[0].lower in ("'s", "’s")):
                    return Source(x.name.first, x.name.last, x.actor, 0.6)
        return None

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
            source = self.source_after(i + 2, sentence.last)
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
        if cue.inflection != "ing" or before in _PASSIVE or i in self._ending:
            source = self.source_before(i, sentence.first)
        if lower in _NOUN_LIKE and (
            source is None or source.last != i or not self._is_named(source)
        ):
            return None
        is_inverted = False
        if source is None and cue.inflection != "ing":
            follows_mark = i == 0 or self.quoted[i - 1] or tokens[i - 1].text in _STOPS
            if follows_mark or i == sentence.first:
                source = self.source_after(last, sentence.last)
                is_inverted = source is not None
        if source is None and cue.inflection != "ing" and cue.frame == "direct":
            return None
        return Site(i, last, cue, source, is_inverted)

    def speaker_at(self, first: int, last: int) -> Source | None:
        """The person or organisation whose name fills the tokens `first`:`last`."""
        x = self._ending.get(last)
        if x is None or x.actor is None or x.name.type not in ("PERSON", "ORG"):
            return None
        return Source(x.name.first, last, x.actor, 0.8) if x.name.first - first < 5 else None

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
        return source.actor is not None or self.doc.tokens[source.first].lower in _SPEAKING

    def _is_passive(self, i: int, begin: int) -> bool:
        j = i - 1
        while j > begin and (
            self.doc.tokens[j].lower.endswith("ly")
            or self.doc.tokens[j].lower in ("not", "also", "being", "been")
        ):
            j -= 1
        lower = self.doc.tokens[j].lower if j >= begin else ""
        return lower in _PASSIVE or (
            lower in ("'s", "’s") and j > begin and self.doc.tokens[j - 1].lower in _SPEAKING
        )

    def source_before(self, i: int, begin: int) -> Source | None:
        """The source that ends before the cue at `i`, auxiliaries and asides skipped."""
        tokens = self.doc.tokens
        begin = max(begin, i - _WINDOW)
        j = i - 1
        while j >= begin and (tokens[j].lower in _ADVERBS or tokens[j].lower.endswith("ly")):
            if j + 1 in self._ending:
                break
            j -= 1
        if j < begin or self.quoted[j]:
            return None
        if tokens[j].text == ")":
            while j > begin and tokens[j].text != "(":
                j -= 1
            j -= 1
        if j >= begin and tokens[j].lower == "who":
            j -= 1
            if j >= begin and tokens[j].text == ",":
                j -= 1
            return self._ending_at(j, begin) if j >= begin else None
        if j >= begin and tokens[j].text in (",", "—", "–"):
            return self._before_aside(j, begin)
        return self._ending_at(j, begin) if j >= begin else None

    def _before_aside(self, j: int, begin: int) -> Source | None:
        """The source left of an aside: "Ann Lee" in "Ann Lee, who runs the port, said"."""
        tokens = self.doc.tokens
        x = self._ending.get(j)
        is_person = x is not None and x.name.type == "PERSON"
        if x is not None and is_person and tokens[x.name.first - 1].text == ",":
            # "The mayor, Ann Lee, said": the aside is the name itself.
            return self._ending_at(j - 1, begin)
        for k in range(j - 1, begin, -1):
            if tokens[k].text in (",", "—", "–") and not self.quoted[k]:
                x = self._ending.get(k)
                if x is None or x.name.type in ("PERSON", "ORG"):
                    source = self._ending_at(k - 1, begin)
                    if source is not None:
                        return source
        # Without a second comma: "Speaking on Monday, Ann Lee, 45, said" was met above.
        return None

    def _ending_at(self, j: int, begin: int) -> Source | None:
        """The source whose last token is `j`."""
        tokens = self.doc.tokens
        lower = tokens[j].lower
        if lower in _SPEAKING and lower != "who":
            return self._pronoun_at(j)
        x = self._ending.get(j + 1)
        if x is not None and x.actor is not None:
            outer = self._governing(x.name.first, begin)
            if outer is not None:
                first, last = outer
                governor = self._ending.get(last)
                if governor is not None and governor.actor is not None:
                    return Source(governor.name.first, last, governor.actor, 0.85)
                return self._nominal(first, j + 1, last - 1)
            is_people = lower in self.lexicon.source_nouns or lower.endswith(("s", "ese", "sh"))
            if x.name.type == "NORP" and not is_people:
                return None
            return Source(x.name.first, x.name.last, x.actor, 0.9)
        if not tokens[j].is_word or lower in self._no_head:
            return None
        return self._nominal_ending(j, begin)

    def _governing(self, first: int, begin: int) -> tuple[int, int] | None:
        """Of "a spokesman for the Port", seen from the name, the span "a spokesman"."""
        tokens = self.doc.tokens
        j = first - 1
        while j > begin and (
            tokens[j].lower in _DETERMINERS or tokens[j].lower in self.lexicon.titles
        ):
            j -= 1
        if j <= begin or tokens[j].lower not in _LINKS:
            return None
        noun = j - 1
        if tokens[noun].lower in ("close", "familiar"):
            noun -= 1
        if noun + 1 in self._ending and self._ending[noun + 1].name.type == "PERSON":
            return noun, noun + 1
        if noun < begin or tokens[noun].lower not in self.lexicon.source_nouns:
            return None
        return self._phrase_start(noun, begin), noun + 1

    def _phrase_start(self, j: int, begin: int) -> int:
        """Where the noun phrase that ends at token `j` begins."""
        tokens = self.doc.tokens
        k = j
        while k > begin and j - k < 8:
            left = tokens[k - 1]
            if left.lower in _DETERMINERS:
                return k - 1
            if (
                (not left.is_word and left.lower not in ("-", "'s", "’s"))
                or left.lower in self._outside_phrase
                or self.quoted[k - 1]
            ):
                break
            k -= 1
        return k

    def _nominal_ending(self, j: int, begin: int) -> Source | None:
        tokens = self.doc.tokens
        head, first = j, self._phrase_start(j, begin)
        if tokens[j].lower not in self.lexicon.source_nouns:
            # "a person familiar with the matter": the noun stands left of a link.
            for k in range(j - 1, max(begin, j - 10), -1):
                if tokens[k].text in _STOPS:
                    return None
                if tokens[k].lower in _LINKS and tokens[k - 1].lower in self.lexicon.source_nouns:
                    head = k - 1
                    break
                if (
                    tokens[k].lower in _LINKS
                    and k - 2 >= begin
                    and (tokens[k - 2].lower in self.lexicon.source_nouns)
                ):
                    head = k - 2
                    break
            else:
                return None
            first = self._phrase_start(head, begin)
        return self._nominal(first, j + 1, head)

    def _nominal(self, first: int, last: int, head: int) -> Source | None:
        """An unnamed source, or the one holder of the office that it names."""
        if first >= last or any(self.quoted[first:last]):
            return None
        tokens = self.doc.tokens
        if tokens[first].lower == "the":
            holder = self._holders.of([t.lower for t in tokens[first + 1 : head + 1]])
            if holder is not None:
                return Source(first, last, holder, 0.6)
        return Source(first, last, None, 0.7)

    def _pronoun_at(self, j: int) -> Source | None:
        if self.doc.tokens[j].lower in ("you", "who"):
            return None
        stand_in = self._pronouns.get(j)
        if stand_in is None:
            return Source(j, j + 1, None, 0.5)
        return Source(j, j + 1, stand_in.actor, stand_in.confidence)

    def source_after(self, i: int, end: int) -> Source | None:
        """The source that begins at token `i`: "Ann Lee", "a spokesman for the port"."""
        tokens, lexicon = self.doc.tokens, self.lexicon
        end = min(end, i + _WINDOW)
        if i >= end or self.quoted[i]:
            return None
        if tokens[i].lower in _SPEAKING:
            return self._pronoun_at(i)
        first_name: Located | None = None
        noun = -1
        j = i
        while j < end and not self.quoted[j]:
            token = tokens[j]
            x = self._starting.get(j)
            if x is not None and x.actor is not None:
                if x.name.type == "PERSON":
                    return Source(x.name.first, x.name.last, x.actor, 0.9)
                first_name = first_name or x
                j = x.name.last
                continue
            if token.text in _STOPS or token.lower in _CLAUSES or token.lower in lexicon.cues:
                break
            if token.lower in _LINKS and (noun >= 0 or first_name):
                break
            if token.lower in lexicon.source_nouns:
                noun = j
            elif token.lower in self._breaks_phrase:
                break
            j += 1
        if noun >= 0:
            last = noun + 1
            if last < end and tokens[last].lower in _LINKS | {"familiar", "close"}:
                while (
                    last < end
                    and tokens[last].text not in _STOPS
                    and (tokens[last].lower not in _CLAUSES and last - noun < 12)
                ):
                    last += 1
            return self._nominal(i, last, noun)
        if first_name is not None and first_name.actor is not None:
            if first_name.name.type == "NORP" and not tokens[first_name.name.first].lower.endswith(
                "s"
            ):
                return None
            return Source(first_name.name.first, first_name.name.last, first_name.actor, 0.8)
        return None
