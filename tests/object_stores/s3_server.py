"""An S3 server to run as a separate process: `python s3_server.py PORT`.

It is moto's server with two changes: object names may contain line breaks, as in S3 itself, and
responses for objects named `…cut…` stop in the middle, like a broken connection.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from moto import server
from moto.moto_server import utilities
from moto.moto_server.werkzeug_app import DomainDispatcherApplication


def main() -> None:
    begin = utilities.RegexConverter.__init__

    def with_line_breaks(self: Any, url_map: Any, *items: Any) -> None:
        begin(self, url_map, *items)
        self.regex = f"(?s:{self.regex})"

    utilities.RegexConverter.__init__ = with_line_breaks  # type: ignore[method-assign]
    answer = DomainDispatcherApplication.__call__

    def cut(self: Any, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = answer(self, environ, start_response)
        is_cut = environ["REQUEST_METHOD"] == "GET" and re.search("/.*cut", environ["PATH_INFO"])
        return _half(body) if is_cut else body

    DomainDispatcherApplication.__call__ = cut  # type: ignore[method-assign]
    server.main(["-H", "127.0.0.1", "-p", sys.argv[1]])


def _half(body: Iterable[bytes]) -> Iterator[bytes]:
    data = b"".join(body)
    yield data[: len(data) // 2]
    raise ConnectionError("cut, as the test requested")


if __name__ == "__main__":
    main()
