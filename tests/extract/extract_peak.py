"""Script: extract texts of one kind in a separate process and print what each size costs.

`python extract_peak.py EXTRACTOR KIND SIZE…` prints a line of JSON per size: CPU seconds, the peak
memory so far in MB, and whether the name at the end of the text was found at its offsets.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import extract_texts as texts
from extract_noisy import noisy_extractor

from etl.domain import Article
from etl.extract import get_extractor

END = "\n\nAngela Merkel left."


def main(name: str, kind: str, sizes: list[int]) -> None:
    extractor = noisy_extractor() if name == "noisy" else get_extractor(name)
    extractor.extract(Article(None, texts.news(3_000)))  # loads the weights and word lists
    for size in sizes:
        body = texts.text(kind, size) + END
        began = time.process_time()
        mentions = extractor.extract(Article(None, body)).mentions
        seconds = time.process_time() - began
        unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes on macOS, kilobytes elsewhere
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        is_whole = any(body[m.char_start : m.char_end] == "Angela Merkel" for m in mentions[-3:])
        print(json.dumps({"seconds": seconds, "peak": peak, "is_whole": is_whole}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], [int(size) for size in sys.argv[3:]])
