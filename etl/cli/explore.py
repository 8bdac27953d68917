"""`newsactors explore` and `newsactors report`: options and messages.

Does not belong here: the app (`server`) and the site (`report`), which are imported when they are
run: with what draws charts that takes a second, which other commands need not wait.
"""

from __future__ import annotations

import webbrowser
from datetime import date
from pathlib import Path

import click

from etl.cli.options import Day, json_option
from etl.cli.progress import progress_bars
from etl.query import export
from etl.settings import Settings

PORT = 3001


@click.command()
@click.option("--port", default=PORT, show_default=True, help="Of 127.0.0.1; 0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Only say the address.")
@click.pass_obj
def explore(settings: Settings, port: int, no_browser: bool) -> None:
    """Look at what is published, in a browser: actors over time, quotes, articles, corrections.

    Serves on 127.0.0.1 only, until Ctrl-C. It reads a publish of its own, blocks no run and is
    blocked by none, and says when there is a newer one. Merging and keeping apart are possible
    from its pages, as with `newsactors actors`.

    \b
    Examples:
      newsactors explore
      newsactors explore --port 0 --no-browser
    """
    from etl.explorer.server import serve

    def ready(address: str) -> None:
        click.echo(f"{address}   (Ctrl-C ends it)")
        if not no_browser:
            webbrowser.open(address)

    try:
        serve(settings, port, ready)
    except KeyboardInterrupt:
        click.echo("ended", err=True)
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be used: {error.strerror}; is it open already? Try --port 0"
        ) from None


@click.command()
@click.option("--from", "since", type=Day(), help="First day; by default 30 days before the last.")
@click.option(
    "--to", "until", type=Day(end=True), help="Last day; by default that of the newest article."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A folder.")
@click.option(
    "--actors",
    type=click.IntRange(1, 40),
    default=40,
    show_default=True,
    help="How many of those in most articles get a page.",
)
@json_option
@click.pass_obj
def report(
    settings: Settings,
    since: date | None,
    until: date | None,
    out: Path,
    actors: int,
    as_json: bool,
) -> None:
    """Write some days as a static site, which can be mailed or put on any web server.

    It has the charts and tables of the app, a page for each actor of the period, and needs neither
    a server nor a network. Texts of articles are left out. A report that is there already is
    replaced when the new one is complete; a folder with anything else is left alone.

    \b
    Examples:
      newsactors report --out report
      newsactors report --from 2025-06 --to 2025-06-30 --out june --actors 20
    """
    from etl.explorer import report as reports

    with progress_bars() as told:
        made = reports.write(
            settings,
            out,
            since,
            until,
            actors=actors,
            on_page=lambda done, total: told("pages", done, total),
        )
    if as_json:
        found = {
            "out": str(made.out),
            "from": made.since,
            "to": made.until,
            "pages": made.pages,
        }
        click.echo(export.to_json(found, indent=2))
    else:
        click.echo(
            f"{made.pages} pages, {made.since} to {made.until}: {made.out / 'index.html'}", err=True
        )
