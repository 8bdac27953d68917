"""The trained extractor with a random network: tests the code around it without its cost.

Names follow from casing, everything else is random. So any text has more spans than news has, and
the rules have more to join than with any real network.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etl.extract.tagger.engine import WEIGHTS, Tagger
from etl.extract.tagger.pieces import CASINGS, Window
from etl.extract.tagger_extractor import TaggerExtractor

_CASED = (2, 3, 4, 7)
_LINK_WIDTH = 96


class NoisyTagger(Tagger):
    """The shipped tagger with random logits, which depend on the window only."""

    def _run(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rng = np.random.default_rng(window.ids)
        is_cased = np.isin(np.array(window.shapes)[window.firsts] % CASINGS, _CASED)
        scores = []
        for head, chain in self._chains.items():
            noise = rng.normal(0, 1, (len(window.words), len(chain.tags)))
            if head == "names":
                noise[:, chain.tags.index("B-PERSON")] += np.where(is_cased, 6, -6)
                noise[:, chain.tags.index("I-PERSON")] += np.where(is_cased, 7, -6)
            noise[:, 0] += 3
            scores.append(noise)
        links = rng.normal(0, 1, (len(window.words), 2 * len(self._links) * _LINK_WIDTH))
        return np.hstack(scores).astype(np.float32), links.astype(np.float32)


def noisy_extractor() -> TaggerExtractor:
    """Return a trained extractor with a random network."""
    extractor = TaggerExtractor()
    extractor._tagger = NoisyTagger(WEIGHTS, threads=1)
    return extractor
