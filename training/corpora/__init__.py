"""Readers of the corpora: documents to train on, gold annotations to score against.

Belongs here: corpora in their own formats, and training texts derived from them. Does not belong
here: networks (`training.model`), scores (`training.evaluation`).
"""
