"""Measures stories: recall on constructed edits, precision on annotated pairs.

    python -m training.stories.measure                 # both, as in docs/quality.md
    python -m training.stories.measure --pairs FILE    # write unread pairs of Reuters
    python -m training.stories.measure --pairs FILE --years 2018 2019    # of press releases

Belongs here: the edits, the pairs and their scores. Does not belong here: the rule itself
(`etl.stories`). A file of pairs contains texts of the corpora: write it outside the repository.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from etl.stories.lineage import WINDOW_DAYS, containment
from etl.stories.sketch import bands
from etl.stories.text import Fingerprint, fingerprint
from training.corpora import polnear_articles, releases, reuters
from training.corpora.documents import corpora_folder

GOLD = Path(__file__).parent / "gold"
REUTERS, RELEASES = "reuters_pairs.csv", "releases_pairs.csv"
MIN_WORDS = 120
ARTICLES, PAIRS = 300, 300
SEED = 20261125
"""The seed of the figures in `docs/quality.md`. The rule was tuned with seeds 1 and 2."""
RESAMPLES = 2_000
RELEASE_YEARS = (2006, 2008, 2010, 2012, 2013, 2014, 2015, 2016, 2018, 2019)
"""Years with annotated pairs. The rule was developed on draw 1, from 2006 to 2014."""


@dataclass(frozen=True)
class Text:
    """An article to edit: its headline, and paragraphs of sentences."""

    headline: str
    paragraphs: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, headline: str, body: str) -> Text:
        lines = (line.strip() for line in body.splitlines())
        return cls(
            headline,
            tuple(tuple(re.split(r"(?<=[.!?”\"])\s+(?=[A-Z“\"])", line)) for line in lines if line),
        )

    @property
    def body(self) -> str:
        return "\n\n".join(" ".join(sentences) for sentences in self.paragraphs)


Edit = Callable[[Text, Text, random.Random], Text]


def cut_tail(text: Text, other: Text, rng: random.Random) -> Text:
    """Keep the first half of the words, up to the end of a sentence."""
    left, kept = len(text.body.split()) / 2, []
    for paragraph in text.paragraphs:
        sentences = []
        for sentence in paragraph:
            if left > 0:
                sentences.append(sentence)
                left -= len(sentence.split())
        if sentences:
            kept.append(tuple(sentences))
    return Text(text.headline, tuple(kept))


def new_lead(text: Text, other: Text, rng: random.Random) -> Text:
    """Replace the first paragraph by another article's."""
    return Text(text.headline, (other.paragraphs[0], *text.paragraphs[1:]))


def reorder(text: Text, other: Text, rng: random.Random) -> Text:
    """Shuffle the paragraphs."""
    return Text(text.headline, tuple(rng.sample(text.paragraphs, len(text.paragraphs))))


def rewrite_sentences(text: Text, other: Text, rng: random.Random) -> Text:
    """Replace three sentences in ten by another article's."""
    pool = [sentence for paragraph in other.paragraphs for sentence in paragraph]
    places = [(i, j) for i, p in enumerate(text.paragraphs) for j in range(len(p))]
    chosen = set(rng.sample(places, round(0.3 * len(places))))
    return Text(
        text.headline,
        tuple(
            tuple(rng.choice(pool) if (i, j) in chosen else s for j, s in enumerate(paragraph))
            for i, paragraph in enumerate(text.paragraphs)
        ),
    )


def replace_words(text: Text, other: Text, rng: random.Random) -> Text:
    """Replace three words in ten by another article's."""
    pool = other.body.split()

    def edited(sentence: str) -> str:
        return " ".join(rng.choice(pool) if rng.random() < 0.3 else w for w in sentence.split())

    return Text(text.headline, tuple(tuple(map(edited, p)) for p in text.paragraphs))


def change_headline(text: Text, other: Text, rng: random.Random) -> Text:
    """Replace the headline by another article's."""
    return Text(other.headline, text.paragraphs)


EDITS: dict[str, Edit] = {
    "tail cut to half": cut_tail,
    "new lead": new_lead,
    "paragraphs reordered": reorder,
    "30% of sentences": rewrite_sentences,
    "30% of words": replace_words,
    "new headline": change_headline,
}
KINDS = [*((name,) for name in EDITS), *combinations(EDITS, 2)]


def is_proposed(one: Fingerprint, other: Fingerprint, is_same_outlet: bool) -> bool:
    """Whether two texts of one day share a bucket and match, as in the warehouse."""
    shared = set(bands(one.phrases).tolist()) & set(bands(other.phrases).tolist())
    return bool(shared) and containment(one, other, 0, is_same_outlet) is not None


def originals(seed: int, count: int = ARTICLES) -> list[Text]:
    """Return a sample of PolNeAR and Wikinews articles of at least MIN_WORDS words."""
    texts = [
        (a.title, a.body)
        for split in polnear_articles.SPLITS
        for a in polnear_articles.articles(split)
    ]
    for path in sorted((corpora_folder() / "articles").glob("wikinews_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            texts += [(row["title"], row["text"]) for row in csv.DictReader(file)]
    long = [Text.of(title, body) for title, body in texts if len(body.split()) >= MIN_WORDS]
    return random.Random(seed).sample(long, count)


def recall(seed: int, count: int = ARTICLES) -> dict[str, tuple[float, float]]:
    """Return, by kind of edit, the share recognised in another outlet and in the same outlet."""
    rng = random.Random(seed)
    texts = originals(seed, count)
    hits: dict[str, list[int]] = {" + ".join(kind): [0, 0] for kind in KINDS}
    for i, text in enumerate(texts):
        known = fingerprint(text.headline, text.body)
        for kind in KINDS:
            edited = text
            for name in kind:
                other = texts[(i + rng.randrange(1, len(texts))) % len(texts)]
                edited = EDITS[name](edited, other, rng)
            print_ = fingerprint(edited.headline, edited.body)
            for is_same in (False, True):
                hits[" + ".join(kind)][is_same] += is_proposed(known, print_, is_same)
    return {kind: (a / len(texts), b / len(texts)) for kind, (a, b) in hits.items()}


def proposed(items: Iterable[reuters.Item]) -> list[tuple[int, int, float]]:
    """Return the pairs of items within the window that match, with their containment."""
    buckets: dict[int, list[int]] = defaultdict(list)
    known: dict[int, tuple[reuters.Item, Fingerprint]] = {}
    pairs = []
    for item in items:
        print_ = fingerprint(item.headline, item.body)
        near: set[int] = set()
        for band in bands(print_.phrases).tolist():
            near.update(buckets[band])
            buckets[band].append(item.number)
        for number in sorted(near):
            earlier, earlier_print = known[number]
            days = abs((item.published_on - earlier.published_on).days)
            if days > WINDOW_DAYS:
                continue
            share = containment(earlier_print, print_, days, item.outlet == earlier.outlet)
            if share is not None:
                pairs.append((number, item.number, share))
        known[item.number] = item, print_
    return pairs


def write_pairs(path: Path, seed: int, count: int, years: Collection[int] = ()) -> None:
    """Write a sample of unread proposed pairs: of Reuters, or of the releases of `years`."""
    items = {i.number: i for i in (releases.items(years) if years else reuters.items())}
    annotated = gold(RELEASES if years else REUTERS).values()
    known = {pair for draw in annotated for pair in draw}
    pairs = [pair for pair in proposed(items.values()) if pair[:2] not in known]
    sample = random.Random(seed).sample(pairs, min(count, len(pairs)))
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{len(pairs)} pairs proposed\n")
        for one, other, share in sorted(sample):
            file.write(f"\n=== {one} {other} {share}\n")
            for number in (one, other):
                item = items[number]
                body = " ".join(item.body.split())
                file.write(f"--- {item.published_on} {item.outlet} {item.headline}\n{body}\n")


def gold(name: str) -> dict[int, dict[tuple[int, int], bool]]:
    """Return the annotated pairs by draw: whether they are one story, by their two numbers."""
    draws: dict[int, dict[tuple[int, int], bool]] = defaultdict(dict)
    with (GOLD / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            pair = int(row["number_a"]), int(row["number_b"])
            draws[int(row["draw"])][pair] = row["is_same_story"] == "true"
    return draws


def report() -> None:
    """Print recall by kind of edit, precision on the annotated pairs, and the speed."""
    found = recall(SEED)
    for kind, shares in found.items():
        sys.stdout.write(f"{kind:<45} {shares[0]:.3f} {shares[1]:.3f}\n")
    mean = [sum(shares) / len(found) for shares in zip(*found.values(), strict=True)]
    sys.stdout.write(f"{'all kinds; in two outlets, in one':<45} {mean[0]:.3f} {mean[1]:.3f}\n")
    _report_precision("Reuters-21578", list(reuters.items()), REUTERS)
    _report_precision("press releases", list(releases.items(RELEASE_YEARS)), RELEASES)


def _report_precision(label: str, items: Sequence[reuters.Item], name: str) -> None:
    begin = time.process_time()
    pairs = {pair[:2] for pair in proposed(items)}
    seconds = time.process_time() - begin
    sys.stdout.write(
        f"{label}: {len(items):,} items, {len(pairs):,} pairs proposed, "
        f"{1000 * seconds / len(items):.2f} CPU seconds per 1,000 items\n"
    )
    unprocessed = {item.number for item in items if not item.is_processed}
    outlets = {item.number: item.outlet for item in items}
    everything: dict[tuple[int, int], bool] = {}
    for draw, annotated in gold(name).items():
        _print_precision(f"draw {draw}", annotated, pairs)
        if len(set(outlets.values())) > 1:
            for is_one_outlet, kind in ((False, "two outlets"), (True, "one outlet")):
                selected = {
                    pair: is_same
                    for pair, is_same in annotated.items()
                    if (outlets[pair[0]] == outlets[pair[1]]) == is_one_outlet
                }
                _print_precision(f"draw {draw}, {kind}", selected, pairs)
        everything |= annotated
    _print_precision("all annotated pairs", everything, pairs)
    if unprocessed:
        _print_precision(
            "of these, without unprocessed items",
            everything,
            {p for p in pairs if unprocessed.isdisjoint(p)},
        )


def _print_precision(
    label: str, annotated: Mapping[tuple[int, int], bool], pairs: Collection[tuple[int, int]]
) -> None:
    """Print the precision of the proposed pairs, with a 95% bootstrap interval."""
    same = [is_same for pair, is_same in annotated.items() if pair in pairs]
    lost = sum(is_same for pair, is_same in annotated.items() if pair not in pairs)
    rng = random.Random(SEED)
    drawn = sorted(sum(rng.choices(same, k=len(same))) / len(same) for _ in range(RESAMPLES))
    low, high = drawn[round(0.025 * RESAMPLES)], drawn[round(0.975 * RESAMPLES)]
    sys.stdout.write(
        f"{label}: {sum(same)} of {len(same)} pairs are one story, precision "
        f"{sum(same) / len(same):.3f} ({low:.3f} to {high:.3f}); "
        f"{lost} pairs of one story are not proposed\n"
    )


def main() -> None:
    """Print the measures, or write pairs to read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, help="write unread proposed pairs to this file")
    parser.add_argument(
        "--years",
        type=int,
        nargs="*",
        default=(),
        help="years of press releases (default: Reuters)",
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--count", type=int, default=PAIRS)
    args = parser.parse_args()
    if args.pairs:
        write_pairs(args.pairs, args.seed, args.count, args.years)
    else:
        report()


if __name__ == "__main__":
    main()
