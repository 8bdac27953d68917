"""The base of every error whose message is meant for the user.

Belongs here: the one class that callers catch to report an error of ours as it stands.
Does not belong here: the errors themselves. Each stands in the module that raises it.
"""

from __future__ import annotations


class NewsactorsError(Exception):
    """An expected error: the message says what is wrong, where, and what to do about it."""
