"""Applies recorded corrections in a subprocess while the server keeps answering.

Does not belong here: recording corrections (`etl.pipeline.submit_correction`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from etl.settings import Settings

_RUN_CLI = "from etl.__main__ import main; main()"
"""Entry point of the subprocess. The documented exception to the order of imports."""


class CorrectionWorker:
    """Runs `newsactors actors apply`, one process at a time.

    Corrections recorded during a run are applied by another run after it.
    """

    def __init__(self, settings: Settings) -> None:
        self._environment = os.environ | {
            "NEWSACTORS_HOME": str(settings.home),
            "NEWSACTORS_REGISTRY": str(settings.registry),
        }
        self._lock = threading.Lock()
        self._is_requested = False
        self._thread: threading.Thread | None = None
        self.error = ""
        """One-line reason why the last run failed; empty if it succeeded."""

    @property
    def is_applying(self) -> bool:
        """Whether a run is in progress."""
        with self._lock:
            return self._thread is not None

    def request_run(self) -> None:
        """Apply all recorded corrections, now or after the current run."""
        with self._lock:
            self._is_requested = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._is_requested:
                    self._thread = None
                    return
                self._is_requested = False
            process = subprocess.run(
                [sys.executable, "-c", _RUN_CLI, "actors", "apply"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            lines = process.stderr.strip().splitlines() or ["no error message"]
            self.error = lines[-1] if process.returncode else ""
