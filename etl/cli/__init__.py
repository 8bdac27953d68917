"""The `newsactors` command, one module per command or group of commands.

Belongs here: options, messages, exit codes, and layout for the terminal.
Does not belong here: the work itself (`etl.pipeline`, `etl.query`), and running it as a Dagster job
(`etl.orchestration`).

Exit codes: 0 success (warnings included, unless --strict), 1 error, 2 usage, 3 an actor, outlet or
quarantined item that is unknown or ambiguous (only in commands that don't change anything, and in
`quarantine`).
"""
