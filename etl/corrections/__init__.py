"""Corrections: what people decided about actors, on file and replayed over the links.

Belongs here: the records of `corrections.csv`, the plan they add up to, and replaying that plan.
Does not belong here: automatic linking (`etl.linking`), and running a correction (`etl.pipeline`).
"""
