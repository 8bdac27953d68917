"""What a page is made of: plain data, which the server and the report show alike.

Belongs here: the kinds of block and what a value is. Does not belong here: HTML (`templates/`), and
what stands on which page (`views`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from etl.query.published import Row as Row  # a row of a table is a row of a query

Parameters: TypeAlias = Mapping[str, Any]
"""Of a view: text, numbers, days, or lists of them; None and '' are left out of an address."""
Kind: TypeAlias = Literal[
    "text", "count", "number", "share", "day", "month", "time", "long", "type", "action"
]


@dataclass(frozen=True)
class Link:
    """Where a click leads: a view and its parameters, and the place within it."""

    view: str
    parameters: Parameters = field(default_factory=dict)
    anchor: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table: its key in the rows, what stands above it, and how values look."""

    key: str
    label: str
    kind: Kind = "text"
    link: Callable[[Row], Link | None] | None = None
    about: str = ""
    """What the number means, for whoever asks."""

    @property
    def is_number(self) -> bool:
        return self.kind in ("count", "number", "share")


@dataclass(frozen=True)
class Table:
    """Rows under a caption; `name` stands in the address of its CSV and Parquet."""

    template: ClassVar[str] = "table"
    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: str = "Nothing to show."
    more: Link | None = None
    """Where the rest is, when these are the first only."""
    total: int | None = None


@dataclass(frozen=True)
class Chart:
    """A drawing, the words for who cannot see it, and its numbers beside it."""

    template: ClassVar[str] = "chart"
    draw: Callable[[Callable[[Link | None], str | None]], Mapping[str, Any]]
    """From what gives a link its address to Vega-Lite."""
    alt: str
    table: Table


@dataclass(frozen=True)
class Figure:
    """One number with what it counts, and what is behind it."""

    label: str
    value: Any
    kind: Kind = "count"
    link: Link | None = None
    note: str = ""


@dataclass(frozen=True)
class Figures:
    """A row of figures."""

    template: ClassVar[str] = "figures"
    figures: Sequence[Figure]


@dataclass(frozen=True)
class Note:
    """A line that explains, or that says why there is nothing and what to do."""

    template: ClassVar[str] = "note"
    text: str
    is_warning: bool = False
    links: Sequence[tuple[str, Link]] = ()
    code: str = ""


@dataclass(frozen=True)
class Waiting:
    """Something is being done; the page goes on by itself when it is."""

    template: ClassVar[str] = "waiting"
    text: str
    then: Link


@dataclass(frozen=True)
class Later:
    """What takes seconds to find: the page is shown without, and it is put in when it is there."""

    template: ClassVar[str] = "later"
    text: str
    link: Link
    """A view that shows it and nothing else."""


@dataclass(frozen=True)
class Choice:
    """Links to the same view with one parameter different, one of them the present one."""

    template: ClassVar[str] = "choice"
    label: str
    options: Sequence[tuple[str, Link, bool]]
    """What it is called, where it leads, whether it is the present one."""


@dataclass(frozen=True)
class Input:
    """A field of a form."""

    name: str
    label: str
    value: str = ""
    kind: Literal["text", "date", "search", "select", "actor", "hidden"] = "text"
    options: Sequence[tuple[str, str]] = ()
    """Values of a select, and what each is called."""
    hint: str = ""
    is_required: bool = False


@dataclass(frozen=True)
class Form:
    """Asks for the parameters of a view; with `posts_to` it changes something instead."""

    template: ClassVar[str] = "form"
    view: str
    inputs: Sequence[Input]
    button: str
    posts_to: str = ""


@dataclass(frozen=True)
class Quote:
    """Somebody's words with who said them where."""

    text: str
    speaker: str
    speaker_link: Link | None
    where: str
    where_link: Link | None
    kind: str
    notes: Sequence[tuple[str, Link | None]] = ()


@dataclass(frozen=True)
class Quotes:
    """A list of quotes, with the same as a table for export."""

    template: ClassVar[str] = "quotes"
    quotes: Sequence[Quote]
    table: Table


@dataclass(frozen=True)
class Segment:
    """Characters of a text that belong to the same mention and the same quote, or to none."""

    text: str
    anchor: str = ""
    mention: str = ""
    """What is known of the mention, in words; empty for none."""
    quote: str = ""
    """What is known of the quote, in words; empty for none."""
    colour: int = 0
    """Number of the actor among those of the text, from 1; 0 for nobody."""
    link: Link | None = None
    part_of: str = ""
    """The anchor of the quote that it is a part of; empty for none."""


@dataclass(frozen=True)
class Text:
    """A text whose mentions and quotes can be seen; line breaks are its own."""

    template: ClassVar[str] = "text"
    segments: Sequence[Segment]
    is_headline: bool = False


Block: TypeAlias = Table | Chart | Figures | Note | Waiting | Later | Choice | Form | Quotes | Text


@dataclass(frozen=True)
class Section:
    """Blocks under a heading; links of the page may lead to its anchor."""

    title: str
    blocks: Sequence[Block]
    about: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Page:
    """A view with its parameters filled in."""

    view: str
    title: str
    sections: Sequence[Section]
    lead: str = ""
    parameters: Parameters = field(default_factory=dict)
    heading: Text | None = None
    """The title with what is marked in it, to be shown for it."""

    @property
    def tables(self) -> dict[str, Table]:
        """All tables, those beside charts included, by name."""
        found = {}
        for section in self.sections:
            for block in section.blocks:
                table = block if isinstance(block, Table) else getattr(block, "table", None)
                if table is not None:
                    found[table.name] = table
        return found
