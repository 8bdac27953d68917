"""The trained tagger: a text in, labelled spans with probabilities out.

Belongs here: cutting a text into windows of word pieces (`pieces`), decoding what the network says
(`decode`), running it (`engine`), and the weights (`weights/`). Does not belong here: what a span
means for an article (that is the extractor's), and training (`training/`, which shares `pieces`).
"""
