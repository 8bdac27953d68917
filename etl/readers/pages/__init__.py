"""Web pages: the article in a page, its day by its label, and pages as browsers save them.

Belongs here: HTML of one article, and what browsers and web archives make of it. Does not belong
here: pages with the articles of a database (`readers.exports`), fragments of HTML in other formats
(`readers.markup`).
"""
