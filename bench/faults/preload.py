"""The modules that the command server imports before it forks; importing them takes seconds.

Belongs here: the modules that a command needs, and a second extractor for candidate editions. Does
not belong here: anything that opens a file of a warehouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from etl.cli.main import COMMANDS
from etl.domain import Article, Extraction
from etl.extract import get_extractor, register_extractor
from etl.readers.language import language_of

for _name in (
    "dagster", "dagster_dbt", "dbt.cli.main", "dbt.adapters.duckdb", "altair", "vl_convert",
    "trafilatura", "py3langid", "etl.definitions", "etl.extract.rule_extractor",
):  # fmt: skip
    import_module(_name)
list(COMMANDS.values())  # imports the modules of all commands


class NoQuotes:
    """The rules without quotes: fast, and different from the extractor in use."""

    name, version = "no-quotes", "no-quotes-1"

    def extract(self, article: Article) -> Extraction:
        """Return the actors and mentions of the rules."""
        found = get_extractor("rules").extract(article)
        return Extraction(found.actors, found.mentions)

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        """Return one extraction per article, in order."""
        return [self.extract(article) for article in articles]


register_extractor(NoQuotes.name, NoQuotes)
# Loads the language model, which each process would otherwise unpack into its temporary folder.
_text = "This sentence is long enough, after four repetitions, to be recognised as English. " * 4
language_of(Article(None, _text))
