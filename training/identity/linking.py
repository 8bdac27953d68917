"""How well the linker tells who is who across articles: `python -m training.identity.linking`.

Belongs here: linking the extraction of the gold's texts, and its score against the gold. Does not
belong here: drawing the sample (`identity_sample`), reading rules (`gold/README.md`).

Counted over the gold mentions of `gold/gold.csv`, each matched with the mention by name
that overlaps it most; one that is not found, or has no actor, stands alone. A gold mention that
names no actor (`none`) or an open one stands alone, too. Pairwise precision and recall are over all
pairs of mentions; B³ (Bagga and Baldwin 1998) is the mean over mentions.
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
    """A mention and whom it names; `referent` is unique where it names nobody."""

    key: str
    document: str
    part: str
    start: int
    end: int
    referent: str

    @classmethod
    def of(cls, row: Mapping[str, str], referent: str) -> GoldMention:
        """From a row of a gold file."""
        start, end = int(row["char_start"]), int(row["char_end"])
        return cls(row["mention_key"], row["document"], row["part"], start, end, referent)


@dataclass(frozen=True)
class Scores:
    """Percentages, and how many gold mentions were found."""

    pair_precision: float
    pair_recall: float
    pair_f1: float
    b3_precision: float
    b3_recall: float
    b3_f1: float
    mentions: int
    found: int


def check_texts(read: Sequence[Text], path: Path = GOLD) -> None:
    """Raises ValueError where a text of a gold file is not the one that was read."""
    hashes = {text.document: text.sha256 for text in read}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if hashes.get(row["document"]) != row["sha256"]:
                raise ValueError(f"{row['document']} is not the text that was read for {path.name}")


def read_gold(path: Path = GOLD) -> list[GoldMention]:
    """The gold mentions, in the order of their keys."""
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
    """Texts with what was extracted from them, as schema `loaded` of a database in memory.

    `found` is an extraction of each text; without it the default extractor makes them.
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
    """Fill `loaded.text_links` as the shipped linker decides, with nothing decided before."""
    with tempfile.TemporaryDirectory() as folder:
        link_actors(con, Ledger(Path(folder)), datetime.now(UTC), Plan())


def linked(con: duckdb.DuckDBPyConnection, gold: Sequence[GoldMention]) -> dict[str, str]:
    """The entity of each gold mention by its key; its own key where it was not found."""
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
    """Scores of one grouping against another, both by mention."""

    def pairs(groups: Mapping[str, object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(groups.values()).values())

    found = {key: found[key] for key in gold}
    both = {key: (gold[key], found[key]) for key in gold}
    right, told, true = pairs(both), pairs(found), pairs(gold)
    sizes = Counter(both.values())
    of_gold, of_found = Counter(gold.values()), Counter(found.values())
    precision = sum(n * n / of_found[f] for (_, f), n in sizes.items()) / len(gold)
    recall = sum(n * n / of_gold[g] for (g, _), n in sizes.items()) / len(gold)
    p, r = right / max(1, told), right / max(1, true)
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
    """Print the scores; with --errors, the groups that are wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--errors", action="store_true", help="groups that are wrong, by key")
    options = parser.parse_args()
    gold = read_gold()
    read = texts()
    check_texts(read)
    found = linked(warehouse(read), gold)
    referents = {g.key: g.referent for g in gold}
    named = {key: referent for key, referent in referents.items() if ":" not in referent}
    both = {"all": scores(referents, found), "that name an actor": scores(named, found)}
    print(json.dumps({what: asdict(score) for what, score in both.items()}, indent=1))
    if options.errors:
        groups: dict[str, Counter[str]] = defaultdict(Counter)
        for key, entity in found.items():
            groups[entity][referents[key]] += 1
        for entity, inside in groups.items():
            if len(inside) > 1:
                print("together", entity, dict(inside))
        for g in sorted(set(referents.values())):
            apart = Counter(found[k] for k, r in referents.items() if r == g)
            if len(apart) > 1:
                print("apart", g, dict(apart))


if __name__ == "__main__":
    main()
