"""Whom an anaphor means: candidates, what speaks for each, and a trained log-linear ranker.

Belongs here: resolving the anaphors of one part in text order (`resolve`), what the text has said
of its actors so far and which of them are candidates (`discourse`), the features of a candidate
(`features`), where a name stands in its clause (`clauses`), and the ranker (`ranker`) with its
weights (`weights/`). Does not belong here: finding anaphors (`etl.extract.anaphors`), agreement
with quotes (`etl.extract.pronouns_and_speech`), training the weights (`training.anaphors`).

Candidates are actors, not single names (entity-level ranking: Denis and Baldridge 2008, Clark and
Manning 2015). A softmax over them and "nobody" gives probabilities, which are the confidences. Some
candidates are impossible whatever their score: the wrong gender, the wrong type of actor, and
people who are first named after the anaphor, except from a clause in front.
"""
