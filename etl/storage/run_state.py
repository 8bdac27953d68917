"""Run state that must outlive a failed run: runs, quarantine, and which inbox files were read.

Kept in SQLite and not in the build database, because several processes write it while one of them
holds that database. `publish` copies runs and quarantine into the published file. Losing this file
loses only the history of attempts: `seen` is rebuilt from the manifest, and `warehouse.catch_up`
brings the rest up to date.

Belongs here: the parts of the state file combined into one object. Does not belong here: the file
and its schema (`storage.state_file`), each part (`storage.run_history`, `storage.quarantine`,
`storage.seen_files`).
"""

from __future__ import annotations

from etl.storage.quarantine import QuarantineLog
from etl.storage.run_history import RunHistory
from etl.storage.seen_files import SeenFiles


class State(RunHistory, QuarantineLog, SeenFiles):
    """The whole state file. Each method is one transaction. Safe for concurrent processes."""
