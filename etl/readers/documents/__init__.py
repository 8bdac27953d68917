"""Documents: word processors' files, PDF and e-books.

Belongs here: the text and the properties of each format. Does not belong here: the ZIP archive
around some of them (`readers.containers`), what the text means (`readers.text`,
`readers.exports`).
"""
