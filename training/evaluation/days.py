"""Whether articles of the corpora get the day that their source states: never another one.

    python -m training.evaluation.days            # all corpora; --corpus polnear for one

Belongs here: the day that each corpus states beside its texts, and comparing what the readers read
with it. Does not belong here: reading (`etl.readers`), pages written for tests
(`tests/formats/dated_pages.py`). Exits with 1 if a day contradicts its source.

An article without a day is no contradiction: unknown beats a guess. A dateline in the text ("Dec. 8
(UPI) —") that says another day than the corpus is counted apart: text and corpus disagree there.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from etl.domain import Article
from etl.readers import Item, read_items
from training.corpora.documents import corpora_folder

Dated = tuple[str, date | None, Article]
"""Where an article is, the day that its source states, and the article as it is read."""

_URL_DAY = re.compile(r"/((?:19|20)\d\d)[/-]?([01]\d)[/-]?([0-3]\d)(?=\D)")
_REUTERS_DAY = re.compile(rb"<DATE>\s*(\d\d?-[A-Z]{3}-\d{4})", re.IGNORECASE)


@dataclass
class Counted:
    """How many articles have a day, and which contradict their source.

    `stated` counts those whose source states one; in `by_dateline` are those whose own dateline
    says another.
    """

    articles: int = 0
    dated: int = 0
    stated: int = 0
    by_dateline: list[str] = field(default_factory=list)
    contradicting: list[str] = field(default_factory=list)

    def add(self, where: str, stated: date | None, read: Article) -> None:
        day = read.published_on
        self.articles += 1
        self.dated += day is not None
        self.stated += stated is not None
        if stated and day and stated != day:
            of = self.by_dateline if read.date_method == "dateline" else self.contradicting
            of.append(f"{where}: {day} by {read.date_method}, the source states {stated}")


def _items(path: Path) -> Iterator[Item]:
    with path.open("rb") as file:
        yield from read_items(file, path.stat().st_size, path.name)


def wikinews(folder: Path) -> Iterator[Dated]:
    """Yield the rows of the tables of Wikinews, which have a column for the day."""
    for path in sorted(folder.glob("articles/wikinews_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        yield from _paired(path, [date.fromisoformat(row["date"]) for row in rows])


def wikinews_text(folder: Path) -> Iterator[Dated]:
    """Yield the texts of Wikinews alone, whose first line is a day of the week and the day."""
    for path in sorted(folder.glob("articles/wikinews_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                data = f"{row['title']}\n\n{row['text']}".encode()
                where, stated = f"{path.name} row {number}", date.fromisoformat(row["date"])
                yield from ((where, stated, read) for read in _articles(data))


def reuters(folder: Path) -> Iterator[Dated]:
    """Yield the items of Reuters-21578, each with an element for the day."""
    for path in sorted(folder.glob("articles/reuters21578/*.sgm")):
        stated = [
            datetime.strptime(found[1].decode(), "%d-%b-%Y").date()
            for found in _REUTERS_DAY.finditer(path.read_bytes())
        ]
        yield from _paired(path, stated)


def polnear(folder: Path) -> Iterator[Dated]:
    """Yield the texts of PolNeAR under their names, which have the day, as its metadata has."""
    root = folder / "quotes" / "polnear"
    yield from _polnear(root, lambda path: path.name)


def polnear_text(folder: Path) -> Iterator[Dated]:
    """Yield the texts of PolNeAR under names without a day: what the text alone says."""
    yield from _polnear(folder / "quotes" / "polnear", lambda _: "text.txt")


def _polnear(root: Path, name: Callable[[Path], str]) -> Iterator[Dated]:
    with (root / "metadata.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            file_name = f"{row['filename'].removesuffix('.txt')}.txt"
            path = root / row["compartment"] / "text" / file_name
            if path.exists():
                stated = date.fromisoformat(row["publication_date"])
                found = _articles(path.read_bytes(), name(path))
                yield from ((path.name, stated, read) for read in found)


def worldwide(folder: Path) -> Iterator[Dated]:
    """Yield the texts of Worldwide; the address in their first line may have the day."""
    for path in sorted(folder.glob("ner/worldwide/text/*.txt")):
        address = path.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
        found = _articles(path.read_bytes(), path.name)
        yield from ((path.name, _day_in(address), read) for read in found)


def _day_in(address: str) -> date | None:
    if found := _URL_DAY.search(address):
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return None
    return None


def _articles(data: bytes, name: str = "text.txt") -> list[Article]:
    items = read_items(io.BytesIO(data), len(data), name)
    return [item.article for item in items if item.article is not None]


def _paired(path: Path, stated: list[date]) -> Iterator[Dated]:
    """Yield the articles of a file whose items are in the order of `stated`, one for each."""
    items = list(_items(path))
    if len(items) != len(stated):
        raise ValueError(f"{path}: {len(items)} items are read, {len(stated)} days are stated")
    for number, (item, day) in enumerate(zip(items, stated, strict=True)):
        if item.article is not None:
            yield f"{path.name} item {number}", day, item.article


CORPORA: dict[str, Callable[[Path], Iterable[Dated]]] = {
    "wikinews": wikinews,
    "wikinews-text": wikinews_text,
    "reuters": reuters,
    "polnear": polnear,
    "polnear-text": polnear_text,
    "worldwide": worldwide,
}


def count(found: Iterable[Dated]) -> Counted:
    """Return the counts of a corpus."""
    counted = Counted()
    for where, stated, read in found:
        counted.add(where, stated, read)
    return counted


def row(name: str, counted: Counted) -> str:
    """Return a row of a Markdown table."""
    undated = counted.articles - counted.dated
    return (
        f"| {name} | {counted.articles:,} | {counted.stated:,} | {counted.dated:,} | {undated:,} "
        f"| {len(counted.by_dateline):,} | {len(counted.contradicting):,} |"
    )


def main() -> None:
    """Print the counts of each corpus, and the articles that contradict their source."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", choices=CORPORA, action="append")
    names = parser.parse_args().corpus or list(CORPORA)
    print(
        "| corpus | articles | source states a day | dated | undated | another day in the dateline "
        "| contradicting |"
    )
    print("|---|---|---|---|---|---|---|", flush=True)
    is_wrong = False
    for name in names:
        counted = count(CORPORA[name](corpora_folder()))
        print(row(name, counted), flush=True)
        for what in (*counted.contradicting[:20], *counted.by_dateline[:20]):
            print(f"    {what}")
        is_wrong = is_wrong or bool(counted.contradicting)
    sys.exit(is_wrong)


if __name__ == "__main__":
    main()
