"""`newsactors explore` and `newsactors report`: options and messages.

Does not belong here: the app (`etl.explorer.server`) and the site (`etl.explorer.report`). They are
imported when a command needs them: with the chart library that takes a second.
"""

from __future__ import annotations

import webbrowser
from datetime import date
from pathlib import Path

import click

from etl.cli import terminal
from etl.cli.options import Day, json_option
from etl.cli.progress import progress_bars
from etl.settings import Settings

PORT = 3001


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Port on 127.0.0.1; 0 picks a free one.",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.pass_obj
def explore(settings: Settings, port: int, no_browser: bool) -> None:
    """Explore the published file in a browser: actors over time, quotes, articles, corrections.

    The server listens only on 127.0.0.1 and runs until you press Ctrl-C. It reads a published
    snapshot and neither blocks runs nor waits for them. It tells you when a newer snapshot is
    available. You can also merge actors or mark them as distinct on its pages, as with
    `newsactors actors`.

    \b
    Examples:
      newsactors explore
      newsactors explore --port 0 --no-browser
    """
    from etl.explorer.server import serve

    def ready(address: str) -> None:
        click.echo(f"{address}   (Ctrl-C stops it)")
        if not no_browser:
            webbrowser.open(address)

    try:
        serve(settings, port, ready)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be used: {error.strerror}; is it in use? Try --port 0"
        ) from None


@click.command()
@click.option("--from", "since", type=Day(), help="First day; default: 30 days before the last.")
@click.option(
    "--to", "until", type=Day(end=True), help="Last day; default: the day of the newest article."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--actors",
    type=click.IntRange(1, 40),
    default=40,
    show_default=True,
    help="How many of the top actors get a page.",
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
    """Write a report of some days as a static site that you can mail or put on any web server.

    It has the charts and tables of the app and a page for each top actor, and needs neither a
    server nor a network. It leaves out article texts. An existing report is replaced once the new
    one is complete; a folder with other files is left alone.

    \b
    Examples:
      newsactors report --out report
      newsactors report --from 2025-06 --to 2025-06-30 --out june --actors 20
    """
    from etl.explorer import report as reports

    with progress_bars() as progress:
        written = reports.write(
            settings,
            out,
            since,
            until,
            actors=actors,
            on_page=lambda done, total: progress("pages", done, total),
        )
    if as_json:
        found = {
            "out": str(written.out),
            "from": written.since,
            "to": written.until,
            "pages": written.pages,
        }
        click.echo(terminal.as_json(found, indent=2))
    else:
        days = f"{written.since} to {written.until}"
        click.echo(f"{written.pages} pages, {days}: {written.out / 'index.html'}", err=True)
