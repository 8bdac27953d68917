"""A drafted entry of fields.yaml, pasted unchanged, makes its record an article."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.readers import Item, read_items
from etl.readers.field_mapping import FieldMapping, load_mappings

TEXT = (
    "The dam at Orrin Vale will be closed for two months, the water board said on Monday. "
    "“We found cracks in the eastern wall,” said Tamsin Oakhurst, who leads the inspections."
)
URL = "https://gazette.example/dam"


def read(data: bytes, path: str, mappings: tuple[FieldMapping, ...] = ()) -> list[Item]:
    return list(read_items(io.BytesIO(data), len(data), path, None, mappings, is_drafting=True))


def draft_of(item: Item) -> str:
    assert item.rejection is not None
    assert item.rejection.reason == "unmapped"
    return item.rejection.draft


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("dumps/a[1].csv", f'kop;tekst;dag;plek\nDam in Orrin Vale;"{TEXT}";2025-05-12;{URL}\n'),
        ("a.csv", f'Naslov,Besedilo,Date,URL\nDam in Orrin Vale,"{TEXT}",2025-05-12,{URL}\n'),
        ("noheader.csv", f'{URL},2025-05-12,Dam in Orrin Vale to close,"{TEXT}"\n'),
        ("a.jsonl", json.dumps({"kop": "Dam in Orrin Vale", "x": {"tekst": [TEXT]},
                                "y": {"dag": "2025-05-12"}, "foto": f"{URL}.jpg", "plek": URL})),
    ],
)  # fmt: skip
def test_a_draft_pasted_unchanged_reads_the_record(path: str, data: str, tmp_path: Path) -> None:
    (item,) = read(data.encode(), path)
    (tmp_path / "fields.yaml").write_text(draft_of(item), encoding="utf-8")
    (item,) = read(data.encode(), path, load_mappings(tmp_path / "fields.yaml"))
    assert item.article is not None, item.rejection
    assert (item.article.body, item.article.url) == (TEXT, URL)
    assert (item.article.headline or "").startswith("Dam in Orrin Vale")
    assert item.article.published_on == date(2025, 5, 12)


def test_a_headline_of_two_words_is_drafted_if_there_is_no_longer_line() -> None:
    (item,) = read(json.dumps({"kop": "Dam dicht", "tekst": TEXT, "nr": "x"}).encode(), "a.json")
    assert 'headline: "kop"' in draft_of(item)


def test_the_records_of_a_document_are_not_joined(tmp_path: Path) -> None:
    records = [{"kop": f"Dam number {n} to close", "tekst": f"{n}. {TEXT}"} for n in range(3)]
    data = json.dumps({"antwoord": {"stukken": records}}).encode()
    (item,) = read(data, "a.json")
    (tmp_path / "fields.yaml").write_text(draft_of(item), encoding="utf-8")
    items = read(data, "a.json", load_mappings(tmp_path / "fields.yaml"))
    assert [i.article and i.article.body for i in items] == [f"{n}. {TEXT}" for n in range(3)]


def test_an_entry_says_by_example_what_it_took_for_what() -> None:
    (item,) = read(f'kop,tekst\nDam in Orrin Vale to close,"{TEXT}"\n'.encode(), "a.csv")
    assert draft_of(item).splitlines() == [
        '- match: "a.csv"  # or a glob of source paths',
        '  headline: "kop"  # Dam in Orrin Vale to close',
        '  body: "tekst"  # The dam at Orrin Vale will be closed for…',
    ]


def test_there_is_no_draft_without_a_text_or_unasked() -> None:
    (item,) = read(b'{"a": 1, "b": {"c": "d"}}', "a.json")
    assert draft_of(item) == ""
    data = json.dumps({"kop": "Dam", "tekst": TEXT}).encode()
    (unasked,) = read_items(io.BytesIO(data), len(data), "a.json")
    assert draft_of(unasked) == ""


KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.one_of(st.text(max_size=40), st.just(TEXT), st.integers(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@given(record=st.dictionaries(KEYS, VALUES, min_size=1, max_size=6))
@settings(deadline=None)
def test_a_draft_for_any_record_is_a_mapping_that_can_be_loaded(
    record: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "fields.yaml"
    for item in read(json.dumps(record).encode(), "a.json"):
        if item.rejection is not None and item.rejection.draft:
            path.write_text(item.rejection.draft, encoding="utf-8")
            assert load_mappings(path)[0].body
