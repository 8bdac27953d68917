"""Schema `loaded` with what each text names, to link the actors of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, timedelta

import duckdb

from etl.corrections.plan import Plan
from etl.linking.ledger import Ledger
from etl.linking.link import link_actors
from etl.schema import tables

FIRST_NIGHT = datetime(2026, 1, 1, tzinfo=UTC)


class Texts:
    """A warehouse of texts; ids of actors are "text/name"."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("create schema loaded")
        for table in tables.TABLES:
            self.con.execute(table.ddl)

    def add(
        self,
        text: str,
        day: date,
        *names: str,
        role: str | None = None,
        type_: str = "PERSON",
        places: Sequence[str] = (),
        called: str | None = None,
    ) -> None:
        """Add a text that names actors of a type, and places; the first place directly before.

        The text also calls its first actor by the short name `called`.
        """
        self.con.execute(
            "insert into loaded.article_versions (content_sha256, article_id, authors, "
            "published_on, body, word_count, source_format, extractor_version, first_sequence, "
            "ingested_at, run_id) values (?, ?, [], ?, '', 0, '', '', 0, now(), '')",
            [text, text, day],
        )
        named = [*((name, "GPE") for name in places), *((name, type_) for name in names)]
        for number, (name, kind) in enumerate(named):
            self.con.execute(
                "insert into loaded.text_actors values (?, ?, ?, ?)",
                [f"{text}/{name}", text, name, kind],
            )
            surfaces = [name, called] if called and name == names[0] else [name]
            for surface in surfaces:
                start = 100 * number + (50 if surface == called else 0)
                if kind == "GPE" and name == places[0]:
                    start = 100 * len(places) - len(name) - 1
                self.con.execute(
                    "insert into loaded.text_mentions (mention_id, content_sha256, text_actor_id, "
                    "part, char_start, char_end, surface, type, kind, paragraph, sentence, role, "
                    "is_in_quote, method, confidence) values "
                    "(?, ?, ?, 'body', ?, ?, ?, ?, 'name', 0, 0, ?, false, '', 1)",
                    [
                        f"{text}/{number}/{surface}",
                        text,
                        f"{text}/{name}",
                        start,
                        start + len(surface),
                        surface,
                        kind,
                        role,
                    ],
                )

    def remove(self, text: str) -> None:
        for table in ("article_versions", "text_actors", "text_mentions"):
            self.con.execute(f"delete from loaded.{table} where content_sha256 = ?", [text])

    def link(
        self,
        ledger: Ledger,
        plan: Plan | None = None,
        *,
        is_trial: bool = False,
        relink: bool = False,
        forget: bool = False,
        new: Collection[str] | None = None,
    ) -> dict[str, str]:
        """Link all actors, or only those of the texts in `new`; return their entities."""
        if new is not None:
            self.con.execute("create or replace temp table new_texts (article_id varchar)")
            self.con.execute("insert into new_texts select unnest(?)", [list(new)])
        night = FIRST_NIGHT + timedelta(days=len(ledger.files()))
        link_actors(
            self.con,
            ledger,
            night,
            plan or Plan(),
            is_trial=is_trial,
            relink=relink,
            forget=forget,
            new_in=None if new is None else "new_texts",
        )
        return dict(
            self.con.execute("select text_actor_id, entity_id from loaded.text_links").fetchall()
        )


Add = Callable[[Texts, int], list[str]]
"""Adds the article of a number, and returns the ids of its texts."""


def linked_together(add: Add, count: int, ledger: Ledger) -> dict[str, str]:
    """Link `count` articles that arrive at once."""
    texts = Texts()
    for number in range(count):
        add(texts, number)
    return texts.link(ledger)


def linked_by_night(
    add: Add, order: Sequence[int], nights: int, ledger: Ledger
) -> tuple[Texts, dict[str, str]]:
    """Link articles that arrive in an order, dealt out over some nights."""
    texts = Texts()
    links = texts.link(ledger)
    for night in range(nights):
        new = [text for number in order[night::nights] for text in add(texts, number)]
        links = texts.link(ledger, new=new)
    return texts, links


def groups(links: dict[str, str]) -> set[frozenset[str]]:
    """Return which actors of texts are one."""
    found: dict[str, set[str]] = defaultdict(set)
    for actor, entity in links.items():
        found[entity].add(actor)
    return {frozenset(members) for members in found.values()}
