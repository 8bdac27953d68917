"""Run state that must outlive a failed run: runs, quarantine, and what was seen in the inbox.

Kept in SQLite rather than in the build database, because several processes write it while one of
them holds that. `publish` copies runs and quarantine into the published file. Losing this file
loses the history of runs and nothing else: `seen` is filled again from the manifest.

Belongs here: the three parts as one object. Does not belong here: the file and its versions
(`storage.state_file`), each part (`storage.run_history`, `storage.quarantine`,
`storage.seen_files`).
"""

from __future__ import annotations

from etl.storage.quarantine import QuarantineLog
from etl.storage.run_history import RunHistory
from etl.storage.seen_files import SeenFiles


class State(RunHistory, QuarantineLog, SeenFiles):
    """The whole state file. Each method is one transaction; any number of processes may use it."""
