"""How commands end that look up names: exit codes, and messages with candidates.

Does not belong here: errors that every command reports in the same way (`etl.cli.run.Commands`).
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from typing import ParamSpec

import click
import duckdb
import pyarrow as pa

from etl.cli import tables, terminal
from etl.query import display, names
from etl.query.names import NameNotFoundError
from etl.query.period import OutletNotFoundError
from etl.query.published import Row

P = ParamSpec("P")
EXIT_ERROR, EXIT_NOT_FOUND, EXIT_INTERRUPTED = 1, 3, 130
NOBODY = "No article here has that name, or one like it; `newsactors actors list` shows all"


def _exit_with(message: str, code: int) -> click.exceptions.Exit:
    """Print an error; return the exception that ends the command with this exit code."""
    click.echo(f"Error: {display.clean(message, lines=True)}", err=True)
    return click.exceptions.Exit(code)


def _exit_interrupted() -> click.exceptions.Exit:
    click.echo("Interrupted", err=True)
    return click.exceptions.Exit(EXIT_INTERRUPTED)


def reading_command(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command that only reads its messages and exit codes; a closed pipe is no error."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader has seen enough (`| head`): no message, and nothing left to flush.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except NameNotFoundError as error:
            raise exit_unknown_name(error, "Give a name as listed, or the id.") from None
        except OutletNotFoundError as error:
            raise _exit_with(str(error), EXIT_NOT_FOUND) from None
        except (KeyboardInterrupt, duckdb.InterruptException):
            raise _exit_interrupted() from None
        except RuntimeError as error:
            if str(error) != "Query interrupted":  # what DuckDB makes of Ctrl-C
                raise
            raise _exit_interrupted() from None
        except (duckdb.Error, pa.ArrowException) as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            if isinstance(error, duckdb.CatalogException):
                lines.append('`newsactors sql "show tables"` lists the tables.')
            raise _exit_with("\n".join(lines), EXIT_ERROR) from None

    return run


def exit_unknown_name(
    error: NameNotFoundError, hint: str, code: int = EXIT_NOT_FOUND
) -> click.exceptions.Exit:
    """Print that a name is unknown or ambiguous, with candidates; return the exception to raise."""
    shown = repr(display.clean(error.name))
    why = f"{shown} may be several actors" if error.ambiguous else f"no actor is named {shown}"
    who = "; did you mean:" if error.candidates else f". {NOBODY}"
    click.echo(f"Error: {why}{who}", err=True)
    if error.candidates:
        terminal.console(stderr=True).print(tables.candidates(error.candidates))
        click.echo(hint, err=True)
    return click.exceptions.Exit(code)


def find_actor(connection: duckdb.DuckDBPyConnection, name: str) -> Row:
    """Return the actor that a name refers to, and note which others it could be.

    Raises NameNotFoundError.
    """
    entity, others = names.resolve(connection, name)
    note_other_actors(name, others)
    return entity


def note_other_actors(name: str, others: Sequence[Row]) -> None:
    """Print the actors that a name could also refer to, if there are any."""
    if others:
        more = "; ".join(f"{row['name']} ({row['entity_id']})" for row in others[:3])
        click.echo(display.clean(f"note: {name!r} could also be {more}"), err=True)
