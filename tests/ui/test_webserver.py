"""End to end: `dagster dev`, runs launched in it, readers, and a browser.

All tests of this file share one server, build on each other and run in order. If
NEWSACTORS_SCREENSHOTS=DIR is set, the browser saves its screenshots there (those of docs/images).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from server import TERMINATE, Server, free_port, wait_for
from session_cache import begin_modelled

from etl.settings import REPOSITORY
from etl.storage.writer_lock import WriterLock

if TYPE_CHECKING:
    from playwright.sync_api import Page


CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
SCREENSHOTS = os.environ.get("NEWSACTORS_SCREENSHOTS")
SAMPLES = sorted((REPOSITORY / "seeds" / "articles").rglob("*.txt"))[: None if SCREENSHOTS else 20]
"""Twenty hold all that these tests look for; all of them make better pictures."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(tmp_path_factory.mktemp("server"), free_port())
    begin_modelled(found.settings.home, tmp_path_factory)
    try:
        found.start()
        yield found
    finally:
        found.stop()


def drop(server: Server, samples: list[Path]) -> None:
    for sample in samples:
        shutil.copy(sample, server.inbox)


def article_count(server: Server) -> int:
    with duckdb.connect(str(server.settings.published), read_only=True) as con:
        return int(con.execute("select count(*) from articles").fetchall()[0][0])


def test_nothing_listens_beyond_this_machine(server: Server) -> None:
    assert server.listening() == {"0100007F"}  # 127.0.0.1


def test_terminated_and_killed_runs_are_closed_with_a_reason_and_the_queue_moves_on(
    server: Server,
) -> None:
    drop(server, SAMPLES[:3])
    with WriterLock(server.settings):  # another writer: runs wait in the middle of their load
        first, second = server.launch(), server.launch()
        server.wait_until_said(first, "another process is writing")
        # One at a time: the other run is queued, rather than waiting in a process.
        assert server.status(second) == "QUEUED"

        server.ask(TERMINATE, id=first)
        assert server.wait(first) == "CANCELED"
        ended = wait_for("end of the first run", lambda: server.ended(first))
        assert (ended.status, ended.error) == ("failure", "load: interrupted")

        server.wait_until_said(second, "another process is writing")
        server.kill_worker(second)
        assert server.wait(second) == "FAILURE"
        killed = server.history(second)
        assert killed is not None
        assert (killed.status, killed.error) == ("failure", "the process was killed")
    assert not server.settings.published.exists()


def test_readers_see_complete_publishes_only_while_runs_take_turns(server: Server) -> None:
    later = SAMPLES[-8:]
    drop(server, SAMPLES[:-8])
    with server.readers(2) as seen:
        first = server.launch()
        server.wait_until_said(first, "archive: ")  # it has scanned the inbox
        drop(server, later)
        second = server.launch()
        assert server.wait(first) == "SUCCESS"
        assert server.status(second) == "QUEUED"
        assert article_count(server) == len(SAMPLES) - len(later)
        assert server.wait(second) == "SUCCESS"
        assert article_count(server) == len(SAMPLES)

    for number, lines in enumerate(seen):
        keeps = number % 2 == 1
        reads = int(lines.pop().removeprefix("reads "))
        assert reads > 10
        states = [[int(value) for value in line.split()] for line in lines]  # no line is an error
        totals = [articles for articles, *_ in states]
        # A kept connection keeps its snapshot; reopened ones see each publish once and complete.
        expected = [len(SAMPLES) - len(later), len(SAMPLES)]
        assert totals == (expected[:1] if keeps else expected)
        for articles, mentions, orphans, wrong_offsets, dated in states:
            assert mentions > 0
            assert (orphans, wrong_offsets) == (0, 0)
            assert dated <= articles
    before, after = (int(line.split()[1]) for line in seen[0])
    assert before < after


@pytest.mark.soak
def test_a_killed_run_is_retried_from_its_failure(server: Server) -> None:
    before = article_count(server) if server.settings.published.exists() else 0
    new = (REPOSITORY / "seeds" / "articles").rglob("*.txt")
    drop(server, [next(path for path in sorted(new, reverse=True) if path not in SAMPLES)])
    with WriterLock(server.settings):
        killed = server.launch()
        server.wait_until_said(killed, "another process is writing")
        server.kill_worker(killed)
        assert server.wait(killed) == "FAILURE"
    retried = server.retry(killed)
    assert server.wait(retried) == "SUCCESS"
    assert article_count(server) == before + 1


@pytest.fixture
def page() -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        found = browser.new_page(viewport={"width": 1600, "height": 1000})
        found.set_default_timeout(60_000)
        yield found
        browser.close()


def picture(page: Page, name: str) -> None:
    """Save a screenshot if NEWSACTORS_SCREENSHOTS is set."""
    if SCREENSHOTS:
        page.mouse.move(0, 0)  # no tooltip
        page.wait_for_timeout(6000)  # until all statuses are loaded
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")


def test_the_browser_shows_lineage_the_run_and_the_charts(server: Server, page: Page) -> None:
    runs = server.ask("{ runsOrError(limit: 1) { ... on Runs { results { runId } } } }")
    run_id = runs["runsOrError"]["results"][0]["runId"]
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    page.set_viewport_size({"width": 1800, "height": 5200})
    page.goto(f"{server.url}/asset-groups")
    page.get_by_text("Hide navigation").click()
    page.get_by_text("run_state").last.wait_for()
    page.keyboard.press("Alt+e")  # expands all groups
    page.get_by_text("staged_batches").first.wait_for()
    page.reload()  # fits the graph into the window
    names = "raw_files", "loaded_actor_links", "entities", "published_file", "publication_days"
    for name in names:
        page.get_by_text(name, exact=True).first.wait_for()
    picture(page, "lineage")

    page.set_viewport_size({"width": 1600, "height": 1000})
    page.goto(f"{server.url}/runs/{run_id}")
    page.get_by_text("Success", exact=True).first.wait_for()
    page.get_by_text("published_file").first.wait_for()
    picture(page, "run")

    page.goto(f"{server.url}/assets/published_file")
    page.get_by_text("[Show Markdown]").nth(1).click()
    chart = page.get_by_role("img", name="top actors by articles")
    chart.wait_for()
    assert chart.evaluate("image => image.naturalWidth") > 300
    picture(page, "published_file")
    assert page.get_by_text("Unexpected GraphQL error").count() == 0
    assert errors == []


def test_the_daemon_reported_the_killed_run(server: Server) -> None:
    def reports() -> list[dict[str, str]] | None:
        return [json.loads(file.read_text()) for file in server.failures.iterdir()] or None

    (report,) = wait_for("report of the failed run", reports)
    assert report["job"] == "nightly_ingest"
    killed = server.history(report["run_id"])
    assert killed is not None
    assert killed.error == "the process was killed"


def test_ctrl_c_stops_every_process(server: Server) -> None:
    assert server.stop() == []
    assert "Dagster services shut down." in (server.root / "server.log").read_text()
