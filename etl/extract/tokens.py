"""Segmenting a text into paragraphs, sentences and tokens.

Belongs here: where words and sentences begin and end. Does not belong here: the records
(`document`), and what a word means, except for abbreviations whose full stop ends no sentence.

Every pattern is a plain alternation of character classes without nested repeats, so the time is
linear in the length of the text.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from etl.extract.document import Document, Paragraph, Sentence, Token
from etl.extract.word_cache import cached_by_word

MAX_CHARACTERS = 5 * 1024 * 1024
MAX_TOKENS = 2_500_000
"""Limits of one text: up to them any text takes at most 1.5 GB of memory.

Five megabytes of news are one million tokens; only endless punctuation exceeds two million.
"""
OPENING_MARKS = frozenset("“‘„«")

_ABBREVIATIONS = (
    "Mr Mrs Ms Mx Dr Prof Sen Sens Rep Reps Gov Govs Gen Lt Col Cmdr Adm Maj Capt Sgt Cpl Pvt Rev "
    "Hon Fr Sr Jr St Mt Ft Inc Corp Co Ltd Bros vs No Jan Feb Mar Apr Aug Sept Sep Oct Nov Dec Ala "
    "Ariz Ark Calif Colo Conn Del Fla Ill Ind Kan Ky La Mass Md Mich Minn Miss Mo Mont Neb Nev "
    "Okla Ore Pa Tenn Tex Va Vt Wash Wis Wyo Supt Det Dep Insp Asst Dept Univ Atty Messrs etc al "
    "approx est"
)
# After these a sentence may end, so the next word decides. After the others it never ends.
_MAY_END = frozenset(["Inc.", "Corp.", "Co.", "Ltd.", "Bros.", "Jr.", "Sr.", "etc.", "al."])

_TOKEN = re.compile(
    r"https?://[^\s”\"’)]+"
    r"|(?:[A-Za-z]\.){2,}"  # U.S., p.m.
    r"|\b(?:" + "|".join(_ABBREVIATIONS.split()) + r")\."
    r"|\b[A-Z]\.(?=\s+[A-Z“‘\"(])"  # George W. Bush
    r"|['’](?:s|S|ll|re|ve|d|m)\b"  # clitics that an apostrophe separates from a name or pronoun
    r"|[\w\u0300-\u036f]+(?:(?:['’](?!(?:s|S|ll|re|ve|d|m)\b)|[-‐‑&]|\.(?=[a-z0-9]))"
    r"[\w\u0300-\u036f]+)*"
    r"|\.\.+"
    r"|[^\w\s]"
)
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_LINE = re.compile(r"\n\s*")
_INDENT = re.compile(r"\n(?=[^\S\n]{2,})\s*")
# "Russia-backed", but not "al-Assad" or "Jong-un".
_COMPOUND = re.compile(
    r"[-‐‑](?=(?:based|led|held|run|born|style|era|wide|linked|like|only|friendly|elect|area"
    r"|[a-z]+ed)$)"
)
_HARD_WRAP = 90
# Words that often begin sentences: "U.S." or "Inc." before one of them ends a sentence.
_SENTENCE_STARTERS = frozenset(
    [
        "the",
        "a",
        "an",
        "he",
        "she",
        "it",
        "they",
        "we",
        "i",
        "you",
        "in",
        "on",
        "at",
        "but",
        "and",
        "for",
        "this",
        "that",
        "these",
        "those",
        "his",
        "her",
        "its",
        "their",
        "our",
        "my",
        "there",
        "when",
        "while",
        "if",
        "as",
        "after",
        "before",
        "however",
        "meanwhile",
        "although",
    ]
)


class TextTooLongError(ValueError):
    """A text exceeds the limits; the message says how long it is and what to do."""


_Word = tuple[str, str, bool, bool]
"""A token as written, in lower case, whether it is a word, and whether it is capitalised."""


def segment(text: str, boundaries: Sequence[int] = ()) -> Document:
    """Segment a text into paragraphs, sentences and tokens.

    `boundaries` are ascending character offsets that no token may cross: "pro-Macron" is split
    where a name is known to begin. Raises TextTooLongError above MAX_CHARACTERS or MAX_TOKENS.
    """
    tokens: list[Token] = []
    sentences: list[Sentence] = []
    paragraphs: list[Paragraph] = []
    words: dict[str, _Word] = {}
    for start, end, starts, ends in _paragraph_tokens(text):
        first, begin = len(tokens), 0
        for stop in _sentence_ends(text, starts, ends):
            sentence_first = len(tokens)
            bounds = _split_at(starts[begin:stop], ends[begin:stop], boundaries)
            _add_tokens(text, bounds, len(sentences), tokens, words)
            sentences.append(Sentence(sentence_first, len(tokens), len(paragraphs)))
            begin = stop
        if len(tokens) > first:
            paragraphs.append(Paragraph(start, end, first, len(tokens)))
    return Document(text, tuple(tokens), tuple(sentences), tuple(paragraphs))


def sentence_ends(text: str) -> list[int]:
    """Return the character offsets at which sentences end, without building tokens.

    Raises TextTooLongError as `segment` does.
    """
    return [
        ends[stop - 1]
        for _, _, starts, ends in _paragraph_tokens(text)
        for stop in _sentence_ends(text, starts, ends)
    ]


def _paragraph_tokens(text: str) -> Iterator[tuple[int, int, array[int], array[int]]]:
    """Yield each paragraph: its start, its end, and the starts and ends of its tokens."""
    if len(text) > MAX_CHARACTERS:
        raise TextTooLongError(
            f"a text of {len(text):,} characters is longer than any article; the limit is "
            f"{MAX_CHARACTERS:,} characters: split the file into its articles"
        )
    count = 0
    for start, end in _paragraph_spans(text):
        starts, ends = _token_bounds(text, start, end)
        count += len(starts)
        if count > MAX_TOKENS:
            raise TextTooLongError(
                f"a text of more than {MAX_TOKENS:,} words and signs is longer than any article: "
                "split the file into its articles"
            )
        yield start, end, starts, ends


def _paragraph_spans(text: str) -> list[tuple[int, int]]:
    """Split at blank lines; in a text without any at line ends, unless it is hard-wrapped."""
    if _BLANK_LINE.search(text.strip()):
        pattern = _BLANK_LINE
    else:
        lines = text.split("\n")
        is_hard_wrapped = len(lines) > 3 and max(map(len, lines)) <= _HARD_WRAP
        pattern = _INDENT if is_hard_wrapped and _INDENT.search(text) else _LINE
    spans = []
    start = 0
    for gap in pattern.finditer(text):
        spans.append((start, gap.start()))
        start = gap.end()
    spans.append((start, len(text)))
    return [(s, e) for s, e in spans if e > s]


def _token_bounds(text: str, start: int, end: int) -> tuple[array[int], array[int]]:
    """Return where tokens start and end. As arrays, because there may be millions."""
    starts, ends = array("i"), array("i")
    for match in _TOKEN.finditer(text, start, end):
        s, e = match.span()
        if "-" in text[s:e] and text[s].isupper() and (cut := _COMPOUND.search(text, s, e)):
            c = cut.start()
            starts.extend((s, c, c + 1))
            ends.extend((c, c + 1, e))
        else:
            starts.append(s)
            ends.append(e)
    return starts, ends


def _split_at(
    starts: Sequence[int], ends: Sequence[int], boundaries: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Yield the bounds of tokens, split at the boundaries inside them."""
    bounds = zip(starts, ends, strict=True)
    if not boundaries or not starts:
        yield from bounds
        return
    after, count = bisect_right(boundaries, starts[0]), len(boundaries)
    for start, end in bounds:
        while after < count and boundaries[after] <= start:
            after += 1
        if after < count and boundaries[after] < end:
            inside = boundaries[after : bisect_left(boundaries, end)]
            yield from pairwise([start, *inside, end])
        else:
            yield start, end


def _sentence_ends(text: str, starts: Sequence[int], stops: Sequence[int]) -> list[int]:
    """Return the token counts after which sentences end; the last is always among them."""
    ends: list[int] = []
    count = len(starts)
    i = 0
    while i < count:
        s, e = starts[i], stops[i]
        i += 1
        last = text[e - 1]
        if last not in ".!?…":
            continue
        abbreviation = last == "." and e - s > 1 and text[s].isalpha()
        while i < count and starts[i] == stops[i - 1] and text[starts[i]] in "”’\"')]»!?":
            i += 1
        if i == count:
            break
        following = text[starts[i]]
        if starts[i] == stops[i - 1] and following not in "“‘":
            continue
        word = text[starts[i] : stops[i]]
        if following in "“‘\"'(" and i + 1 < count:
            word = text[starts[i + 1] : stops[i + 1]]
        if word[0].islower():
            continue
        if abbreviation:
            token = text[s:e]
            may_end = token in _MAY_END or ("." in token[:-1] and token[0].isupper())
            may_end = may_end or token in ("a.m.", "p.m.")
            if not (may_end and word.lower() in _SENTENCE_STARTERS):
                continue
        ends.append(i)
    if not ends or ends[-1] != count:
        ends.append(count)
    return ends if count else []


def _add_tokens(
    text: str,
    bounds: Iterable[tuple[int, int]],
    sentence: int,
    tokens: list[Token],
    words: dict[str, _Word],
) -> None:
    """Append the tokens of a sentence. `words` holds the text's words so far, for sharing."""
    is_initial = True
    for s, e in bounds:
        surface = text[s:e]
        known = words.get(surface)
        if known is None:
            known = _word(surface)
            words[surface] = known
        word, lower, is_word, is_capitalised = known
        tokens.append(
            Token(word, lower, s, sentence, is_initial and is_word, is_word, is_capitalised)
        )
        if is_word:
            is_initial = False
        elif word in ':"•*' or word in OPENING_MARKS:
            # A word after a mark or a colon may be capitalised for that reason alone.
            is_initial = True


@cached_by_word
def _word(word: str) -> _Word:
    lower = word.lower()
    is_word = word[0].isalnum()
    is_capitalised = is_word and (word[0].isupper() or _has_cased_tail(word))
    return word, word if lower == word else lower, is_word, is_capitalised


def _has_cased_tail(word: str) -> bool:
    """Whether a word is a name in lower case: al-Assad, d'Estaing, not iPhone or mid-1990s."""
    head, hyphen, tail = word.partition("-")
    if not hyphen:
        head, hyphen, tail = word.partition("’")
    if not hyphen:
        head, hyphen, tail = word.partition("'")
    return bool(hyphen) and len(head) <= 2 and head.islower() and tail[:1].isupper()
