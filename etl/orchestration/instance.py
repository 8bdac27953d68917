"""The Dagster instance that records runs: where it is, and creating it on first use.

Belongs here: finding, creating and opening the instance of DAGSTER_HOME.
Does not belong here: running a job (`run_job`), and what is kept of old runs (`retention`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster._core.instance.ref import InstanceRef

from etl.settings import RESOURCES, Settings, SettingsError

_FAST_STORAGE = {"module": "etl.orchestration.event_log", "class": "Storage"}
_CHECKOUT_FOLDERS = ("storage", "local_artifact_storage", "compute_logs")
"""Sections of the checkout's dagster.yaml that place files in `warehouse/dagster`."""
_WORKSPACE = """\
# Written by newsactors on first use: the code that `newsactors dev` loads.
load_from:
  - python_module: {module_name: etl.definitions, location_name: newsactors}
"""


@contextmanager
def open_instance() -> Iterator[dg.DagsterInstance]:
    """Open the instance of DAGSTER_HOME; an ephemeral one if DAGSTER_HOME is set to nothing.

    Raises SettingsError if DAGSTER_HOME names a folder that does not exist.
    """
    home = Settings.from_env().dagster_home
    if home is None:
        with dg.DagsterInstance.ephemeral() as ephemeral:
            yield ephemeral
        return
    create_home(home)
    overrides = _absolute_folders(home)
    match overrides.get("storage", {"sqlite": {"base_dir": str(home)}}):
        case {"sqlite": {"base_dir": str(base_dir)}}:
            overrides["storage"] = {"custom": _FAST_STORAGE | {"config": {"base_dir": base_dir}}}
    ref = InstanceRef.from_dir(str(home), overrides=overrides)
    with dg.DagsterInstance.from_ref(ref) as found:
        yield found


def create_home(home: Path) -> None:
    """Create the default instance folder of an installed package, if it is missing.

    It gets the checkout's `dagster.yaml` without the sections that place files, so that Dagster
    keeps everything in `home`. Raises SettingsError if DAGSTER_HOME names a missing folder.
    """
    if home.is_dir():
        return
    if os.environ.get("DAGSTER_HOME"):
        raise SettingsError(f"DAGSTER_HOME={str(home)!r} is not a folder; create it or unset it")
    config = yaml.safe_load((RESOURCES / "dagster.yaml").read_text())
    kept = {key: value for key, value in config.items() if key not in _CHECKOUT_FOLDERS}
    home.mkdir(parents=True)
    header = "# Written by newsactors on first use. Change it as you like.\n"
    (home / "dagster.yaml").write_text(header + yaml.safe_dump(kept, sort_keys=False))
    (home / "workspace.yaml").write_text(_WORKSPACE)


def _absolute_folders(home: Path) -> dict[str, Any]:
    """Sections of dagster.yaml that name folders, with the paths made absolute.

    Dagster resolves them against the working directory, which for a command can be any folder.
    """
    file = home / "dagster.yaml"
    config = yaml.safe_load(file.read_text()) if file.exists() else None

    def absolute(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                k: str(home / v) if k == "base_dir" and isinstance(v, str) else absolute(v)
                for k, v in value.items()
            }
        return value

    return {
        key: absolute(value) for key, value in (config or {}).items() if "base_dir" in repr(value)
    }
