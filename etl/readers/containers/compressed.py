"""gzip, bzip2, xz and zstandard: a single compressed file, decompressed as it is read.

Belongs here: recognising compression and decompressing. Does not belong here: archives of many
files (`zip_archive`, `tar_archive`), limits on unpacked bytes (`readers.source`).
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, TypeAlias, cast

import pyarrow as pa

from etl.readers.reader import Part
from etl.readers.source import HEAD_BYTES, Source

name = "compressed"

_XZ_MEMORY = 256 << 20
_Decoder: TypeAlias = "lzma.LZMADecompressor | bz2.BZ2Decompressor"


class _Streams(io.RawIOBase):
    """One or several streams of xz or bzip2, with zeros between them or at the end.

    `lzma.LZMAFile` would allocate the gigabytes that a hostile header requests, and `bz2.BZ2File`
    takes a damaged stream behind the first for the end of the file.
    """

    def __init__(self, stream: BinaryIO, new: Callable[[], _Decoder]) -> None:
        self.stream = stream
        self.new = new
        self.decoder = new()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while True:
            if self.decoder.eof:
                data = self.decoder.unused_data.lstrip(b"\0")
                while not data:
                    if not (data := self.stream.read(HEAD_BYTES)):
                        return b""
                    data = data.lstrip(b"\0")
                self.decoder = self.new()
            else:
                data = self.stream.read(HEAD_BYTES) if self.decoder.needs_input else b""
                if not data and self.decoder.needs_input:
                    raise EOFError("its end is missing")
            if found := self.decoder.decompress(data, size):
                return found


def _xz(stream: BinaryIO) -> BinaryIO:
    new = partial(lzma.LZMADecompressor, memlimit=_XZ_MEMORY)
    return cast(BinaryIO, _Streams(stream, new))


def _bzip2(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, _Streams(stream, bz2.BZ2Decompressor))


def _zstd(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd"))


_KINDS: tuple[tuple[bytes, str, Callable[[BinaryIO], BinaryIO]], ...] = (
    (b"\x1f\x8b\x08", "gzip", lambda stream: cast(BinaryIO, gzip.GzipFile(fileobj=stream))),
    (b"BZh", "bzip2", _bzip2),
    (b"\xfd7zXZ\x00", "xz", _xz),
    (b"(\xb5/\xfd", "zstandard", _zstd),
)


def sniff(head: bytes, path: str) -> float:
    """Certain if the magic bytes match."""
    if head.startswith(b"BZh") and head[4:10] != b"1AY&SY":
        return 0.0  # a text may begin with these letters
    return 1.0 if any(head.startswith(magic) for magic, _, _ in _KINDS) else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the only member, named as the file without its last suffix."""
    kind, unpack = next((k, u) for magic, k, u in _KINDS if source.head.startswith(magic))
    yield source.member(unpack(cast(BinaryIO, source.stream)), None, kind)
