"""Scores body extraction from HTML: `python -m bench.layouts` prints the table of docs/formats.md.

Belongs here: precision and recall of the words of a body, ours and with trafilatura's defaults.
Does not belong here: the pages of twelve site layouts (`tests/formats/layouts.py`).
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import trafilatura

from etl.readers import read_file

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
PUBLISHED = 0.914, 0.904
"""Precision and recall as trafilatura's authors publish them: 750 pages, version 1.2.2."""
Scores = dict[str, tuple[float, float]]


def ours(page: str) -> str:
    """Return the body as our HTML reader extracts it."""
    (item,) = read_file(page.encode(), "x.html")
    return item.article.body if item.article else ""


def theirs(page: str) -> str:
    """Return the text as trafilatura extracts it with default options."""
    return trafilatura.extract(page) or ""


def scores(body_of: Callable[[str], str]) -> Scores:
    """Return precision and recall of the words of the body, 0 to 1, by layout."""
    from formats.layouts import LAYOUTS, TEXT

    wanted = _words(" ".join(TEXT))
    found = {}
    for name, page in LAYOUTS.items():
        got = _words(body_of(page))
        shared = (got & wanted).total()
        found[name] = shared / max(1, got.total()), shared / wanted.total()
    return found


def mean(found: Scores) -> tuple[float, float]:
    """Return mean precision and recall over layouts."""
    return (
        sum(p for p, _ in found.values()) / len(found),
        sum(r for _, r in found.values()) / len(found),
    )


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean of precision and recall."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def main() -> None:
    """Print the table."""
    mine, plain = scores(ours), scores(theirs)
    mine["**all**"], plain["**all**"] = mean(mine), mean(plain)
    print("| layout | newsactors: P, R, F1 | `trafilatura.extract`: P, R, F1 |\n|---|---|---|")
    for name, found in mine.items():
        cells = [f"{p:.3f} {r:.3f} {f1(p, r):.3f}" for p, r in (found, plain[name])]
        print(f"| {name} | {' | '.join(cells)} |")
    precision, recall = PUBLISHED
    print(f"| published (750 pages) | | {precision} {recall} {f1(precision, recall):.3f} |")


if __name__ == "__main__":
    main()
