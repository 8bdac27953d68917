"""Access control, and protection against hostile article texts."""

from __future__ import annotations

import html
import re
from pathlib import Path

import duckdb
import pytest

from .app import App, running

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'</title>"
FORMULA = "=HYPERLINK(1)</script>"


@pytest.fixture(scope="module")
def hostile(own_home: Path) -> str:
    """Return the id of an actor whose name is a formula, in an article whose text is a script."""
    file = (own_home / "news.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        row = con.execute("select entity_id from entities where name = 'Nadia Verholt'").fetchone()
        assert row is not None
        con.execute("update entities set name = ? where entity_id = ?", [FORMULA, row[0]])
        con.execute("update loaded.article_versions set body = ? || body", [SCRIPT])
        con.execute("update article_metadata set headline = ?", [SCRIPT])
    file.chmod(0o444)
    return str(row[0])


def test_scripts_and_formulas_are_escaped_on_pages_and_in_exports(
    own_home: Path, hostile: str
) -> None:
    with running(own_home) as app:
        listing = app.get(f"/articles?actor={hostile}")
        assert html.escape(SCRIPT) in listing.text.replace("&#34;", "&quot;").replace(
            "&#39;", "&#x27;"
        )
        article = next(link for link in listing.links if link.startswith("/article?"))
        for path in (
            "/home",
            "/period",
            f"/actor?id={hostile}",
            f"/compare?actor={hostile}",
            article,
        ):
            text = app.get(path.partition("#")[0]).text
            assert "<script>alert" not in text, path
            assert "<img" not in text, path
            for json_text in re.findall(
                r'<script type="application/json">(.*?)</script>', text, re.DOTALL
            ):
                assert "<" not in json_text, path
        rows = app.get("/export/actor/actors.csv").text
        assert "'=HYPERLINK" in rows
        assert ',"=HYPERLINK' not in rows


def test_the_server_listens_on_this_machine_only(app: App) -> None:
    listening = set()
    inodes = (
        {
            Path(fd).readlink().name
            for fd in Path(f"/proc/{app.process.pid}/fd").iterdir()
            if fd.is_symlink()
        }
        if Path("/proc").exists()
        else set()
    )
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{app.process.pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                listening.add(fields[1].partition(":")[0])
    assert listening == {"0100007F"}


def test_an_unknown_host_name_is_refused(app: App) -> None:
    assert app.get("/home", Host="evil.example").status == 400


def test_only_forms_of_the_explorer_can_change_anything(app: App) -> None:
    form = {"action": "merge", "actor": "Nadia Verholt", "into": "Henrik Vasse", "because": "no"}
    assert app.post("/corrections", form).status == 403
    assert app.post("/corrections", form | {"token": "guessed"}).status == 403
    page = app.get("/corrections?action=merge&actor=Nadia+Verholt&into=Henrik+Vasse").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    stolen = form | {"token": token[1]}
    assert app.post("/corrections", stolen, Origin="http://evil.example").status == 403
    assert app.post("/corrections", form | {"because": "x" * 100_000}).status == 413
    assert not (app.settings.registry / "corrections.csv").exists()


@pytest.mark.parametrize(
    "name", ["../blocks.py", "..%2Fblocks.py", "%2e%2e/blocks.py", "nothing.js"]
)
def test_only_static_files_are_served(app: App, name: str) -> None:
    assert app.get(f"/static/{name}").status == 404


def test_every_response_has_the_safety_headers(app: App) -> None:
    paths = ["/home", "/published", "/no-such-page", "/export/actor/no-such-table.csv"]
    for path in (*paths, "/static/explorer.js", "/static/vega.js", "/static/nothing.js"):
        response = app.get(path)
        headers = {name.lower(): value for name, value in response.headers.items()}
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        is_cached = response.status == 200 and path.startswith("/static/")
        assert headers["cache-control"] == ("max-age=3600" if is_cached else "no-store"), path


@pytest.mark.parametrize(("name", "kind"), [("explorer.css", "text/css"), ("vega.js", "script")])
def test_static_files_have_their_media_type(app: App, name: str, kind: str) -> None:
    response = app.get(f"/static/{name}")
    assert response.status == 200
    assert kind in response.headers["content-type"]


def test_before_the_first_publish_a_page_says_what_to_do(tmp_path: Path) -> None:
    with running(tmp_path / "nothing") as app:
        response = app.get("/home")
        assert response.status == 503
        assert "newsactors ingest" in response.text
        assert app.get("/suggest?q=a").json == []
