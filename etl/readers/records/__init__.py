"""Records of named fields: JSON and CSV, and turning one record into an article.

Belongs here: finding records in a file, and applying the mappings of fields. Does not belong here:
the mappings (`readers.field_mapping`, `shapes.yaml`), references, whose formats are their own
(`readers.bibliography`).
"""
