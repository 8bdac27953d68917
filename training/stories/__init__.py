"""Evaluation of stories: recall on constructed edits, precision on annotated pairs."""
