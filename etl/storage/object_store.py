"""Lists and fetches objects of a store that fsspec supports (`s3://bucket/prefix`).

Only addresses that the user named, and objects in their listings, are ever requested: an address
inside a file never is. Credentials and the endpoint come from the environment, as for the store's
own tools; they are never stored, recorded or printed.

Belongs here: addresses, metadata from listings, helpful messages for store errors, prefetching.
Does not belong here: which objects are new (`storage.seen_files`) or settled (`storage.inbox`),
and what is in them (`etl.readers`).
"""

from __future__ import annotations

import re
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from etl.errors import NewsactorsError
from etl.storage.archive import ChangedError
from etl.storage.source_file import SourceFile, UnreachableError, UnreadableError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

FETCHES = 8
"""Concurrent fetches: a distant store takes 50 ms to respond, whatever the size."""
_BLOCK = 8 << 20
"""Bytes per request; also how much of an object is held in memory before it goes to disk."""
_EXTRAS = {"s3": "s3", "s3a": "s3"}
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "modify")
_CREDENTIALS = (
    "check the credentials (for s3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE) "
    "and that they may list and read this"
)
_NETWORK = "check the network and the endpoint (for s3: AWS_ENDPOINT_URL), and run again"
_NO_CONNECTION = {"EndpointConnectionError", "ConnectTimeoutError", "ConnectionRefusedError"}
_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}


class LocationError(NewsactorsError):
    """A location cannot be listed; the message says what is wrong, where, and what to do."""


class Store:
    """The objects at one address: a single object, a prefix, or a glob."""

    def __init__(self, address: str) -> None:
        self.address = address

    @cached_property
    def files(self) -> AbstractFileSystem:
        """The store, before any request. Raises LocationError if its package is not installed."""
        return _store_of(self.address)

    @cached_property
    def _path(self) -> str:
        """The address without its scheme, as the store names it."""
        return str(self.files._strip_protocol(self.address)).rstrip("/")

    @cached_property
    def _is_glob(self) -> bool:
        return bool(re.search(r"[*?\[]", self._path))

    def objects(self) -> list[SourceFile]:
        """Return all objects, by name. Raises LocationError if they cannot be listed."""
        files, path = self.files, self._path
        try:
            found = files.find(path, detail=True)
            if not found and self._is_glob:
                found = files.glob(path, detail=True)
        except Exception as error:
            raise _listing_error(self.address, error) from error
        return sorted(
            (self._candidate(name, info) for name, info in found.items() if _is_file(name, info)),
            key=lambda candidate: candidate.source_path,
        )

    def _candidate(self, name: str, info: dict[str, Any]) -> SourceFile:
        url = self.files.unstrip_protocol(name)
        etag = next((str(info[key]) for key in ("ETag", "etag", "md5Hash") if info.get(key)), "")
        return SourceFile(url, url, int(info.get("size") or 0), _time_of(info), etag.strip('"'))

    def below(self, source_path: str) -> str:
        """Return the part of an object's address below the named one; its last part for a glob."""
        if self._is_glob:
            return source_path.rpartition("/")[2]
        return source_path.removeprefix(self.files.unstrip_protocol(self._path)).lstrip("/")

    def covers(self, source_path: str) -> bool:
        """Whether `objects` would list an object with this address."""
        if source_path == self.address:
            return True
        if self._is_glob:
            from fsspec.utils import glob_translate

            pattern = glob_translate(self.files.unstrip_protocol(self._path))
            return re.fullmatch(pattern, source_path) is not None
        return source_path.startswith(self.files.unstrip_protocol(self._path) + "/")


def _store_of(address: str) -> AbstractFileSystem:
    """Return the store of an address; fsspec caches one per kind, host and thread."""
    import fsspec  # imported late: 0.4 s together with s3fs

    scheme = address.partition("://")[0]
    try:
        kind = fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        remedy = f"pip install 'newsactors[{extra}]'" if extra else str(error)
        raise LocationError(
            f"{scheme}:// needs a package that is not installed: {remedy}"
        ) from None
    except ValueError:
        raise LocationError(
            f"{address}: unknown scheme {scheme}://; use s3:// or another one that fsspec supports"
        ) from None
    try:
        found: AbstractFileSystem = kind(
            **kind._get_kwargs_from_urls(address), use_listings_cache=False
        )
    except Exception as error:
        raise _listing_error(address, error) from error
    return found


def _listing_error(address: str, error: Exception) -> LocationError:
    if isinstance(error, FileNotFoundError):
        why, remedy = "there is no such bucket or folder", "check the address"
    else:
        why, remedy = _explanation(error)
    return LocationError(f"cannot list {address}: {why}; {remedy}")


def fetched(
    candidates: Iterable[SourceFile], max_bytes: int, folder: Path
) -> Iterator[tuple[SourceFile, AbstractContextManager[BinaryIO]]]:
    """Yield each object with a context manager for its bytes, some of them prefetched.

    Entering raises UnreadableError (UnreachableError if the store does not respond at all),
    FileNotFoundError if the object no longer exists, and ChangedError if it was replaced while it
    was fetched. Objects above 8 MB are held in unnamed files in `folder`.
    """
    remaining = iter(candidates)
    with ThreadPoolExecutor(FETCHES, thread_name_prefix="fetch") as pool:

        def begin(count: int) -> Iterator[tuple[SourceFile, Future[BinaryIO]]]:
            for candidate in islice(remaining, count):
                files = _store_of(candidate.source_path)
                yield candidate, pool.submit(_fetch, files, candidate, max_bytes, folder)

        pending = deque(begin(FETCHES))
        try:
            while pending:
                candidate, future = pending.popleft()
                yield candidate, _result(future)
                pending.extend(begin(1))
        finally:
            for _, future in pending:
                future.cancel()


def _fetch(
    files: AbstractFileSystem, candidate: SourceFile, max_bytes: int, folder: Path
) -> BinaryIO:
    if candidate.size > max_bytes:
        raise UnreadableError(
            f"{candidate.size:,} bytes; at most {max_bytes:,} are read",
            "split the file, or raise NEWSACTORS_MAX_FILE_BYTES",
        )
    if candidate.source_path.endswith("/"):
        raise UnreadableError("its name ends with / like a folder's", "rename the object")
    content = SpooledTemporaryFile(_BLOCK, dir=str(folder))  # noqa: SIM115 - closed by the reader
    try:
        for data in _blocks(files, candidate):
            content.write(data)
    except BaseException:
        content.close()
        raise
    content.seek(0)
    return cast(BinaryIO, content)


def _blocks(files: AbstractFileSystem, candidate: SourceFile) -> Iterator[bytes]:
    """Yield the bytes of an object in order, all from one version of it."""
    path = files._strip_protocol(candidate.source_path)
    count = 0
    try:
        with files.open(path, "rb", block_size=_BLOCK, cache_type="readahead") as file:
            while data := file.read(_BLOCK):
                count += len(data)
                yield data
    except FileNotFoundError:
        raise
    except Exception as error:
        if type(error).__name__ == "FileExpired":
            raise ChangedError("it was replaced while it was being fetched") from error
        why, remedy = _explanation(error)
        kind = UnreachableError if _NO_CONNECTION & _names(error) else UnreadableError
        raise kind(why, remedy) from error
    if count != candidate.size:
        raise ChangedError(f"received {count:,} bytes instead of {candidate.size:,}")


@contextmanager
def _result(future: Future[BinaryIO]) -> Iterator[BinaryIO]:
    with future.result() as file:
        yield file


def _is_file(name: str, info: dict[str, Any]) -> bool:
    """Whether it is neither a folder nor the empty object by which some consoles mark one."""
    return info.get("type", "file") == "file" and not (name.endswith("/") and not info.get("size"))


def _time_of(info: dict[str, Any]) -> int:
    """Return when an object last changed, in ns since 1970; 0 if the store does not report it."""
    value = next((info[key] for key in _TIMES if info.get(key)), None)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return 0
    if isinstance(value, datetime):
        value = value if value.tzinfo else value.replace(tzinfo=UTC)
        return int(value.timestamp()) * 10**9 + value.microsecond * 1000
    return int(value * 10**9) if isinstance(value, int | float) else 0


def _names(error: BaseException) -> set[str]:
    """Return the class names of an error and its causes.

    Names and not classes, because the classes are in optional packages.
    """
    found = {kind.__name__ for kind in type(error).__mro__}
    cause = error.__cause__ or error.__context__
    return found | _names(cause) if cause is not None else found


def _explanation(error: Exception) -> tuple[str, str]:
    """Return what went wrong and what to do. Credentials before an @ in an address are removed."""
    names = _names(error)
    message = re.sub(r"//[^/@\s]*@", "//", " ".join(str(error).split()))[:300]
    if isinstance(error, PermissionError):
        return f"access was refused ({message})", _CREDENTIALS
    if _NO_CREDENTIALS & names:
        return f"there are no credentials ({message})", _CREDENTIALS
    if _NO_CONNECTION & names or isinstance(error, socket.gaierror):
        return f"there is no connection ({message})", _NETWORK
    return f"{type(error).__name__}: {message}", "the next run tries again"
