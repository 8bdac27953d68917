"""The ledger keeps decisions: articles and rebuilds follow them, only a relink changes them.

Undecided names, which later articles settle, are in `test_settling`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from named_texts import Texts

from etl.corrections.plan import Plan
from etl.linking.ledger import Ledger, LedgerError
from etl.linking.relink import preview


@pytest.fixture
def texts() -> Iterator[Texts]:
    made = Texts()
    yield made
    made.con.close()


def test_actors_keep_their_ids_when_articles_and_spellings_are_added(
    texts: Texts, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    texts.add("t1", date(2020, 1, 1), "Volodymyr Zelensky", "Ann Lee")
    before = texts.link(ledger)
    texts.add("t2", date(2020, 1, 2), "Volodymyr Zelenskyy", "Anne Lee", "Lee")
    after = texts.link(ledger)
    assert before.items() <= after.items()
    assert after["t2/Volodymyr Zelenskyy"] == before["t1/Volodymyr Zelensky"]


def test_a_rebuild_by_the_ledger_gives_the_same_whatever_the_order(
    texts: Texts, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    days = [
        ("t1", "Lee"), ("t2", "Ann Lee"), ("t3", "John Lee"), ("t4", "Lee"), ("t5", "J. Lee"),
    ]  # fmt: skip
    for number, (text, name) in enumerate(days, start=1):
        texts.add(text, date(2020, number, 1), name)
        nightly = texts.link(ledger)
    rebuilt = Texts()
    for number, (text, name) in reversed(list(enumerate(days, start=1))):
        rebuilt.add(text, date(2020, number, 1), name)
    assert rebuilt.link(ledger) == nightly
    assert len(ledger.files()) == len(days)


def test_a_title_beside_a_lone_surname_tells_who_is_meant(texts: Texts, tmp_path: Path) -> None:
    for n in range(6):
        texts.add(f"b{n}", date(2016, 5, n + 1), "Bill Dole", "Hillary Dole")
    texts.add("his", date(2016, 5, 20), "Dole", role="Mr.")
    texts.add("hers", date(2016, 5, 20), "Dole", role="Mrs.")
    texts.add("whose", date(2016, 5, 20), "Dole")
    links = texts.link(Ledger(tmp_path))
    assert links["his/Dole"] == links["b0/Bill Dole"]
    assert links["hers/Dole"] == links["b0/Hillary Dole"]
    assert links["whose/Dole"] not in (links["his/Dole"], links["hers/Dole"])


def test_a_trial_writes_nothing(texts: Texts, tmp_path: Path) -> None:
    texts.add("t1", date(2020, 1, 1), "Ann Lee")
    assert texts.link(Ledger(tmp_path / "registry"), is_trial=True)
    assert not (tmp_path / "registry").exists()


def test_a_relink_decides_with_what_is_known_today_and_keeps_ids(
    texts: Texts, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    texts.add("t0", date(2020, 1, 1), "Jon Ward", "Jonathan Ward")  # one text has both: two people
    texts.add("t1", date(2020, 1, 2), "Jonathan Ward")
    before = texts.link(ledger)
    texts.con.execute("update loaded.text_actors set content_sha256 = 't2' where name = 'Jon Ward'")
    texts.add("t2", date(2020, 1, 3))
    assert texts.link(ledger) == before
    changes = preview(texts.con, ledger, Plan())
    jon = before["t0/Jon Ward"]
    assert [(c.decision.form.name, c.before) for c in changes] == [("Jon Ward", jon)]
    after = texts.link(ledger, relink=True)
    assert set(after.values()) == {before["t0/Jonathan Ward"]}
    assert preview(texts.con, ledger, Plan()) == []
    # The id that nobody has any more leads to who has its texts, and goes on doing so.
    for _ in range(2):
        assert texts.con.execute("from loaded.former_links").fetchall() == [("t0/Jon Ward", jon)]
        texts.link(ledger)


def declared(*actors: str) -> Plan:
    return Plan(distinct=[(actors[0], actors[1], "C1")])


def test_who_was_declared_distinct_is_never_joined_by_a_relink(
    texts: Texts, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    texts.add("t1", date(2020, 1, 1), "Jon Ward", "Jonathan Ward")  # one text has both: two people
    before = texts.link(ledger)
    jon, jonathan = before["t1/Jon Ward"], before["t1/Jonathan Ward"]
    assert jon != jonathan
    texts.con.execute("update loaded.text_actors set content_sha256 = 't2' where name = 'Jon Ward'")
    texts.add("t2", date(2020, 1, 2))
    assert [c.before for c in preview(texts.con, ledger, Plan())] in ([jon], [jonathan])
    assert preview(texts.con, ledger, declared(jon, jonathan)) == []
    assert texts.link(ledger, declared(jon, jonathan), relink=True) == before


def test_forgotten_names_leave_the_ledger_and_ids_stay(texts: Texts, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    texts.add("t1", date(2020, 1, 1), "Ann Mary Lee", "Secret Person")
    texts.add("t2", date(2020, 1, 1), "Ann Lee")
    before = texts.link(ledger)
    texts.remove("t1")
    texts.link(ledger, forget=True)
    left = [row for file in ledger.files() for row in pq.read_table(file).to_pylist()]
    assert [row["name"] for row in left] == ["Ann Lee"]
    assert "Mary" not in str(left)
    assert texts.link(ledger)["t2/Ann Lee"] == before["t2/Ann Lee"]


def test_a_missing_or_damaged_file_stops_the_run_and_says_what_to_do(
    texts: Texts, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    for n in range(3):
        texts.add(f"t{n}", date(2020, 1, 1), f"Ann Lee{n}son")
        texts.link(ledger)
    (tmp_path / "000002.parquet").rename(tmp_path / "kept")
    with pytest.raises(LedgerError, match=r"000002\.parquet is missing.*backup"):
        texts.link(ledger)
    (tmp_path / "000002.parquet").write_bytes(b"broken")
    with pytest.raises(LedgerError, match="backup"):
        texts.link(ledger)
