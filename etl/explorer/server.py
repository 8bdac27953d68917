"""The app on 127.0.0.1: addresses -> views, suggestions while one types, exports, corrections.

Belongs here: HTTP, and who may ask. Does not belong here: what stands on a page (`views`), HTML
(`rendering`). A page asks for nothing from another machine, and other sites cannot ask for a page's
data or make it change anything: the name that a browser asked for must be this machine's, and a
change needs the token of a page of ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import secrets
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

import duckdb
import pyarrow as pa
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from etl import __version__
from etl.corrections.csv_file import RegistryError
from etl.corrections.records import CorrectionError
from etl.errors import first_line
from etl.explorer import rendering
from etl.explorer.blocks import Column, Link, Note, Page, Row, Section, Table, Waiting
from etl.explorer.connections import PublishedConnections
from etl.explorer.correction_worker import CorrectionWorker
from etl.explorer.name_search import NameSearch
from etl.explorer.quote_index import QuoteIndex
from etl.explorer.view_request import NotFoundError, RequestError, ViewRequest
from etl.explorer.views import MENU, VIEWS
from etl.explorer.views.corrections import meant
from etl.explorer.views.links import to_actor, type_name
from etl.pipeline import submit_correction
from etl.query import published
from etl.query.display import counted
from etl.query.export import plain, write_rows
from etl.query.names import prepare_folding
from etl.settings import Settings

_LOG = logging.getLogger("uvicorn.error")
HOST = "127.0.0.1"
NAMES = ["127.0.0.1", "localhost"]
FORMATS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
MOST_FORM_BYTES = 64 << 10

HEADERS = {
    # Vega makes functions of its expressions; scripts come from this server only.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Explorer:
    """The routes, over one warehouse."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.published = PublishedConnections(settings)
        self.applier = CorrectionWorker(settings)
        self.token = secrets.token_urlsafe()
        self.index = QuoteIndex(settings)
        self._indexed = ""
        self._indexing = threading.Lock()

    def app(self) -> Starlette:
        """The application, for any ASGI server."""

        @contextlib.asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            self._prepare_beside()
            yield
            self.published.close()

        return Starlette(
            routes=[
                Route("/", lambda request: RedirectResponse("/today")),
                Route("/published", self._published),
                Route("/suggest", self._suggest),
                Route("/static/{name}", _static),
                Route("/export/{view}/{table}.{form}", self._export),
                Route("/corrections", self._correct, methods=["POST"]),
                Route("/{view:path}", self._view),
            ],
            middleware=[
                Middleware(TrustedHostMiddleware, allowed_hosts=NAMES, www_redirect=False),
                Middleware(GZipMiddleware),
            ],
            lifespan=lifespan,
        )

    def _published(self, request: Request) -> Response:
        snapshot, is_applying = self.published.snapshot(), self.applier.is_applying
        if snapshot != self._indexed:
            self._prepare_beside()
        return JSONResponse({"snapshot": snapshot, "is_applying": is_applying}, headers=HEADERS)

    def _view(self, request: Request) -> Response:
        view, parameters = request.path_params["view"], _parameters(request)
        snapshot = self.published.snapshot()
        status, page = self._page(view, parameters)
        if status == 200 and view == "actor" and "name" in parameters and "id" in page.parameters:
            # Addresses that are shared name the actor, not what somebody typed.
            asked = parameters | {"id": [page.parameters["id"]], "asked": parameters["name"]}
            return RedirectResponse(
                "/actor?" + urlencode({k: v for k, v in asked.items() if k != "name"}, doseq=True)
            )
        export = _exports(view, parameters) if status == 200 else None
        return self._shown(status, page, export=export, snapshot=snapshot)

    def _shown(self, status: int, page: Page, **about: Any) -> Response:
        html = rendering.html(
            page,
            rendering.address,
            token=self.token,
            home=Link("today"),
            links=[(name, label, f"/{name}") for name, label in MENU.items()],
            footer=f"newsactors {__version__}, publish {about.get('snapshot') or 'none'}. Every "
            "number leads to the articles behind it; “/” goes to the search.",
            **about,
        )
        return Response(html, status, HEADERS, "text/html")

    def _page(
        self, view: str, parameters: Mapping[str, list[str]], *, is_export: bool = False
    ) -> tuple[int, Page]:
        if view not in VIEWS:
            back = Note("There is no such page.", links=[("Today", Link("today"))])
            return 404, Page(view, "Not here", [Section("", [back])])
        try:
            with self._asking(parameters, is_export=is_export) as ask:
                page = VIEWS[view](ask)
        except RequestError as error:
            return 400, _error_page(view, "That cannot be asked", str(error))
        except NotFoundError as error:
            return 404, _disambiguation_page(view, error, parameters)
        except published.NotPublishedError as error:
            return 503, _error_page(view, "Nothing is published yet", str(error))
        except duckdb.Error as error:
            told = f"{first_line(error)}; `newsactors doctor` looks what is damaged"
            return 500, _error_page(view, "The published file cannot be read", told)
        if view == "corrections":
            page = self._with_state(page, parameters)
        return 200, page

    @contextlib.contextmanager
    def _asking(self, parameters: Mapping[str, list[str]], *, is_export: bool = False) -> Any:
        with self.published.cursor() as (con, memory):
            prepare_folding(con)
            yield ViewRequest(con, self.settings, parameters, memory, self.index, is_export)

    def _prepare_beside(self) -> None:
        threading.Thread(target=self.prepare, daemon=True).start()

    def prepare(self) -> None:
        """Make what later requests need of a snapshot: names to suggest, and the index of quotes.

        Without them pages are slower and quotes not ranked, but all the same there.
        """
        snapshot = self.published.snapshot()
        if not snapshot or snapshot == self._indexed or not self._indexing.acquire(blocking=False):
            return
        try:
            with self._asking({}) as ask:
                ask.remembered("names", lambda: NameSearch(ask.con))
                self.index.update(ask.con)
            self._indexed = snapshot
        except (OSError, sqlite3.Error, duckdb.Error, published.ReadError) as error:
            self._indexed = snapshot  # again with the next one
            _LOG.warning("quotes are searched without ranks: %s", error)
        finally:
            self._indexing.release()

    def _with_state(self, page: Page, parameters: Mapping[str, list[str]]) -> Page:
        """The page of corrections, with what becomes of those that were recorded on it."""
        recorded = "".join(parameters.get("recorded", []))
        history = page.tables.get("history")
        rows = history.rows if history else []
        told = next((r["what"] for r in rows if r["correction_id"] == recorded), recorded)
        blocks: list[Note | Waiting] = []
        if self.applier.is_applying:
            text = f"{told or 'A correction'}: recorded, and being applied …"
            blocks.append(Waiting(text, Link("corrections", {"recorded": recorded})))
        elif self.applier.error:
            text = f"Recorded, but not applied yet: {self.applier.error}"
            blocks.append(Note(text, is_warning=True, code="newsactors actors apply"))
        elif recorded:
            blocks.append(Note(f"{told}: applied and published."))
        if not blocks:
            return page
        sections = [Section("", blocks), *page.sections]
        return Page(page.view, page.title, sections, page.lead, page.parameters)

    def _suggest(self, request: Request) -> Response:
        words = request.query_params.get("q", "")[:200]
        found: list[Row] = []
        with contextlib.suppress(published.NotPublishedError), self._asking({}) as ask:
            found = ask.remembered("names", lambda: NameSearch(ask.con)).starting_with(words)
        answer = [
            {
                "entity_id": row["entity_id"],
                "name": row["name"],
                "about": f"{type_name(row)}, {counted(row['article_count'], 'article')}",
                "href": rendering.address(to_actor(row)),
            }
            for row in found
        ]
        return JSONResponse(answer, headers=HEADERS)

    def _export(self, request: Request) -> Response:
        view, name, form = (request.path_params[key] for key in ("view", "table", "form"))
        status, page = self._page(view, _parameters(request), is_export=True)
        table = page.tables.get(name)
        if status != 200 or table is None or form not in FORMATS:
            return Response("there is no such table\n", 404, HEADERS, "text/plain")
        sink = io.BytesIO()
        write_rows(_batches(table), sink, form, excel_safe=True)
        told = {"Content-Disposition": f'attachment; filename="newsactors-{view}-{name}.{form}"'}
        return Response(sink.getvalue(), 200, HEADERS | told, FORMATS[form])

    async def _correct(self, request: Request) -> Response:
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MOST_FORM_BYTES:
            return Response("too long\n", 413, HEADERS, "text/plain")
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        token = "".join(form.get("token", []))
        origin = request.headers.get("origin", str(request.base_url).rstrip("/"))
        is_ours = origin == str(request.base_url).rstrip("/")
        if not is_ours or not secrets.compare_digest(token.encode(), self.token.encode()):
            why = "this form is of another page or of a server that has ended: reload it\n"
            return Response(why, 403, HEADERS, "text/plain")
        return await run_in_threadpool(self._record, form)

    def _record(self, form: Mapping[str, list[str]]) -> Response:
        try:
            with self._asking(form) as ask:
                action, pairs, undoes = meant(ask)
                because = ask.text("because")
                author = submit_correction.author_of(ask.text("author") or None)
            new, _ = submit_correction.submit_correction(
                self.settings, action, pairs, because=because, author=author, undoes=undoes
            )
        except (RequestError, CorrectionError, RegistryError, NotFoundError) as error:
            page = _error_page("corrections", "That cannot be recorded", str(error))
            return self._shown(400, page)
        self.applier.ask()
        return RedirectResponse("/corrections?" + urlencode({"recorded": new.id}), 303)


def serve(settings: Settings, port: int, on_ready: Callable[[str], object]) -> None:
    """Serve on 127.0.0.1 until interrupted; `on_ready` gets the address, once it answers.

    Port 0 takes any free one. Raises OSError where the port is taken.
    """
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
        bound.listen()
        on_ready(f"http://{HOST}:{bound.getsockname()[1]}")
        config = uvicorn.Config(
            Explorer(settings).app(),
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,  # a browser keeps its connection open
        )
        logging.getLogger("uvicorn.error").addFilter(_is_no_farewell)
        uvicorn.Server(config).run(sockets=[bound])


def _is_no_farewell(record: logging.LogRecord) -> bool:
    """Not of a request that ended because the server did."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, asyncio.CancelledError) and "Cancel" not in record.getMessage()


def _parameters(request: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in request.query_params.multi_items():
        found.setdefault(key, []).append(value)
    return found


def _exports(view: str, parameters: Mapping[str, list[str]]) -> Callable[[Table, str], str]:
    asked = urlencode(parameters, doseq=True)
    return lambda table, form: (
        f"/export/{view}/{table.name}.{form}" + (f"?{asked}" if asked else "")
    )


def _batches(table: Table) -> pa.RecordBatchReader:
    """The rows as they are shown, with all their columns that hold plain values."""
    keys = list(dict.fromkeys(key for row in table.rows for key in row))
    columns = {key: [_flat(row.get(key)) for row in table.rows] for key in keys}
    made = pa.table({key: pa.array(values) for key, values in columns.items() if key != "to"})
    return made.to_reader()


def _flat(value: Any) -> Any:
    return value if not isinstance(value, list | dict) else ", ".join(map(str, plain(value)))


def _error_page(view: str, title: str, text: str) -> Page:
    return Page(view, title, [Section("", [Note(text, is_warning=True)])])


def _disambiguation_page(
    view: str, error: NotFoundError, parameters: Mapping[str, list[str]]
) -> Page:
    """Who may be meant; each leads to what was asked, with that actor in the place of the name."""

    def instead(row: Row) -> Link | None:
        ids = {
            key: [row["entity_id"] if value == error.name else value for value in values]
            for key, values in parameters.items()
        }
        return Link(view, ids) if error.name else to_actor(row)

    columns = [
        Column("name", "Actor", link=instead),
        Column("type", "Type", "type"),
        Column("article_count", "Articles", "count"),
    ]
    rows: list[Row] = list(error.candidates)
    blocks: list[Note | Table] = [Note(str(error), is_warning=True)]
    if rows:
        blocks.append(Table("candidates", "Did you mean", columns, rows))
    return Page(view, "Who is meant?", [Section("", blocks)])


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    kinds = {"css": "text/css", "js": "text/javascript"}
    kind = kinds.get(name.rpartition(".")[2])
    path = rendering.STATIC / name
    headers = HEADERS | {"Cache-Control": "max-age=3600"}
    if name == "vega.js":
        return Response(rendering.vega(), 200, headers, kind)
    if kind is None or path.parent != rendering.STATIC or not path.is_file():
        return Response("there is no such file\n", 404, HEADERS, "text/plain")
    return Response(path.read_bytes(), 200, headers, kind)
