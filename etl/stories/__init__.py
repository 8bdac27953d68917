"""Stories: which articles are one text lineage: copies, reprints, cuts and edits of one text.

Belongs here: what of a text is compared (`text`), how likely pairs are found without comparing all
(`sketch`), and how pairs become stories with ids that stay (`lineage`, and `assign` over the build
database). Does not belong here: events (other words about the same thing are another story), what
an article is (`store.identity`), counting (`sql/`), locks and stages (`pipeline`).
"""
