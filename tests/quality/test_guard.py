"""No part became slower relative to another: ratios of CPU time, independent of machine load."""

from __future__ import annotations

from pathlib import Path

from bench import guard


def test_no_ratio_exceeds_its_limit(tmp_path: Path) -> None:
    found = list(guard.ratios(tmp_path))
    assert len(found) == 4
    assert [f"{r.name}: {r.value:.3f}, at most {r.most}" for r in found if not r.is_good] == []
