"""Queries of the published file: names, actors, timelines, quotes, contents and exports.

Belongs here: read-only SQL that the command line and the explorer share, and the formatting of
values for display.
Does not belong here: layout (`etl.cli`, `etl.explorer`), and anything that writes to a warehouse
(`etl.pipeline`, `etl.warehouse`).
"""
