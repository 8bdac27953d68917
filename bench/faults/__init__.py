"""Hurting newsactors on purpose: kills, full and read-only disks, lost folders, many at once.

    python -m bench.faults kills --rounds 120
    python -m bench.faults --help

Belongs here: real commands (`newsactors …`) in processes of their own, what is done to them, and
the comparison of what they publish with what an undisturbed run publishes. Each module is one kind
of fault; outcomes go to `build/faults.json`. `docs/reliability.md` says what came of it.
Does not belong here: damaged input (`bench.fuzz_readers`), and how cost grows (`bench.soak`).
"""
