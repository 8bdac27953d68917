"""What browsers and web archives add to a page when they save it.

Belongs here: the bar of the Wayback Machine, the notes that say where a page came from and when it
was saved, and the folder of files beside a page. Does not belong here: the page (`html_page`), one
file that holds page and pictures (`mhtml`, `webarchive`), addresses of copies (`urls`).

The time of saving is never the day of the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from etl.readers.dates import date_at, file_name_date

_BAR = ("<!-- BEGIN WAYBACK TOOLBAR INSERT -->", "<!-- END WAYBACK TOOLBAR INSERT -->")
_BAR_IDS = ("wm-ipp-base", "wm-ipp", "wm-ipp-print", "donato", "wm-capinfo")
_HEAD_CHARS = 1 << 16
_ADDRESSES = (
    # Internet Explorer, Chrome and Edge; the number is the length of the address.
    re.compile(r"<!--\s{0,9}saved from url=\(\d{1,5}\)\s{0,9}(https?://[^\s<>\"]{1,2000})", re.I),
    re.compile(
        r"<!--\s{0,9}Page saved with SingleFile\s{1,9}url:\s{0,9}(https?://[^\s<>\"]{1,2000})", re.I
    ),
    # The Wayback Machine's script and its search field.
    re.compile(r"__wm\.wombat\(\s{0,9}[\"'](https?://[^\s<>\"']{1,2000})", re.I),
    re.compile(r"id=[\"']wmtbURL[\"'][^<>]{0,200}value=[\"'](https?://[^\s<>\"']{1,2000})", re.I),
)
_SAVED_ON = re.compile(r"saved date:\s{0,9}([^\n<>]{1,60})", re.I)
_SINGLE_FILE = "Page saved with SingleFile"
_PAGES = (".html", ".htm", ".xhtml", ".shtml")
_FRAME = re.compile(r"saved_resource(?:\(\d{1,4}\))?\.html?")
"""Chrome's name for a frame, which no page has of itself."""
# In the language of the browser: English, German, French, Spanish, Portuguese, Italian, Dutch,
# Danish and Swedish, Finnish, Polish, Turkish.
_FOLDER = re.compile(
    r"(?P<page>.+)(?:[_.-]files|-Dateien|_fichiers|[_-]archivos|_arquivos|_ficheiros|-file|_file"
    r"|_bestanden|[_-]filer|_tiedostot|_pliki|_dosyalar)",
    re.IGNORECASE,
)


def without_archive_bar(text: str) -> str:
    """Return a page without the bar that the Wayback Machine inserts."""
    begin = text.find(_BAR[0])
    end = text.find(_BAR[1], begin) if begin >= 0 else -1
    return text[:begin] + text[end + len(_BAR[1]) :] if end >= 0 else text


def is_archive_bar(element_id: str | None) -> bool:
    """Whether an element is the Wayback Machine's, in a page saved without its comments."""
    return element_id in _BAR_IDS


def saved_from(text: str) -> str | None:
    """Return the address that the program which saved a page wrote into it."""
    head = text[:_HEAD_CHARS]
    return next((found[1] for pattern in _ADDRESSES if (found := pattern.search(head))), None)


def is_named_by_saving(text: str, path: str) -> bool:
    """Whether the day in a page's file name is the one on which SingleFile saved it."""
    head = text[:_HEAD_CHARS]
    if _SINGLE_FILE not in head:
        return False
    found = _SAVED_ON.search(head)
    # "Mon Jun 09 2025 10:00:00 GMT+0200": the year comes last or after the day.
    words = found[1].split() if found else []
    saved = date_at(" ".join(words[1:4])) if len(words) > 3 else None
    return saved is None or saved[0].on == file_name_date(path)


def pages_folder(name: str) -> str | None:
    """Return the name of the page, without suffix, whose files a folder of this name would hold."""
    found = _FOLDER.fullmatch(name)
    return found["page"] if found else None


class SavedPages:
    """The pages among some files, to tell which other files were only saved with one of them."""

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self.stems: set[str] = set()
        for path in paths:
            self.add(path)

    def add(self, path: str) -> None:
        """Take note of a file, if it is a page."""
        if path.lower().endswith(_PAGES):
            self.stems.add(path.rpartition(".")[0])

    def own(self, path: str) -> bool:
        """Whether a file lies in the folder of a page: "Title_files/a.js" beside "Title.html"."""
        above = ""
        *folders, name = path.split("/")
        for folder in folders:
            page = pages_folder(folder)
            if page is not None and (above + page in self.stems or _FRAME.fullmatch(name)):
                return True
            above += f"{folder}/"
        return False
