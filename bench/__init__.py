"""Benchmarks of speed and scale, and generators of their input.

Belongs here: programs that measure the product or inject faults into it. Does not belong here:
anything the product imports, measures of quality (`training.evaluation`). `bench` may import
`training`, never the reverse.
"""
