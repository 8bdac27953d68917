"""Building blocks of a page: plain data that the server and the report render.

Belongs here: the kinds of block and the kinds of value. Does not belong here: HTML
(`etl.explorer.rendering`, `templates/`) and the contents of pages (`etl.explorer.views`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from etl.query.published import Row as Row  # a row of a table is a row of a query

Parameters: TypeAlias = Mapping[str, Any]
"""Parameters of a view: text, numbers, days, or lists of them. URLs leave out None and ''."""
Kind: TypeAlias = Literal[
    "text",
    "count",
    "number",
    "share",
    "day",
    "month",
    "time",
    "long",
    "type",
    "action",
    "spark",
    "chip",
    "raw",
]
"""How a value is shown. A "spark" is a list of numbers, drawn as a small line. A "chip" is the
colour of a row's actor in the text beside the table, and marks that actor there. A "raw" number
has no separators."""
Layout: TypeAlias = Literal["", "half", "main", "side", "plain"]
"""A section is a card over the whole width, half, two thirds or one third of it, or no card. The
side stays in view while the reader scrolls."""


@dataclass(frozen=True)
class Link:
    """Target of a link: a view, its parameters, and an anchor on its page."""

    view: str
    parameters: Parameters = field(default_factory=dict)
    anchor: str = ""


UrlFor: TypeAlias = Callable[[Link | None], str | None]
"""Returns the URL of a link, or None if the link has no target."""


@dataclass(frozen=True)
class Column:
    """Column of a table: its key in the rows, its heading, and how to format its values."""

    key: str
    label: str
    kind: Kind = "text"
    link: Callable[[Row], Link | None] | None = None
    tooltip: str = ""
    """What the number means, shown on the heading."""

    @property
    def is_number(self) -> bool:
        """Whether values are right-aligned."""
        return self.kind in ("count", "number", "share", "raw")


@dataclass(frozen=True)
class Table:
    """Rows under a caption. `name` is part of the URL of its CSV and Parquet exports."""

    template: ClassVar[str] = "table"
    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: str = "No results."
    more: Link | None = None
    """The remaining rows, if only the first are shown."""
    total: int | None = None


@dataclass(frozen=True)
class Chart:
    """Chart in a frame: a title that says what is seen, the numbers as a table, and downloads."""

    template: ClassVar[str] = "chart"
    draw: Callable[[UrlFor], Mapping[str, Any]]
    """Returns the Vega-Lite specification."""
    title: str
    """A sentence that says what is seen; also the text alternative."""
    table: Table
    measure: str = ""
    """What is counted, by which period: the subtitle."""
    band: str = ""
    """What the shaded band is; empty if there is none."""
    shows_table: bool = False
    """Whether the table is open from the start."""


@dataclass(frozen=True)
class Figure:
    """One number with its label, and a link to the rows it counts."""

    label: str
    value: Any
    kind: Kind = "count"
    link: Link | None = None
    note: str = ""


@dataclass(frozen=True)
class Figures:
    """Row of figures."""

    template: ClassVar[str] = "figures"
    figures: Sequence[Figure]


@dataclass(frozen=True)
class Note:
    """Line of explanation, or the reason why a part is empty and what to do about it."""

    template: ClassVar[str] = "note"
    text: str
    is_warning: bool = False
    links: Sequence[tuple[str, Link]] = ()
    code: str = ""


@dataclass(frozen=True)
class Progress:
    """Work in progress. The browser opens `next_page` when the work is done."""

    template: ClassVar[str] = "progress"
    text: str
    next_page: Link


@dataclass(frozen=True)
class Deferred:
    """Placeholder for content that takes seconds to compute; the browser loads it afterwards."""

    template: ClassVar[str] = "deferred"
    text: str
    link: Link
    """A view with this content only."""


@dataclass(frozen=True)
class Choice:
    """Links to the same view, each with another value of one parameter."""

    template: ClassVar[str] = "choice"
    label: str
    options: Sequence[tuple[str, Link, bool]]
    """Label, target, and whether this is the current value."""


@dataclass(frozen=True)
class Input:
    """Field of a form."""

    name: str
    label: str
    value: str = ""
    kind: Literal["text", "date", "search", "select", "actor", "code", "hidden"] = "text"
    options: Sequence[tuple[str, str]] = ()
    """Values of a select and their labels."""
    hint: str = ""
    is_required: bool = False


@dataclass(frozen=True)
class Form:
    """Form for the parameters of a view. With `posts_to`, it changes data instead."""

    template: ClassVar[str] = "form"
    view: str
    inputs: Sequence[Input]
    button: str
    posts_to: str = ""


@dataclass(frozen=True)
class Quote:
    """An utterance in its sentence, with its speaker and its source."""

    stretches: Sequence[tuple[str, bool]]
    """The sentence in parts, and whether each belongs to the utterance."""
    speaker: str
    speaker_link: Link | None
    source: str
    source_link: Link | None
    kind: str
    notes: Sequence[tuple[str, Link | None]] = ()


@dataclass(frozen=True)
class Quotes:
    """List of quotes, with the same rows as a table for export."""

    template: ClassVar[str] = "quotes"
    quotes: Sequence[Quote]
    table: Table


@dataclass(frozen=True)
class Segment:
    """Stretch of text in which all characters share the same mention and the same quote, if any."""

    text: str
    anchor: str = ""
    mention: str = ""
    """Description of the mention; empty if there is none."""
    quote: str = ""
    """Description of the quote; empty if there is none."""
    colour: int = 0
    """Rank of the actor within the text, from 1; 0 if no actor is mentioned."""
    actor: str = ""
    """Id of the actor that is mentioned."""
    speaker: str = ""
    """Id of the actor that says this."""
    speaker_colour: int = 0
    is_statement: bool = True
    """Whether the speaker says this, rather than thinks or wants it."""
    link: Link | None = None
    part_of: str = ""
    """Anchor of the quote that contains this segment; empty if there is none."""


@dataclass(frozen=True)
class Text:
    """Text with its mentions and quotes marked. Its line breaks are kept."""

    template: ClassVar[str] = "text"
    segments: Sequence[Segment]
    is_headline: bool = False


@dataclass(frozen=True)
class Change:
    """Stretch of a comparison of two texts: words of both, or left out, or of one of them only."""

    same: str = ""
    removed: str = ""
    added: str = ""
    gap: int = 0
    """Number of equal words that are left out here."""


@dataclass(frozen=True)
class Changes:
    """Two versions of a text in one, with what was removed and added."""

    template: ClassVar[str] = "changes"
    changes: Sequence[Change]


Block: TypeAlias = (
    Table | Chart | Figures | Note | Progress | Deferred | Choice | Form | Quotes | Text | Changes
)


@dataclass(frozen=True)
class Section:
    """Blocks under a heading. Links can point to its anchor."""

    title: str
    blocks: Sequence[Block]
    description: str = ""
    anchor: str = ""
    layout: Layout = ""


@dataclass(frozen=True)
class Page:
    """Content of a view for given parameters."""

    view: str
    title: str
    sections: Sequence[Section]
    lead: str = ""
    parameters: Parameters = field(default_factory=dict)
    source: str = ""
    """Where the numbers come from, below each chart."""
    heading: Text | None = None
    """The title with its mentions marked, shown instead of the plain title."""

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name, including those of charts and quotes."""
        tables = {}
        for section in self.sections:
            for block in section.blocks:
                table = block if isinstance(block, Table) else getattr(block, "table", None)
                if table is not None:
                    tables[table.name] = table
        return tables
