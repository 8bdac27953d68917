"""Reuters-21578 as dated texts.

Belongs here: reading its SGML, which is not well-formed XML. Does not belong here: what is measured
on it (`stories`). No text of it enters the project.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from training.corpora import corpora_folder

_ITEM = re.compile(r'<REUTERS[^>]*\bNEWID="(\d+)"[^>]*>(.*?)</REUTERS>', re.DOTALL)
_UNPROCESSED = re.compile(r'<TEXT TYPE="UNPROC">(.*?)</TEXT>', re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x08]")
_SIGN_OFF = re.compile(r"(?:\s|[\x00-\x08]|\breuter\b)*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """One wire item; `number` is its NEWID, which is in the order of arrival.

    Not `is_processed` are items whose headline nobody told from the text; most are price lists.
    """

    number: int
    published_on: date
    headline: str
    body: str
    is_processed: bool = True
    outlet: str = "Reuters"


def items() -> Iterator[Item]:
    """The items that have a body, by NEWID.

    Where the text was left as it came ("UNPROC"), its first line is taken as the headline. Raises
    FileNotFoundError where the corpus is absent.
    """
    folder = corpora_folder() / "articles" / "reuters21578"
    for path in sorted(folder.glob("*.sgm"), key=lambda path: int(path.stem)):
        for number, item in _ITEM.findall(path.read_text(encoding="latin-1")):
            day = _element(item, "DATE").split()[0]
            headline, body = _element(item, "TITLE"), _element(item, "BODY")
            unprocessed = _UNPROCESSED.search(item)
            if unprocessed:
                text = _CONTROLS.sub("", html.unescape(unprocessed[1])).strip()
                headline, _, body = text.partition("\n")
            if body:
                yield Item(
                    int(number),
                    datetime.strptime(day, "%d-%b-%Y").date(),
                    " ".join(headline.split()),
                    _SIGN_OFF.sub("", body),
                    unprocessed is None,
                )


def _element(item: str, name: str) -> str:
    match = re.search(f"<{name}>(.*?)</{name}>", item, re.DOTALL)
    return html.unescape(match[1]) if match else ""
