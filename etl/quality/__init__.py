"""How good an extraction is: scores and the gold format.

Belongs here: pure scorers, and the annotated articles that ship with the project. Does not belong
here: the development corpora, which are no part of it (`training/` reads those).
"""
