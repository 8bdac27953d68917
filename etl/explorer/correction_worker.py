"""Applying corrections that a page recorded, in a process of its own; pages go on being served.

Does not belong here: recording them (`etl.pipeline.submit_correction`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from etl.settings import Settings

_APPLY = "from etl.__main__ import main; main()"


class CorrectionWorker:
    """Runs `newsactors actors apply`, one at a time; what is recorded meanwhile is applied too."""

    def __init__(self, settings: Settings) -> None:
        self._environment = os.environ | {
            "NEWSACTORS_HOME": str(settings.home),
            "NEWSACTORS_REGISTRY": str(settings.registry),
        }
        self._lock = threading.Lock()
        self._is_asked = False
        self._thread: threading.Thread | None = None
        self.error = ""
        """Why the last one failed, in a line; empty where it did not."""

    @property
    def is_applying(self) -> bool:
        with self._lock:
            return self._thread is not None

    def ask(self) -> None:
        """Apply what is on file, now or after what is being applied."""
        with self._lock:
            self._is_asked = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._is_asked:
                    self._thread = None
                    return
                self._is_asked = False
            done = subprocess.run(
                [sys.executable, "-c", _APPLY, "actors", "apply"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            lines = done.stderr.strip().splitlines()
            self.error = (lines or ["it failed without a word"])[-1] if done.returncode else ""
