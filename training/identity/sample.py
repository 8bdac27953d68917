"""Draws the sample of mentions behind the gold of cross-article identity.

Belongs here: reading PolNeAR dev and Wikinews as dated articles (the gold's offsets refer to
exactly these texts), and drawing mentions to annotate, always the same ones. Does not belong here:
decisions on identity (`training/identity/gold/`), scores (`training.identity.linking`). The sample
depends only on surface, type and position of mentions, never on the actors they are linked to.

    python -m training.identity.sample --out FOLDER

writes, outside the repository, `sample.csv` (positions, no texts) and `to_read.md` (texts, for the
annotator). The sampling rule:

1. All 84 articles of PolNeAR dev and all 295 of Wikinews are extracted. Only mentions of kind
   "name" and of type PERSON, ORG, GPE, LOC or NORP count. A surface form is the mention's exact
   text, including capitals; mentions of different types share a form.
2. Frequent forms: the 50 in most articles. Ties go by number of mentions, then by code points. Not
   the 50 with most mentions: interviews print a name before each answer ("WN" 682 times in a few).
3. Random forms: 25 drawn uniformly from the others that occur in at least two articles (so that
   there are pairs to judge: only a fifth of the forms do), then 25 uniformly from all that remain.
4. Up to 7 mentions of each frequent form, one per article: the articles of each corpus are shuffled
   and taken alternately from both, then from the one with more; within an article one mention is
   drawn uniformly. Up to 4 mentions of each random form, first one per article in the same way,
   then others of the same articles.

The gold consists of positions in texts, not of what this extractor finds. Other weights find
slightly different spans, so scoring matches mentions with gold by overlap (same document and part).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, zip_longest
from pathlib import Path

from etl.domain import Article, Mention
from etl.extract import get_extractor
from training.corpora import gold
from training.corpora.documents import corpora_folder

TYPES = frozenset({"PERSON", "ORG", "GPE", "LOC", "NORP"})
SEED = 20190104
FREQUENT_FORMS, FREQUENT_MENTIONS = 50, 7
SHARED_FORMS, OTHER_FORMS, RANDOM_MENTIONS = 25, 25, 4
BEFORE, AFTER = 300, 200

_WIKINEWS_FILES = ("wikinews_2019.csv", "wikinews_2020.csv")


@dataclass(frozen=True)
class Text:
    """An article of a corpus; `document` is its name in the gold."""

    document: str
    article: Article

    @property
    def corpus(self) -> str:
        """Return the part of the document's name before the slash."""
        return self.document.partition("/")[0]

    @property
    def sha256(self) -> str:
        """Return the first 12 hex digits of the hash of headline, newline and body in UTF-8."""
        whole = f"{self.article.text('headline')}\n{self.article.body}"
        return hashlib.sha256(whole.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Occurrence:
    """A mention in its text."""

    text: Text
    mention: Mention

    @property
    def order(self) -> tuple[str, int, int]:
        """Return a sort key: document, headline first, then position."""
        return (self.text.document, self.mention.part != "headline", self.mention.char_start)


def polnear(split: str) -> Iterator[Text]:
    """Yield PolNeAR dev or train: headline and body as in `training.corpora.gold`.

    The first line is the headline; the body starts at the next line that is not empty. Outlet and
    date come from `metadata.tsv`.
    """
    metadata = polnear_metadata()
    for path in sorted((_polnear_folder() / split / "text").glob("*.txt")):
        row = metadata[path.stem]
        article = replace(
            gold.Gold(path.stem, path.read_text(encoding="utf-8"), True).article,
            outlet=row["publisher"],
            published_on=date.fromisoformat(row["publication_date"]),
        )
        yield Text(f"polnear-{split}/{path.stem}", article)


def polnear_metadata() -> dict[str, dict[str, str]]:
    """Return the rows of PolNeAR's `metadata.tsv` by article name."""
    path = _polnear_folder() / "metadata.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["filename"]: row for row in rows}


def _polnear_folder() -> Path:
    return corpora_folder() / "quotes" / "polnear"


def wikinews() -> Iterator[Text]:
    """Yield Wikinews: `title` is the headline and `text` the body, unchanged except CRLF to LF.

    A document is named after its file and row, from 0: wikinews/2019-17 is the 18th row.
    """
    for name in _WIKINEWS_FILES:
        with (corpora_folder() / "articles" / name).open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                headline, body = (row[key].replace("\r\n", "\n") for key in ("title", "text"))
                day = date.fromisoformat(row["date"])
                article = Article(headline, body, outlet="Wikinews", published_on=day)
                yield Text(f"wikinews/{name[9:13]}-{number}", article)


def texts() -> list[Text]:
    """Return all texts that the gold's offsets refer to."""
    return [*polnear("dev"), *wikinews()]


def name_occurrences(read: Sequence[Text]) -> Iterator[Occurrence]:
    """Yield each mention of an actor by name, as the shipped extractor finds them."""
    extractions = get_extractor().extract_many([text.article for text in read])
    for text, extraction in zip(read, extractions, strict=True):
        for mention in extraction.mentions:
            if mention.kind == "name" and mention.type in TYPES:
                yield Occurrence(text, mention)


def draw(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """Return the sample in document order, by the rule in the module docstring."""
    rng = random.Random(SEED)
    by_form: dict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in occurrences:
        by_form[occurrence.mention.surface].append(occurrence)
    spread = {form: len(_articles(occurrences)) for form, occurrences in by_form.items()}
    ranked = sorted(by_form, key=lambda form: (-spread[form], -len(by_form[form]), form))
    frequent, rest = ranked[:FREQUENT_FORMS], sorted(ranked[FREQUENT_FORMS:])
    shared = rng.sample([form for form in rest if spread[form] > 1], SHARED_FORMS)
    others = rng.sample([form for form in rest if form not in shared], OTHER_FORMS)
    chosen: list[Occurrence] = []
    for form in frequent:
        chosen += _one_per_article(by_form[form], rng)[:FREQUENT_MENTIONS]
    for form in shared + others:
        first = _one_per_article(by_form[form], rng)
        more = [occurrence for occurrence in by_form[form] if occurrence not in first]
        rng.shuffle(more)
        chosen += (first + more)[:RANDOM_MENTIONS]
    return sorted(chosen, key=lambda occurrence: occurrence.order)


def _articles(occurrences: Iterable[Occurrence]) -> set[str]:
    return {occurrence.text.document for occurrence in occurrences}


def _one_per_article(occurrences: Iterable[Occurrence], rng: random.Random) -> list[Occurrence]:
    """Return one occurrence per article: articles shuffled, corpora alternating."""
    by_corpus: dict[str, dict[str, list[Occurrence]]] = defaultdict(lambda: defaultdict(list))
    for occurrence in occurrences:
        by_corpus[occurrence.text.corpus][occurrence.text.document].append(occurrence)
    columns: list[list[Occurrence]] = []
    for corpus in sorted(by_corpus):
        column = [rng.choice(by_corpus[corpus][name]) for name in sorted(by_corpus[corpus])]
        rng.shuffle(column)
        columns.append(column)
    return [occurrence for occurrence in chain(*zip_longest(*columns)) if occurrence is not None]


def write_sample(chosen: Sequence[Occurrence], path: Path) -> None:
    """Write the positions of the mentions, numbered in order, without any text."""
    header = ("mention_key", "document", "part", "char_start", "char_end", "sha256")
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(header)
        for number, occurrence in enumerate(chosen, 1):
            mention = occurrence.mention
            rows.writerow(
                (
                    _key(number),
                    occurrence.text.document,
                    mention.part,
                    mention.char_start,
                    mention.char_end,
                    occurrence.text.sha256,
                )
            )


def _key(number: int) -> str:
    return f"m{number:03}"


def to_read(number: int, occurrence: Occurrence) -> str:
    """Return a mention in its context, for the annotator. Contains text of the corpora."""
    article, mention = occurrence.text.article, occurrence.mention
    text = article.text(mention.part)
    start, end = mention.char_start, mention.char_end
    before, after = text[max(0, start - BEFORE) : start], text[end : end + AFTER]
    if mention.part == "headline":
        after += " ⏎ " + article.body[:AFTER]
    context = re.sub(r"\s*\n\s*", " ¶ ", f"{before}⟦{text[start:end]}⟧{after}").strip()
    return (
        f"## {_key(number)}  ⟦{mention.surface}⟧\n"
        f"{occurrence.text.document} | {article.outlet} | {article.published_on} | {mention.part}"
        f" {start}-{end}\n"
        f"{article.headline}\n\n…{context}…\n"
    )


def main() -> int:
    """Write the sample and the texts to read. Return 2 if the corpora are missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder outside the repository")
    options = parser.parse_args()
    try:
        read = texts()
    except FileNotFoundError as missing:
        print(f"corpora missing: {missing}", file=sys.stderr)
        return 2
    chosen = draw(name_occurrences(read))
    options.out.mkdir(parents=True, exist_ok=True)
    write_sample(chosen, options.out / "sample.csv")
    blocks = (to_read(number, occurrence) for number, occurrence in enumerate(chosen, 1))
    (options.out / "to_read.md").write_text("\n".join(blocks), "utf-8")
    forms = {occurrence.mention.surface for occurrence in chosen}
    articles = _articles(chosen)
    print(f"{len(chosen)} mentions of {len(forms)} surface forms in {len(articles)} articles")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
