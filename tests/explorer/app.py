"""The app over the samples, as a process of its own, and what a visitor without a browser sees."""

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

_EXPLORE = "from etl.__main__ import main; main()"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


@dataclass(frozen=True)
class Answer:
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
        """Addresses of this server, in their order."""
        return [html.unescape(found) for found in re.findall(r'href="(/[^"]*)"', self.text)]

    def cells(self, caption: str) -> list[list[str]]:
        """The texts of a table's body."""
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
    """A running app."""

    address: str
    process: subprocess.Popen[str]
    settings: Settings

    def get(self, path: str, **headers: str) -> Answer:
        answer = self._ask(urllib.request.Request(self.address + path, headers=headers))
        return self.get(answer.headers["location"]) if answer.status == 307 else answer

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        data = urlencode(form).encode()
        return self._ask(urllib.request.Request(self.address + path, data, headers))

    def _ask(self, request: urllib.request.Request) -> Answer:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        try:
            with opener.open(request, timeout=60) as found:
                return Answer(found.status, found.read(), dict(found.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), dict(error.headers))


@contextmanager
def running(home: Path) -> Iterator[App]:
    """The app over a warehouse, begun as a user begins it and ended by Ctrl-C."""
    environment = os.environ | {"NEWSACTORS_HOME": str(home)}
    environment.pop("DAGSTER_HOME", None)
    process = subprocess.Popen(
        [sys.executable, "-c", _EXPLORE, "explore", "--port", "0", "--no-browser"],
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
