"""Speech from the spans of the tagger: which source says which content.

The terms are those of PolNeAR: an attribution is a content, a cue and a source.

Belongs here: `contents` (splitting what is said), `utterances` (contents, cue and source joined by
their links), `speakers` (the actor of a source), `find` (the speech of one part), `merge` (with the
quotes in marks that rules find). Does not belong here: the network (`extract.tagger`), and speech
that rules find (`extract.quotes`, `extract.indirect`).
"""
