"""Evaluation of linking across articles, and the gold annotations it is scored on.

Belongs here: drawing samples to annotate, and scores of `etl.linking`. Does not belong here: actors
within one article (`training.evaluation.actors`).
"""
