"""The static report is complete and self-contained, and is replaced atomically."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from etl.__main__ import main


@pytest.fixture(scope="module")
def site(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "june"
    arguments = [
        "report",
        "--from",
        "2025-06",
        "--to",
        "2025-06",
        "--out",
        str(out),
        "--actors",
        "8",
        "--json",
    ]
    result = CliRunner().invoke(main, arguments, env={"NEWSACTORS_HOME": str(samples)})
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["from"], report["to"]) == ("2025-06-01", "2025-06-30")
    assert report["pages"] == len(list(out.glob("*.html")))
    return out


def test_every_link_leads_to_an_existing_file_and_anchor(site: Path) -> None:
    pages = {path.name: path.read_text() for path in site.glob("*.html")}
    assert len(pages) >= 9
    for name, text in pages.items():
        for link in re.findall(r'(?:href|src)="([^"]*)"', text):
            if link == "data:,":
                continue
            file, _, anchor = link.partition("#")
            assert not file or (site / file).is_file(), (name, link)
            assert not anchor or f'id="{anchor}"' in pages.get(file or name, ""), (name, link)


def test_the_report_needs_no_server_and_has_no_forms(site: Path) -> None:
    for path in site.glob("*.html"):
        text = path.read_text()
        assert "<form" not in text
        assert "://" not in text.replace("http://www.w3.org", "").replace(
            "https://vega.github.io", ""
        )


def test_charts_show_the_numbers_of_the_period(site: Path) -> None:
    index = (site / "index.html").read_text()
    actor = re.search(r'<a href="(actor-[^"]*)">Nadia Verholt</a>', index)
    assert actor
    page = (site / actor[1]).read_text()
    (spec, *_) = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    values = (
        next(iter(json.loads(spec)["datasets"].values()))
        if "datasets" in spec
        else json.loads(spec)["data"]["values"]
    )
    assert sum(row["article_count"] or 0 for row in values) == 14
    assert {row["at"][:7] for row in values} <= {"2025-05", "2025-06", "2025-07"}


def test_a_folder_with_other_files_is_not_overwritten(samples: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    result = CliRunner().invoke(
        main, ["report", "--out", str(tmp_path)], env={"NEWSACTORS_HOME": str(samples)}
    )
    assert result.exit_code == 1
    assert "holds other files" in result.output
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_report_replaces_the_previous_one(samples: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    for days in (["--from", "2025-06"], ["--from", "2025-07"]):
        arguments = ["report", "--out", str(out), "--actors", "1", *days]
        result = CliRunner().invoke(main, arguments, env={"NEWSACTORS_HOME": str(samples)})
        assert result.exit_code == 0, result.output
    assert "2025-07-01" in (out / "index.html").read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_a_reversed_date_range_is_rejected(samples: Path, tmp_path: Path) -> None:
    arguments = [
        "report",
        "--out",
        str(tmp_path / "r"),
        "--from",
        "2025-07-01",
        "--to",
        "2025-06-01",
    ]
    result = CliRunner().invoke(main, arguments, env={"NEWSACTORS_HOME": str(samples)})
    assert result.exit_code == 1
    assert "from 2025-07-01 is after to 2025-06-01" in result.output
