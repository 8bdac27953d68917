"""What the words on the pages mean, in one place that every page leads to."""

from __future__ import annotations

from etl.explorer.blocks import Column, Page, Section, Table
from etl.explorer.view_request import ViewRequest

_WORDS = [
    ("actor", "Whoever or whatever is named and can act or be acted upon: people, organisations, "
     "places, peoples. One actor has one page, whatever spellings the articles use."),
    ("article", "One text as one outlet printed it. A later version of it replaces the earlier."),
    ("story", "One text with its copies, cuts and edits, in however many outlets, within 14 days. "
     "Counted by stories, a text that forty outlets print is one piece of news."),
    ("mention", "One place in a text where an actor is meant: by name, by a description (“the "
     "minister”) or by a pronoun."),
    ("quote, utterance", "A quote is a stretch of somebody’s words, in quotation marks or reported "
     "(“said that …”). Pieces that belong together are one utterance."),
    ("said", "Counts the utterances of an actor."),
    ("talked about", "Articles in which somebody else speaks about the actor."),
    ("share of all news", "Articles (or stories) with the actor, of all of the same days."),
    ("at least, at most; pale band", "Between these the right count lies nine times in ten, by "
     "how sure the program is of each finding and by how much it misses elsewhere."),
    ("usual", "How many stories a period of this length had before: for risers and fallers the "
     "mean of the four weeks before; for spikes what half a year (weeks) or eight weeks (days) "
     "lets expect."),
    ("spike, surprise", "A day or week with more stories than the actor’s own past makes likely. A "
     "surprise of 3 is a chance of one in a thousand, of 6 one in a million."),
    ("by chance", "How many stories would name both actors by accident, were each named as often "
     "as it is. Far more than that says that the two belong together in the news."),
    ("sure", "How sure the program is that this was said, and by this speaker; of a hundred that "
     "are 90% sure about ninety are right."),
    ("cue", "The word that attributes a quote: said, according to, denied."),
    ("reprint", "An article of a story that another outlet printed first."),
    ("quarantine", "Files that could not be read, with the reason and what to do."),
]  # fmt: skip


def words(request: ViewRequest) -> Page:
    """The page."""
    columns = [Column("word", "Word"), Column("meaning", "Meaning", "long")]
    rows = [{"word": word, "meaning": meaning} for word, meaning in _WORDS]
    return Page("words", "What the words mean", [Section("", [Table("words", "", columns, rows)])])
