"""Evaluation of stories: recall on constructed edits, precision on annotated pairs.

Belongs here: measures of `etl.stories` and their gold pairs. Does not belong here: reading the
corpora (`training.corpora`).
"""
