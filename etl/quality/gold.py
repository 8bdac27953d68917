"""The gold set: annotated articles and the expected extraction of each.

Belongs here: the records of the gold set and the strict parser of its format, described in
`gold/README.md`. Does not belong here: scoring an extraction against it (`evaluation`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, get_args

from etl.domain import Article, EntityType, MentionKind, Part, QuoteKind, word_set

GOLD = Path(__file__).with_name("gold")
DIVIDER = "==="
PRONOUNS = word_set("he him his himself she her hers herself they them their theirs themselves")
"""The pronouns that are annotated; "it", "I", "we", "you" and "who" are not."""

_KINDS: Mapping[str, QuoteKind] = {"d": "direct", "i": "indirect", "m": "mixed"}
_TYPES: tuple[EntityType, ...] = get_args(EntityType)
_KEY = re.compile(r"[a-z0-9-]+")
_LABEL = re.compile(r'(~?)([dim])([1-9]\d*) (\?|[a-z0-9-]+|"[^"]+")')
_MARKS = "“‘«\"'`"
_BESIDE = re.compile(r",?\s+(?:\d+,\s+)?|\s+\(")
"""Text allowed between a name and its role: a comma, an age, a bracket."""


class GoldError(ValueError):
    """A gold file is invalid; the message says where, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class GoldMention:
    """A mention of a named actor; `roles` are the titles as written, each of them correct."""

    part: Part
    char_start: int
    char_end: int
    surface: str
    kind: MentionKind
    actor: str
    type: EntityType
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldQuote:
    """One contiguous span of an utterance, as in `etl.domain.Quote`.

    `speaker` is the key of an actor. A `source` without a speaker is an unnamed source as written;
    neither means unknown. An optional quote is neither missed nor wrong.
    """

    utterance: int
    part: Part
    char_start: int
    char_end: int
    text: str
    kind: QuoteKind
    speaker: str | None
    source: str | None
    is_optional: bool


@dataclass(frozen=True, slots=True)
class GoldArticle:
    """An article with its annotations in text order, headline first."""

    name: str
    article: Article
    actors: Mapping[str, EntityType]
    mentions: tuple[GoldMention, ...]
    quotes: tuple[GoldQuote, ...]


def read_gold(folder: Path = GOLD) -> list[GoldArticle]:
    """Return all gold articles of a folder, sorted by name. Raises GoldError if one is invalid."""
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise GoldError(f"{folder}: no gold articles (*.txt); install the package with its data")
    return [parse_gold(path.stem, path.read_text("utf-8")) for path in paths]


def parse_gold(name: str, text: str) -> GoldArticle:
    """Parse the text of a gold file. Raises GoldError with line, fault and remedy."""
    return _Parser(name, text).parse()


@dataclass(slots=True)
class _OpenBracket:
    """An open bracket, with its position in the file and in the plain text."""

    character: str
    line: int
    char_start: int
    label: str = ""


@dataclass(slots=True)
class _Parser:
    name: str
    text: str
    line: int = 1
    part: Part = "headline"
    plain: str = ""
    actors: dict[str, EntityType] = field(default_factory=dict)
    declared: dict[str, int] = field(default_factory=dict)
    mentions: list[GoldMention] = field(default_factory=list)
    quotes: list[GoldQuote] = field(default_factory=list)
    speakers: dict[int, str] = field(default_factory=dict)

    def fail(self, fault: str, remedy: str, line: int | None = None) -> NoReturn:
        raise GoldError(f"{self.name}.txt:{line or self.line}: {fault}; {remedy}")

    def parse(self) -> GoldArticle:
        lines = self.text.split("\n")
        dividers = [number for number, line in enumerate(lines) if line == DIVIDER]
        if len(dividers) != 2:
            self.fail(
                f"{len(dividers)} lines {DIVIDER!r} instead of two",
                "separate actors, headline (may be empty) and body by such lines",
            )
        first, second = dividers
        self.parse_actors(lines[:first])
        headline = self.parse_part("headline", lines[first + 1 : second], first + 2)
        body = self.parse_part("body", lines[second + 1 :], second + 2)
        if not body:
            self.fail("the article has no body", f"write it below the second {DIVIDER!r}")
        named = {m.actor for m in self.mentions if m.kind == "name"}
        for key, line in self.declared.items():
            if key not in named:
                self.fail(f"actor {key!r} is never named", "mark its name or remove it", line)
        return GoldArticle(
            self.name,
            Article(headline or None, body),
            self.actors,
            tuple(sorted(self.mentions, key=_position)),
            tuple(sorted(self.quotes, key=_position)),
        )

    def parse_actors(self, lines: Sequence[str]) -> None:
        for self.line, line in enumerate(lines, 1):
            cells = line.split()
            if not cells or line.startswith("#"):
                continue
            if len(cells) != 2 or not _KEY.fullmatch(cells[0]):
                self.fail(f"{line!r} is not an actor", "write a key of a-z, 0-9, - and a type")
            key = cells[0]
            entity_type = next((t for t in _TYPES if t == cells[1]), None)
            if entity_type is None:
                self.fail(f"{cells[1]!r} is not a type", f"use one of {', '.join(_TYPES)}")
            if key in self.actors:
                self.fail(f"actor {key!r} is declared twice", "use another key or remove one")
            self.actors[key], self.declared[key] = entity_type, self.line

    def parse_part(self, part: Part, lines: Sequence[str], first_line: int) -> str:
        """Return the plain text of a part and add its annotations to the records."""
        self.part, self.plain, self.line = part, "", first_line
        marked = "\n".join(lines)
        leading = len(marked) - len(marked.lstrip("\n"))
        self.line += leading
        marked = marked.strip("\n")
        stack: list[_OpenBracket] = []
        roles: list[tuple[GoldMention, int]] = []
        sources: list[tuple[str, int]] = []
        position = 0
        while position < len(marked):
            character = marked[position]
            position += 1
            if character == "\\":
                if marked[position : position + 1] not in {"{", "}", "<", ">", "|", "\\"}:
                    self.fail("a lone backslash", r"write \\ for a backslash")
                self.plain += marked[position]
                position += 1
            elif character == "{":
                stack.append(_OpenBracket(character, self.line, len(self.plain)))
            elif character == "<":
                label = marked[position:].partition("|")[0]
                if any(bracket.character == "<" for bracket in stack):
                    self.fail(
                        "a quote within a quote", "close the outer one; only that is annotated"
                    )
                if not _LABEL.fullmatch(label):
                    self.fail(
                        f"{label[:40]!r} is not a quote label",
                        'write <d1 key|…>, <i1 ?|…> or <m1 "officials"|…>; \\< is a plain sign',
                    )
                position += len(label) + 1
                stack.append(_OpenBracket(character, self.line, len(self.plain), label))
            elif character == "|" and stack and stack[-1].character == "{":
                label = marked[position:].partition("}")[0]
                position += len(label)
                stack[-1].label = label
            elif character in "}>":
                if not stack or {"{": "}", "<": ">"}[stack[-1].character] != character:
                    self.fail(f"{character!r} closes nothing", rf"open it, or write \{character}")
                opened = stack.pop()
                if character == ">":
                    source = self.add_quote(opened).source
                    sources += [(source, self.line)] if source else []
                else:
                    roles.append((self.add_mention(opened, stack), self.line))
            elif character == "|":
                self.fail("a lone '|'", r"write \| for a plain sign")
            else:
                self.plain += character
                self.line += character == "\n"
        if stack:
            self.fail(f"{stack[-1].character!r} is never closed", "close it", stack[-1].line)
        # Roles and sources may follow the span they belong to, so check them with all text known.
        for mention, line in roles:
            for role in mention.roles:
                self.check_role(mention, role, line)
        for source, line in sources:
            if source not in self.plain:
                self.fail(f"the source {source!r} is not in the {part}", "copy it from there", line)
        return self.plain

    def surface(self, opened: _OpenBracket) -> str:
        surface = self.plain[opened.char_start :]
        if not surface or surface != surface.strip() or "\n" in surface:
            self.fail(
                f"{surface[:40]!r} is empty, begins or ends with space, or spans several lines",
                "mark only the words, with no space around them",
            )
        return surface

    def add_mention(self, opened: _OpenBracket, stack: Sequence[_OpenBracket]) -> GoldMention:
        surface = self.surface(opened)
        target, *roles = opened.label.split("|")
        is_reference = target.startswith("=")
        key = target.removeprefix("=")
        if key not in self.actors:
            self.fail(
                f"{{{surface}|{opened.label}}} refers to the undeclared actor {key!r}",
                "declare it above or correct the key",
            )
        is_pronoun = surface.lower() in PRONOUNS
        kind: MentionKind = "pronoun" if is_pronoun else "nominal" if is_reference else "name"
        if is_pronoun and not is_reference:
            self.fail(f"the pronoun {surface!r} is marked as a name", f"write {{{surface}|={key}}}")
        if roles and kind != "name":
            self.fail(f"{surface!r} has a role but is not a name", "put the role on the name")
        if not all(role and role == role.strip() for role in roles):
            self.fail(f"an empty role of {surface!r}", "write one or leave out the '|'")
        inner_mentions = [
            m for m in self.mentions if m.part == self.part and m.char_start >= opened.char_start
        ]
        is_nested = any(bracket.character == "{" for bracket in stack)
        if (inner_mentions and kind != "nominal") or (is_nested and kind != "name"):
            self.fail(
                f"{surface!r} contains or is inside a mention", "only a nominal may contain names"
            )
        mention = GoldMention(
            self.part,
            opened.char_start,
            len(self.plain),
            surface,
            kind,
            key,
            self.actors[key],
            tuple(roles),
        )
        self.mentions.append(mention)
        return mention

    def add_quote(self, opened: _OpenBracket) -> GoldQuote:
        text = self.surface(opened)
        match = _LABEL.fullmatch(opened.label)
        assert match is not None, "checked where it was opened"
        optional, letter, number, speaker = match.groups()
        is_marked = self.plain[: opened.char_start].endswith(tuple(_MARKS))
        if is_marked == (letter == "i"):
            self.fail(
                f"{text[:40]!r} {'follows a' if is_marked else 'follows no'} quotation mark",
                "use i outside marks; d and m begin directly after the opening mark",
            )
        utterance, last = int(number), max(self.speakers, default=0)
        if utterance not in (last, last + 1):
            self.fail(f"utterance {utterance} comes after {last}", "number them from 1, in order")
        known = self.speakers.setdefault(utterance, speaker)
        if known != speaker:
            self.fail(
                f"utterance {utterance} has speakers {known} and {speaker}", "use one speaker"
            )
        is_key = speaker[0] not in '?"'
        if is_key and speaker not in self.actors:
            self.fail(f"the speaker {speaker!r} is not declared", "declare it or correct the key")
        quote = GoldQuote(
            utterance,
            self.part,
            opened.char_start,
            len(self.plain),
            text,
            _KINDS[letter],
            speaker if is_key else None,
            speaker[1:-1] if speaker[0] == '"' else None,
            bool(optional),
        )
        self.quotes.append(quote)
        return quote

    def check_role(self, mention: GoldMention, role: str, line: int) -> None:
        """Fail unless the role is directly beside its name: roles are extracted from there."""
        before, after = self.plain[: mention.char_start], self.plain[mention.char_end :]
        gap = _BESIDE.match(after)
        is_after = gap is not None and after.startswith(role, gap.end())
        if not is_after and not before.rstrip(", ").endswith(role):
            self.fail(
                f"the role {role!r} is not beside {mention.surface!r}",
                "write it as in the text, directly before or after the name",
                line,
            )


def _position(record: GoldMention | GoldQuote) -> tuple[bool, int, int]:
    return record.part == "body", record.char_start, -record.char_end


def unmarked_names(gold: GoldArticle) -> Counter[str]:
    """Count the unmarked occurrences of surfaces that are marked as a name elsewhere."""
    missed: Counter[str] = Counter()
    parts: tuple[Part, ...] = ("headline", "body")
    for part in parts:
        names = [m for m in gold.mentions if m.kind == "name" and m.part == part]
        covered = {i for m in names for i in range(m.char_start, m.char_end)}
        for surface in {m.surface for m in gold.mentions if m.kind == "name"}:
            for match in re.finditer(
                rf"(?<!\w){re.escape(surface)}(?!\w)", gold.article.text(part)
            ):
                missed[surface] += match.start() not in covered
    return +missed
