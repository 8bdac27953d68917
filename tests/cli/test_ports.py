"""Ports that cannot be: a sentence, not a traceback."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from etl.__main__ import main


@pytest.mark.parametrize("command", ["explore", "dev"])
@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_cannot_be_is_refused_with_a_sentence(command: str, port: str) -> None:
    result = CliRunner().invoke(main, [command, f"--port={port}"])
    assert result.exit_code == 2
    assert f"Invalid value for '--port': {port} is not in the range" in result.output
