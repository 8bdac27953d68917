"""Text that could control a terminal, a spreadsheet or a page is only displayed, in every field."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from etl.__main__ import main
from etl.extract import get_extractor
from etl.orchestration.metadata import harmless, sample_table
from etl.pipeline.archive_files import archive_new
from etl.pipeline.stage_articles import stage_new
from etl.settings import Settings
from etl.warehouse import archive_link

from .evil import EVIL, FORMULA

CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that a terminal obeys: everything below the space except the line feed."""
PAGE = "<script>alert(1)</script> ![x](http://127.0.0.1/x) [y](javascript:z)"


@pytest.fixture(scope="module")
def place(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small warehouse with evil names, and an inbox whose evil files are quarantined."""
    root = tmp_path_factory.mktemp("evil")
    shutil.copytree(settings.home, root / "home", symlinks=True)
    (root / "inbox").mkdir()
    record = {"title": EVIL, "tekst": "x" * 600, EVIL: "y"}
    (root / "inbox" / f"{EVIL}.jsonl").write_text(f"{json.dumps(record)}\n{{{EVIL}\n" * 2)
    (root / "inbox" / f"{FORMULA.replace('/', '')}.txt").write_bytes(b"\0")
    (root / "inbox" / f"article{EVIL}.json").write_text(
        json.dumps({"title": EVIL, "text": f"A body of {EVIL}.", "source": EVIL})
    )
    here = Settings.from_env(environment(root))
    archive_link.accept_loss(here)  # the small warehouse was made without an archive
    archive_new(here, [], EVIL)
    stage_new(here, get_extractor, EVIL)
    return root


def environment(place: Path) -> dict[str, str]:
    return {
        "NEWSACTORS_HOME": str(place / "home"),
        "NEWSACTORS_INBOX": str(place / "inbox"),
        "NEWSACTORS_SETTLE_SECONDS": "0",
    }


def run(place: Path, args: Sequence[str]) -> Result:
    return CliRunner(env=environment(place)).invoke(main, list(args))


COMMANDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("top",)),
    (0, ("top", "--json")),
    (3, ("top", "--outlet", EVIL)),
    (0, ("timeline", "e-evil")),
    (3, ("timeline", EVIL + " nobody")),
    (0, ("quotes",)),
    (0, ("quotes", "--by", "e-evil", "--json")),
    (0, ("sql", "select * from entities, articles")),
    (0, ("sql", f"select '{EVIL}' as \"{EVIL}\"")),
    (1, ("sql", f"select {EVIL}")),
    (1, ("export", EVIL)),
    (0, ("status",)),
    (0, ("status", "--json")),
    (0, ("quarantine", "list")),
    (0, ("quarantine", "list", "--json")),
    (0, ("quarantine", "list", "--path", EVIL)),
    (0, ("quarantine", "show", "FIRST")),
    (0, ("quarantine", "show", "SECOND")),
    (0, ("quarantine", "show", "FIRST", "--json")),
    (3, ("quarantine", "show", EVIL)),
    (0, ("quarantine", "export", "FOLDER")),
    (0, ("ingest", "--dry-run")),
    (0, ("ingest", "--dry-run", "--json")),
    (2, ("ingest", EVIL)),
    (2, ("ingest", f"https://{EVIL}")),
    (1, ("ingest", "--dry-run", f"foo://{EVIL}")),
    (0, ("actors", "list")),
    (0, ("actors", "show", "e-evil")),
    (0, ("actors", "suggest")),
    (0, ("actors", "history")),
    (0, ("actors", "merge", "e-evil", "e-bank", "--because", EVIL, "--dry-run")),
    (2, ("reextract", "--diff", "--extractor", EVIL)),
)


@pytest.mark.parametrize(
    ("code", "args"), COMMANDS, ids=[f"{n}-{args[0]}" for n, (_, args) in enumerate(COMMANDS)]
)
def test_no_command_prints_control_codes(
    place: Path, code: int, args: tuple[str, ...], tmp_path: Path
) -> None:
    items = json.loads(run(place, ["quarantine", "list", "--json"]).stdout)
    ids = dict(zip(("FIRST", "SECOND"), (i["quarantine_id"] for i in items), strict=False))
    ids["FOLDER"] = str(tmp_path / f"out{EVIL}")
    result = run(place, [ids.get(arg, arg) for arg in args])
    assert not CONTROLS.findall(result.output), repr(result.output)
    assert result.exit_code == code, result.output
    if "--json" in args:
        assert json.loads(result.stdout) is not None
    if code == 0 and args[0] in ("top", "quotes", "ingest"):
        assert "Evil" in result.output


@pytest.mark.parametrize(
    "args",
    [
        ("export", "entities", "--excel-safe"),
        ("sql", "select name from entities", "--format", "csv", "--excel-safe"),
        ("quarantine", "export", "FOLDER"),
    ],
    ids=lambda args: args[0],
)
def test_no_formula_reaches_a_spreadsheet(
    place: Path, args: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    result = run(place, [str(folder) if arg == "FOLDER" else arg for arg in args])
    assert result.exit_code == 0, result.output
    text = (folder / "index.csv").read_text() if folder.exists() else result.stdout
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")]


@pytest.mark.parametrize("text", [EVIL, PAGE, f"{EVIL}{PAGE}"])
def test_dagster_renders_no_untrusted_markup(text: str) -> None:
    shown = harmless(text)
    assert not re.search(r"[<>]|\]\(", shown)
    assert not CONTROLS.search(shown)
    sample = sample_table(pa.table({"headline": [text], "names": [[text]]}))
    assert isinstance(sample, dg.TableMetadataValue)
    (record,) = sample.records
    assert all(not re.search(r"[<>]|\]\(", str(value)) for value in record.data.values())
