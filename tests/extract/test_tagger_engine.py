"""The network: damaged weights, links, and identical results on every processor."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import extract_texts as texts
import numpy as np
import pytest
from extract_noisy import NoisyTagger

from etl.domain import Article
from etl.extract.tagger.engine import WEIGHTS, Tagger, WeightsError
from etl.extract.tagger_extractor import TaggerExtractor

FILES = ("model.onnx", "tags.json", "tokenizer.json")


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def change(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", [Path.unlink, cut, change], ids=["missing", "cut", "changed"])
def test_damaged_weights_are_reported_with_path_and_remedy(
    tmp_path: Path, file: str, damage: Callable[[Path], None]
) -> None:
    for name in FILES:
        shutil.copy(WEIGHTS / name, tmp_path)
    Tagger(tmp_path)
    damage(tmp_path / file)
    with pytest.raises(WeightsError) as raised:
        TaggerExtractor(tmp_path).extract(Article(None, "Angela Merkel left."))
    message = str(raised.value)
    assert str(tmp_path / file) in message
    assert ("missing" if damage is Path.unlink else "cannot be used") in message
    assert "git restore" in message


def test_links_stay_within_one_window() -> None:
    text = texts.news(20_000)
    (tags,) = NoisyTagger(WEIGHTS, threads=1).tag([text], [[]])
    cues = [span.start for span in tags.spans["cue"]]
    linked = 0
    for content in tags.spans["content"]:
        shares = tags.link("content", content.start, cues)
        linked += len(shares)
        assert list(shares) == list(range(min(shares, default=0), max(shares, default=-1) + 1))
        assert all(share >= 0 for share in shares.values())
        assert sum(shares.values()) <= 1
        assert all(abs(cues[i] - content.start) < 3_000 for i in shares)
        some = tags.link("content", content.start, cues, 0, max(shares, default=0))
        assert set(some) == set(shares) - {max(shares, default=0)}
    assert linked
    assert tags.link("content", len(text) + 1, cues) == {}


def test_offsets_of_a_part_are_relative_to_its_start() -> None:
    text = texts.news(3_000)
    (tags,) = NoisyTagger(WEIGHTS, threads=1).tag([text], [[]])
    begin = text.index("\n\n") + 2
    part = tags.part(begin, len(text))
    for head, spans in part.spans.items():
        shown = [text[s.start : s.end] for s in tags.spans[head] if s.start >= begin]
        assert [text[begin:][s.start : s.end] for s in spans] == shown
    cues = [span.start for span in part.spans["cue"]]
    for source in part.spans["source"]:
        moved = [cue + begin for cue in cues]
        assert part.link("source", source.start, cues) == tags.link(
            "source", source.start + begin, moved
        )


def has_fused_products() -> bool:
    cpu = Path("/proc/cpuinfo")
    return cpu.exists() and {"avx2", "fma"} <= set(cpu.read_text().split())


@pytest.mark.skipif(not has_fused_products(), reason="this kind of processor rounds differently")
def test_every_processor_computes_the_same_bits() -> None:
    """The digest was computed with AVX-512 and VNNI, and under emulation with AVX2 only."""
    random, found = np.random.default_rng(0), hashlib.sha256()
    session = Tagger(WEIGHTS)._session
    for length in (3, 17, 33, 129, 201, 256):
        given = {
            "ids": random.integers(1_000, 20_000, (1, length)),
            "shapes": random.integers(0, 3, (1, length)),
        }
        for scores in session.run(None, given):
            found.update(scores.tobytes())
    assert found.hexdigest() == ("261814b025a055ce5335cf230febb30862c5f2a0562e508f274d0945a799d68d")


def test_loading_a_network_leaves_no_trace_in_the_users_folders(tmp_path: Path) -> None:
    code = "from etl.extract import get_extractor; get_extractor('fast')"
    subprocess.run(
        [sys.executable, "-c", code],
        env={"HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    assert list(tmp_path.iterdir()) == []
