"""Scores linking across articles against the gold: `python -m training.identity.linking`.

Belongs here: linking the extractions of the gold's texts, and scoring them. Does not belong here:
drawing the sample (`training.identity.sample`), annotation rules (`gold/README.md`).

Scores cover the gold mentions of `gold/gold.csv`. Each is matched with the mention by name that
overlaps it most. A mention that is not found, or has no actor, is a singleton. So is a gold mention
that names no actor (`none`) or remains ambiguous. Pairwise precision and recall are over all pairs
of mentions; B³ (Bagga and Baldwin 1998) is the mean over mentions.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from etl.corrections.plan import Plan
from etl.domain import Extraction
from etl.extract import get_extractor
from etl.linking.ledger import Ledger
from etl.linking.link import link_actors
from etl.schema import tables
from etl.storage.staged_tables import extracted_rows
from training.identity.sample import Text, texts

GOLD = Path(__file__).with_name("gold") / "gold.csv"


@dataclass(frozen=True, slots=True)
class GoldMention:
    """A mention and the actor it names; `referent` is unique if it names none."""

    key: str
    document: str
    part: str
    start: int
    end: int
    referent: str

    @classmethod
    def of(cls, row: Mapping[str, str], referent: str) -> GoldMention:
        """Create a mention from a row of a gold file."""
        start, end = int(row["char_start"]), int(row["char_end"])
        return cls(row["mention_key"], row["document"], row["part"], start, end, referent)


@dataclass(frozen=True)
class Scores:
    """Scores in percent, and the numbers of gold mentions and of those found."""

    pair_precision: float
    pair_recall: float
    pair_f1: float
    b3_precision: float
    b3_recall: float
    b3_f1: float
    mentions: int
    found: int


def check_texts(read: Sequence[Text], path: Path = GOLD) -> None:
    """Raise ValueError if a text differs from the one that was annotated."""
    hashes = {text.document: text.sha256 for text in read}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if hashes.get(row["document"]) != row["sha256"]:
                raise ValueError(
                    f"{row['document']} differs from the text annotated in {path.name}"
                )


def read_gold(path: Path = GOLD) -> list[GoldMention]:
    """Return the gold mentions, in the order of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        GoldMention.of(
            row,
            row["referent"]
            if row["referent"] != "none" and not row["referent"].startswith("ambiguous")
            else f"{row['referent']}:{row['mention_key']}",
        )
        for row in rows
    ]


def warehouse(
    read: Sequence[Text], found: Sequence[Extraction] | None = None
) -> duckdb.DuckDBPyConnection:
    """Return a database in memory whose schema `loaded` holds texts and their extractions.

    `found` is an extraction per text; without it the default extractor runs.
    """
    con = duckdb.connect()
    con.execute("create schema loaded")
    for table in tables.TABLES:
        con.execute(table.ddl)
    if found is None:
        found = get_extractor().extract_many([text.article for text in read])
    rows = extracted_rows({t.document: e for t, e in zip(read, found, strict=True)})
    for name, table in rows.items():
        con.register("rows", table)
        con.execute(f"insert into loaded.{name} by name select * from rows")
    for text in read:
        con.execute(
            "insert into loaded.article_versions (content_sha256, article_id, authors, outlet, "
            "published_on, body, word_count, source_format, extractor_version, first_sequence, "
            "ingested_at, run_id) values (?, ?, [], ?, ?, '', 0, '', '', 0, now(), '')",
            [text.document, text.document, text.article.outlet, text.article.published_on],
        )
    return con


def link(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `loaded.text_links` as the shipped resolver decides, with an empty ledger."""
    with tempfile.TemporaryDirectory() as folder:
        link_actors(con, Ledger(Path(folder)), datetime.now(UTC), Plan())


def linked(con: duckdb.DuckDBPyConnection, gold: Sequence[GoldMention]) -> dict[str, str]:
    """Return the entity of each gold mention by key, or its own key if it was not found."""
    link(con)
    con.register(
        "gold",
        pa.Table.from_pylist(
            [{"k": g.key, "d": g.document, "p": g.part, "a": g.start, "b": g.end} for g in gold]
        ),
    )
    rows = con.execute(
        """
        select g.k, l.entity_id from gold g
        join loaded.text_mentions m on m.content_sha256 = g.d and m.part = g.p
          and m.kind = 'name' and m.char_start < g.b and m.char_end > g.a
        join loaded.text_links l using (text_actor_id)
        qualify row_number() over (
          partition by g.k
          order by least(m.char_end, g.b) - greatest(m.char_start, g.a) desc, m.char_start
        ) = 1
        """
    ).fetchall()
    con.unregister("gold")
    return {g.key: g.key for g in gold} | dict(rows)


def scores(gold: Mapping[str, str], found: Mapping[str, str]) -> Scores:
    """Score one grouping of mentions against another; both map mentions to groups."""

    def pairs(groups: Mapping[str, object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(groups.values()).values())

    found = {key: found[key] for key in gold}
    both = {key: (gold[key], found[key]) for key in gold}
    right_pairs, found_pairs, gold_pairs = pairs(both), pairs(found), pairs(gold)
    sizes = Counter(both.values())
    of_gold, of_found = Counter(gold.values()), Counter(found.values())
    precision = sum(n * n / of_found[f] for (_, f), n in sizes.items()) / len(gold)
    recall = sum(n * n / of_gold[g] for (g, _), n in sizes.items()) / len(gold)
    p, r = right_pairs / max(1, found_pairs), right_pairs / max(1, gold_pairs)
    return Scores(
        pair_precision=round(100 * p, 1),
        pair_recall=round(100 * r, 1),
        pair_f1=round(100 * _f1(p, r), 1),
        b3_precision=round(100 * precision, 1),
        b3_recall=round(100 * recall, 1),
        b3_f1=round(100 * _f1(precision, recall), 1),
        mentions=len(gold),
        found=sum(found[key] != key for key in gold),
    )


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def main() -> None:
    """Print the scores; with --errors, also the wrong groups."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--errors", action="store_true", help="also print wrong groups")
    options = parser.parse_args()
    gold = read_gold()
    read = texts()
    check_texts(read)
    found = linked(warehouse(read), gold)
    referents = {g.key: g.referent for g in gold}
    named = {key: referent for key, referent in referents.items() if ":" not in referent}
    by_selection = {"all": scores(referents, found), "that name an actor": scores(named, found)}
    print(json.dumps({name: asdict(score) for name, score in by_selection.items()}, indent=1))
    if options.errors:
        groups: dict[str, Counter[str]] = defaultdict(Counter)
        for key, entity in found.items():
            groups[entity][referents[key]] += 1
        for entity, inside in groups.items():
            if len(inside) > 1:
                print("wrongly joined", entity, dict(inside))
        for g in sorted(set(referents.values())):
            entities = Counter(found[k] for k, r in referents.items() if r == g)
            if len(entities) > 1:
                print("wrongly split", g, dict(entities))


if __name__ == "__main__":
    main()
