"""The base class of every error whose message is meant for the user, and how errors are shortened.

Belongs here: the one class that callers catch to report one of our errors.
Does not belong here: the errors themselves. Each is in the module that raises it.
"""

from __future__ import annotations


class NewsactorsError(Exception):
    """An expected error: the message says what is wrong, where, and what to do about it."""


def first_line(error: BaseException) -> str:
    """Return the first non-blank line of an error's message, or else the name of its class."""
    lines = (line for line in str(error).splitlines() if line.strip())
    return next(lines, type(error).__name__)
