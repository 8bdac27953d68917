"""Measures extraction of one very long text: `python -m bench.long_text [--bytes 5000000]`.

Belongs here: press releases of the corpora joined into one text, and the time and memory that
extracting it takes. Does not belong here: synthetic long texts
(`tests/extract/test_tagger_size.py`).
"""

from __future__ import annotations

import argparse
import gzip
import resource
import sys
import time
from itertools import accumulate, takewhile

from etl.domain import Article
from etl.extract import get_extractor
from training.corpora.documents import corpora_folder


def text(size: int) -> str:
    """Return whole releases, in file order, of at most `size` bytes in total."""
    path = corpora_folder() / "raw_text" / "congress_press_releases.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        releases = (line.rstrip("\n").rpartition("\t")[2] for line in file)
        sized = accumulate(
            ((release, len(release.encode()) + 2) for release in releases),
            lambda before, this: (this[0], before[1] + this[1]),
        )
        return "\n\n".join(release for release, _ in takewhile(lambda x: x[1] <= size, sized))


def main() -> int:
    """Extract the text and print the cost."""
    parser = argparse.ArgumentParser(prog="python -m bench.long_text", description=__doc__)
    parser.add_argument("--bytes", type=int, default=5_000_000, help="size of the text (5000000)")
    parser.add_argument("--extractor", default="tagger")
    args = parser.parse_args()
    body = text(args.bytes)
    extractor = get_extractor(args.extractor)
    began = time.perf_counter()
    found = extractor.extract(Article(None, body))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(
        f"{len(body):,} characters, {len(body.split()):,} words: {len(found.mentions):,} mentions, "
        f"{len(found.quotes):,} quotes in {time.perf_counter() - began:.0f} s "
        f"({time.process_time():.0f} s of CPU), {peak:.0f} MB peak memory"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
