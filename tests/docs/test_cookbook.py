"""Each question of the cookbook has the answer that stands below it.

An answer is what `newsactors sql` prints. Where answers change, the test leaves the page with the
new ones in `build/cookbook.md`.
"""

from __future__ import annotations

import difflib
import re
import shlex
import shutil
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from etl.__main__ import main
from etl.settings import REPOSITORY

COOKBOOK = REPOSITORY / "docs" / "cookbook.md"
_STEP = re.compile(r"```sql\n(?P<sql>.*?)```\n\n```text\n.*?```|```console\n(?P<run>.*?)```", re.S)


@pytest.fixture
def home(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse of the samples that corrections may change."""
    home = tmp_path / "home"
    shutil.copytree(published.parent, home, symlinks=True)
    monkeypatch.setenv("NEWSACTORS_HOME", str(home))
    monkeypatch.setenv("NEWSACTORS_INBOX", str(REPOSITORY / "seeds" / "articles"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.delenv("COLUMNS", raising=False)  # workers of xdist have it: tables would be cut
    return home


def _newsactors(*arguments: str, given: str | None = None) -> str:
    shown = CliRunner().invoke(main, arguments, input=given)
    assert shown.exit_code == 0, (arguments, given, shown.output)
    return shown.stdout


def _run(home: Path, command: str) -> None:
    """Run a line of the page; the id that it shows stands for the correction made last."""
    with duckdb.connect(str(home / "news.duckdb"), read_only=True) as con:
        made = con.execute(
            "select correction_id from corrections order by position desc"
        ).fetchone()
    _newsactors(*(made[0] if made and "0123456789ab" in a else a for a in shlex.split(command)))


def _answered(home: Path, page: str) -> str:
    """The page with the answers of this warehouse, its steps taken in their order."""

    def step(found: re.Match[str]) -> str:
        if found["run"]:
            for command in re.findall(r"^\$ newsactors (.*)", found["run"], re.M):
                _run(home, command)
            return found[0]
        answer = _newsactors("sql", "-", given=found["sql"])
        return f"```sql\n{found['sql']}```\n\n```text\n{answer}```"

    return _STEP.sub(step, page)


def test_each_question_of_the_cookbook_has_the_answer_below_it(home: Path) -> None:
    page = COOKBOOK.read_text(encoding="utf-8")
    questions = re.findall(r"^## .*", page, re.M)
    assert len(questions) >= 10
    assert page.count("```sql") == len([s for s in _STEP.finditer(page) if s["sql"]])
    answered = _answered(home, page)
    if answered != page:
        new = Path("build") / "cookbook.md"
        new.parent.mkdir(exist_ok=True)
        new.write_text(answered, encoding="utf-8")
        difference = "\n".join(
            difflib.unified_diff(page.splitlines(), answered.splitlines(), "page", "now", n=0)
        )
        pytest.fail(
            f"the answers changed:\n{difference}\nwhere that is meant, `cp {new} "
            f"{COOKBOOK.relative_to(REPOSITORY)}` and read whether the page still says what is so"
        )


def test_a_first_question_takes_one_table_and_six_lines() -> None:
    page = COOKBOOK.read_text(encoding="utf-8")
    (section,) = re.findall(r"^## Ten first questions\n.*?(?=^## )", page, re.M | re.S)
    asked = re.findall(r"^\*\*(\d+)\.", section, re.M)
    assert asked == [str(number) for number in range(1, 11)]
    for step in _STEP.finditer(section):
        sql = step["sql"]
        assert len(sql.splitlines()) <= 6, sql
        assert sql.count(";") == 1 and not re.search(r"\bjoin\b|^with\b", sql), sql


def test_a_correction_that_is_undone_leaves_the_first_answer(home: Path) -> None:
    page = COOKBOOK.read_text(encoding="utf-8")
    (section,) = re.findall(r"^## A name is linked to the wrong.*?(?=^## )", page, re.M | re.S)
    first = next(_STEP.finditer(section))
    before = _newsactors("sql", "-", given=first["sql"])
    _answered(home, section)
    assert _newsactors("sql", "-", given=first["sql"]) == before
