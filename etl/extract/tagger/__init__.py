"""The trained tagger: finds labelled spans and links in a text, with probabilities.

Belongs here: cutting a text into windows of word pieces (`pieces`), running the network (`engine`),
decoding its logits (`decode`), its results (`tags`), and the weights (`weights/`, `fast/`). Does
not belong here: what a span means for an article (`etl.extract.tagger_extractor`), and training
(`training/`, which shares `pieces`).
"""
