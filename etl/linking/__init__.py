"""Identity across articles: which actors of different texts are one.

Belongs here: deciding and correcting identity. Does not belong here: finding names in a text and
joining them within one article (`etl.extract`), and counting (`sql/`).
"""
