"""CONTRIBUTING shows the packages that exist, in the order in which they may import."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from etl.settings import REPOSITORY


def tree() -> dict[str, list[str]]:
    """The names of the tree in CONTRIBUTING: those at the top, and those below `etl/`."""
    (block,) = re.findall(r"```text\n(.*?)```", (REPOSITORY / "CONTRIBUTING.md").read_text(), re.S)
    found: dict[str, list[str]] = {"": [], "etl": []}
    for line in block.splitlines():
        found["etl" if line.startswith("  ") else ""].append(line.split()[0].rstrip("/"))
    return found


def tracked(folder: Path) -> set[str]:
    """Names in a folder that git tracks, or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=folder, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return {line.split("/")[0] for line in listed if (folder / line).exists()}


def test_the_tree_names_every_package_and_no_other() -> None:
    assert set(tree()["etl"]) == tracked(REPOSITORY / "etl") - {"__init__.py"}


def test_the_tree_names_every_folder_of_the_top_level() -> None:
    folders = {name for name in tracked(REPOSITORY) if (REPOSITORY / name).is_dir()}
    assert set(tree()[""]) == {name for name in folders if not name.startswith(".")}


def test_the_tree_is_in_the_order_of_the_import_contract() -> None:
    config = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    contract = config["tool"]["importlinter"]["contracts"][0]
    assert [name.removesuffix(".py") for name in tree()["etl"]] == contract["layers"]


def test_the_modules_that_contributing_names_exist() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text()
    for path in re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.(?:py|md))`", text):
        assert (REPOSITORY / path).exists() or (REPOSITORY / "etl" / path).exists(), path
