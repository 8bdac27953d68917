"""The sample behind the gold of cross-article identity: which mentions are read, and where.

Belongs here: reading PolNeAR dev and Wikinews as dated articles (the gold's offsets count into
exactly these texts), and drawing mentions to be read, the same ones each time. Does not belong
here: any decision on who is who (`training/identity/gold/`), and scores. No linker is asked: what
is drawn depends on surface, type and place of mentions alone, never on the actor they were given.

    python -m training.identity.sample --out FOLDER

writes, outside the repository, `sample.csv` (places, no texts) and `to_read.md` (texts, for the
reader). The rule of drawing:

1. All 84 articles of PolNeAR dev and all 295 of Wikinews are extracted. Of each, the mentions of
   kind "name" and of type PERSON, ORG, GPE, LOC or NORP count. A surface form is the mention's
   text as it stands, capitals included; the types it has don't part it.
2. Frequent: the 50 forms in most articles; equals by number of mentions, then by code points. Not
   those with most mentions: interviews print a name before each answer ("WN" 682 times in a few).
3. Random: of all other forms, 25 drawn uniformly from those in two articles or more (so that there
   are pairs to judge: only a fifth of the forms are), then 25 drawn uniformly from all that remain.
4. Of a frequent form up to 7 mentions, one an article: the articles of each corpus shuffled, taken
   in turns from both, then from the one that has more; within an article one mention uniformly.
   Of a random form up to 4, first one an article in the same way, then others of the same articles.

The gold is places in texts, not what this extractor finds there: one with other weights finds
slightly other spans, so a score matches mentions with gold by overlap (same document, same part).
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
    """An article of a corpus: `document` is its name in the gold."""

    document: str
    article: Article

    @property
    def corpus(self) -> str:
        """The part of the document's name before the slash."""
        return self.document.partition("/")[0]

    @property
    def sha256(self) -> str:
        """The first 12 hexadecimal digits for headline, a line end and body, in UTF-8."""
        whole = f"{self.article.text('headline')}\n{self.article.body}"
        return hashlib.sha256(whole.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Place:
    """A mention in its text."""

    text: Text
    mention: Mention

    @property
    def order(self) -> tuple[str, int, int]:
        """By document, headline first, then by place."""
        return (self.text.document, self.mention.part != "headline", self.mention.char_start)


def polnear(split: str) -> Iterator[Text]:
    """PolNeAR dev or train: first line the headline, the body from the next that is not empty.

    Both as `training.corpora.gold` has them; outlet and date from `metadata.tsv`.
    """
    about = polnear_metadata()
    for path in sorted((_polnear_folder() / split / "text").glob("*.txt")):
        row = about[path.stem]
        article = replace(
            gold.Gold(path.stem, path.read_text(encoding="utf-8"), True).article,
            outlet=row["publisher"],
            published_on=date.fromisoformat(row["publication_date"]),
        )
        yield Text(f"polnear-{split}/{path.stem}", article)


def polnear_metadata() -> dict[str, dict[str, str]]:
    """The rows of PolNeAR's `metadata.tsv` by the name of the article."""
    path = _polnear_folder() / "metadata.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["filename"]: row for row in rows}


def _polnear_folder() -> Path:
    return corpora_folder() / "quotes" / "polnear"


def wikinews() -> Iterator[Text]:
    """Wikinews: `title` is the headline and `text` the body, as they stand but for CRLF made LF.

    A document is named by file and row, from 0: wikinews/2019-17 is the 18th row of its file.
    """
    for name in _WIKINEWS_FILES:
        with (corpora_folder() / "articles" / name).open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                headline, body = (row[key].replace("\r\n", "\n") for key in ("title", "text"))
                day = date.fromisoformat(row["date"])
                article = Article(headline, body, outlet="Wikinews", published_on=day)
                yield Text(f"wikinews/{name[9:13]}-{number}", article)


def texts() -> list[Text]:
    """All texts that the gold's offsets count into."""
    return [*polnear("dev"), *wikinews()]


def name_places(read: Sequence[Text]) -> Iterator[Place]:
    """Each mention by name of an actor, as the shipped extractor finds them."""
    extractions = get_extractor().extract_many([text.article for text in read])
    for text, extraction in zip(read, extractions, strict=True):
        for mention in extraction.mentions:
            if mention.kind == "name" and mention.type in TYPES:
                yield Place(text, mention)


def drawn(places: Iterable[Place]) -> list[Place]:
    """The sample, in the order of documents; the rule stands at the head of this module."""
    rng = random.Random(SEED)
    by_form: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        by_form[place.mention.surface].append(place)
    spread = {form: len(_articles(places)) for form, places in by_form.items()}
    ranked = sorted(by_form, key=lambda form: (-spread[form], -len(by_form[form]), form))
    frequent, rest = ranked[:FREQUENT_FORMS], sorted(ranked[FREQUENT_FORMS:])
    shared = rng.sample([form for form in rest if spread[form] > 1], SHARED_FORMS)
    others = rng.sample([form for form in rest if form not in shared], OTHER_FORMS)
    chosen: list[Place] = []
    for form in frequent:
        chosen += _one_an_article(by_form[form], rng)[:FREQUENT_MENTIONS]
    for form in shared + others:
        first = _one_an_article(by_form[form], rng)
        more = [place for place in by_form[form] if place not in first]
        rng.shuffle(more)
        chosen += (first + more)[:RANDOM_MENTIONS]
    return sorted(chosen, key=lambda place: place.order)


def _articles(places: Iterable[Place]) -> set[str]:
    return {place.text.document for place in places}


def _one_an_article(places: Iterable[Place], rng: random.Random) -> list[Place]:
    """One place an article, articles shuffled, the corpora by turns."""
    by_corpus: dict[str, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for place in places:
        by_corpus[place.text.corpus][place.text.document].append(place)
    columns: list[list[Place]] = []
    for corpus in sorted(by_corpus):
        column = [rng.choice(by_corpus[corpus][name]) for name in sorted(by_corpus[corpus])]
        rng.shuffle(column)
        columns.append(column)
    return [place for place in chain(*zip_longest(*columns)) if place is not None]


def write_sample(chosen: Sequence[Place], path: Path) -> None:
    """Where the mentions are, without a word of the texts; keys number them in order."""
    header = ("mention_key", "document", "part", "char_start", "char_end", "sha256")
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(header)
        for number, place in enumerate(chosen, 1):
            mention = place.mention
            rows.writerow(
                (
                    _key(number),
                    place.text.document,
                    mention.part,
                    mention.char_start,
                    mention.char_end,
                    place.text.sha256,
                )
            )


def _key(number: int) -> str:
    return f"m{number:03}"


def to_read(number: int, place: Place) -> str:
    """A mention in its context, as a block for the reader; texts of the corpora, not to be kept."""
    article, mention = place.text.article, place.mention
    text = article.text(mention.part)
    start, end = mention.char_start, mention.char_end
    before, after = text[max(0, start - BEFORE) : start], text[end : end + AFTER]
    if mention.part == "headline":
        after += " ⏎ " + article.body[:AFTER]
    context = re.sub(r"\s*\n\s*", " ¶ ", f"{before}⟦{text[start:end]}⟧{after}").strip()
    return (
        f"## {_key(number)}  ⟦{mention.surface}⟧\n"
        f"{place.text.document} | {article.outlet} | {article.published_on} | {mention.part}"
        f" {start}-{end}\n"
        f"{article.headline}\n\n…{context}…\n"
    )


def main() -> int:
    """Write the sample and what is to be read; 2 when the corpora are absent."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder outside the repository")
    options = parser.parse_args()
    try:
        read = texts()
    except FileNotFoundError as missing:
        print(f"no corpora: {missing}", file=sys.stderr)
        return 2
    chosen = drawn(name_places(read))
    options.out.mkdir(parents=True, exist_ok=True)
    write_sample(chosen, options.out / "sample.csv")
    blocks = (to_read(number, place) for number, place in enumerate(chosen, 1))
    (options.out / "to_read.md").write_text("\n".join(blocks), "utf-8")
    forms = {place.mention.surface for place in chosen}
    articles = _articles(chosen)
    print(f"{len(chosen)} mentions of {len(forms)} surface forms in {len(articles)} articles")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
