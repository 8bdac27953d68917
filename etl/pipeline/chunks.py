"""Work on many items, some at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of a size, the last one shorter."""
    items = iter(items)
    while chunk := list(islice(items, size)):
        yield chunk
