"""Parts of documents that are ZIP archives: DOCX, ODT and EPUB.

Belongs here: reading one part within the limits. Does not belong here: what the parts mean.
"""

from __future__ import annotations

import zipfile

from etl.readers.base import Rejected
from etl.readers.source import Source


def part_of_document(archive: zipfile.ZipFile, name: str, source: Source, what: str) -> bytes:
    """Return the bytes of a part. `what` names the document in the rejection. Raises Rejected."""
    limit = source.budget.limits.document_bytes
    try:
        with archive.open(name) as file:
            data = file.read(limit + 1)
    except Rejected:
        raise
    except Exception as error:
        is_locked = isinstance(error, RuntimeError) and "password" in str(error)
        raise Rejected(
            "encrypted" if is_locked else "malformed",
            f"the {what} is damaged: {error}"[:300]
            if not is_locked
            else f"the {what} is encrypted",
            "save it again without a password" if is_locked else "save it again, or fetch it again",
        ) from None
    source.budget.unpack(len(data))
    if len(data) > limit:
        raise Rejected("too_large", f"{name[:200]} exceeds {limit:,} bytes", "split the document")
    return data
