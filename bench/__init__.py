"""Speed and scale: programs that measure the product, and that make the input to measure with.

Belongs here: converters of corpora that may not be shipped, and benchmarks.
Does not belong here: anything the product imports.
"""
