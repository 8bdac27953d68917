"""A user's path through the explorer in Chromium, from page to page.

Runs over the samples, or over a copy of the warehouse that NEWSACTORS_WALK names (for example one
of PolNeAR and Wikinews, which has real spikes). With NEWSACTORS_SCREENSHOTS=DIR it saves
screenshots there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb
import pytest

from .app import App, running

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PHONE_WIDTH = 390
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
_INSERT_SPIKE = """
insert into actor_spikes
select e.entity_id, 'week', date '2025-06-09', 6, 6, 4, 0.5, 12.0, 5.0, 2,
  list(a.story_id), list(a.article_id), list(a.headline), []::varchar[], null
from entities e join actor_articles c using (entity_id) join articles a using (article_id)
where e.name = 'Nadia Verholt' and a.published_on between '2025-06-09' and '2025-06-15'
group by e.entity_id
"""
"""The samples have no spikes: one summer is too short for a baseline."""


@dataclass(frozen=True)
class Walk:
    """Warehouse to browse, and the actors and words to look for in it."""

    home: Path
    typed: str
    actor: str
    other: str
    spelling: str
    is_spelling_of: str
    words: str
    outlet: str


@pytest.fixture(scope="module")
def walk(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    home = tmp_path_factory.mktemp("walk") / "home"
    if real := os.environ.get("NEWSACTORS_WALK"):
        shutil.copytree(real, home, symlinks=True)
        names = (
            "comey",
            "James Comey",
            "Loretta Lynch",
            "Rence Priebus",
            "Reince Priebus",
            "wall",
            "Politico",
        )
        return Walk(home, *names)
    shutil.copytree(samples, home, symlinks=True)
    file = (home / "news.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute(_INSERT_SPIKE)
    file.chmod(0o444)
    names = (
        "verh",
        "Nadia Verholt",
        "Sebastian Krayle",
        "Walter Brannock Sr.",
        "Walter Brannock Jr.",
        "sevens",
        "The Calder Ledger",
    )
    return Walk(home, *names)


@pytest.fixture(scope="module")
def app(walk: Walk) -> Iterator[App]:
    with running(walk.home) as explorer:
        yield explorer


@pytest.fixture(scope="module")
def errors() -> list[str]:
    """Errors and warnings in the console of any page, and requests to other servers."""
    return []


@pytest.fixture(scope="module")
def browser(app: App, errors: list[str]) -> Iterator[BrowserContext]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = chromium.new_context(
            viewport={"width": 1280, "height": 900}, base_url=app.address
        )
        context.set_default_timeout(30_000)
        context.on("console", lambda m: errors.append(m.text) if m.type in BAD else None)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("request", lambda r: errors.append(r.url) if app.address not in r.url else None)
        yield context
        chromium.close()


BAD = ("error", "warning")


@pytest.fixture
def page(browser: BrowserContext, errors: list[str]) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()
    assert errors == []


def wait_for_charts(page: Page) -> None:
    """Wait until all charts are drawn."""
    page.wait_for_function(
        "[...document.querySelectorAll('figure.chart')].every(f => f.dataset.drawn)"
    )


def screenshot(page: Page, name: str) -> None:
    """Save a screenshot if NEWSACTORS_SCREENSHOTS is set."""
    if folder := os.environ.get("NEWSACTORS_SCREENSHOTS"):
        wait_for_charts(page)
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", PHONE_WIDTH)]
)
def test_each_view_is_accessible_and_fits_the_screen(
    app: App, browser: BrowserContext, walk: Walk, scheme: Any, width: int
) -> None:
    axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
    assert browser.browser is not None
    context = browser.browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        base_url=app.address,
        bypass_csp=True,  # axe is a script that the page does not load by itself
    )
    page = context.new_page()
    article = app.get(f"/articles?actor={quote(walk.actor)}").link_to("/article?")
    actor, compare = f"/actor?name={walk.actor}", f"/compare?name={walk.actor}&name={walk.other}"
    outlet, story = f"/outlet?name={quote(walk.outlet)}", app.get(article).link_to("/story?")
    views = ["/home", actor, "/actor", compare, "/quotes", article, "/corrections", "/period"]
    views += [outlet, story, "/sql?query=from+stories+limit+3"]
    for path in views if width == PHONE_WIDTH or scheme == "light" else views[:2]:
        page.goto(path)
        wait_for_charts(page)
        violations = axe_playwright.Axe().run(page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_a_chart_is_saved_as_a_picture_with_its_title_and_source(page: Page, walk: Walk) -> None:
    page.goto(f"/actor?name={walk.actor}")
    wait_for_charts(page)
    chart = page.locator("figure.chart").first
    with page.expect_download() as download:
        chart.get_by_role("button", name="SVG").click()
    drawn = Path(download.value.path()).read_text()
    assert walk.actor in drawn
    assert "counted by newsactors" in drawn
    with page.expect_download() as download:
        chart.get_by_role("button", name="PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_typing_a_few_letters_leads_from_the_start_page_to_an_actors_charts(
    page: Page, walk: Walk
) -> None:
    page.goto("/")
    page.get_by_role("heading", name="Rising").wait_for()
    screenshot(page, "home")
    page.keyboard.press("/")
    page.keyboard.type(walk.typed)
    page.get_by_role("option", name=walk.actor).wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=walk.actor, exact=True).wait_for()
    wait_for_charts(page)
    assert page.locator("figure.chart .drawing svg").count() == 4
    screenshot(page, "actor")


def test_a_spike_leads_to_its_articles_and_a_quote_to_its_place_in_the_text(
    page: Page, walk: Walk
) -> None:
    page.goto(f"/actor?name={walk.actor}")
    wait_for_charts(page)
    page.locator("figure.chart").first.locator("svg path[fill='#c24a00']").first.click()
    page.wait_for_url("**/articles?*from=*")
    assert page.get_by_role("table").locator("tbody tr").count() > 0
    page.get_by_role("table").locator("td.long a").first.click()
    page.locator(".article .m.c1").first.wait_for()
    tooltip = page.locator(".article .m.c1").first.get_attribute("title") or ""
    assert walk.actor in tooltip
    assert "confidence" in tooltip

    page.locator("tr").filter(has_text=walk.actor).locator("[data-marks]").click()
    marked = page.locator(".article .marked")
    assert marked.count() > 1
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.matches('.marked')")

    page.goto(f"/actor?name={walk.actor}")
    first = page.locator(".quotes li").first
    sentence = first.locator("blockquote").inner_text()
    first.get_by_role("link").first.click()
    marked = page.locator(".article :target")
    marked.wait_for()
    assert marked.inner_text()[:20] in sentence
    assert "q" in (marked.get_attribute("class") or "").split()
    screenshot(page, "article")


def test_two_actors_found_by_typing_share_one_chart(page: Page, walk: Walk) -> None:
    page.goto("/compare")
    for name in (walk.actor, walk.other):
        field = page.get_by_role("combobox", name="Add an actor")
        field.press_sequentially(name[:-1])
        page.get_by_role("option", name=name).first.click()
        page.get_by_role("link", name=name, exact=True).first.wait_for()
    wait_for_charts(page)
    legend = page.locator("figure.chart").first.locator("svg")
    assert walk.actor in (legend.text_content() or "")
    assert walk.other in (legend.text_content() or "")
    address = page.url
    page.goto("/home")
    page.goto(address)  # the URL can be shared
    assert page.get_by_role("heading", level=1).inner_text() == f"{walk.actor} and {walk.other}"
    screenshot(page, "compare")


def test_quotes_are_found_by_their_words(page: Page, walk: Walk) -> None:
    page.goto("/quotes")
    page.get_by_label("Words in the quote").fill(walk.words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/quotes?*q=*")
    assert walk.words in page.locator("blockquote").first.inner_text().lower()
    screenshot(page, "quotes")


def test_a_merge_is_previewed_published_and_undone(
    app: App, browser: BrowserContext, page: Page, walk: Walk
) -> None:
    suggestions = app.get(f"/suggest?q={quote(walk.spelling)}").json
    (address,) = [actor["href"] for actor in suggestions if actor["name"] == walk.spelling]
    other = browser.new_page()
    other.goto("/home")
    page.goto("/corrections")
    page.get_by_role("combobox", name="This actor").press_sequentially(walk.spelling)
    page.get_by_role("option", name=walk.spelling).first.click()
    other_field = page.get_by_role("combobox", name="is the same as")
    focused = page.evaluate("document.activeElement.name")
    assert focused == other_field.get_attribute("name"), "nothing is sent before both are chosen"
    other_field.press_sequentially(walk.is_spelling_of)
    page.get_by_role("option", name=walk.is_spelling_of).first.click()
    page.get_by_role("table").get_by_text(walk.is_spelling_of).first.wait_for()
    assert "would move" in page.locator("main").inner_text()
    page.get_by_label("Reason").fill("the same person")
    page.get_by_label("Your name").fill("A. Reader")
    screenshot(page, "corrections")
    page.get_by_role("button", name="Apply").click()
    page.get_by_text("applied and published").wait_for(timeout=120_000)

    other.get_by_text("New data has been published").wait_for()
    other.get_by_role("link", name="Reload").click()
    other.goto(address)
    assert other.get_by_role("heading", level=1).inner_text() == walk.is_spelling_of
    other.close()

    page.get_by_role("link", name="undo\u00a0…").first.click()
    page.get_by_label("Reason").fill("only a test")
    page.get_by_role("button", name="Apply").click()
    page.get_by_text("applied and published").wait_for(timeout=120_000)
    page.goto(address)
    assert page.get_by_role("heading", level=1).inner_text() == walk.spelling


def test_each_chart_has_a_text_and_a_table_and_each_field_a_label(page: Page, walk: Walk) -> None:
    for path in ("/home", f"/actor?name={walk.actor}", "/quotes", "/corrections", "/articles"):
        page.goto(path)
        wait_for_charts(page)
        for chart in page.locator("figure.chart").all():
            assert len(chart.get_by_role("heading").inner_text()) > 20
            chart.get_by_text("Show the data as a table").click()
            assert chart.get_by_role("table").locator("tbody tr").count() > 0
        unlabelled = page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), select')]"
            ".filter(field => !field.labels.length).length"
        )
        assert unlabelled == 0, path
