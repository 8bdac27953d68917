"""Sources: the words that name who says something, on either side of a cue.

Belongs here: where a source begins and ends, and which actor it refers to. Does not belong here:
finding cues (`cues`).

The search is limited to a window of fixed size around the cue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etl.domain import word_set
from etl.extract.antecedents.resolve import Reference
from etl.extract.document import Document, Sentence
from etl.extract.lexicon import Lexicon
from etl.extract.mention_clusters import SHARED_SURNAME, Actor, NameMention
from etl.extract.peoples import is_people
from etl.extract.written_sources import issuer

_WINDOW = 30
_ADVERBS = word_set(
    "also then later once never even still now just again recently first not n't often always "
    "only further soon yesterday today did does do has have had will would could should may might "
    "must can didn't doesn't don't hasn't hadn't haven't won't wouldn't 've 'd ’ve ’d 'll ’ll "
    "already since simply long frequently since both all"
)
SPEAKER_PRONOUNS = word_set("he she they i we it you who")
_DETERMINERS = word_set(
    "the a an his her their its our my this that these those one two three four five some several "
    "many most few both other another no any"
)
_QUANTIFIERS = word_set("one two three some several many most few both another others")
_ORDINALS = word_set("first second third former last next late")
_PREPOSITIONS = word_set("for of at from with in on to close familiar inside behind")
PHRASE_ENDS = frozenset({",", ".", ";", ":", "—", "–", "?", "!", "“", "”", '"', "(", ")", "‘"})
_CLAUSE_OPENERS = word_set(
    "that if whether because when while and but as after before than so though although since "
    "until or"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A source at tokens `first`:`last`; `actor` is None for an unnamed one."""

    first: int
    last: int
    actor: Actor | None
    confidence: float


class SourceFinder:
    """Finds the sources of one part; `in_marks` flags the tokens inside quotation marks."""

    def __init__(
        self,
        doc: Document,
        names: Sequence[NameMention],
        references: Sequence[Reference],
        in_marks: Sequence[bool],
        lexicon: Lexicon,
    ) -> None:
        self.doc, self.lexicon, self.in_marks = doc, lexicon, in_marks
        self._name_by_first = {mention.name.first: mention for mention in names}
        self._name_by_last = {mention.name.last: mention for mention in names}
        self._reference_by_first = {reference.first: reference for reference in references}
        self._reference_by_last = {reference.last: reference for reference in references}
        self._no_head = lexicon.function_words - _QUANTIFIERS
        self._outside_phrase = lexicon.function_words - _ORDINALS
        self._breaks_source = _CLAUSE_OPENERS | lexicon.cues.keys()
        self._breaks_phrase = self._outside_phrase - _DETERMINERS

    def is_name_end(self, i: int) -> bool:
        """Whether a name ends directly before token `i`."""
        return i in self._name_by_last

    def subject_of(self, sentence: Sentence, before: int) -> Source | None:
        """Return the first person or pronoun of a sentence: the subject of a participle."""
        for j in range(sentence.first, min(before, sentence.first + _WINDOW)):
            if self.in_marks[j]:
                continue
            if self.doc.tokens[j].lower in ("he", "she", "they", "we", "i"):
                return self._pronoun_at(j)
            mention = self._name_by_first.get(j)
            if mention is None or not _may_speak(mention):
                continue
            opens = mention.name.type in ("ORG", "GPE") and j - sentence.first < 3
            if opens or mention.name.type == "PERSON":
                next_tokens = self.doc.tokens[mention.name.last : mention.name.last + 1]
                if not (next_tokens and next_tokens[0].lower in ("'s", "’s")):
                    return Source(mention.name.first, mention.name.last, mention.actor, 0.6)
        return None

    def name_filling(self, first: int, last: int) -> Source | None:
        """Return the person or organisation whose name ends at `last` and begins near `first`."""
        mention = self._name_by_last.get(last)
        if mention is None or not _may_speak(mention):
            return None
        if mention.name.type not in ("PERSON", "ORG"):
            return None
        is_near = mention.name.first - first < 5
        return Source(mention.name.first, last, mention.actor, 0.8) if is_near else None

    def before(self, i: int, begin: int) -> Source | None:
        """Return the source that ends before the cue at `i`, skipping auxiliaries and asides."""
        tokens = self.doc.tokens
        begin = max(begin, i - _WINDOW)
        j = i - 1
        while j >= begin and (tokens[j].lower in _ADVERBS or tokens[j].lower.endswith("ly")):
            if j + 1 in self._name_by_last:
                break
            j -= 1
        if j < begin or self.in_marks[j]:
            return None
        if tokens[j].text == ")":
            while j > begin and tokens[j].text != "(":
                j -= 1
            j -= 1
        if j >= begin and tokens[j].lower == "who":
            j -= 1
            if j >= begin and tokens[j].text == ",":
                j -= 1
            return self._source_ending_at(j, begin) if j >= begin else None
        if j >= begin and tokens[j].text in (",", "—", "–"):
            return self._before_aside(j, begin)
        return self._source_ending_at(j, begin) if j >= begin else None

    def _before_aside(self, j: int, begin: int) -> Source | None:
        """Return the source before an aside: "Ann Lee, who runs the port, said"."""
        tokens = self.doc.tokens
        mention = self._name_by_last.get(j)
        is_person = mention is not None and mention.name.type == "PERSON"
        if mention is not None and is_person and tokens[mention.name.first - 1].text == ",":
            # In "The mayor, Ann Lee, said" the aside is the name itself.
            return self._source_ending_at(j - 1, begin)
        for k in range(j - 1, begin, -1):
            if tokens[k].text in (",", "—", "–") and not self.in_marks[k]:
                mention = self._name_by_last.get(k)
                if mention is None or mention.name.type in ("PERSON", "ORG"):
                    source = self._source_ending_at(k - 1, begin)
                    if source is not None:
                        return source
        return None

    def _source_ending_at(self, j: int, begin: int) -> Source | None:
        """Return the source whose last token is `j`."""
        tokens = self.doc.tokens
        lower = tokens[j].lower
        if lower in SPEAKER_PRONOUNS and lower != "who":
            return self._pronoun_at(j)
        mention = self._name_by_last.get(j + 1)
        if mention is not None and _may_speak(mention):
            outer = self._governing_noun(mention.name.first, begin)
            if outer is not None:
                first, last = outer
                governor = self._name_by_last.get(last)
                if governor is not None and governor.actor is not None:
                    return Source(governor.name.first, last, governor.actor, 0.85)
                return self._nominal(first, j + 1, last - 1)
            if mention.name.type == "NORP" and not self._is_people(mention):
                return self._one_of(mention, begin)
            return Source(mention.name.first, mention.name.last, mention.actor, 0.9)
        if not tokens[j].is_word or lower in self._no_head:
            return None
        return self._nominal_ending(j, begin)

    def _governing_noun(self, first: int, begin: int) -> tuple[int, int] | None:
        """Return the tokens of "a spokesman" in "a spokesman for the Port", given the name."""
        tokens = self.doc.tokens
        j = first - 1
        while j > begin and (
            tokens[j].lower in _DETERMINERS or tokens[j].lower in self.lexicon.titles
        ):
            j -= 1
        if j <= begin or tokens[j].lower not in _PREPOSITIONS:
            return None
        noun = j - 1
        if tokens[noun].lower in ("close", "familiar"):
            noun -= 1
        if noun + 1 in self._name_by_last and self._name_by_last[noun + 1].name.type == "PERSON":
            return noun, noun + 1
        if noun < begin or tokens[noun].lower not in self.lexicon.source_nouns:
            return None
        return self._phrase_start(noun, begin), noun + 1

    def _phrase_start(self, j: int, begin: int) -> int:
        """Return the first token of the noun phrase that ends at token `j`."""
        tokens = self.doc.tokens
        k = j
        while k > begin and j - k < 8:
            left = tokens[k - 1]
            if left.lower in _DETERMINERS:
                return k - 1
            if (
                (not left.is_word and left.lower not in ("-", "'s", "’s"))
                or left.lower in self._outside_phrase
                or self.in_marks[k - 1]
            ):
                break
            k -= 1
        return k

    def _nominal_ending(self, j: int, begin: int) -> Source | None:
        tokens = self.doc.tokens
        head, first = j, self._phrase_start(j, begin)
        if tokens[j].lower not in self.lexicon.source_nouns:
            # "a person familiar with the matter": the head noun precedes a preposition.
            for k in range(j - 1, max(begin, j - 10), -1):
                if tokens[k].text in PHRASE_ENDS:
                    return None
                if (
                    tokens[k].lower in _PREPOSITIONS
                    and tokens[k - 1].lower in self.lexicon.source_nouns
                ):
                    head = k - 1
                    break
                if (
                    tokens[k].lower in _PREPOSITIONS
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
        """Return a source for a nominal: an unnamed one, or the actor that it describes."""
        if first >= last or any(self.in_marks[first:last]):
            return None
        written = issuer(
            self.doc.tokens, first, last, self._name_by_first, self._reference_by_first
        )
        if written is not None:
            return Source(first, last, *written)
        reference = self._reference_by_last.get(head + 1)
        if reference is not None and reference.kind == "description":
            return Source(first, last, reference.antecedent, reference.confidence)
        return Source(first, last, None, 0.7)

    def _pronoun_at(self, j: int) -> Source | None:
        if self.doc.tokens[j].lower in ("you", "who"):
            return None
        reference = self._reference_by_first.get(j)
        if reference is None:
            return Source(j, j + 1, None, 0.5)
        return Source(j, j + 1, reference.antecedent, reference.confidence)

    def after(self, i: int, end: int) -> Source | None:
        """Return the source that begins at token `i`: "Ann Lee", "a spokesman for the port"."""
        tokens, lexicon = self.doc.tokens, self.lexicon
        end = min(end, i + _WINDOW)
        if i >= end or self.in_marks[i]:
            return None
        if tokens[i].lower in SPEAKER_PRONOUNS:
            return self._pronoun_at(i)
        first_name: NameMention | None = None
        noun = -1
        j = i
        while j < end and not self.in_marks[j]:
            token = tokens[j]
            mention = self._name_by_first.get(j)
            if mention is not None and _may_speak(mention):
                if mention.name.type == "PERSON":
                    return Source(mention.name.first, mention.name.last, mention.actor, 0.9)
                first_name = first_name or mention
                j = mention.name.last
                continue
            if token.text in PHRASE_ENDS or token.lower in self._breaks_source:
                break
            if token.lower in _PREPOSITIONS and (noun >= 0 or first_name):
                break
            if token.lower in lexicon.source_nouns:
                noun = j
            elif token.lower in self._breaks_phrase:
                break
            j += 1
        if noun >= 0:
            last = noun + 1
            if last < end and tokens[last].lower in _PREPOSITIONS | {"familiar", "close"}:
                while (
                    last < end
                    and tokens[last].text not in PHRASE_ENDS
                    and (tokens[last].lower not in _CLAUSE_OPENERS and last - noun < 12)
                ):
                    last += 1
            return self._nominal(i, last, noun)
        if first_name is not None and first_name.actor is not None:
            if first_name.name.type == "NORP" and not self._is_people(first_name):
                return self._one_of(first_name, i)
            return Source(first_name.name.first, first_name.name.last, first_name.actor, 0.8)
        return None

    def _is_people(self, mention: NameMention) -> bool:
        """Whether a nationality or party means people: "Russians", not "a Russian"."""
        before = self.doc.tokens[mention.name.first - 1].lower if mention.name.first else ""
        return is_people(mention.name.form, before)

    def _one_of(self, mention: NameMention, begin: int) -> Source | None:
        """Return the unnamed source "a Russian"; None if "Russian" is an adjective."""
        first = mention.name.first - 1
        if first < begin or self.doc.tokens[first].lower not in _DETERMINERS:
            return None
        return self._nominal(first, mention.name.last, mention.name.last - 1)


def _may_speak(mention: NameMention) -> bool:
    """Whether a name may be a source; a surname that two people share has no actor."""
    return mention.actor is not None or mention.method == SHARED_SURNAME
