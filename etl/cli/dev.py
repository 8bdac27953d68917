"""`newsactors dev`: the Dagster UI with this warehouse's schedules, sensors and run history."""

from __future__ import annotations

import os
import signal
import sys

import click

from etl.settings import Settings, SettingsError


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=3000,
    show_default=True,
    help="Port on 127.0.0.1.",
)
@click.pass_obj
def dev(settings: Settings, port: int) -> None:
    """Open the Dagster UI on 127.0.0.1: assets, runs, schedules and sensors.

    The schedules and sensors run as long as this command does. The nightly job reads
    NEWSACTORS_INBOX. Ctrl-C stops it, and so does `kill PID`, also when it runs in the background
    or as a service (docs/newsactors.service).
    """
    from etl.orchestration.instance import create_home  # importing Dagster takes 1 s

    home = settings.dagster_home
    if home is None:
        raise SettingsError("DAGSTER_HOME is set to nothing; unset it, so that runs are recorded")
    create_home(home)
    click.echo(f"Warehouse {settings.home}, inbox {settings.inbox}", err=True)
    environment = {
        "DAGSTER_HOME": str(home),
        "NEWSACTORS_HOME": str(settings.home),
        "NEWSACTORS_INBOX": str(settings.inbox),
        "NEWSACTORS_REGISTRY": str(settings.registry),
        # `dagster dev` advises `dg dev`, which needs a package that brings cloud clients.
        "PYTHONWARNINGS": "ignore:Function `dev_command`",
    }
    # A shell that starts this in the background lets it ignore Ctrl-C. Dagster treats SIGTERM like
    # Ctrl-C, so nothing but SIGKILL would stop it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir(home)  # Dagster resolves the folders of dagster.yaml against the working directory
    command = [sys.executable, "-m", "dagster", "dev", "--host", "127.0.0.1", "--port", str(port)]
    if not any((home / name).exists() for name in ("workspace.yaml", "pyproject.toml")):
        # An instance that the user created says nothing about which code to load.
        command += ["-m", "etl.definitions"]
    os.execve(sys.executable, command, os.environ | environment)
