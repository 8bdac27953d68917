"""Corrections: what people decided about actors, on file and applied to the links.

Belongs here: the records of `corrections.csv`, the plan they add up to, and replaying that plan.
Does not belong here: linking without people (`linking`), and running a correction (`pipeline`).
"""
