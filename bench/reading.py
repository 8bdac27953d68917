"""Measures reading: `python -m bench.reading FOLDER… [--beside CHECKOUT] [--times N]`.

Reads each file below the folders and prints the processor time a file takes. `--beside` reads each
file with the code of another checkout too, right before or after: one process for each, so that
other work on the machine slows both alike.
Belongs here: `etl.readers` alone, on files that are at hand. Does not belong here: files of a
gigabyte (`bench.large_files`), a whole ingest (`bench.end_to_end`).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

_READER = """
import sys, time
from pathlib import Path
from etl.readers import read_file
for line in sys.stdin:
    path = Path(line.rstrip("\\n"))
    data = path.read_bytes()
    start = time.process_time()
    read_file(data, path.name)
    print(time.process_time() - start, flush=True)
"""


class Reader:
    """A process that reads files with the code of a checkout, and says how long each took."""

    def __init__(self, checkout: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _READER],
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": str(checkout)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, path: Path) -> float:
        """Return the processor time of reading a file."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def main() -> None:
    """Measure this checkout, and another one beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--beside", type=Path, help="folder of another checkout")
    parser.add_argument("--times", type=int, default=3, help="the least of so many counts")
    options = parser.parse_args()
    files = [p.resolve() for f in options.folders for p in sorted(f.rglob("*")) if p.is_file()]
    checkouts = [Path(__file__).parents[1], *([options.beside] if options.beside else [])]
    readers = [Reader(checkout.resolve()) for checkout in checkouts]
    for reader in readers:
        for path in files[:3]:
            reader.seconds(path)  # imports and models
    least: list[list[float]] = [[] for _ in readers]
    for number, path in enumerate(files):
        taken: list[list[float]] = [[] for _ in readers]
        for turn in range(options.times):
            order = range(len(readers)) if (number + turn) % 2 else reversed(range(len(readers)))
            for which in order:
                taken[which].append(readers[which].seconds(path))
        for all_least, of_file in zip(least, taken, strict=True):
            all_least.append(min(of_file))
    for checkout, times in zip(checkouts, least, strict=True):
        mean, median = statistics.fmean(times), statistics.median(times)
        print(f"{checkout}: {len(times):,} files, {1000 * mean:.2f} ms each, median "
              f"{1000 * median:.2f} ms")  # fmt: skip
    if len(least) == 2:
        print(f"ratio {sum(least[0]) / sum(least[1]):.3f}")
    for reader in readers:
        reader.process.communicate()


if __name__ == "__main__":
    main()
