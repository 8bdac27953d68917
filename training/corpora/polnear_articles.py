"""Converts PolNeAR articles to seed-format files: dated news of seven outlets, for realistic runs.

Belongs here: the conversion, and a check that the reader returns the metadata. Does not belong
here: the attributions (`training.corpora.documents`, `training.corpora.gold`).

The texts belong to their publishers. Never commit or ship the output: write it to a folder outside
the repository.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from etl.readers import read_file
from training.corpora.documents import CorporaMissingError, corpora_folder

SPLITS = ("train", "dev")


@dataclass(frozen=True, slots=True)
class PolnearArticle:
    """One article with its metadata; `outlet` is the publisher as the metadata writes it."""

    file_name: str
    outlet: str
    published_on: date
    authors: tuple[str, ...]
    title: str
    body: str

    def as_seed(self) -> str:
        """Return the article in the seed format."""
        lines = [f" date {self.published_on.isoformat()} {self.title}", ""]
        byline = _joined(self.authors)
        # The byline holds the outlet, so without an author the outlet signs for itself.
        lines += [f"By {byline or self.outlet} – {self.outlet}", "", self.body]
        return "\n".join(lines) + "\n"


def articles(split: str) -> Iterator[PolnearArticle]:
    """Yield the articles of a split ("train" or "dev"), in the order of the metadata.

    Raises CorporaMissingError if there is no PolNeAR corpus.
    """
    folder = corpora_folder() / "quotes" / "polnear"
    metadata = folder / "metadata.tsv"
    if not metadata.is_file():
        raise CorporaMissingError(
            f"no PolNeAR corpus: {metadata} does not exist. Set NEWSACTORS_CORPORA to the folder "
            "that holds quotes/polnear (github.com/networkdynamics/PolNeAR)."
        )
    with metadata.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["compartment"] != split:
                continue
            path = folder / split / "text" / f"{row['filename'].removesuffix('.txt')}.txt"
            title = " ".join(row["title"].split())
            yield PolnearArticle(
                file_name=path.name,
                outlet=row["publisher"],
                published_on=date.fromisoformat(row["publication_date"]),
                authors=authors_of(row["author"]),
                title=title,
                body=_without_title(path.read_text(encoding="utf-8"), title),
            )


def authors_of(written: str) -> tuple[str, ...]:
    """Return the names in the metadata's author field, without "By", handles and employers."""
    text = re.sub(r"^by\s*(?=[A-Z])", "", written.replace(" , ", " ").strip(), flags=re.IGNORECASE)
    # "By A. WRITER. Follow A. Writer on Twitter …": names end where a sentence follows.
    text = re.split(r"(?<=\w{3})\.\s|\b\w+@\w", text)[0]
    text = re.sub(r",[^,]* contributed .*", "", text)
    # Co-authors follow "," or " and "; an employer follows ", ".
    parts = re.split(r"\s*,?\s+and\s+|\s*,\s*", text)
    is_employer = re.compile(
        r"@|\(|\)|\b(?:usa today|press|enquirer|news ?journal|register|fellow|for )",
        re.IGNORECASE,
    )
    kept = [n for i, n in enumerate(parts) if n and not (i and is_employer.search(n))]
    return tuple(dict.fromkeys(kept))


def write(split: str, out: Path, every: int = 1) -> int:
    """Write every `every`-th article of a split into `out`, one file each; return their number."""
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for article in islice(articles(split), 0, None, every):
        (out / article.file_name).write_text(article.as_seed(), encoding="utf-8", newline="\n")
        count += 1
    return count


def mismatches(split: str, out: Path) -> dict[str, list[str]]:
    """Return, by field, the files in `out` that are read differently from the metadata."""
    wrong: dict[str, list[str]] = {
        field: [] for field in ("read", "date", "outlet", "author", "headline", "body")
    }
    for expected in articles(split):
        path = out / expected.file_name
        (item,) = read_file(path.read_bytes(), str(path))
        got = item.article
        if got is None:
            wrong["read"].append(expected.file_name)
            continue
        for field, is_same in (
            ("date", got.published_on == expected.published_on),
            ("outlet", got.outlet == expected.outlet),
            ("author", got.authors == expected.authors),
            ("headline", got.headline == expected.title),
            # The reader may drop dateline and closing lines, but no paragraph between them.
            ("body", len(got.body) > 0.9 * len(expected.body) - 100),
        ):
            if not is_same:
                wrong[field].append(expected.file_name)
    return wrong


def _joined(names: tuple[str, ...]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _without_title(text: str, title: str) -> str:
    """Return the text without its first paragraph if that only repeats the title."""
    first, _, rest = text.strip().partition("\n\n")
    return rest.strip() if _key(first) == _key(title) and rest.strip() else text.strip()


def _key(text: str) -> str:
    """Return a key under which headlines with other blanks and punctuation are equal."""
    return re.sub(r"\W+", " ", text).strip().casefold()


def main() -> int:
    """Write the files; with --check, read them back and compare with the metadata."""
    parser = argparse.ArgumentParser(
        prog="python -m training.corpora.polnear_articles", description=__doc__
    )
    parser.add_argument("out", type=Path, metavar="OUT_DIR")
    parser.add_argument("--split", choices=SPLITS, default="train")
    parser.add_argument("--every", type=int, default=1, help="write only every n-th article")
    parser.add_argument(
        "--check", action="store_true", help="read the files in OUT_DIR back and compare"
    )
    arguments = parser.parse_args()
    try:
        if not arguments.check:
            count = write(arguments.split, arguments.out, arguments.every)
            print(f"{count} articles written to {arguments.out}; do not commit them")
            return 0
        wrong = mismatches(arguments.split, arguments.out)
    except CorporaMissingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for field, files in wrong.items():
        print(f"{field:9} {len(files):4} differ", *files[:10], sep="\n  " if files else " ")
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
