"""Readers of the corpora: documents to train on, gold annotations to score against."""
