"""Scores of an extractor on development data, printed and written into docs/quality.md.

Belongs here: the command, and tables as text. Does not belong here: the measures (`gold_scores`),
and tuning, which looks at training data only. The corpora are no part of the repository:
`NEWSACTORS_CORPORA` names their folder (default `../shared/corpora` beside the repository).

    python -m training.evaluation.evaluate [--only names,quotes] [--articles 10] [--extractor NAME] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import date
from pathlib import Path

from etl.domain import Article
from etl.extract import DEFAULT_EXTRACTOR, extractor_names, get_extractor
from training.evaluation.report import Table, markdown, plain_row
from training.evaluation.runner import CorpusRunner
from training.evaluation.scores import SECTIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "quality.md"
BEGIN, END = "<!-- measured: written by make eval -->", "<!-- end of measured -->"


def write_page(text: str, page: Path = PAGE) -> None:
    """Put the measured part between its two markers; ValueError where the page has none."""
    before, begin, rest = page.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no lines {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", "utf-8")


def main() -> int:
    """Print the scores, and write them when all were taken; 2 when the corpora are absent."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--extractor", choices=extractor_names(), default=DEFAULT_EXTRACTOR)
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, of: %(default)s")
    parser.add_argument("--articles", type=int, help="the first so many of each corpus")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    chosen = options.only.split(",")
    if unknown := set(chosen) - SECTIONS.keys():
        parser.error(f"no section is named {', '.join(unknown)}; known: {', '.join(SECTIONS)}")
    extractor = get_extractor(options.extractor)
    extractor.extract(Article("Loads", "what is loaded on first use."))
    runner = CorpusRunner(extractor, options.articles)
    measured: dict[str, list[Table]] = {}
    try:
        # Speed first: the peak of memory is the process's, whatever it has done before.
        for name in sorted(chosen, key=lambda name: name != "speed"):
            measured[name] = SECTIONS[name](runner)
    except FileNotFoundError as missing:
        print(f"no corpora: {missing}", file=sys.stderr)
        return 2
    measured = {name: measured[name] for name in SECTIONS if name in measured}
    said = (
        f"Extractor `{extractor.version}`, {date.today():%Y-%m-%d}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}.\n\n"
    )
    text = said + "\n".join(markdown(t) for tables in measured.values() for t in tables)
    if options.json:
        plain = {
            section: {
                table.title: [plain_row(table, row) for row in table.rows] for table in tables
            }
            for section, tables in measured.items()
        }
        print(json.dumps({"extractor": extractor.version, **plain}, ensure_ascii=False))
    else:
        print(text)
    if options.articles or len(measured) < len(SECTIONS) or options.extractor != DEFAULT_EXTRACTOR:
        print("not written: a part, or not the default extractor", file=sys.stderr)
    else:
        write_page(text)
        print(f"written to {os.path.relpath(PAGE)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
