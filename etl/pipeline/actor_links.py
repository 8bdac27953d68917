"""The automatic links from actors of texts to entities.

Belongs here: when links are decided again, and what the build file notes about them. Does not
belong here: how names are resolved (`etl.linking`), and corrections of the links
(`etl.pipeline.apply_corrections`).
"""

from __future__ import annotations

from datetime import UTC, datetime

from etl.corrections.csv_file import read_corrections
from etl.corrections.plan import make_plan
from etl.linking.ledger import Ledger
from etl.linking.link import LINKING_VERSION, link_actors
from etl.settings import Settings
from etl.warehouse import build_db, checks, stage_markers
from etl.warehouse.publish import FORGOTTEN_THROUGH

_LINKED_BY = "linked_by"
"""Property of the build file: the linker and the ledger that made all of its links."""

LEDGER_FORGOTTEN_THROUGH = "ledger_forgotten_through"
"""Property of the build file: the last tombstone whose names were removed from the ledger."""


def link(settings: Settings, *, relink: bool = False) -> int:
    """Link the actors of texts to entities, and return the number of entities.

    With `relink`, names that were resolved before are resolved again.
    """
    ledger = Ledger(settings.identity_ledger)
    with build_db.open_build(settings.build_file) as con:
        forgotten_through = build_db.get_property(con, FORGOTTEN_THROUGH)
        links_noted = build_db.get_property(con, build_db.LINKS_NOTED)
        is_by_ledger = build_db.get_property(con, _LINKED_BY) == _linked_by(ledger)
        build_db.set_property(con, build_db.LINKS_NOTED, "")  # until the new links are noted
        linked = link_actors(
            con,
            ledger,
            datetime.now(UTC),
            make_plan(read_corrections(settings)),
            relink=relink,
            forget=forgotten_through != build_db.get_property(con, LEDGER_FORGOTTEN_THROUGH),
            new_in="bookkeeping.unmodelled_articles" if is_by_ledger else None,
        )
        if links_noted and not linked.is_all:
            con.execute(
                "insert into bookkeeping.uncorrected_links "
                "select text_actor_id from relinked_actors"
            )
            build_db.set_property(con, build_db.LINKS_NOTED, links_noted)
        build_db.set_property(con, _LINKED_BY, _linked_by(ledger))
        if forgotten_through:
            build_db.set_property(con, LEDGER_FORGOTTEN_THROUGH, forgotten_through)
        return linked.entities


def _linked_by(ledger: Ledger) -> str:
    """Return the version of the linker and of the ledger's decisions."""
    return f"{LINKING_VERSION}-{ledger.digest()}"


def check_links(settings: Settings) -> list[checks.Problem]:
    """Check the links from actors of texts to entities."""
    with build_db.open_build(settings.build_file) as con:
        problems = checks.check_links(con)
        stage_markers.stamp(con, "linked", not problems)
        return problems
