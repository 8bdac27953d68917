"""Evaluation of linking across articles, and the gold annotations it is scored on."""
