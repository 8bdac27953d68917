"""Folding of names for look-ups: one definition, as Python functions and as SQL expressions.

Belongs here: how a typed name of an actor or an outlet is compared with the names on file, and the
dbt macros rendered from that. Does not belong here: the keys that decide which actor a name is
(`etl.linking.name_keys`). Entity ids depend on those keys, so they must never change; folding may.

The published file must answer `actor('…')` without Python, so both functions are limited to what
DuckDB can compute. tests/sql/test_name_folding.py compares the two for every character
of Unicode 14. docs/adr/0026-one-name-normaliser.md gives the reasons.
"""

from __future__ import annotations

import re
import unicodedata

_LETTERS = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ς": "σ"}
"""Letters that Unicode does not decompose into a base letter and a mark, and the final sigma."""
_DROPPED = ".,'’‘ʼʻ`´\"“”„"
_LIGATURES = {
    "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ĳ": "ij",
    "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl",
}  # fmt: skip
_FOLDS = str.maketrans(_LETTERS | dict.fromkeys(_DROPPED, "") | _LIGATURES)
_BLANK_CHARACTERS = " \t\n\f\r_/"
_BLANK_CATEGORIES = {"Zs", "Zl", "Zp", "Pd"}
"""Separators and dashes."""
_DROPPED_SQL = f"[{_DROPPED}]+"
_BLANKS_SQL = r"[\s\p{Z}\p{Pd}_/]+"

_TRIMMED = " \u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What DuckDB's `trim` removes: the space separators of Unicode."""


def fold_name(name: str) -> str:
    """Return an actor's name as look-ups compare it.

    Case, diacritics, full stops, commas, apostrophes and quotation marks are ignored. Ligatures are
    spelled out ("æ" is "ae"). Dashes, underscores, slashes and white space count as one space.
    """
    bare = "".join(
        c for c in unicodedata.normalize("NFD", name) if not unicodedata.category(c).startswith("M")
    )
    # Letter by letter: str.lower() on a whole word would turn a last "Σ" into "ς".
    lowered = "".join(c.lower() for c in unicodedata.normalize("NFC", bare))
    folded = "".join(" " if _is_blank(c) else c for c in lowered.translate(_FOLDS))
    return re.sub(" +", " ", folded).strip(" ")


def fold_name_sql(expression: str) -> str:
    """Return DuckDB's expression for `fold_name`, of an SQL expression of type varchar.

    Names in ASCII, which have as many bytes as characters, skip the replacement of letters: that
    costs 0.45 of 0.6 s over the 320,000 forms of 80,000 actors.
    """
    letters = [
        f".translate({_literal(''.join(_LETTERS))}, {_literal(''.join(_LETTERS.values()))})",
        *(f".replace({_literal(one)}, {_literal(many)})" for one, many in _LIGATURES.items()),
    ]
    lines = ["".join(letters[:2]), "".join(letters[2:6]), "".join(letters[6:])]
    folded = "\n                ".join([f"lower(strip_accents({expression}))", *lines])
    return f"""trim(regexp_replace(regexp_replace(
        case
            when strlen({expression}) = length({expression}) then lower({expression})
            else {folded}
        end,
        {_literal(_DROPPED_SQL)}, '', 'g'
    ), {_literal(_BLANKS_SQL)}, ' ', 'g'))"""


def fold_outlet(name: str) -> str:
    """Return an outlet's name as look-ups compare it: without case, white space collapsed.

    Closer to the letter than `fold_name`: it decides which articles a recorded split takes.
    """
    # The first letter: "İ" alone is lowered to two, and DuckDB keeps one.
    lowered = "".join(c.lower()[0] for c in name)
    return re.sub(r"[ \t\n\f\r]+", " ", lowered).strip(_TRIMMED)


def fold_outlet_sql(expression: str) -> str:
    """Return DuckDB's expression for `fold_outlet`, of an SQL expression of type varchar."""
    return rf"lower(trim(regexp_replace({expression}, '\s+', ' ', 'g')))"


def render_macros() -> str:
    """Return the text of `sql/macros/folded.sql`: both functions as dbt macros."""
    return _MACROS.format(
        name=fold_name_sql("{{ expression }}"), outlet=fold_outlet_sql("{{ expression }}")
    )


_MACROS = """\
{{# Made by `python -m etl.schema.docs` from etl/schema/name_folding.py: change that and run it. #}}

{{# An actor's name as look-ups compare it. #}}
{{% macro folded(expression) -%}}
    {name}
{{%- endmacro %}}

{{# An outlet's name as look-ups compare it. #}}
{{% macro folded_outlet(expression) -%}}
    {outlet}
{{%- endmacro %}}
"""


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _is_blank(character: str) -> bool:
    is_separator = unicodedata.category(character) in _BLANK_CATEGORIES
    return is_separator or character in _BLANK_CHARACTERS
