"""`newsactors doctor`: whether all that is kept is as it was written, and putting it right.

`findings` is what is said, `databases` reads the DuckDB files, `examine` looks at every part and
changes nothing, `repair` heals them in the order in which they rest on each other. Does not belong
here: how a part is kept and what its checksums are (`etl.storage`, `etl.linking.ledger`).
"""
