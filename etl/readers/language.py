"""The language of a text: detected, else declared by the source, else unknown.

Belongs here: the detector and its confidence threshold. Does not belong here: how texts in other
languages are treated (stored but not extracted, see `etl.pipeline.stage_articles`).

py3langid (a naive Bayes classifier over byte n-grams, Lui and Baldwin 2012) distinguishes 142
languages. Of 12,330 English news texts, price tables included, none with at least 60 letters was
assigned another language with a probability of 0.9 or more, hence these thresholds. docs/adr/0014
has the figures.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from etl.domain import Article

ENGLISH = "en"
_MIN_CONFIDENCE = 0.9
_MIN_LETTERS = 60
_DETECT_CHARS = 3000
# Numbers without words, and a creole for which headlines without articles are mistaken.
_NO_LANGUAGE = {"zxx", "und", "pcm"}
# Close varieties that differ in a few words only; news in them is assigned the main language.
_MAIN_LANGUAGE = {"wuu": "zh", "yue": "zh", "nn": "no", "bs": "hr", "arz": "ar", "ary": "ar"}
_CODE = re.compile(r"[a-z]{2,3}(?=$|[-_])", re.IGNORECASE)
_NAMES = {"english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
          "portuguese": "pt", "dutch": "nl", "russian": "ru", "chinese": "zh", "arabic": "ar",
          "japanese": "ja", "turkish": "tr", "polish": "pl", "swedish": "sv", "ukrainian": "uk",
          "korean": "ko", "eng": "en", "ger": "de", "deu": "de", "fre": "fr", "fra": "fr",
          "spa": "es", "ita": "it", "por": "pt", "nld": "nl", "rus": "ru"}  # fmt: skip


@cache
def detector() -> Any:
    """Return the detector, loaded with the first text."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # 0.3 s and 100 MB

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(article: Article) -> str | None:
    """Return the ISO 639-1 code (else ISO 639-3) of an article's language, or None.

    Detection takes precedence over the source: page templates declare "en" for everything. The
    declared language is used if the text is too short or too mixed to detect.
    """
    text = f"{article.headline or ''}\n{article.body[:_DETECT_CHARS]}"
    declared = language_code(article.language)
    if sum(map(str.isalpha, text)) < _MIN_LETTERS:
        return declared
    ranks = detector().rank(text.encode(errors="replace"))[:5]
    code = _MAIN_LANGUAGE.get(ranks[0][0], ranks[0][0])
    if code in _NO_LANGUAGE:
        return declared
    confidence = sum(share for other, share in ranks if _MAIN_LANGUAGE.get(other, other) == code)
    return str(code) if confidence >= _MIN_CONFIDENCE else declared


def language_code(declared: str | None) -> str | None:
    """Return the language code in a declared language: "en-GB", "eng", "English"."""
    name = (declared or "").strip().lower()
    if name in _NAMES:
        return _NAMES[name]
    match = _CODE.match(name)
    return _NAMES.get(match[0], match[0]) if match else None
