"""Objects of a store that fsspec reaches (`s3://bucket/prefix`): listing them and fetching them.

Belongs here: addresses, what a listing tells of an object, errors of stores in words that help,
and fetching ahead. Does not belong here: which objects are new (`state`) or ready (`inbox`), and
what is in them.

Asked for is only what the user named and what its listing holds: nothing inside a file is ever an
address here. Credentials and the endpoint come from the environment, as the store's own tools read
them; none is kept, recorded or said.
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
"""Objects on their way at once: a store far away answers in 50 ms, whatever the size."""
_BLOCK = 8 << 20
"""Bytes of one request; of an object so many are in memory, what is above lies on disk."""
_EXTRAS = {"s3": "s3", "s3a": "s3"}
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "modify")
_CREDENTIALS = (
    "check the credentials (for s3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE) "
    "and their right to list and read this"
)
_NETWORK = "check the network and the endpoint (for s3: AWS_ENDPOINT_URL), and run again"
_NO_CONNECTION = {"EndpointConnectionError", "ConnectTimeoutError", "ConnectionRefusedError"}
_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}


class LocationError(NewsactorsError):
    """A place cannot be listed; the message says what, where, and what to do."""


class Store:
    """The objects at one address: one object, all under a prefix, or those that match a glob."""

    def __init__(self, address: str) -> None:
        self.address = address

    @cached_property
    def files(self) -> AbstractFileSystem:
        """The store; asked for nothing yet. Raises LocationError where its package is missing."""
        return _store_of(self.address)

    @cached_property
    def _path(self) -> str:
        """The address as the store's own path, without its scheme."""
        return str(self.files._strip_protocol(self.address)).rstrip("/")

    @cached_property
    def _is_glob(self) -> bool:
        return bool(re.search(r"[*?\[]", self._path))

    def objects(self) -> list[SourceFile]:
        """All objects, by name. Raises LocationError where they cannot be listed."""
        files, path = self.files, self._path
        try:
            found = files.find(path, detail=True)
            if not found and self._is_glob:
                found = files.glob(path, detail=True)
        except Exception as error:
            raise _refused(self.address, error) from error
        return sorted(
            (self._candidate(name, info) for name, info in found.items() if _is_file(name, info)),
            key=lambda candidate: candidate.source_path,
        )

    def _candidate(self, name: str, info: dict[str, Any]) -> SourceFile:
        url = self.files.unstrip_protocol(name)
        etag = next((str(info[key]) for key in ("ETag", "etag", "md5Hash") if info.get(key)), "")
        return SourceFile(url, url, int(info.get("size") or 0), _time_of(info), etag.strip('"'))

    def below(self, source_path: str) -> str:
        """The part of an object's address that the user did not name; all of it for a glob."""
        if self._is_glob:
            return source_path.rpartition("/")[2]
        return source_path.removeprefix(self.files.unstrip_protocol(self._path)).lstrip("/")

    def covers(self, source_path: str) -> bool:
        """Whether an object of this address would stand in `objects`."""
        if source_path == self.address:
            return True
        if self._is_glob:
            from fsspec.utils import glob_translate

            pattern = glob_translate(self.files.unstrip_protocol(self._path))
            return re.fullmatch(pattern, source_path) is not None
        return source_path.startswith(self.files.unstrip_protocol(self._path) + "/")


def _store_of(address: str) -> AbstractFileSystem:
    """The store of an address; fsspec keeps one of each kind, host and thread."""
    import fsspec  # not before it is needed: with s3fs 0.4 s

    scheme = address.partition("://")[0]
    try:
        kind = fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        how = f"pip install 'newsactors[{extra}]'" if extra else str(error)
        raise LocationError(f"{scheme}:// needs a package that is not installed: {how}") from None
    except ValueError:
        raise LocationError(
            f"{address}: {scheme}:// is not known; use s3:// or another scheme of fsspec"
        ) from None
    try:
        found: AbstractFileSystem = kind(
            **kind._get_kwargs_from_urls(address), use_listings_cache=False
        )
    except Exception as error:
        raise _refused(address, error) from error
    return found


def _refused(address: str, error: Exception) -> LocationError:
    if isinstance(error, FileNotFoundError):
        why, remedy = "there is no such bucket or folder", "check the address"
    else:
        why, remedy = _told(error)
    return LocationError(f"cannot list {address}: {why}; {remedy}")


def fetched(
    candidates: Iterable[SourceFile], max_bytes: int, folder: Path
) -> Iterator[tuple[SourceFile, AbstractContextManager[BinaryIO]]]:
    """Each object with its bytes, some fetched ahead; entering raises what went wrong.

    That is UnreadableError (UnreachableError where the store is not there at all),
    FileNotFoundError where the object has gone, and ChangedError where it was replaced while it
    was fetched. What is above 8 MB lies in `folder` meanwhile, unnamed.
    """
    todo = iter(candidates)
    with ThreadPoolExecutor(FETCHES, thread_name_prefix="fetch") as pool:

        def begin(count: int) -> Iterator[tuple[SourceFile, Future[BinaryIO]]]:
            for candidate in islice(todo, count):
                files = _store_of(candidate.source_path)
                yield candidate, pool.submit(_fetch, files, candidate, max_bytes, folder)

        under_way = deque(begin(FETCHES))
        try:
            while under_way:
                candidate, future = under_way.popleft()
                yield candidate, _result(future)
                under_way.extend(begin(1))
        finally:
            for _, future in under_way:
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
        raise UnreadableError("its name ends with /, as that of a folder", "rename the object")
    kept = SpooledTemporaryFile(_BLOCK, dir=str(folder))  # noqa: SIM115 - closed by who reads it
    try:
        for data in _pieces(files, candidate):
            kept.write(data)
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return cast(BinaryIO, kept)


def _pieces(files: AbstractFileSystem, candidate: SourceFile) -> Iterator[bytes]:
    """The bytes of an object, in the order of the object, all of one version of it."""
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
        why, remedy = _told(error)
        kind = UnreachableError if _NO_CONNECTION & _names(error) else UnreadableError
        raise kind(why, remedy) from error
    if count != candidate.size:
        raise ChangedError(f"{count:,} bytes came of {candidate.size:,}")


@contextmanager
def _result(future: Future[BinaryIO]) -> Iterator[BinaryIO]:
    with future.result() as file:
        yield file


def _is_file(name: str, info: dict[str, Any]) -> bool:
    """Not a folder, nor the empty object that stands for one in some consoles."""
    return info.get("type", "file") == "file" and not (name.endswith("/") and not info.get("size"))


def _time_of(info: dict[str, Any]) -> int:
    """When an object was last changed, in ns since 1970; 0 where the store does not tell."""
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
    """The classes of an error and of what caused it, by name: they are of optional packages."""
    found = {kind.__name__ for kind in type(error).__mro__}
    cause = error.__cause__ or error.__context__
    return found | _names(cause) if cause is not None else found


def _told(error: Exception) -> tuple[str, str]:
    """What went wrong and what to do, in words; without what stands before an @ in an address."""
    names = _names(error)
    said = re.sub(r"//[^/@\s]*@", "//", " ".join(str(error).split()))[:300]
    if isinstance(error, PermissionError):
        return f"access was refused ({said})", _CREDENTIALS
    if _NO_CREDENTIALS & names:
        return f"there are no credentials ({said})", _CREDENTIALS
    if _NO_CONNECTION & names or isinstance(error, socket.gaierror):
        return f"there is no connection ({said})", _NETWORK
    return f"{type(error).__name__}: {said}", "the next run tries again"
