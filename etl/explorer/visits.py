"""When a browser was here last, kept in a cookie of the browser.

Belongs here: the cookie's text, and which requests are one visit. Does not belong here: what came
in since (`etl.explorer.views.home`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

COOKIE = "newsactors_visits"
COOKIE_SECONDS = 365 * 24 * 3600
PAUSE = timedelta(minutes=30)
"""A request after such a pause begins a new visit."""


@dataclass(frozen=True)
class Visits:
    """The last request of the visit before this one, if any, and the last request of this one."""

    before: datetime | None = None
    latest: datetime | None = None

    def at(self, now: datetime) -> Visits:
        """Return the visits after a request at `now`."""
        is_new = self.latest is None or now - self.latest > PAUSE
        return Visits(self.latest if is_new else self.before, now)

    @property
    def cookie(self) -> str:
        """The cookie's text: two times in seconds since 1970."""
        return ".".join(str(int(t.timestamp())) if t else "0" for t in (self.before, self.latest))


def read_visits(cookie: str) -> Visits:
    """Return the visits of a cookie; none if it is missing or not ours."""
    before, _, latest = cookie.partition(".")
    times = [_time(before), _time(latest)]
    return Visits(*times)


def _time(text: str) -> datetime | None:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:12]) < 2**33:
        return None
    return datetime.fromtimestamp(int(text[:12]), UTC)
