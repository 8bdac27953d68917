"""The error that several stages raise about their input."""

from __future__ import annotations

from etl.errors import NewsactorsError


class InputError(NewsactorsError):
    """What was asked for does not exist; the message says what and what to do."""
