"""The language of a text: detected, else as the source says it, else not determined.

Belongs here: the detector and how sure it must be. Does not belong here: what is done with texts in
other languages (they are stored and not extracted, see `etl.pipeline.extraction`).

py3langid (a naive Bayes classifier over byte n-grams, Lui and Baldwin 2012) names one of 142
languages. Of 12,330 English news texts, tables of prices among them, it names another with 0.9 and
more for none of those with 60 letters; so that is what it takes. docs/adr/0014 has the figures.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from etl.domain import Article

ENGLISH = "en"
_SURE = 0.9
_MIN_LETTERS = 60
_LOOKED_AT = 3000
# Numbers without words, and a creole that headlines without articles are taken for.
_NO_LANGUAGE = {"zxx", "und", "pcm"}
# Told apart by a few words only; what is written in the second news calls by the first.
_CLOSE = {"wuu": "zh", "yue": "zh", "nn": "no", "bs": "hr", "arz": "ar", "ary": "ar"}
_CODE = re.compile(r"[a-z]{2,3}(?=$|[-_])", re.IGNORECASE)
_NAMES = {"english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
          "portuguese": "pt", "dutch": "nl", "russian": "ru", "chinese": "zh", "arabic": "ar",
          "japanese": "ja", "turkish": "tr", "polish": "pl", "swedish": "sv", "ukrainian": "uk",
          "korean": "ko", "eng": "en", "ger": "de", "deu": "de", "fre": "fr", "fra": "fr",
          "spa": "es", "ita": "it", "por": "pt", "nld": "nl", "rus": "ru"}  # fmt: skip


@cache
def detector() -> Any:
    """The detector, loaded with the first text."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # 0.3 s and 100 MB

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(article: Article) -> str | None:
    """The ISO 639-1 code (639-3 where there is none) of an article, or None.

    What the text shows goes before what its source says: templates say "en" of everything. A text
    too short or too mixed to tell is what the source says it is.
    """
    text = f"{article.headline or ''}\n{article.body[:_LOOKED_AT]}"
    told = told_code(article.language)
    if sum(map(str.isalpha, text)) < _MIN_LETTERS:
        return told
    ranks = detector().rank(text)[:5]
    code = _CLOSE.get(ranks[0][0], ranks[0][0])
    if code in _NO_LANGUAGE:
        return told
    sure = sum(share for other, share in ranks if _CLOSE.get(other, other) == code)
    return str(code) if sure >= _SURE else told


def told_code(told: str | None) -> str | None:
    """The code in what a source says: "en-GB", "eng", "English"."""
    told = (told or "").strip().lower()
    if told in _NAMES:
        return _NAMES[told]
    match = _CODE.match(told)
    return _NAMES.get(match[0], match[0]) if match else None
