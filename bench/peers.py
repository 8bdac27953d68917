"""Runs spaCy or textacy on the same texts: started by `bench.extraction` in their own Python.

    PYTHON bench/peers.py ARTICLES.jsonl spacy|textacy

Belongs here: spaCy with the architecture of its small English pipeline (a shared tok2vec for tagger
and parser, and NER with its own), and textacy's direct quotations on its output. The weights are
random, because none can be downloaded here: the output is nonsense, the cost is the same. Does not
belong here: anything of newsactors, which that Python does not have.

Prints one JSON object: words, seconds (without loading) and peak memory in MB.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

_TAGS = 50
"""Numbers of labels as in en_core_web_sm 3.8: 50 tags, 45 relations, 18 entity types."""
_RELATIONS = 45
_TYPES = 18
_TOK2VEC = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": 96,
        "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE", "SPACY", "IS_SPACE"],
        "rows": [5000, 1000, 2500, 2500, 50, 50],
        "include_static_vectors": False,
    },
    "encode": {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": 96,
        "depth": 4,
        "window_size": 1,
        "maxout_pieces": 3,
    },
}
_SHARED = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}


def _transitions(tok2vec: Mapping[str, object], kind: str) -> dict[str, object]:
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": kind,
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": True,
        "tok2vec": tok2vec,
    }


def pipeline() -> Language:
    """Return the pipeline, initialised on a sentence that has all labels."""
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": _TOK2VEC})
    tagger = {"@architectures": "spacy.Tagger.v2", "tok2vec": _SHARED}
    nlp.add_pipe("tagger", config={"model": tagger})
    nlp.add_pipe("parser", config={"model": _transitions(_SHARED, "parser")})
    nlp.add_pipe("ner", config={"model": _transitions(_TOK2VEC, "ner")})
    count = _RELATIONS + 1
    words = [f"word{n}" for n in range(count)]
    doc = Doc(
        nlp.vocab,
        words,
        tags=[f"T{n % _TAGS}" for n in range(count)],
        heads=[0] * count,
        deps=["ROOT", *(f"d{n}" for n in range(_RELATIONS))],
        ents=[f"B-E{n % _TYPES}" for n in range(count)],
    )
    example = Example(nlp.make_doc(doc.text), doc)
    nlp.initialize(lambda: [example])
    return nlp


def main() -> None:
    """Run the pipeline over the texts and print the cost."""
    path, what = Path(sys.argv[1]), sys.argv[2]
    with path.open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    nlp = pipeline()
    list(nlp.pipe(texts[:5]))
    started = time.perf_counter()
    found = 0
    for doc in nlp.pipe(texts, batch_size=64):
        if what == "textacy":
            from textacy.extract import direct_quotations

            with suppress(ValueError):  # raised for a text with an odd number of quotation marks
                found += len(list(direct_quotations(doc)))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    words = sum(len(text.split()) for text in texts)
    print(json.dumps({"words": words, "seconds": seconds, "peak_mb": peak, "found": found}))


if __name__ == "__main__":
    main()
