"""Measures how long each view takes to load: `NEWSACTORS_HOME=DIR python -m bench.explorer`.

Starts the app, opens each view several times in Chromium, each time from an empty page, and
measures until the page and all its charts are drawn. Prints the median and the longest time in
seconds, and the median of the server alone. Belongs here: times in a browser. Does not belong here:
single queries (`bench.queries`).

The actors viewed are those with the most articles, which are the slowest.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from etl.query import published
from etl.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
DRAWN = "[...document.querySelectorAll('figure.chart')].every(f => f.dataset.drawn)"


def view_paths(settings: Settings) -> dict[str, str]:
    """Return the URL path of each measured view, by name."""
    with published.open_published(settings) as con:
        actors = published.rows(
            con,
            "select entity_id, name from entities where type = 'PERSON'"
            " order by article_count desc limit 6",
        )
        day = published.rows(
            con,
            "select published_on as day, any_value(article_id) as id from articles"
            " where published_on is not null group by 1 order by count(*) desc limit 1",
        )[0]
    first, ids = actors[0]["entity_id"], [actor["entity_id"] for actor in actors]

    def view(name: str, **parameters: object) -> str:
        return f"/{name}?{urlencode(parameters, doseq=True)}"

    return {
        "home": view("home"),
        "home, a full week": view("home", until=day["day"]),
        "period": view("period", to=day["day"]),
        "actor, by week": view("actor", id=first),
        "actor, by day": view("actor", id=first, by="day"),
        "compare, six": view("compare", actor=ids),
        "quotes, newest": view("quotes"),
        "quotes, a common word": view("quotes", q="people"),
        "quotes, a speaker": view("quotes", speaker=first),
        "articles of an actor": view("articles", actor=first),
        "article": view("article", id=day["id"], actor=first),
        "corrections": view("corrections"),
        "suggestions while typing": view("suggest", q=actors[0]["name"][:3]),
    }


@contextmanager
def _app() -> Iterator[str]:
    code = "from etl.__main__ import main; main()"
    command = [sys.executable, "-c", code, "explore", "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[0]
    finally:
        process.terminate()
        process.wait(30)


def _browser_seconds(page: Page, address: str) -> float:
    page.goto("about:blank")
    started = time.perf_counter()
    page.goto(address)
    page.wait_for_function(DRAWN)
    return time.perf_counter() - started


def _server_seconds(address: str) -> float:
    started = time.perf_counter()
    urllib.request.urlopen(address, timeout=120).read()
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--times", type=int, default=5, help="number of times to open each view (5)"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    settings = Settings.from_env()
    measured = []
    os.environ["no_proxy"] = "127.0.0.1"
    with _app() as app, sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        _browser_seconds(page, f"{app}/home")  # warms the browser and the app up
        for name, path in view_paths(settings).items():
            server = [_server_seconds(app + path) for _ in range(options.times)]
            is_page = "/suggest" not in path
            seen = (
                [_browser_seconds(page, app + path) for _ in range(options.times)]
                if is_page
                else server
            )
            row = {
                "view": name,
                "median": round(statistics.median(seen), 2),
                "longest": round(max(seen), 2),
                "server": round(statistics.median(server), 2),
            }
            measured.append(row)
            if not options.json:
                print(f"{name:26} {row['median']:6} {row['longest']:6} {row['server']:6}")
        chromium.close()
    if options.json:
        print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
