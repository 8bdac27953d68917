"""Fuzzing of every reader, long form: `python -m bench.fuzz_readers [--inputs N] [FILE...]`.

Belongs here: damaging files at random and watching time and memory. Does not belong here: the
damage itself (`tests/formats/fuzz.py`), which the tests share. Prints a row a file of
tests/formats/files.py: inputs, crashes, verdicts that are defects, slowest input, peak memory.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from pathlib import Path

from etl.readers import read_file

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
MAX_SECONDS = 10
MAX_MEGABYTES = 1024


def fuzz(name: str, data: bytes, inputs: int, first: int = 0) -> bool:
    """Read so many damaged copies, print the row, and say whether all went well."""
    from formats.fuzz import mutated

    slowest, worst = 0.0, -1
    reasons: Counter[str] = Counter()
    defects: dict[str, int] = {}
    crashes = 0
    for seed in range(first, first + inputs):
        started = time.process_time()
        try:
            items = read_file(mutated(data, seed), name)
        except Exception as error:
            crashes += 1
            defects.setdefault(f"{type(error).__name__}: {error}"[:200], seed)
            continue
        if (spent := time.process_time() - started) > slowest:
            slowest, worst = spent, seed
        for item in items:
            reasons[item.rejection.reason if item.rejection else "article"] += 1
            if item.rejection and item.rejection.reason == "unreadable":
                defects.setdefault(item.rejection.detail[:200], seed)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name:15} {inputs:7,} inputs {crashes} crashes {len(defects)} defects "
          f"slowest {slowest:.2f} s (seed {worst}) peak {memory} MB {dict(reasons.most_common(6))}",
          flush=True)  # fmt: skip
    for defect, seed in defects.items():
        print(f"    seed {seed}: {defect}", flush=True)
    return not defects and slowest < MAX_SECONDS and memory < MAX_MEGABYTES


def main() -> None:
    """Fuzz the named files, or all; exit with 1 where anything went wrong."""
    from formats.files import FILES

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="FILE", help=", ".join(FILES))
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first input")
    given = parser.parse_args()
    names = given.names or list(FILES)
    outcomes = [fuzz(name, FILES[name], given.inputs, given.first) for name in names]
    sys.exit(not all(outcomes))


if __name__ == "__main__":
    main()
