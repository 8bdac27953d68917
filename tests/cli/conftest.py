"""A small warehouse built by the real code: schema `loaded`, the dbt project, the publish."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from session_cache import begin, once

from etl.cli.main import main
from etl.query import published
from etl.schema import tables as schema
from etl.settings import Settings
from etl.warehouse import build_db, publish
from etl.warehouse.dbt import run_dbt

from .evil import EVIL, FORMULA


@pytest.fixture(autouse=True)
def unset_screen_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test in this process may have imported something that sets COLUMNS."""
    monkeypatch.delenv("COLUMNS", raising=False)


@dataclass
class Story:
    """An article: in the body, `{key:surface}` is a mention and `“…”` a quote by `speaker`."""

    outlet: str
    day: str | None
    headline: str
    body: str
    speaker: str | None = None


NAMES = {
    "verkel": ("Amalia Verkel", "PERSON"),
    "smith1": ("John Smith", "PERSON"),
    "smith2": ("John Smith", "PERSON"),
    "muller": ("Jürgen Müller", "PERSON"),
    "bank": ("Łódź Bank", "ORG"),
    "evil": (EVIL, "ORG"),
    "formula": (FORMULA, "ORG"),
}

STORIES = [
    Story(
        "Harbour Courier",
        "2025-01-06",
        "Talks open",
        "{verkel:Amalia Verkel} met {smith1:John Smith}.",
    ),
    Story(
        "Harbour Courier",
        "2025-01-07",
        "Talks go on",
        "“We don’t\nknow yet,” {verkel:Verkel} said. {bank:Łódź Bank} waits.",
        "verkel",
    ),
    Story(
        "Velmark Today", "2025-01-07", "More talks", "{verkel:Verkel} and {smith2:John Smith} left."
    ),
    Story(
        "Velmark Today",
        "2025-01-28",
        f"{EVIL} denies",
        f"“\x1b[2JGone,” {{evil:{EVIL}}} said. {{muller:Jürgen Müller}} knew.",
        "evil",
    ),
    Story("Velmark Today", "2025-01-29", "It ends", "{verkel:Amalia Verkel} rests."),
    Story("Velmark Today", None, "Undated", f"{{verkel:Verkel}} and {{formula:{FORMULA}}}."),
]


@dataclass
class Rows:
    """Rows of schema `loaded`, by table."""

    tables: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {table.name: [] for table in schema.TABLES}
    )

    def add(self, table: schema.Table, **values: Any) -> None:
        """Add a row; missing columns get null or a placeholder of their type."""
        placeholders = {
            schema.STRING: "test",
            schema.INT: 0,
            schema.LONG: 0,
            schema.FLOAT: 1.0,
            schema.BOOL: False,
            schema.STRINGS: [],
            schema.TIMESTAMP: datetime(2025, 2, 1, tzinfo=UTC),
        }
        row = {c.name: None if c.nullable else placeholders.get(c.type) for c in table.columns}
        self.tables[table.name].append(row | values)

    def add_story(self, number: int, story: Story) -> None:
        """Add an article with the mentions and the quote marked in its body."""
        body, spans = "", []
        for index, piece in enumerate(story.body.replace("}", "{").split("{")):
            if index % 2:
                who, surface = piece.split(":", 1)
                spans.append((who, len(body), surface))
            body += piece.split(":", 1)[1] if index % 2 else piece
        content = hashlib.sha256(body.encode()).hexdigest()
        version = {"content_sha256": content}
        self.add(
            schema.ARTICLE_VERSIONS,
            **version,
            article_id=f"a{number}",
            outlet=story.outlet,
            headline=story.headline,
            body=body,
            word_count=len(body.split()),
            published_on=date.fromisoformat(story.day) if story.day else None,
        )
        self.add(
            schema.ARTICLE_SOURCES,
            **version,
            article_id=f"a{number}",
            sequence=number,
            source_key=f"key{number}",
            source_path=f"in/{number}.txt",
        )
        self.add(
            schema.ARTICLE_STORIES,
            article_id=f"a{number}",
            story_id=f"Sa{number}",
            method="first",
        )
        for who, start, surface in spans:
            actor = f"{number}-{who}"
            name, kind = NAMES[who]
            self.add(schema.TEXT_ACTORS, **version, text_actor_id=actor, name=name, type=kind)
            self.add(schema.ACTOR_LINKS, text_actor_id=actor, entity_id=f"e-{who}", method="name")
            self.add(
                schema.TEXT_MENTIONS,
                **version,
                mention_id=f"m{number}-{start}",
                part="body",
                text_actor_id=actor,
                char_start=start,
                char_end=start + len(surface),
                surface=surface,
                type=kind,
                kind="name",
            )
        if story.speaker:
            start, end = body.index("“") + 1, body.index("”")
            surface = next(text for who, _, text in spans if who == story.speaker)
            self.add(
                schema.TEXT_QUOTES,
                **version,
                quote_id=f"q{number}",
                utterance_id=f"u{number}",
                part="body",
                char_start=start,
                char_end=end,
                text=body[start:end],
                kind="direct",
                speaker_text_actor_id=f"{number}-{story.speaker}",
                speaker_surface=surface,
            )


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A published warehouse of STORIES."""
    home = tmp_path_factory.mktemp("published") / "home"
    made = once(tmp_path_factory, "stories", lambda home: _publish_stories(home, tmp_path_factory))
    shutil.copytree(made, home, symlinks=True)
    return Settings.from_env({"NEWSACTORS_HOME": str(home)})


def _publish_stories(home: Path, factory: pytest.TempPathFactory) -> None:
    begin(home, factory)
    settings = Settings.from_env({"NEWSACTORS_HOME": str(home)})
    rows = Rows()
    for number, story in enumerate(STORIES):
        rows.add_story(number, story)
    with build_db.open_build(settings.build_file) as con:
        for table in schema.TABLES:
            con.execute(table.ddl)
            con.register("rows", pa.Table.from_pylist(rows.tables[table.name], table.arrow_schema))
            con.execute(f"insert into loaded.{table.name} by name select * from rows")
            con.unregister("rows")
    run_dbt(
        ["build", "--exclude-resource-type", "test", "unit_test"],
        build_file=settings.build_file, target=settings.dbt_target,
    )  # fmt: skip
    publish.publish(settings, "run", {})


@pytest.fixture
def cli(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function that runs a command in this process on the small warehouse."""
    monkeypatch.setenv("NEWSACTORS_HOME", str(settings.home))

    def run(*args: str | Path, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)

    return run


@pytest.fixture
def reader(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for comparing results, open while commands in this process read."""
    with published.open_published(settings) as connection:
        yield connection
