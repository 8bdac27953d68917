"""Runs the explorer as a subprocess, and reads its pages without a browser."""

from __future__ import annotations

import html
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from etl.settings import REPOSITORY, Settings

_RUN_CLI = "from etl.__main__ import main; main()"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


@dataclass(frozen=True)
class PageResponse:
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def links(self) -> list[str]:
        """URLs on this server, in document order."""
        return [html.unescape(url) for url in re.findall(r'href="(/[^"]*)"', self.text)]

    def link_to(self, start: str) -> str:
        """Return the first URL that begins like this."""
        return next(link for link in self.links if link.startswith(start))

    def cells(self, caption: str) -> list[list[str]]:
        """Return the cell texts of a table's body."""
        table = next(
            table
            for table in re.findall(r"<table>(.*?)</table>", self.text, re.DOTALL)
            if caption in table
        )
        body = table.partition("<tbody>")[2]
        return [
            [
                html.unescape(re.sub("<[^>]*>", "", cell)).strip()
                for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
            ]
            for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
        ]


@dataclass(frozen=True)
class App:
    """A running explorer."""

    address: str
    process: subprocess.Popen[str]
    settings: Settings

    def get(self, path: str, **headers: str) -> PageResponse:
        response = self._send(urllib.request.Request(self.address + path, headers=headers))
        return self.get(response.headers["location"]) if response.status == 307 else response

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> PageResponse:
        data = urlencode(form).encode()
        return self._send(urllib.request.Request(self.address + path, data, headers))

    def _send(self, request: urllib.request.Request) -> PageResponse:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        try:
            with opener.open(request, timeout=60) as response:
                return PageResponse(response.status, response.read(), dict(response.headers))
        except urllib.error.HTTPError as error:
            return PageResponse(error.code, error.read(), dict(error.headers))


@contextmanager
def running(home: Path) -> Iterator[App]:
    """Start the explorer over a warehouse as a user does, and stop it with Ctrl-C."""
    environment = os.environ | {"NEWSACTORS_HOME": str(home)}
    environment["DAGSTER_HOME"] = ""
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN_CLI, "explore", "--port", "0", "--no-browser"],
        env=environment,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        yield App(address, process, Settings.from_env({"NEWSACTORS_HOME": str(home)}))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
