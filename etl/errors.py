"""The base class of every error whose message is meant for the user.

Belongs here: the one class that callers catch to report an expected error. Does not belong here:
the errors themselves. Each is defined in the module that raises it.
"""

from __future__ import annotations


class NewsactorsError(Exception):
    """An expected error: the message says what is wrong, where, and what to do about it."""
