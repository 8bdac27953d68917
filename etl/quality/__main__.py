"""Print the figures of an extractor on the gold set that ships with the package.

Belongs here: the command. Does not belong here: scoring (`evaluation`) and the files of figures
(`figures`).

    python -m etl.quality [--extractor NAME] [--json] [--record]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from etl.extract import DEFAULT_EXTRACTOR, extractor_names, get_extractor
from etl.quality.evaluation import score
from etl.quality.figures import (
    RECORDED,
    Record,
    gold_version,
    read_recorded,
    write_recorded,
)
from etl.quality.gold import read_gold


def main(arguments: Sequence[str] | None = None) -> int:
    """Score, print and, with --record, record."""
    parser = argparse.ArgumentParser("python -m etl.quality", description=__doc__.split("\n")[0])
    parser.add_argument("--extractor", choices=extractor_names(), default=DEFAULT_EXTRACTOR)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--record",
        action="store_true",
        help=f"write the figures to {RECORDED.name}; do this on a release",
    )
    options = parser.parse_args(arguments)
    extractor = get_extractor(options.extractor)
    gold = read_gold()
    scores = score(extractor, gold)
    before = read_recorded(RECORDED).get(options.extractor) if RECORDED.exists() else None
    if options.record:
        record = Record(extractor.version, gold_version(), scores.figures)
        write_recorded(options.extractor, record, RECORDED)
    if options.json:
        print(json.dumps({"extractor": extractor.version, "figures": scores.figures}))
        return 0
    print(f"{extractor.version} on {len(gold)} gold articles\n")
    print(f"{'':<16}{'precision':>10}{'recall':>8}{'F1':>7}{'recorded':>10}")
    for name, rates in scores.rates.items():
        was = f"{before.figures[name]:.1f}" if before and name in before.figures else "-"
        print(f"{name:<16}{rates.precision:>10.1f}{rates.recall:>8.1f}{rates.f1:>7.1f}{was:>10}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
