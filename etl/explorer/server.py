"""HTTP server on 127.0.0.1: pages, actor suggestions, exports, and corrections.

Belongs here: HTTP and access control. Does not belong here: the contents of pages
(`etl.explorer.views`), HTML (`etl.explorer.rendering`).

Pages load nothing from other servers. Other sites can neither read a page's data nor change
anything: the Host header must name this machine, a change needs the token of one of our pages, and
a browser gets nothing for a page of another site except by a link that is followed.

A request's queries end when its client leaves, and after NEWSACTORS_PAGE_SECONDS.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode

import duckdb
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from etl import __version__
from etl.corrections.csv_file import RegistryError
from etl.corrections.records import CorrectionError
from etl.errors import first_line
from etl.explorer import rendering
from etl.explorer.blocks import Link, Note, Page, Progress, Row, Section, Table
from etl.explorer.connections import PublishedConnections
from etl.explorer.correction_worker import CorrectionWorker
from etl.explorer.cross_site import CrossSiteGuard
from etl.explorer.error_pages import disambiguation_page, error_page, missing_page
from etl.explorer.name_search import NameSearch
from etl.explorer.query_stop import QueryStop, StoppedError
from etl.explorer.quote_index import QuoteIndex
from etl.explorer.response_headers import SAFE_HEADERS, ResponseHeaders
from etl.explorer.table_export import MEDIA_TYPES, exported
from etl.explorer.view_request import NotFoundError, RequestError, ViewRequest
from etl.explorer.views import MENU, VIEWS, build_page
from etl.explorer.views.corrections import requested_correction
from etl.explorer.views.links import to_actor, type_name
from etl.explorer.visits import COOKIE, COOKIE_SECONDS, read_visits
from etl.pipeline import submit_correction
from etl.query import published
from etl.query.display import counted
from etl.query.names import prepare_folding
from etl.settings import Settings

_LOG = logging.getLogger("uvicorn.error")
HOST = "127.0.0.1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
MAX_FORM_BYTES = 64 << 10
MAX_TYPED_CHARACTERS = 200
STATIC_HEADERS = {"Cache-Control": "max-age=3600"}
INTERRUPT_SECONDS = 0.1
"""Time between interrupts of a request that must end: it may just be between two queries."""


class Explorer:
    """Routes of the server, over one warehouse."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.published = PublishedConnections(settings)
        self.correction_worker = CorrectionWorker(settings)
        self.token = secrets.token_urlsafe()
        self.quote_index = QuoteIndex(settings)
        self._prepared_snapshot = ""
        self._prepare_lock = threading.Lock()

    def app(self) -> Starlette:
        """Return the ASGI application."""

        @contextlib.asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            self._prepare_in_background()
            yield
            self.published.close()

        return Starlette(
            routes=[
                Route("/", lambda request: RedirectResponse("/home")),
                Route("/today", _former_home),
                Route("/published", self._published_state),
                Route("/suggest", self._stoppable(self._suggest)),
                Mount(
                    "/static",
                    routes=[
                        Route("/vega.js", _vega),
                        Mount("/", StaticFiles(directory=rendering.STATIC)),
                    ],
                    middleware=[Middleware(ResponseHeaders, headers=STATIC_HEADERS)],
                ),
                Route("/export/{view}/{table}.{extension}", self._stoppable(self._export)),
                Route("/corrections", self._submit_correction, methods=["POST"]),
                Route("/{view:path}", self._stoppable(self._view)),
            ],
            middleware=[
                Middleware(ResponseHeaders, headers=SAFE_HEADERS),
                Middleware(TrustedHostMiddleware, allowed_hosts=ALLOWED_HOSTS, www_redirect=False),
                Middleware(CrossSiteGuard, refusal=self._refuse),
                Middleware(GZipMiddleware),
            ],
            lifespan=lifespan,
        )

    def _published_state(self, request: Request) -> Response:
        snapshot = self.published.snapshot()
        if snapshot != self._prepared_snapshot:
            self._prepare_in_background()
        is_applying = self.correction_worker.is_applying
        return JSONResponse({"snapshot": snapshot, "is_applying": is_applying})

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = (
            "Another site asked for this page inside one of its own. Open the address itself: "
            "type it, or follow a link."
        )
        response = self._html_response(403, error_page("", "Refused", message))
        await response(scope, receive, send)

    def _stoppable(
        self, answer: Callable[[Request, QueryStop], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that answers in a thread and can end the queries made there."""

        async def endpoint(request: Request) -> Response:
            stop = QueryStop()
            work = asyncio.ensure_future(run_in_threadpool(answer, request, stop))
            gone = asyncio.ensure_future(_disconnect(request))
            try:
                await asyncio.wait(
                    {work, gone},
                    timeout=self.settings.page_seconds,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                while not work.done():
                    stop.stop("nobody waits for it" if gone.done() else self._too_long())
                    await asyncio.wait({work}, timeout=INTERRUPT_SECONDS)
                return work.result()
            finally:
                gone.cancel()
                stop.stop("the server stops")  # its thread would keep the process alive

        return endpoint

    def _too_long(self) -> str:
        return (
            f"It took longer than {self.settings.page_seconds:g} s. Ask for less: fewer days, or "
            "one actor or outlet. A larger NEWSACTORS_PAGE_SECONDS gives it more time."
        )

    def _view(self, request: Request, stop: QueryStop) -> Response:
        view, parameters = request.path_params["view"], _parameters(request)
        snapshot = self.published.snapshot()
        visits = read_visits(request.cookies.get(COOKIE, "")).at(datetime.now(UTC))
        status, page = self._build_page(view, parameters, stop, last_visit=visits.before)
        if status == 200 and view == "actor" and "name" in parameters and "id" in page.parameters:
            # Redirect to the actor's id: a shared URL must not depend on how a name resolves.
            query = parameters | {"id": [page.parameters["id"]], "asked": parameters["name"]}
            del query["name"]
            return RedirectResponse("/actor?" + urlencode(query, doseq=True))
        export = _export_urls(view, parameters) if status == 200 else None
        response = self._html_response(status, page, export=export, snapshot=snapshot)
        response.set_cookie(COOKIE, visits.cookie, COOKIE_SECONDS, httponly=True, samesite="strict")
        return response

    def _html_response(
        self,
        status: int,
        page: Page,
        *,
        export: Callable[[Table, str], str] | None = None,
        snapshot: str = "",
    ) -> Response:
        html = rendering.html(
            page,
            rendering.url_for,
            token=self.token,
            home=Link("home"),
            links=[(name, label, f"/{name}") for name, label in MENU.items()],
            footer=f"newsactors {__version__}, snapshot {snapshot or 'none'}. Linked numbers "
            "lead to the articles behind them. Press “/” to search.",
            export=export,
            snapshot=snapshot,
        )
        return HTMLResponse(html, status)

    def _build_page(
        self,
        view: str,
        parameters: Mapping[str, list[str]],
        stop: QueryStop,
        *,
        is_export: bool = False,
        last_visit: datetime | None = None,
    ) -> tuple[int, Page]:
        """Return the HTTP status and the page of a view."""
        if view not in VIEWS:
            return 404, missing_page(view)
        try:
            with self._view_request(parameters, stop, is_export=is_export) as view_request:
                page = build_page(view, replace(view_request, last_visit=last_visit))
        except RequestError as error:
            return 400, error_page(view, "Invalid request", str(error))
        except NotFoundError as error:
            return 404, disambiguation_page(view, error, parameters)
        except published.NotPublishedError as error:
            return 503, error_page(view, "Nothing published yet", str(error))
        except StoppedError as error:
            return 503, error_page(view, "This page was stopped", str(error))
        except duckdb.Error as error:
            message = f"{first_line(error)}. Run `newsactors doctor` to find the damage."
            return 500, error_page(view, "The published file cannot be read", message)
        if view == "corrections":
            page = self._with_correction_status(page, parameters)
        return 200, page

    @contextlib.contextmanager
    def _view_request(
        self,
        parameters: Mapping[str, list[str]],
        stop: QueryStop | None = None,
        *,
        is_export: bool = False,
    ) -> Iterator[ViewRequest]:
        stop = stop or QueryStop()
        with self.published.cursor() as (con, cache), stop.covering(con):
            prepare_folding(con)
            yield ViewRequest(con, self.settings, parameters, cache, self.quote_index, is_export)

    def _prepare_in_background(self) -> None:
        threading.Thread(target=self.prepare, daemon=True).start()

    def prepare(self) -> None:
        """Build the name search and the quote index for a new snapshot.

        Pages work without them, but are slower and cannot rank quotes.
        """
        snapshot = self.published.snapshot()
        if not snapshot or snapshot == self._prepared_snapshot:
            return
        if not self._prepare_lock.acquire(blocking=False):
            return
        try:
            with self._view_request({}) as view_request:
                view_request.cached("names", lambda: NameSearch(view_request.con))
                self.quote_index.update(view_request.con)
            self._prepared_snapshot = snapshot
        except (OSError, sqlite3.Error, duckdb.Error, published.ReadError) as error:
            self._prepared_snapshot = snapshot  # retried for the next snapshot
            _LOG.warning("quote search is unranked, the index cannot be updated: %s", error)
        finally:
            self._prepare_lock.release()

    def _with_correction_status(self, page: Page, parameters: Mapping[str, list[str]]) -> Page:
        """Add the status of the correction that was just recorded, if any."""
        correction_id = "".join(parameters.get("recorded", []))
        history = page.tables.get("history")
        rows = history.rows if history else []
        labels = (row["what"] for row in rows if row["correction_id"] == correction_id)
        label = next(labels, correction_id)
        blocks: list[Note | Progress] = []
        if self.correction_worker.is_applying:
            text = f"{label or 'A correction'}: recorded. Applying it now …"
            blocks.append(Progress(text, Link("corrections", {"recorded": correction_id})))
        elif self.correction_worker.error:
            text = f"Recorded, but not applied yet: {self.correction_worker.error}"
            blocks.append(Note(text, is_warning=True, code="newsactors actors apply"))
        elif correction_id:
            blocks.append(Note(f"{label}: applied and published."))
        if not blocks:
            return page
        return replace(page, sections=[Section("", blocks), *page.sections])

    def _suggest(self, request: Request, stop: QueryStop) -> Response:
        typed = request.query_params.get("q", "")[:MAX_TYPED_CHARACTERS]
        actors: list[Row] = []
        with (
            contextlib.suppress(published.NotPublishedError, StoppedError),
            self._view_request({}, stop) as view_request,
        ):
            names = view_request.cached("names", lambda: NameSearch(view_request.con))
            actors = names.starting_with(typed)
        suggestions = [
            {
                "entity_id": row["entity_id"],
                "name": row["name"],
                "about": f"{type_name(row)}, {counted(row['article_count'], 'article')}",
                "href": rendering.url_for(to_actor(row)),
            }
            for row in actors
        ]
        return JSONResponse(suggestions)

    def _export(self, request: Request, stop: QueryStop) -> Response:
        view, name, extension = (request.path_params[key] for key in ("view", "table", "extension"))
        status, page = self._build_page(view, _parameters(request), stop, is_export=True)
        table = page.tables.get(name)
        if status in (400, 503):  # it says what to do
            return self._html_response(status, page)
        if status != 200 or table is None or extension not in MEDIA_TYPES:
            return PlainTextResponse("no such table\n", 404)
        filename = f"newsactors-{view}-{name}.{extension}"
        headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
        return Response(exported(table, extension), 200, headers, MEDIA_TYPES[extension])

    async def _submit_correction(self, request: Request) -> Response:
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MAX_FORM_BYTES:
            return PlainTextResponse("form too long\n", 413)
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        token = "".join(form.get("token", []))
        own_origin = str(request.base_url).rstrip("/")
        is_same_origin = request.headers.get("origin", own_origin) == own_origin
        if not is_same_origin or not secrets.compare_digest(token.encode(), self.token.encode()):
            message = "this form is from another site or an earlier server: reload the page\n"
            return PlainTextResponse(message, 403)
        return await run_in_threadpool(self._record_correction, form)

    def _record_correction(self, form: Mapping[str, list[str]]) -> Response:
        try:
            with self._view_request(form) as view_request:
                action, pairs, undoes = requested_correction(view_request)
                because = view_request.text("because")
                author = submit_correction.author_of(view_request.text("author") or None)
            correction, _ = submit_correction.submit_correction(
                self.settings, action, pairs, because=because, author=author, undoes=undoes
            )
        except (RequestError, CorrectionError, RegistryError, NotFoundError) as error:
            page = error_page("corrections", "The correction was not recorded", str(error))
            return self._html_response(400, page)
        self.correction_worker.request_run()
        return RedirectResponse("/corrections?" + urlencode({"recorded": correction.id}), 303)


def serve(settings: Settings, port: int, on_ready: Callable[[str], object]) -> None:
    """Serve on 127.0.0.1 until interrupted; call `on_ready` with the URL once it accepts requests.

    Port 0 takes any free port. Raises OSError if the port is in use.
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
            timeout_graceful_shutdown=2,  # browsers keep their connections open
        )
        logging.getLogger("uvicorn.error").addFilter(_is_not_shutdown)
        uvicorn.Server(config).run(sockets=[bound])


def _is_not_shutdown(record: logging.LogRecord) -> bool:
    """Log filter: drop errors of requests that were cancelled by the shutdown."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, asyncio.CancelledError) and "Cancel" not in record.getMessage()


async def _disconnect(request: Request) -> None:
    """Return when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _parameters(request: Request) -> dict[str, list[str]]:
    parameters: dict[str, list[str]] = {}
    for key, value in request.query_params.multi_items():
        parameters.setdefault(key, []).append(value)
    return parameters


def _export_urls(view: str, parameters: Mapping[str, list[str]]) -> Callable[[Table, str], str]:
    query = urlencode(parameters, doseq=True)
    return lambda table, extension: (
        f"/export/{view}/{table.name}.{extension}" + (f"?{query}" if query else "")
    )


def _former_home(request: Request) -> Response:
    """Redirect an address that was shared before the first page was called home."""
    return RedirectResponse(f"/home?{request.url.query}".rstrip("?"))


def _vega(_: Request) -> Response:
    return Response(rendering.vega(), media_type="text/javascript")
