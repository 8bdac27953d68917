"""How well the body of a page is found: `python -m bench.layouts`, the table of docs/formats.md.

Belongs here: precision and recall of the words of a body, ours beside trafilatura's own defaults.
Does not belong here: the pages, of twelve site layouts (`tests/formats/layouts.py`).
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
"""What trafilatura's authors publish of it: 750 pages of all kinds, its version 1.2.2."""
Scores = dict[str, tuple[float, float]]


def ours(page: str) -> str:
    """The body as the reader of HTML gives it."""
    (item,) = read_file(page.encode(), "x.html")
    return item.article.body if item.article else ""


def theirs(page: str) -> str:
    """The text as trafilatura gives it to who asks for nothing special."""
    return trafilatura.extract(page) or ""


def scores(body_of: Callable[[str], str]) -> Scores:
    """Precision and recall of the words of the body, by layout."""
    from formats.layouts import LAYOUTS, TEXT

    wanted = _words(" ".join(TEXT))
    found = {}
    for name, page in LAYOUTS.items():
        got = _words(body_of(page))
        shared = (got & wanted).total()
        found[name] = shared / max(1, got.total()), shared / wanted.total()
    return found


def mean(found: Scores) -> tuple[float, float]:
    """Precision and recall, each layout counting the same."""
    return (
        sum(p for p, _ in found.values()) / len(found),
        sum(r for _, r in found.values()) / len(found),
    )


def f1(precision: float, recall: float) -> float:
    """Their harmonic mean."""
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
