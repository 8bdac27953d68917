"""Questions to the published file: actors, timelines, quotes, contents and exports.

Belongs here: read-only SQL that the command line and the explorer share, and how values are
written for people.
Does not belong here: layout of a terminal or a page, and anything that writes to a warehouse.
"""
