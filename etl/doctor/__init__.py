"""`newsactors doctor`: find and repair damage in everything that the warehouse keeps.

`findings` holds the findings, `database_faults` reads the DuckDB files, `examine` examines every
part and changes nothing, and `repair` repairs the parts in the order of their dependencies. Does
not belong here: how a part is stored and checksummed (`etl.storage`, `etl.linking.ledger`).
"""
