"""The error that several stages raise about what the user requested."""

from __future__ import annotations

from etl.errors import NewsactorsError


class InputError(NewsactorsError):
    """What was requested does not exist or cannot be done; the message says what to do."""
