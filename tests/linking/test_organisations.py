"""Organisations across articles: short names of firms, committees, and bodies of many countries."""

from __future__ import annotations

import random as randoms
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from named_texts import Texts, groups, linked_by_night, linked_together
from suite_length import examples

from etl.corrections.plan import Plan
from etl.linking.ledger import Ledger
from etl.linking.relink import preview
from etl.linking.variants import organisation_key, turned_organisation_keys

DAY = date(2020, 1, 10)


@pytest.fixture
def texts() -> Iterator[Texts]:
    made = Texts()
    yield made
    made.con.close()


@pytest.mark.parametrize("short", ["Keldane", "O'Keldane", "Kel-Dane"])
def test_a_short_name_is_the_only_firm_that_texts_call_so(
    texts: Texts, tmp_path: Path, short: str
) -> None:
    ledger = Ledger(tmp_path)
    texts.add("short", DAY, short, type_="ORG")
    alone = texts.link(ledger)[f"short/{short}"]
    texts.add("full", DAY, f"{short} Motor Co", type_="ORG", called=short)
    texts.add("other", DAY, f"{short} Stores", type_="ORG")
    after = texts.link(ledger, new=["full", "other"])
    assert after[f"short/{short}"] == after[f"full/{short} Motor Co"] != alone
    assert after[f"other/{short} Stores"] != after[f"short/{short}"]
    gone = texts.con.execute("from loaded.former_links").fetchall()
    assert gone == [(f"short/{short}", alone)]


def test_a_short_name_of_two_firms_is_neither(texts: Texts, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    texts.add("short", DAY, "Keldane", type_="ORG")
    texts.add("one", DAY, "Keldane Motor Co", type_="ORG", called="Keldane")
    joined = texts.link(ledger)
    assert joined["short/Keldane"] == joined["one/Keldane Motor Co"]
    texts.add("two", DAY, "Keldane Stores", type_="ORG", called="Keldane")
    after = texts.link(ledger, new=["two"])
    assert len(set(after.values())) == 3


@pytest.mark.parametrize(
    ("short", "full", "called"),
    [
        ("Keldane", "Keldane Motor Co", None),  # no text calls it so
        ("Keldane", "Keldane Foundation", "Keldane"),  # no firm
        ("General", "General Motor Co", "General"),  # an ordinary word
        ("Boston", "Boston Motor Co", "Boston"),  # a place
    ],
)
def test_other_words_are_no_short_names(
    texts: Texts, tmp_path: Path, short: str, full: str, called: str | None
) -> None:
    texts.add("full", DAY, full, type_="ORG", called=called)
    texts.add("short", DAY, short, type_="ORG")
    links = texts.link(Ledger(tmp_path))
    assert links[f"short/{short}"] != links[f"full/{full}"]


def test_a_firm_with_the_short_name_itself_takes_it(texts: Texts, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    texts.add("full", DAY, "Keldane Motor Co", type_="ORG", called="Keldane")
    texts.add("short", DAY, "Keldane", type_="ORG")
    texts.link(ledger)
    texts.add("own", DAY, "Keldane Inc", type_="ORG")
    after = texts.link(ledger, new=["own"])
    assert after["own/Keldane Inc"] == after["short/Keldane"] != after["full/Keldane Motor Co"]


def test_a_surname_means_a_firm_only_if_it_is_nobodys(texts: Texts, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    texts.add("full", DAY, "Keldane Motor Co", type_="ORG", called="Keldane")
    texts.add("short", DAY, "Keldane")
    links = texts.link(ledger)
    assert links["short/Keldane"] == links["full/Keldane Motor Co"]
    texts.add("person", DAY, "Ann Keldane")
    after = texts.link(ledger, new=["person"])
    assert after["short/Keldane"] == after["person/Ann Keldane"]


def test_a_committee_is_the_only_one_that_is_often_named_in_full(
    texts: Texts, tmp_path: Path
) -> None:
    for number in range(5):
        texts.add(f"full{number}", DAY, "House Tides and Reefs Committee", type_="ORG")
    texts.add("order", DAY, "House Committee on Tides & Reefs", type_="ORG")
    texts.add("short", DAY, "Tides and Reefs Committee", type_="ORG")
    assert len(set(texts.link(Ledger(tmp_path / "one")).values())) == 1
    texts.add("senate", DAY, "Senate Committee on Tides and Reefs", type_="ORG")
    assert len(set(texts.link(Ledger(tmp_path / "two")).values())) == 3


def test_who_was_declared_distinct_is_never_called_so(texts: Texts, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    texts.add("short", DAY, "Keldane", type_="ORG")
    texts.add("full", DAY, "Keldane Motor Co", type_="ORG")
    before = texts.link(ledger)
    plan = Plan(distinct=[(before["short/Keldane"], before["full/Keldane Motor Co"], "C1")])
    texts.add("both", DAY, "Keldane Motor Co", type_="ORG", called="Keldane")
    after = texts.link(ledger, plan, new=["both"])
    assert after["short/Keldane"] == before["short/Keldane"]


def test_names_in_a_ledger_of_an_older_version_get_keys_for_short_names(
    texts: Texts, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    texts.add("full", DAY, "Keldane Motor Co", type_="ORG", called="Keldane")
    before = texts.link(ledger)
    (file,) = ledger.files()
    older = pq.read_table(file)
    blocks = pa.array([block[:1] for block in older["block"].to_pylist()], pa.list_(pa.string()))
    column = older.schema.get_field_index("block")
    pq.write_table(older.set_column(column, older.schema.field("block"), blocks), file)
    (tmp_path / "SHA256SUMS").unlink(missing_ok=True)
    assert texts.link(ledger) == before  # the first night after an upgrade reads all links
    assert texts.link(ledger) == before
    assert len(ledger.files()) == 2
    texts.add("short", DAY, "Keldane", type_="ORG")
    after = texts.link(ledger, new=["short"])
    assert after["short/Keldane"] == after["full/Keldane Motor Co"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("House Committee on the Tides", "House Tides Committee"),
        ("House Permanent Select Committee on Tides", "House Tides Committee"),
        ("Committee on Tides", "Tides Committee"),
        ("Dunmore Keldane & Co", "Dunmore Keldane"),
        ("Dunmore Keldane Bros", "Dunmore Keldane Brothers Inc"),
        ("Ministry of Tides", "Tides Ministry"),
    ],
)
def test_two_orders_of_a_name_find_each_other(one: str, other: str) -> None:
    a, b = organisation_key(one), organisation_key(other)
    assert b in turned_organisation_keys(a)
    assert a in turned_organisation_keys(b)


def test_a_body_of_many_countries_is_one_in_each(texts: Texts, tmp_path: Path) -> None:
    name = "Tides Ministry"
    texts.add("beside", DAY, name, type_="ORG", places=["Japan", "Chile"])
    texts.add("only", DAY, name, type_="ORG", places=["Japan"])
    texts.add("named", DAY, "Japanese Tides Ministry", type_="ORG")
    texts.add("turned", DAY, "Ministry of Tides", type_="ORG", places=["Japanese"])
    texts.add("capital", DAY, name, type_="ORG", places=["Tokyo"])
    texts.add("chile", DAY, name, type_="ORG", places=["Chile"])
    texts.add("unknown", DAY, name, type_="ORG")
    texts.add("unknown too", DAY, name, type_="ORG")
    links = texts.link(Ledger(tmp_path))
    japan = {
        links[f"beside/{name}"],
        links[f"only/{name}"],
        links["named/Japanese Tides Ministry"],
        links["turned/Ministry of Tides"],
        links[f"capital/{name}"],
    }
    others = [links[f"{text}/{name}"] for text in ("chile", "unknown", "unknown too")]
    assert len(japan) == 1
    assert len({*japan, *others}) == 4


def test_an_embassy_is_one_in_each_country(texts: Texts, tmp_path: Path) -> None:
    for text, place in (("a", "Chile"), ("b", "Chile"), ("c", "Norway")):
        texts.add(text, DAY, "Velmark Embassy", type_="ORG", places=[place])
    links = texts.link(Ledger(tmp_path))
    assert links["a/Velmark Embassy"] == links["b/Velmark Embassy"] != links["c/Velmark Embassy"]


def test_a_listed_body_is_another_countrys_only_beside_its_name(
    texts: Texts, tmp_path: Path
) -> None:
    texts.add("usual", DAY, "Supreme Court", type_="ORG")
    texts.add("with place", DAY, "Supreme Court", type_="ORG", places=["Chile", "Norway"])
    texts.add("own", DAY, "Supreme Court", type_="ORG", places=["U.S."])
    links = texts.link(Ledger(tmp_path))
    assert links["usual/Supreme Court"] == links["own/Supreme Court"]
    assert links["usual/Supreme Court"] != links["with place/Supreme Court"]


FIRMS = (
    "Keldane",
    "KELDANE",
    "Keldane Motor Co",
    "Keldane Stores",
    "Keldane Inc",
    "Keldane Brothers",
    "Senate Keldane Committee",
    "Keldane Committee",
    "Joint Senate Keldane Committee",
)
NEWS = st.lists(
    st.tuples(
        st.sampled_from(FIRMS),
        st.sampled_from(["ORG", "ORG", "ORG", "PERSON"]),
        st.sampled_from(["Keldane", "Keldane Committee", "Senate Keldane Committee", None]),
        st.booleans(),
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=examples(15), deadline=None)
@given(NEWS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_of_arrival_does_not_matter(
    articles: list[tuple[str, str, str | None, bool]], random: randoms.Random, nights: int
) -> None:
    def add(to: Texts, number: int) -> list[str]:
        name, type_, called, has_person = articles[number]
        type_ = type_ if " " not in name else "ORG"
        to.add(f"t{number}", DAY, name, type_=type_, called=called)
        if not has_person:
            return [f"t{number}"]
        to.add(f"p{number}", DAY, "Ann Keldane")
        return [f"t{number}", f"p{number}"]

    order = list(range(len(articles)))
    random.shuffle(order)
    with tempfile.TemporaryDirectory() as folder:
        expected = groups(linked_together(add, len(order), Ledger(Path(folder) / "together")))

        ledger = Ledger(Path(folder) / "nightly")
        nightly, links = linked_by_night(add, order, nights, ledger)
        assert groups(links) == expected
        assert preview(nightly.con, ledger, Plan()) == []
