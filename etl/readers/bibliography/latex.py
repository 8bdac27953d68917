r"""LaTeX in the values of BibTeX to plain text: accents, marks, braces.

Belongs here: what reference managers write for characters beyond ASCII. Does not belong here:
documents in LaTeX.

pylatexenc, which bibtexparser uses, takes time that grows with the square of a text (13 s for 1 MB
of plain words); this is linear.
"""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304",
            "u": "\u0306", ".": "\u0307", '"': "\u0308", "r": "\u030a", "H": "\u030b",
            "v": "\u030c", "c": "\u0327", "k": "\u0328", "d": "\u0323", "b": "\u0331"}  # fmt: skip
_ACCENT = re.compile(
    r"\\(?:([`'^~=.\"])\s{0,3}|([uvHcdbkr])(?:\s{1,3}|(?=\{)))"
    r"(?:\{\\?([A-Za-z])\s?\}|\\([ij])(?![A-Za-z])\s?|([A-Za-z]))"
)
_SYMBOLS = {
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å",
    "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ",
    "DJ": "Đ", "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“",
    "textquotedblright": "”", "guillemotleft": "«", "guillemotright": "»", "textendash": "–",
    "textemdash": "—", "ldots": "…", "dots": "…", "textellipsis": "…", "texteuro": "€", "euro": "€",
    "pounds": "£", "textsterling": "£", "textdollar": "$", "textbackslash": "\\", "S": "§",
    "textdegree": "°", "textasciitilde": "~", "textasciicircum": "^", "textbar": "|",
    "textless": "<", "textgreater": ">", "textbullet": "•", "copyright": "©", "quotedblbase": "„",
    "quotesinglbase": "‚", "textunderscore": "_", "par": "\n\n", "newline": "\n",
}  # fmt: skip
_TOKEN = re.compile(
    r"\\([A-Za-z]{1,30})(?:\{\}|[ \t]{1,3}|(?![A-Za-z]))"  # a command
    r"|\\([^A-Za-z])"  # an escaped character
    r"|(---|--|``|'')"
    r"|([{}~])"
)
_MARKS = {"---": "—", "--": "–", "``": "“", "''": "”"}
_WRAPPED = re.compile(r"(?<!\n)\n[ \t]{1,80}(?=\S)")


def plain(value: str) -> str:
    """Return the text of a value, without the braces inside. An indented line continues one."""
    if "\\" in value:
        value = _ACCENT.sub(_accented, value)
    return _TOKEN.sub(_character, _WRAPPED.sub(" ", value)).strip()


def _accented(match: re.Match[str]) -> str:
    letter = match[3] or match[4] or match[5]
    return unicodedata.normalize("NFC", letter + _ACCENTS[match[1] or match[2]])


def _character(match: re.Match[str]) -> str:
    command, escaped, mark, other = match.groups()
    if command is not None:
        # Others, such as \emph, stand before the text that they format.
        return _SYMBOLS.get(command, "")
    if escaped is not None:
        return "" if escaped in "-/" else "\n" if escaped == "\\" else escaped
    return _MARKS[mark] if mark is not None else " " if other == "~" else ""
