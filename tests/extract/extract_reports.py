"""News reports from a grammar, about invented people; and extractors that decide at random.

A report knows its sentences, and which of them begin with a clause or phrase in front. Its people
have known first names, so their gender is known, and made-up surnames, which some of them share.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from unittest import mock

from extract_noisy import noisy_extractor
from hypothesis import strategies as st

from etl.domain import Article, Extraction, Mention, Quote, word_set
from etl.extract import get_extractor
from etl.extract.antecedents.ranker import Choice
from etl.extract.mention_clusters import Actor

WOMEN = ("Laura", "Maria", "Anna", "Lena")
MEN = ("Thomas", "Peter", "David", "Karl")
GENDERS = dict.fromkeys(WOMEN, "f") | dict.fromkeys(MEN, "m")
_BEGINNINGS = ("Tor", "Sel", "Hol", "Wen", "Mor", "Gar", "Bras", "Dun")
_ENDS = ("dane", "wick", "berg", "stad", "mond", "feld", "more", "ker")
_COURTESY = {"f": ("Ms", "Mrs"), "m": ("Mr",)}
_BRACES = re.compile(r"\{(\w+)\}")

EXTRACTORS = ("rules", "tagger", "fast", "any decisions", "any network")
"""The three extractors; the default one with random decisions; and that with random spans, too."""


@dataclass(frozen=True)
class Person:
    first: str
    last: str

    @property
    def gender(self) -> str:
        return GENDERS[self.first]

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass(frozen=True)
class Sentence:
    text: str
    is_fronted: bool = False


@dataclass(frozen=True)
class Report:
    """A body, and for each of its sentences where it starts, ends, and whether it is fronted."""

    body: str
    sentences: tuple[tuple[int, int, bool], ...]

    def sentence_at(self, position: int) -> tuple[int, int, bool]:
        return next(s for s in self.sentences if s[0] <= position < s[1])

    def paragraph_at(self, position: int) -> int:
        return self.body.count("\n\n", 0, position)


def _joined(paragraphs: Sequence[Sequence[Sentence]]) -> Report:
    body = ""
    spans = []
    for paragraph in paragraphs:
        body += "\n\n" if body else ""
        for number, sentence in enumerate(paragraph):
            body += " " if number else ""
            spans.append((len(body), len(body) + len(sentence.text), sentence.is_fronted))
            body += sentence.text
    return Report(body, tuple(spans))


def _cast(rng: random.Random) -> list[Person]:
    """Two to four people, of whom the first two may share a surname."""
    firsts = rng.sample(WOMEN + MEN, rng.randint(2, 4))
    lasts = [begin + rng.choice(_ENDS) for begin in rng.sample(_BEGINNINGS, len(firsts))]
    if rng.random() < 0.5:
        lasts[1] = lasts[0]
    return [Person(first, last) for first, last in zip(firsts, lasts, strict=True)]


class _Writer:
    """Draws the words of a report about some people."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._people = _cast(rng)

    def paragraph(self) -> list[Sentence]:
        kinds = (self._speech, lambda: [self._event()], lambda: [self._couple()], self._fronted)
        (write,) = self._rng.choices(kinds, (4, 2, 1, 1))
        return [*write(), *([self._event()] if self._rng.random() < 0.4 else [])]

    def _filled(self, *patterns: str) -> str:
        """One of the patterns, with its braces filled."""
        pattern = self._rng.choice(patterns)
        return _BRACES.sub(lambda match: getattr(self, f"_{match[1]}")(), pattern)

    def _person(self) -> Person:
        return self._rng.choice(self._people)

    def _last(self) -> str:
        return self._person().last

    def _name(self) -> str:
        """A full name, a surname, or a surname with a courtesy title."""
        who = self._person()
        title = self._rng.choice(_COURTESY[who.gender])
        return self._rng.choice((who.name, who.last, f"{title} {who.last}"))

    def _he(self) -> str:
        return self._rng.choice(("he", "she"))

    def _him(self) -> str:
        return self._rng.choice(("him", "her"))

    def _his(self) -> str:
        return self._rng.choice(("his", "her"))

    def _who(self) -> str:
        return self._rng.choice((self._name(), self._he()))

    def _said(self) -> str:
        """What somebody says, as one sentence without its full stop."""
        return _capital(
            self._filled(
                "we open the bridge in May",
                "if {name} wants the bridge, {he} can have it",
                "I told {name} that my mother knew me well",
                "you know what {he} wants",
                "{name} wants my job",
                "{he} was never here",
                "they asked me for {his} letter",
                "when {he} called, I went home",
            )
        )

    def _event(self) -> Sentence:
        """Something that happened, in the words of the report."""
        return Sentence(
            _capital(
                self._filled(
                    "{name} met {name} in Brenmouth on Monday.",
                    "{who} opened the harbour.",
                    "{he} had left the council after a quarrel.",
                    "the council wrote to {name}.",
                    "the council wrote to {him}.",
                    "{name} told reporters that {he} would not resign.",
                    "the {last} family moved to Tarn.",
                    "the {last}s sold the mill to Halden Shipping Corp.",
                )
            )
        )

    def _couple(self) -> Sentence:
        one, other = self._people[:2]
        if one.last != other.last:
            return self._event()
        return Sentence(
            self._rng.choice(
                (
                    f"{one.first} and {other.name} bought the mill.",
                    f"{one.name} and {other.name} bought the mill.",
                    f"Mr and Mrs {one.last} bought the mill.",
                    f"Dr {one.first} and Prof. {other.name} bought the mill.",
                )
            )
        )

    def _fronted(self) -> list[Sentence]:
        text = self._filled(
            "When {he} resigned, {name} went home.",
            "After {his} speech, {name} wrote to {name}.",
        )
        return [Sentence(text, is_fronted=True)]

    def _speech(self) -> list[Sentence]:
        """A quotation with its attribution, or without one."""
        one, other = self._said(), self._said()
        lower = other[0].lower() + other[1:]
        patterns = (
            (f"“{one},” {{who}} said.",),
            (f"“{one},” said {{name}}.", f"“{other}.”"),
            (f"“{one},” {{who}} told {{name}}.", f"“{other}.”"),
            (f"{{who}} said: “{one}.”",),
            (f"“{one},” {{who}} said, “{lower}.”",),
            (f"“{one}.”",),
            (f"{{who}} said that “{lower}”.",),
            (f"“They say, ‘{one},’ and leave,” {{who}} said.",),
        )
        return [Sentence(_capital(self._filled(pattern))) for pattern in self._rng.choice(patterns)]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _report(seed: int) -> Report:
    rng = random.Random(seed)
    writer = _Writer(rng)
    return _joined([writer.paragraph() for _ in range(rng.randint(2, 7))])


def reports() -> st.SearchStrategy[Report]:
    """Reports about two to four people. Drawn by number, because drawing each word is slow."""
    return st.integers(0, 10**9).map(_report)


class RandomRanker:
    """Decides at random whom an anaphor means, and is nearly sure: the worst that a model can do.

    The same question has the same answer, so an extraction can be repeated.
    """

    def decide(self, choice: Choice) -> tuple[Actor, float] | None:
        rng = random.Random(str((choice.anaphor, choice.features)))
        return (rng.choice(choice.actors), 0.98) if choice.actors else None


@contextmanager
def _random_decisions() -> Iterator[None]:
    with mock.patch("etl.extract.tagger_extractor.load_ranker", lambda name: RandomRanker()):
        yield


@lru_cache
def _extractor(name: str) -> Callable[[Article], Extraction]:
    if name in ("rules", "tagger", "fast"):
        return get_extractor(name).extract
    inner = noisy_extractor() if name == "any network" else get_extractor("tagger")

    def extract(article: Article) -> Extraction:
        with _random_decisions():
            return inner.extract(article)

    return extract


class Reading:
    """The extraction of a report's body by one of the EXTRACTORS."""

    def __init__(self, extractor: str, body: str) -> None:
        self.body = body
        self.found = _extractor(extractor)(Article(None, body))

    def of_kind(self, kind: str) -> list[Mention]:
        return [m for m in self.found.mentions if m.kind == kind and m.actor is not None]

    @property
    def people(self) -> list[Mention]:
        """The names of people; not "the Brasks", nor "Brask" in "the Brask family"."""
        return [m for m in self.of_kind("name") if m.type == "PERSON" and not self.is_family(m)]

    def is_family(self, name: Mention) -> bool:
        phrase = self.body[: name.char_end].split()[-2:]
        is_plural = phrase[0].lower() == "the" and phrase[-1].endswith("s")
        return is_plural or self.body.startswith(" family", name.char_end)

    @property
    def he_and_she(self) -> list[Mention]:
        return [m for m in self.of_kind("pronoun") if m.surface.lower() in _THIRD]

    @property
    def quotes(self) -> list[Quote]:
        """The quotes in the speaker's own words that have a speaker."""
        return [q for q in self.found.quotes if q.speaker is not None and q.kind != "indirect"]

    def names_of(self, actor: int | None) -> list[Mention]:
        return [m for m in self.of_kind("name") if m.actor == actor]

    def within(self, quote: Quote, mentions: Sequence[Mention]) -> list[Mention]:
        return [m for m in mentions if quote.char_start <= m.char_start < quote.char_end]

    def is_in_inner_quote(self, quote: Quote, mention: Mention) -> bool:
        """Whether a mention stands in ‘single marks’ within a quote."""
        before = self.body[quote.char_start : mention.char_start]
        return before.count("‘") > before.count("’")


_THIRD = word_set("he him his himself she her hers herself")
