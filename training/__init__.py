"""Training and evaluation of the extractors, on corpora that are not part of the project.

Nothing in `etl` imports from here. `bench` may; this package does not import `bench`.
"""
