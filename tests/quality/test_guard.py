"""No part became slower relative to another: ratios of CPU time, independent of machine load."""

from __future__ import annotations

from pathlib import Path

import pytest
from session_cache import begin_modelled

from bench import guard


def test_no_ratio_exceeds_its_limit(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    begin_modelled(tmp_path / "home", tmp_path_factory)
    found = list(guard.ratios(tmp_path))
    assert len(found) == 4
    assert [f"{r.name}: {r.value:.3f}, at most {r.most}" for r in found if not r.is_good] == []
