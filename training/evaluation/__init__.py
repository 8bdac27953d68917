"""Scores of an extractor on development data: `python -m training.evaluation.evaluate`.

Belongs here: measures, and the tables that they print. Does not belong here: metrics that need no
corpus (`etl.quality`), linking across articles (`training.identity`), stories (`training.stories`).
"""
