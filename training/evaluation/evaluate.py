"""Scores an extractor on development data, and writes the tables into docs/quality.md.

Belongs here: the command, and the page. Does not belong here: the measures
(`training.evaluation.scores`), tables as text (`training.evaluation.report`), tuning, which uses
training data only. The corpora are not part of the repository: `NEWSACTORS_CORPORA` names their
folder (default `../shared/corpora` beside the repository).

    python -m training.evaluation.evaluate [--only names,quotes] [--articles 10]
                                           [--extractor NAME] [--json]
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
    """Replace the text between the page's two markers. Raises ValueError if it has none."""
    before, begin, rest = page.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no lines {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", "utf-8")


def main() -> int:
    """Print the scores; write them if all were measured. Return 2 if the corpora are missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--extractor", choices=extractor_names(), default=DEFAULT_EXTRACTOR)
    parser.add_argument(
        "--only", default=",".join(SECTIONS), help="sections to measure (default: %(default)s)"
    )
    parser.add_argument(
        "--articles", type=int, help="number of articles of each corpus (default: all)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    chosen = options.only.split(",")
    if unknown := set(chosen) - SECTIONS.keys():
        parser.error(f"no section is named {', '.join(unknown)}; known: {', '.join(SECTIONS)}")
    extractor = get_extractor(options.extractor)
    extractor.extract(Article("Warm-up", "Loads what is loaded on first use."))
    runner = CorpusRunner(extractor, options.articles)
    measured: dict[str, list[Table]] = {}
    try:
        # Speed first: peak memory is that of the whole process so far.
        for name in sorted(chosen, key=lambda name: name != "speed"):
            measured[name] = SECTIONS[name](runner)
    except FileNotFoundError as missing:
        print(f"corpora missing: {missing}", file=sys.stderr)
        return 2
    measured = {name: measured[name] for name in SECTIONS if name in measured}
    origin = (
        f"Extractor `{extractor.version}`, {date.today():%Y-%m-%d}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}.\n\n"
    )
    text = origin + "\n".join(markdown(t) for tables in measured.values() for t in tables)
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
        print(
            "page not written: only part was measured, or not the default extractor",
            file=sys.stderr,
        )
    else:
        write_page(text)
        print(f"wrote {os.path.relpath(PAGE)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
