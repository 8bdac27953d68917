"""Draws the articles whose anaphors are annotated for training, always the same ones.

Belongs here: the sampling rule, and rendering the texts for annotators. Does not belong here: the
rules of annotation and the annotations (`training/anaphors/annotated/`), training
(`training.anaphors.train`).

    python -m training.anaphors.sample --out FOLDER

writes, outside the repository, `anaphors.csv` (positions, no texts) and `anaphors_<n>.md` (texts).
The sampling rule: three draws, each uniform among the articles of PolNeAR train, Worldwide train
and Reuters-21578 (items 9,000 to 14,000, of 150 words and more) that were not drawn before:

| draw | PolNeAR | Worldwide | Reuters | anaphors |
|---|---|---|---|---|
| 1 | 110 | 90 | 150 | all |
| 2 | 90 | 80 | 230 | all but "he" and "she" |
| 3 | 250 | 250 | 350 | all but "he" and "she" |

All of them that `etl.extract.anaphors` finds in the first 5,000 characters of a body are annotated,
with the names that the shipped extractor finds.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from etl.domain import Article
from etl.extract.tagger_extractor import TaggerExtractor
from training.corpora import documents
from training.corpora.reuters import items
from training.identity.sample import Text, polnear
from training.speakers.sample import marked

SEED = 20261201
MOST_CHARACTERS = 5000
FILES = 5
_DRAWS = (
    {"polnear": 110, "worldwide": 90, "reuters": 150},
    {"polnear": 90, "worldwide": 80, "reuters": 230},
    {"polnear": 250, "worldwide": 250, "reuters": 350},
)
"""Articles by corpus. The first draw is the only one with "he" and "she"."""
DRAWS = tuple(range(1, 1 + len(_DRAWS)))
_REUTERS_ITEMS = slice(9000, 14000)
_FEWEST_WORDS = 150


def texts(draw: int) -> Iterator[Text]:
    """Yield the articles of a draw, 1 to 3. Those of Worldwide have no headline."""
    rng = random.Random(SEED)
    pools: dict[str, list[Text]] = {
        "polnear": list(polnear("train")),
        "worldwide": [
            Text(f"worldwide/{document.name}", Article(None, _raw(document.name)))
            for document in documents.worldwide("train")
        ],
        "reuters": [
            Text(f"reuters/{item.number}", Article(item.headline, item.body))
            for item in islice(items(), _REUTERS_ITEMS.start, _REUTERS_ITEMS.stop)
            if item.is_processed and len(item.body.split()) >= _FEWEST_WORDS
        ],
    }
    pools = {c: sorted(pool, key=lambda text: text.document) for c, pool in pools.items()}
    for number, counts in enumerate(_DRAWS, 1):
        for corpus, count in counts.items():
            drawn = rng.sample(pools[corpus], count)
            before = {text.document for text in drawn}
            pools[corpus] = [text for text in pools[corpus] if text.document not in before]
            if number == draw:
                yield from sorted(drawn, key=lambda text: text.document)


def _raw(name: str) -> str:
    path = documents.corpora_folder() / "ner" / "worldwide" / "text" / f"{name}.txt"
    return path.read_text("utf-8").replace("\r\n", "\n").strip()


def main() -> int:
    """Write the sample; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder outside the repository")
    parser.add_argument("--draw", type=int, choices=DRAWS, default=1)
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    read = list(texts(options.draw))
    rendered: list[list[str]] = [[] for _ in range(FILES)]
    with (out / "anaphors.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["number", "document", "sha256", "char_start", "char_end"])
        number = 0
        articles = [text.article for text in read]
        for text, readings in zip(read, TaggerExtractor().readings(articles), strict=True):
            (reading,) = (reading for reading in readings if reading.part == "body")
            body, tokens = reading.doc.text, reading.doc.tokens
            marks = []
            for anaphor in reading.anaphors:
                start, end = tokens[anaphor.first].start, tokens[anaphor.last - 1].end
                if end <= MOST_CHARACTERS and (options.draw == 1 or anaphor.kind != "person"):
                    number += 1
                    marks.append((start, end, f"[[{number}: ", "]]"))
                    writer.writerow([number, text.document, text.sha256, start, end])
            shown = marked(body[: MOST_CHARACTERS + 500], marks)
            headline = text.article.text("headline")
            target = min(rendered, key=lambda pieces: sum(map(len, pieces)))
            target.append(f"\n\n######## {text.document}\n{headline}\n{shown}\n")
    for i, pieces in enumerate(rendered, 1):
        (out / f"anaphors_{i}.md").write_text("".join(pieces), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
