"""Extraction quality: scores, the gold set, and recorded figures.

Belongs here: pure scorers, and the annotated articles that ship with the package. Does not belong
here: the development corpora, which do not ship (`training/` reads them).
"""
