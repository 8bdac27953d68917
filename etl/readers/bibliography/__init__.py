"""Bibliographic references with an abstract or a text: exports of Zotero, EndNote and databases.

Belongs here: one module per format, and what they share. Does not belong here: tables (CSV) and CSL
JSON, which are records of fields (`readers.records.fields`, `shapes.yaml`).
"""
