"""Who is meant by the source of a quote, and what kind of act a quote reports: gold and scores.

Belongs here: drawing quotes to annotate, the annotations (`gold/`), and scores on them. Does not
belong here: attributions as PolNeAR annotates them (`training.evaluation.quotes`).
"""
