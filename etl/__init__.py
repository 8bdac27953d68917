"""newsactors: from a folder of raw news articles to actor timelines in DuckDB.

Imports run one way: definitions, cli -> assets -> store, extract, readers, actors -> schema, model.
"""

__version__ = "0.1.0"
