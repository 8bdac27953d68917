"""Training and evaluation of the extractors, on corpora that are not part of the project.

Belongs here: corpora, networks, and measures that need corpora. Does not belong here: speed and
faults (`bench`), metrics and gold that ship (`etl.quality`). `etl` never imports this package.
`bench` may import it, never the reverse.
"""
