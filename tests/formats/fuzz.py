"""Damage to real files: bytes flipped, cut, doubled, swapped, and numbers made huge."""

from __future__ import annotations

import random

_TOKENS = (b"\0", b"\xff" * 4, b"<", b">", b"&", b'"', b"'", b"{", b"[", b"\n", b"99999999",
           b"<!ENTITY", b"]]>", b"\xef\xbb\xbf", b"%s%n", b"../../", b"\x1b[31m")  # fmt: skip


def mutated(data: bytes, seed: int) -> bytes:
    """The file with one to eight damages, the same for the same seed."""
    rng = random.Random(seed)
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
