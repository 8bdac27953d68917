"""What the documentation says is run and compared."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from etl.__main__ import main
from etl.schema import docs
from etl.settings import REPOSITORY

README = REPOSITORY / "README.md"
USER_PAGES = [
    REPOSITORY / "docs" / f"{name}.md" for name in ("corrections", "operations", "reextraction")
]


def _sql_blocks() -> list[str]:
    return re.findall(r"```sql\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_each_question_of_the_readme_has_an_answer(published: Path) -> None:
    blocks = _sql_blocks()
    assert len(blocks) == 5
    with duckdb.connect(str(published), read_only=True) as con:
        for block in blocks:
            assert con.execute(block).fetchall(), f"no rows from:\n{block}"


def test_the_commands_that_look_find_something(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSACTORS_HOME", str(published.parent))
    looks = re.findall(
        r"^\$ newsactors ((?:top|timeline|quotes|status)\b[^#\n]*)", README.read_text("utf-8"), re.M
    )
    assert len(looks) == 4
    for look in looks:
        shown = CliRunner().invoke(main, shlex.split(look))
        assert shown.exit_code == 0, (look, shown.output)
        assert "Verholt" in shown.output or "Krayle" in shown.output or "48 from" in shown.output


def test_the_commands_about_actors_run_and_change_nothing(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSACTORS_HOME", str(published.parent))
    commands = re.findall(r"^\$ newsactors (actors [^#\n]*)", README.read_text("utf-8"), re.M)
    assert len(commands) == 3
    for command in commands:
        shown = CliRunner().invoke(main, shlex.split(command))
        assert shown.exit_code == 0, (command, shown.output)
    assert not (published.parent / "registry" / "corrections.csv").exists()


def test_the_timeline_of_the_readme_shows_a_rise_and_a_fall(published: Path) -> None:
    timeline = next(block for block in _sql_blocks() if "actor_timeline" in block)
    with duckdb.connect(str(published), read_only=True) as con:
        articles = [row[1] for row in con.execute(timeline).fetchall()]
    assert len(articles) >= 10, "ten weeks of samples, zeros included"
    peak = articles.index(max(articles))
    assert articles[0] == 0 < max(articles)
    assert articles[:peak].count(0) >= 3
    assert articles[peak:].count(0) >= 3


def test_every_command_and_setting_of_the_pages_for_users_exists() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in (README, *USER_PAGES))
    for command in set(re.findall(r"^\$ newsactors (\w+)|`newsactors (\w+)", text, re.MULTILINE)):
        assert "".join(command) in main.commands, command
    settings = (REPOSITORY / "etl" / "settings.py").read_text(encoding="utf-8")
    for name in set(re.findall(r"NEWSACTORS_[A-Z_]+[A-Z](?![A-Z_])", text)):
        assert f'"{name}"' in settings, name


def test_tables_page_is_what_the_models_say() -> None:
    text = docs.TABLES_MD.read_text(encoding="utf-8")
    assert text == docs.render_tables(), "run python -m etl.schema.docs"


def test_relative_links_of_the_documentation_lead_somewhere() -> None:
    pages = [README, *REPOSITORY.glob("docs/**/*.md"), REPOSITORY / "CONTRIBUTING.md"]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_names_versions_and_no_address(name: str) -> None:
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines)


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 200
