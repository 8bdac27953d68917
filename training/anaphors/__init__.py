"""Who is meant by pronouns and descriptions: training data for the ranker of antecedents.

Belongs here: drawing texts to annotate, the annotations (`annotated/`), and training. Does not
belong here: the ranker itself (`etl.extract.antecedents`), development data (`training.speakers`,
`training.evaluation`).
"""
