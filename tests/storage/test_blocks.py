"""Block copies: writing only the differing blocks makes two files equal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.warehouse import block_copy

FILES = st.lists(st.sampled_from([b"a" * 64, b"b" * 64, bytes(64), b"c" * 7]), max_size=9)


@given(old=FILES, new=FILES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_writing_the_differing_blocks_makes_the_files_equal(
    old: list[bytes], new: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_copy, "HEADER", 16)
    monkeypatch.setattr(block_copy, "BLOCK", 32)
    source, target = tmp_path / "new", tmp_path / "old"
    source.write_bytes(b"".join(new))
    target.write_bytes(b"".join(old))
    block_copy.note(target, block_copy.hashes(target))
    known = block_copy.noted(target)
    assert known
    assert known.is_of(target)
    assert known.changed == target.stat().st_mtime_ns

    differing = block_copy.differing(block_copy.hashes(source), known.digests)
    block_copy.write(source, target, differing)
    assert target.read_bytes() == source.read_bytes()
    assert known.is_of(target) == (old == new or b"".join(old) == b"".join(new))
    if old == new:
        assert differing == []
