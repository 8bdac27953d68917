"""Notices about failed runs, sent to the configured command and webhook."""

import json
import shlex
import subprocess
import urllib.request
from collections.abc import Sequence
from urllib.parse import urlsplit

from etl.settings import Settings, SettingsError

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
TIMEOUT_SECONDS = 30


def send_failure_notice(settings: Settings, report: dict[str, str]) -> Sequence[str]:
    """Send a report as JSON to the configured command and webhook; return which of them got it.

    The command runs without a shell: the setting is split as a shell would split it, and the report
    is its standard input. Raises SettingsError if the webhook isn't on this machine, and whatever
    running the command or posting raises.
    """
    recipients = []
    data = json.dumps(report).encode()
    if settings.on_failure_command:
        command = shlex.split(settings.on_failure_command)
        subprocess.run(command, input=data, check=True, timeout=TIMEOUT_SECONDS)
        recipients.append("command")
    if settings.on_failure_webhook:
        _post(settings.on_failure_webhook, data)
        recipients.append("webhook")
    return recipients


def _post(webhook: str, data: bytes) -> None:
    url = urlsplit(webhook)
    if url.scheme not in ("http", "https") or url.hostname not in LOOPBACK:
        raise SettingsError(
            f"NEWSACTORS_ON_FAILURE_WEBHOOK={webhook!r} is not an http address of this machine; "
            "use a command to reach others"
        )
    request = urllib.request.Request(webhook, data, {"Content-Type": "application/json"})
    # No proxy: the address is loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(request, timeout=TIMEOUT_SECONDS).close()
