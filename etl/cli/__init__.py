"""The `newsactors` command, one module per group of commands.

Belongs here: options, exit codes, and what a person reads in the terminal.
Does not belong here: the work itself. `pipeline` and `query` do it, and `orchestration` runs it as
a Dagster job.
"""
