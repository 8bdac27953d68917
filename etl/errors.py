"""The base class of errors whose messages are meant for the user, and a helper to shorten errors.

Belongs here: the one class that callers catch to report one of our errors.
Does not belong here: specific errors. Each is defined in the module that raises it.
"""

from __future__ import annotations


class NewsactorsError(Exception):
    """An expected error: the message says what is wrong, where, and what to do about it."""


def first_line(error: BaseException) -> str:
    """Return the first non-blank line of an error's message, or else the name of its class."""
    lines = (line for line in str(error).splitlines() if line.strip())
    return next(lines, type(error).__name__)
