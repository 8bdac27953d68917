"""PolNeAR articles as seed-format files: dated news of seven outlets for realistic runs.

Belongs here: the conversion, and the check that the reader gives the metadata back.
Does not belong here: the attributions (training and evaluation read those themselves).

The texts belong to their publishers. The output must not be committed or shipped: write it to a
folder outside the repository.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from etl.readers import read_file

REPOSITORY = Path(__file__).resolve().parents[2]
SPLITS = ("train", "dev")


class CorporaMissingError(FileNotFoundError):
    """The corpora are not where they were looked for; the message says where that is."""


@dataclass(frozen=True, slots=True)
class PolnearArticle:
    """One article with its metadata; `outlet` is the publisher as written there."""

    file_name: str
    outlet: str
    published_on: date
    authors: tuple[str, ...]
    title: str
    body: str

    def as_seed(self) -> str:
        """The article in the seed format."""
        lines = [f" date {self.published_on.isoformat()} {self.title}", ""]
        byline = _joined(self.authors)
        # Without an author the outlet still has to stand somewhere: it signs for itself.
        lines += [f"By {byline or self.outlet} – {self.outlet}", "", self.body]
        return "\n".join(lines) + "\n"


def articles(split: str, corpora: Path | None = None) -> Iterator[PolnearArticle]:
    """The articles of a split ("train" or "dev"), in the order of the metadata.

    Raises CorporaMissingError.
    """
    folder = (corpora or corpora_folder()) / "quotes" / "polnear"
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
    """The names in the metadata's author field, which also holds "By", handles and employers."""
    text = re.sub(r"^by\s*(?=[A-Z])", "", written.replace(" , ", " ").strip(), flags=re.IGNORECASE)
    # "By A. WRITER. Follow A. Writer on Twitter …": names end where a sentence follows.
    text = re.split(r"(?<=\w{3})\.\s|\b\w+@\w", text)[0]
    text = re.sub(r",[^,]* contributed .*", "", text)
    # The employer stands behind ", ": colleagues behind "," or " and ".
    parts = re.split(r"\s*,?\s+and\s+|\s*,\s*", text)
    is_employer = re.compile(
        r"@|\(|\)|\b(?:usa today|press|enquirer|news ?journal|register|fellow|for )",
        re.IGNORECASE,
    )
    kept = [n for i, n in enumerate(parts) if n and not (i and is_employer.search(n))]
    return tuple(dict.fromkeys(kept))


def corpora_folder() -> Path:
    """NEWSACTORS_CORPORA, or `shared/corpora` beside the repository."""
    return Path(os.environ.get("NEWSACTORS_CORPORA") or REPOSITORY.parent / "shared" / "corpora")


def write(split: str, out: Path, every: int = 1) -> int:
    """Write one article in so many of a split into `out`, a file each; returns how many."""
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for article in islice(articles(split), 0, None, every):
        (out / article.file_name).write_text(article.as_seed(), encoding="utf-8", newline="\n")
        count += 1
    return count


def mismatches(split: str, out: Path) -> dict[str, list[str]]:
    """By field, the files in `out` whose value as read differs from the metadata."""
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
            # Dateline and closing lines may go, paragraphs between may not.
            ("body", len(got.body) > 0.9 * len(expected.body) - 100),
        ):
            if not is_same:
                wrong[field].append(expected.file_name)
    return wrong


def _joined(names: tuple[str, ...]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _without_title(text: str, title: str) -> str:
    """The text without its first paragraph if that only repeats the title."""
    first, _, rest = text.strip().partition("\n\n")
    return rest.strip() if _key(first) == _key(title) and rest.strip() else text.strip()


def _key(text: str) -> str:
    """What makes two headlines the same: not blanks, quotation marks or full stops."""
    return re.sub(r"\W+", " ", text).strip().casefold()


def main() -> int:
    """Write the files, or with --check compare what is read from them with the metadata."""
    parser = argparse.ArgumentParser(
        prog="python -m training.corpora.polnear_articles", description=__doc__
    )
    parser.add_argument("out", type=Path, metavar="OUT_DIR")
    parser.add_argument("--split", choices=SPLITS, default="train")
    parser.add_argument("--every", type=int, default=1, help="write one article in so many")
    parser.add_argument("--check", action="store_true", help="read the files in OUT_DIR back")
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
