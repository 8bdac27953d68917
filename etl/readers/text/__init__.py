"""The parts of an article in text: headline, byline, date, dateline, body and page furniture.

Belongs here: recognising each part in lines of text, and their order (`plain_text`). Does not
belong here: files (`readers.text_file`), values that a format states (`readers.source_metadata`),
dates in general (`readers.dates`).
"""
