"""ASGI middleware that refuses what other sites make a browser request.

Belongs here: which requests of other sites are harmless. Does not belong here: the tokens of forms,
the Host header and the page of a refusal (`etl.explorer.server`).
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

OWN_SITE = ("same-origin", "none")
"""`Sec-Fetch-Site` of our own pages, and of an address that was typed or opened from a bookmark."""


class CrossSiteGuard:
    """Answers with `refusal` what a page of another site or port embeds, fetches or posts."""

    def __init__(self, app: ASGIApp, refusal: ASGIApp) -> None:
        self.app = app
        self.refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, or the refusal."""
        is_refused = scope["type"] == "http" and not is_harmless(
            scope["method"], Headers(scope=scope)
        )
        await (self.refusal if is_refused else self.app)(scope, receive, send)


def is_harmless(method: str, headers: Headers) -> bool:
    """Whether to answer a request.

    Browsers have sent `Sec-Fetch-Site` since 2023, and pages cannot forge it. A request without it
    is from another program, such as curl, or from an older browser: the Host header and the form's
    token protect that.
    """
    site = headers.get("sec-fetch-site")
    if site is None or site in OWN_SITE:
        return True
    # A link in a wiki, a mail or the Dagster UI, which has another port, opens a page of ours: that
    # is what addresses to share are for. It is safe because a GET changes nothing, the other site
    # cannot read the page, and the reader sees it. A page in a frame is a navigation as well, and
    # many frames are many queries, so only the top level (`document`) counts. Not asked for:
    # `Sec-Fetch-User`, which a redirect by script drops and not every browser sends.
    return (
        method in ("GET", "HEAD")
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )
