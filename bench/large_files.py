"""Measures reading a file of a gigabyte: `python -m bench.large_files [--megabytes N] [FORMAT...]`.

Belongs here: generating large files, and the cost of reading each: CPU time, items, and peak memory
of the reading process. The articles have 100 KB, or 1 KB in `records.jsonl`, where one is cut off.
Does not belong here: small damaged files (`bench.fuzz_readers`). Prints a row per format.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from etl.readers import read_items

ARTICLE_CHARS = 100_000
_SENTENCE = "The bank of number {n} said on day {i} that it owed its customers the truth. "


def bodies(megabytes: int) -> Iterator[tuple[int, str]]:
    """Yield numbered texts, all different, of `megabytes` in total."""
    for n in range(megabytes * 1_000_000 // ARTICLE_CHARS):
        text = "".join(_SENTENCE.format(n=n, i=i) for i in range(20))
        text += "\n\n" + "And so on, as it said the day before. " * 2_600
        yield n, text[:ARTICLE_CHARS]


def _jsonl(file: BinaryIO, megabytes: int) -> None:
    for n, text in bodies(megabytes):
        record = {"title": f"Bank {n} and the truth", "text": text, "date": "2025-06-24"}
        file.write(json.dumps(record).encode() + b"\n")


def _records(file: BinaryIO, megabytes: int) -> None:
    """Write a thousand short records per megabyte; the one in the middle is cut off."""
    count = megabytes * 1000
    for n in range(count):
        text = "".join(_SENTENCE.format(n=n, i=i) for i in range(12))[:900]
        record = json.dumps({"title": f"Bank {n} and the truth", "text": text})
        file.write((record[:-9] if n == count // 2 else record).encode() + b"\n")


def _csv(file: BinaryIO, megabytes: int) -> None:
    wrapped = TextIOWrapper(file, "utf-8", newline="")
    rows = csv.writer(wrapped)
    rows.writerow(("title", "text", "date"))
    for n, text in bodies(megabytes):
        rows.writerow((f"Bank {n} and the truth", text, "2025-06-24"))
    wrapped.flush()
    wrapped.detach()


def _sgml(file: BinaryIO, megabytes: int) -> None:
    for n, text in bodies(megabytes):
        file.write(
            f'<REUTERS NEWID="{n}">\n<DATE>24-JUN-1987 15:01:01.79</DATE>\n<TEXT>\n'
            f"<TITLE>BANK {n} AND THE TRUTH</TITLE>\n<BODY>{text}</BODY></TEXT>\n"
            "</REUTERS>\n".encode()
        )


def _text(n: int, text: str) -> bytes:
    return f" date 2025-06-24 Bank {n} and the truth\n\n{text}\n".encode()


def _tar(file: BinaryIO, megabytes: int) -> None:
    with tarfile.open(fileobj=file, mode="w|") as archive:
        for n, text in bodies(megabytes):
            member = tarfile.TarInfo(f"{n}.txt")
            member.size = len(data := _text(n, text))
            archive.addfile(member, BytesIO(data))


def _zip(file: BinaryIO, megabytes: int) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for n, text in bodies(megabytes):
            archive.writestr(f"{n}.txt", _text(n, text))


def _warc(file: BinaryIO, megabytes: int) -> None:
    """Write a page of 4 KB per article and a picture of the remaining bytes, as in a crawl."""
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed:
        writer = WARCWriter(packed, gzip=False)
        for n, text in bodies(megabytes):
            page = f"<html><body><article><p>{text[:4000]}</p></article></body></html>".encode()
            picture = os.urandom(ARTICLE_CHARS - len(page))
            for kind, data in (("text/html", page), ("image/png", picture)):
                headers = StatusAndHeaders("200 OK", [("Content-Type", kind)], protocol="HTTP/1.1")
                writer.write_record(
                    writer.create_warc_record(
                        f"https://courier.example/{n}",
                        "response",
                        payload=BytesIO(data),
                        http_headers=headers,
                    )
                )


FORMATS: dict[str, Callable[[BinaryIO, int], None]] = {
    "x.jsonl": _jsonl,
    "records.jsonl": _records,
    "x.csv": _csv,
    "x.sgm": _sgml,
    "x.tar": _tar,
    "x.zip": _zip,
    "x.warc.gz": _warc,
}


def read(name: str, path: Path) -> None:
    """Read the file in this process and print the cost."""
    with path.open("rb") as file:
        started = time.process_time()
        articles = rejected = 0
        for item in read_items(file, path.stat().st_size, name):
            articles += item.article is not None
            rejected += item.article is None
    seconds = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"| {name} | {path.stat().st_size / 1e6:,.0f} MB | {articles:,} | {rejected} "
        f"| {seconds:.0f} s | {memory} MB |",
        flush=True,
    )


def main() -> None:
    """Generate and read a file of each format, one at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("--megabytes", type=int, default=1000, help="size of each file (1000)")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        read(given.names[0], given.read)
        return
    for name in given.names or FORMATS:
        with tempfile.NamedTemporaryFile() as file:
            FORMATS[name](file, given.megabytes)  # type: ignore[arg-type]
            file.flush()
            # In its own process, so that the peak memory is that of this file.
            subprocess.run(
                [sys.executable, "-m", "bench.large_files", name, "--read", file.name],
                check=True,
                env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},
            )


if __name__ == "__main__":
    main()
