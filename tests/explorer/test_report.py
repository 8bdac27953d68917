"""The static site: complete, self-contained, replaced only when the new one is whole."""

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
    asked = [
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
    done = CliRunner().invoke(main, asked, env={"NEWSACTORS_HOME": str(samples)})
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["from"], told["to"]) == ("2025-06-01", "2025-06-30")
    assert told["pages"] == len(list(out.glob("*.html")))
    return out


def test_every_link_leads_to_a_file_or_a_place_of_the_site(site: Path) -> None:
    pages = {path.name: path.read_text() for path in site.glob("*.html")}
    assert len(pages) >= 9
    for name, text in pages.items():
        for link in re.findall(r'(?:href|src)="([^"]*)"', text):
            if link == "data:,":
                continue
            file, _, anchor = link.partition("#")
            assert not file or (site / file).is_file(), (name, link)
            assert not anchor or f'id="{anchor}"' in pages.get(file or name, ""), (name, link)


def test_it_asks_no_server_and_shows_no_form(site: Path) -> None:
    for path in site.glob("*.html"):
        text = path.read_text()
        assert "<form" not in text
        assert "://" not in text.replace("http://www.w3.org", "").replace(
            "https://vega.github.io", ""
        )


def test_charts_hold_the_numbers_of_the_period(site: Path) -> None:
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
    assert sum(row["article_count"] for row in values) == 14
    assert {row["at"][:7] for row in values} <= {"2025-05", "2025-06", "2025-07"}


def test_a_folder_with_other_files_is_left_alone(samples: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    done = CliRunner().invoke(
        main, ["report", "--out", str(tmp_path)], env={"NEWSACTORS_HOME": str(samples)}
    )
    assert done.exit_code == 1
    assert "holds other files" in done.output
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_report_takes_the_place_of_the_one_before(samples: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    for days in (["--from", "2025-06"], ["--from", "2025-07"]):
        asked = ["report", "--out", str(out), "--actors", "1", *days]
        done = CliRunner().invoke(main, asked, env={"NEWSACTORS_HOME": str(samples)})
        assert done.exit_code == 0, done.output
    assert "2025-07-01" in (out / "index.html").read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_days_the_wrong_way_round_are_said_to_be(samples: Path, tmp_path: Path) -> None:
    asked = ["report", "--out", str(tmp_path / "r"), "--from", "2025-07-01", "--to", "2025-06-01"]
    done = CliRunner().invoke(main, asked, env={"NEWSACTORS_HOME": str(samples)})
    assert done.exit_code == 1
    assert "from 2025-07-01 is after to 2025-06-01" in done.output
