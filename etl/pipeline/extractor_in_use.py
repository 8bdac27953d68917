"""The extractor in use: the promoted one, or that of the setting NEWSACTORS_EXTRACTOR."""

from __future__ import annotations

from etl.extract import Extractor, extractor_names, get_extractor
from etl.pipeline.errors import InputError
from etl.settings import Settings
from etl.storage import editions
from etl.storage.checksums import DamagedError


def name_in_use(settings: Settings) -> str:
    """Return the name of the extractor that reads new articles. Raises InputError if unreadable."""
    try:
        last = editions.last_switch(settings)
    except DamagedError as error:
        raise InputError(str(error)) from None
    return (last and last.extractor) or settings.extractor


def extractor_in_use(settings: Settings) -> Extractor:
    """Return the extractor that reads new articles. Raises InputError if it is not installed."""
    name = name_in_use(settings)
    if name == settings.extractor:
        return ready_extractor(name, "correct NEWSACTORS_EXTRACTOR")
    return ready_extractor(
        name, "it was promoted; `newsactors reextract --rollback` takes that back"
    )


def ready_extractor(name: str, hint: str) -> Extractor:
    """Return the extractor of a name. Raises InputError, ending in `hint`, if there is none."""
    try:
        return get_extractor(name)
    except ValueError:
        known = ", ".join(extractor_names())
        raise InputError(f"no extractor is named {name!r} (known: {known}); {hint}") from None
