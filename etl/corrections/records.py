"""Records of corrections: the rows of `corrections.csv`, their actions and arguments.

Belongs here: the actions and their arguments, how a row is written, and its id. Does not belong
here: what rows mean together (`plan`), what they do to links (`replay`), and the file (`csv_file`).

A row is `id,at,author,action,arguments,because,undoes`. Its arguments are `key=value` pairs
separated by `;`, in the order of ACTIONS. `\\;` and `\\\\` stand for a semicolon and a backslash in
a value:

    merge    actor=ID;into=ID              the actor is the other one, which keeps its id
    split    actor=ID;article=…;name=…;outlet=…;from=DAY;to=DAY;into=ID
                                           mentions that match all of these are another actor, a
                                           new one unless `into` names it; article, name and
                                           outlet may be repeated, and any value of them matches
    alias    spelling=…;actor=ID           actors that an article calls so are this actor; a new
                                           one if none is given
    distinct actor=ID;other=ID             never to be merged
    rename   actor=ID;name=…
    type     actor=ID;type=PERSON
    article  article=ID;date=DAY;outlet=…  the date or the outlet of an article, or both
    undo                                   undoes the row that `undoes` names

The id is a hash of the rest of the row, so an edit after recording is detected. A row added by hand
needs no id and no time; its id is the hash that it would have.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import get_args

from etl.domain import EntityType
from etl.errors import NewsactorsError

COLUMNS = ("id", "at", "author", "action", "arguments", "because", "undoes")

TYPES: tuple[str, ...] = get_args(EntityType)

UNDO = "undo"
STRUCTURAL = ("merge", "split", "alias")
"""Actions that move mentions between actors; the others describe an actor."""


@dataclass(frozen=True)
class Action:
    """The arguments of an action: required, optional and repeatable ones."""

    needs: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    """At least one of these must be given."""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.needs, *self.one_of, *self.may_have)))


_SELECTORS = ("article", "name", "outlet", "from", "to")
ACTIONS = {
    "merge": Action(("actor", "into")),
    "split": Action(("actor",), ("into",), ("article", "name", "outlet"), _SELECTORS),
    "alias": Action(("spelling",), ("actor",)),
    "distinct": Action(("actor", "other")),
    "rename": Action(("actor", "name")),
    "type": Action(("actor", "type")),
    "article": Action(("article",), one_of=("date", "outlet")),
    UNDO: Action(),
}

_ACTORS = {"actor", "into", "other"}
_DAYS = {"from", "to", "date"}
_CORRECTION_ID = re.compile(r"C[0-9a-f]{12}")
_ENTITY_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NOT_IN_A_ROW = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


class CorrectionError(NewsactorsError):
    """A correction is invalid; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Correction:
    """One row. `arguments` are pairs in the order of ACTIONS; a repeated key has one per value."""

    action: str
    arguments: tuple[tuple[str, str], ...] = ()
    because: str = ""
    undoes: str = ""
    author: str = ""
    at: str = ""
    written_id: str = ""
    """The id in the file; empty in a row that was added by hand."""
    line: int = field(default=0, compare=False)

    @property
    def id(self) -> str:
        """The id in the file, else the one that it would have been given."""
        return self.written_id or self.hashed

    @property
    def hashed(self) -> str:
        """The id that matches the content of the row."""
        content = (self.at, self.author, self.action, self.argument_text, self.because, self.undoes)
        return "C" + hashlib.sha256("\0".join(content).encode()).hexdigest()[:12]

    @property
    def was_changed(self) -> bool:
        """Whether the row was edited after it was recorded."""
        return bool(self.written_id) and self.written_id != self.hashed

    @property
    def argument_text(self) -> str:
        """The arguments as written in the file."""
        return ";".join(f"{key}={_escaped(value)}" for key, value in self.arguments)

    def all(self, key: str) -> list[str]:
        """Return the values of an argument, in order."""
        return [value for name, value in self.arguments if name == key]

    def get(self, key: str) -> str | None:
        """Return the value of an argument that appears at most once; None without it."""
        return next(iter(self.all(key)), None)

    def __getitem__(self, key: str) -> str:
        return self.all(key)[0]

    @property
    def spelling(self) -> str:
        """The name that an alias is about, white space collapsed."""
        return " ".join(self["spelling"].split())

    @property
    def minted(self) -> str | None:
        """The id of the actor that it creates; None if it creates none."""
        makes = (self.action == "split" and not self.get("into")) or (
            self.action == "alias" and not self.get("actor")
        )
        return minted_id(self.id) if makes else None

    @property
    def fields(self) -> tuple[str, ...]:
        """The row as written, in the order of COLUMNS."""
        content = (self.at, self.author, self.action, self.argument_text, self.because, self.undoes)
        return (self.written_id, *content)


def minted_id(correction_id: str) -> str:
    """Return the entity id of an actor that a correction creates: the same after every rebuild."""
    return "E" + hashlib.sha256(f"correction:{correction_id}".encode()).hexdigest()[:12]


def record(
    action: str,
    arguments: Iterable[tuple[str, str]],
    *,
    because: str,
    author: str,
    undoes: str = "",
    now: datetime | None = None,
) -> Correction:
    """Return a correction made now, with its id. Raises CorrectionError if it is invalid."""
    at = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = Correction(
        action,
        _in_order(action, [(key, _one_line(value)) for key, value in arguments]),
        because=_one_line(because),
        undoes=undoes,
        author=_one_line(author),
        at=at,
    )
    check(made)
    return replace(made, written_id=made.hashed)


def parse(fields: Sequence[str], line: int = 0) -> Correction:
    """Parse a row of the file. Raises CorrectionError that says what is wrong with it."""
    if len(fields) != len(COLUMNS):
        raise CorrectionError(
            f"it has {len(fields)} fields, not {len(COLUMNS)} ({','.join(COLUMNS)}); "
            'put "…" around a field that holds a comma'
        )
    written_id, at, author, action, arguments, because, undoes = fields
    found = Correction(
        action, parse_arguments(arguments), because, undoes, author, at, written_id, line
    )
    if written_id and not _CORRECTION_ID.fullmatch(written_id):
        raise CorrectionError(
            f"{written_id!r} is no id of a correction (C and 12 hexadecimal digits); "
            "leave the id empty in a row that you add by hand"
        )
    if at:
        try:
            datetime.fromisoformat(at)
        except ValueError:
            raise CorrectionError(
                f"at={at!r} is no time; write 2025-06-05T10:00:00Z, or leave it empty"
            ) from None
    for name, value in zip(COLUMNS, fields, strict=True):
        if _NOT_IN_A_ROW.search(value):
            raise CorrectionError(f"{name} holds a line break or a control character; take it out")
    check(found)
    return replace(found, arguments=_in_order(action, found.arguments))


def check(correction: Correction) -> None:
    """Raise CorrectionError if action and arguments do not match."""
    action = ACTIONS.get(correction.action)
    if action is None:
        raise CorrectionError(
            f"there is no action {correction.action!r}; the actions are {', '.join(ACTIONS)}"
        )
    keys = [key for key, _ in correction.arguments]
    if unknown := [key for key in keys if key not in action.keys]:
        raise CorrectionError(
            f"{correction.action} takes no {unknown[0]!r}"
            + (f"; it takes {', '.join(action.keys)}" if action.keys else "")
        )
    if missing := [key for key in action.needs if key not in keys]:
        raise CorrectionError(f"{correction.action} needs {missing[0]}=…")
    if action.one_of and not set(action.one_of) & set(keys):
        raise CorrectionError(
            f"{correction.action} needs at least one of {', '.join(action.one_of)}"
        )
    if twice := [key for key in keys if keys.count(key) > 1 and key not in action.repeats]:
        raise CorrectionError(f"{correction.action} takes one {twice[0]!r} only")
    for key, value in correction.arguments:
        _check_value(correction.action, key, value)
    first, last = correction.get("from"), correction.get("to")
    if first and last and first > last:
        raise CorrectionError(f"from={first} is after to={last}")
    if bool(correction.undoes) != (correction.action == UNDO):
        raise CorrectionError(
            "an undo says in `undoes` which correction it takes back"
            if correction.action == UNDO
            else "only an undo has something in `undoes`"
        )


def _check_value(action: str, key: str, value: str) -> None:
    if not value:
        raise CorrectionError(f"{key}= has no value; give one")
    if key in _ACTORS and not _ENTITY_ID.fullmatch(value):
        raise CorrectionError(
            f"{key}={value!r} is no id of an actor; `newsactors actors list` shows them"
        )
    if key in _DAYS:
        try:
            is_day = date.fromisoformat(value).isoformat() == value
        except ValueError:
            is_day = False
        if not is_day:
            raise CorrectionError(f"{key}={value!r} is not a day; write YYYY-MM-DD")
    if key == "type" and value not in TYPES:
        raise CorrectionError(f"type={value!r} is none of {', '.join(TYPES)}")


def parse_arguments(text: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of `key=value;key=value`. Raises CorrectionError."""
    if not text:
        return ()
    pieces, characters = [""], iter(text)
    for character in characters:
        if character == ";":
            pieces.append("")
        else:
            pieces[-1] += next(characters, "\\") if character == "\\" else character
    pairs = []
    for piece in pieces:
        key, equals, value = piece.partition("=")
        if not equals:
            raise CorrectionError(
                f"{piece!r} among the arguments has no '='; write key=value;key=value, "
                "and \\; for a semicolon in a value"
            )
        pairs.append((key.strip(), value.strip()))
    return tuple(pairs)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\;")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", _NOT_IN_A_ROW.sub(" ", text)).strip()


def _in_order(action: str, pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    keys = ACTIONS[action].keys if action in ACTIONS else ()
    return tuple(
        sorted(pairs, key=lambda pair: keys.index(pair[0]) if pair[0] in keys else len(keys))
    )
