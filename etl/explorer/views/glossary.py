"""Glossary: the terms that the pages use."""

from __future__ import annotations

from etl.explorer.blocks import Column, Page, Section, Table
from etl.explorer.view_request import ViewRequest

_TERMS = [
    (
        "actor",
        "A named person, organisation, place or people. Each actor has one page, whichever "
        "spellings the articles use.",
    ),
    (
        "article",
        "One text as published by one outlet. A later version of it replaces the earlier one.",
    ),
    (
        "story",
        "One text with its copies, shortened and edited versions, at most 14 days apart, in "
        "any number of outlets. A text that 40 outlets print counts as one story.",
    ),
    (
        "mention",
        "A place in a text that refers to an actor: by name, by a description (“the "
        "minister”) or by a pronoun.",
    ),
    (
        "quote, utterance",
        "A quote is a continuous stretch of someone’s words, in quotation marks or reported "
        "(“said that …”). Quotes that belong together form one utterance: “…,” she said, “…” "
        "is one utterance and two quotes.",
    ),
    (
        "act: statement, opinion, intention",
        "What an utterance reports: that the actor says something (“said”), thinks it "
        "(“believes”) or wants it (“refuses to”). Only statements count as being quoted.",
    ),
    (
        "quoted",
        "Articles with at least one statement by the actor.",
    ),
    (
        "talked about",
        "Articles in which other speakers talk about the actor.",
    ),
    (
        "share of all news",
        "Articles (or stories) that mention the actor, as a share of all articles (or "
        "stories) of the same period.",
    ),
    (
        "90% interval, shaded band",
        "The range that contains the true count nine times in ten. It is based on the "
        "confidence of each finding, and on how much the program missed in articles annotated "
        "by hand.",
    ),
    (
        "expected stories, average before",
        "The number of stories that would be usual for an actor. For rising and falling "
        "actors: the average of the days before, for as many days as are shown. For unusual weeks "
        "and days: an estimate from the half year before (weeks) or the eight weeks before (days).",
    ),
    (
        "spike, unusual week, unusual day",
        "A week or day with far more stories than the actor’s past coverage predicts.",
    ),
    (
        "surprise",
        "How unlikely a spike is by chance: 3 is one in a thousand, 6 is one in a million.",
    ),
    (
        "expected by chance",
        "The number of stories that would mention both actors if the two were mentioned "
        "independently. A much higher actual number means that the news covers them together.",
    ),
    (
        "confidence",
        "How certain the program is that a mention or quote is correct, or that it names the "
        "right speaker. Of 100 quotes with 90% confidence, about 90 are correct.",
    ),
    (
        "cue",
        "The word that attributes a quote to its speaker, such as said, denied or according to.",
    ),
    (
        "reprint",
        "An article in a story that another outlet published first.",
    ),
    (
        "quarantine",
        "Files that could not be read, each with the reason and what to do about it.",
    ),
]


def glossary(request: ViewRequest) -> Page:
    """Return the glossary."""
    columns = [Column("word", "Term"), Column("meaning", "Meaning", "long")]
    rows = [{"word": term, "meaning": meaning} for term, meaning in _TERMS]
    return Page("words", "Glossary", [Section("", [Table("words", "", columns, rows)])])
