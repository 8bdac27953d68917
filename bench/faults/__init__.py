"""Fault injection: kills, lost archives, full disks, lost folders, concurrent commands, readers.

    python -m bench.faults kills --rounds 120
    python -m bench.faults --help

Belongs here: real commands (`newsactors …`) in their own processes, the faults injected into them,
and the comparison of what they publish with what a run without faults publishes. Each module is one
kind of fault; outcomes go to `build/faults.json`. `docs/reliability.md` reports the results.
Does not belong here: damaged input (`bench.fuzz_readers`), growing cost (`bench.soak`).
"""
