"""Damaged files of every format give items or rejections: no crash, no hang.

`python -m bench.fuzz_readers` is the long form, with 20,000 inputs for each document; `make soak`
runs it.
"""

from __future__ import annotations

import time

import pytest

from etl.readers import read_file
from formats.every_format import DOCUMENTS, met_by, registered
from formats.fuzz import damaged

INPUTS = 25
MAX_SECONDS = 10


def test_every_reader_export_and_shape_has_a_document_to_damage() -> None:
    met = {what for name, data in DOCUMENTS.items() for what in met_by(name, data)}
    missing = sorted(registered() - met)
    assert not missing, f"add a document to tests/formats/every_format.py for {missing}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_damaged_files_give_items_and_never_raise(name: str) -> None:
    for seed in range(INPUTS):
        data = damaged(name, [DOCUMENTS[name]], seed)
        started = time.process_time()
        items = read_file(data, name)
        assert items
        assert time.process_time() - started < MAX_SECONDS
        assert [i.rejection.detail for i in items
                if i.rejection and i.rejection.reason == "unreadable"] == [], seed  # fmt: skip
