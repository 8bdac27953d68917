"""Damages real files and their packed content, reproducibly by seed."""

from __future__ import annotations

import bz2
import email
import gzip
import io
import lzma
import plistlib
import random
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import cast

import pyarrow as pa

from formats.files import mhtml, pdf_of, tarred, webarchive, zipped, zstd

_TOKENS = (b"\0", b"\xff" * 4, b"<", b">", b"&", b'"', b"'", b"{", b"[", b"\n", b"99999999",
           b"<!ENTITY", b"]]>", b"\xef\xbb\xbf", b"%s%n", b"../../", b"\x1b[31m", b"-1", b"=?",
           b"<![CDATA[", b"<!--", b"\\", b"\r\n\r\n", b" 0 R", b"<<", b"\xff\xfe")  # fmt: skip
_REST = "rest"


def damaged(name: str, sources: Sequence[bytes], seed: int) -> bytes:
    """Return one of the files with damaged bytes, or with a damaged part in an intact container."""
    rng = random.Random(seed)
    return _damaged(name, rng.choice(sources), rng)


def _damaged(name: str, data: bytes, rng: random.Random) -> bytes:
    suffix = name.rsplit(".", 1)[-1]
    if suffix not in _PACKINGS or rng.random() < 0.5:
        return mutated(data, rng)
    unpack, pack = _PACKINGS[suffix]
    members = unpack(data)
    which = rng.choice(sorted(members))
    inner = name.removesuffix(f".{suffix}") if which == _REST else which
    members[which] = _damaged(inner, members[which], rng)
    return pack(members)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to eight mutations: flipped, cut, repeated or swapped bytes."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if not out:
            break
        at = rng.randrange(len(out))
        length = rng.randint(1, max(1, min(200, len(out) // 4)))
        match rng.randrange(7):
            case 0:
                out[at] ^= 1 << rng.randrange(8)
            case 1:
                del out[at : at + length]
            case 2:
                out[at:at] = rng.choice(_TOKENS)
            case 3:
                out[at:at] = out[at : at + length] * rng.randint(1, 20)
            case 4:
                out[at : at + length] = rng.randbytes(length)
            case 5:
                del out[at:]
            case 6:
                other = rng.randrange(len(out))
                out[at : at + length] = out[other : other + length]
    return bytes(out)


def _unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _untarred(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        files = ((m, archive.extractfile(m)) for m in archive if m.isreg())
        return {member.name: file.read() for member, file in files if file is not None}


def _unflated(data: bytes) -> dict[str, bytes]:
    """Return the content stream of a `files.pdf` page; repacking keeps only that."""
    match = re.search(rb"stream\n(.*)\nendstream", data, re.DOTALL)
    assert match is not None
    is_packed = b"/FlateDecode" in data
    return {"content": zlib.decompress(match[1]) if is_packed else match[1]}


def _one(
    unpack: Callable[[bytes], bytes], pack: Callable[[bytes], bytes]
) -> tuple[Callable[[bytes], dict[str, bytes]], Callable[[dict[str, bytes]], bytes]]:
    return (lambda data: {_REST: unpack(data)}), (lambda members: pack(members[_REST]))


def _unzstd(data: bytes) -> bytes:
    return bytes(pa.CompressedInputStream(pa.BufferReader(data), "zstd").read())


def _page_of(data: bytes) -> bytes:
    """Return the page in a `files.mhtml`; repacking puts it among the same other parts."""
    first = next(part for part in email.message_from_bytes(data).walk() if not part.is_multipart())
    return cast(bytes, first.get_payload(decode=True))


def _archived(page: bytes) -> bytes:
    whole = plistlib.loads(webarchive())
    whole["WebMainResource"]["WebResourceData"] = page
    return plistlib.dumps(whole, fmt=plistlib.FMT_BINARY)


_PACKINGS = {
    "gz": _one(gzip.decompress, lambda data: gzip.compress(data, 1)),
    "bz2": _one(bz2.decompress, bz2.compress),
    "xz": _one(lzma.decompress, lambda data: lzma.compress(data, preset=0)),
    "zst": _one(_unzstd, zstd),
    **dict.fromkeys(
        ("zip", "docx", "odt", "epub"), (_unzipped, lambda members: zipped({**members}))
    ),
    "mhtml": _one(_page_of, lambda page: mhtml(page=page.decode(errors="replace"))),
    "webarchive": _one(
        lambda data: plistlib.loads(data)["WebMainResource"]["WebResourceData"], _archived
    ),
    "tar": (_untarred, tarred),
    "pdf": (
        _unflated,
        lambda members: pdf_of(zlib.compress(members["content"]), "", "/Filter /FlateDecode"),
    ),
}
