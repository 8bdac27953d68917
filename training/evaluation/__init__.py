"""Scores of an extractor on development data: `python -m training.evaluation.evaluate`."""
