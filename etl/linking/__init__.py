"""Entity linking: which actors of different articles are one entity.

Belongs here: resolving names to entities, the identity ledger, relinking, suggesting pairs.
Does not belong here: finding names in a text and clustering them within one article
(`etl.extract`), what people decided (`etl.corrections`), and counting (`sql/`).
"""
