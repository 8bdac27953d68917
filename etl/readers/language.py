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
_MAX_NAME = 40
# Numbers without words, and a creole for which headlines without articles are mistaken.
_NO_LANGUAGE = {"zxx", "und", "pcm"}
# Close varieties that differ in a few words only; news in them is assigned the main language.
_MAIN_LANGUAGE = {
    "wuu": "zh",
    "yue": "zh",
    "nn": "no",
    "nb": "no",
    "bs": "hr",
    "arz": "ar",
    "ary": "ar",
}
_CODE = re.compile(r"[a-z]{2,3}(?=$|[-_])", re.IGNORECASE)
_INTERFACES = ("en", "de", "fr", "es", "it", "pt", "nl", "ru", "zh", "zh_Hant", "ja")
"""The languages of databases' interfaces, in which they write the names of languages."""
_SCRIPT = re.compile(r"\s*[-–(（].*|\s+(?:simplified|traditional)\b.*")


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


def named_language(name: str) -> str | None:
    """Return the code of a language that a line names: "Français", "Chinese - Simplified"."""
    name = name.strip().lower()
    if len(name) >= _MAX_NAME:
        return None
    return _codes().get(name) or _codes().get(_SCRIPT.sub("", name))


@cache
def _codes() -> dict[str, str]:
    """Return codes of two letters by name, of Unicode's table (CLDR)."""
    from babel import Locale  # 0.1 s for all tables, which few files need

    codes: dict[str, str] = {}
    for interface in _INTERFACES:
        for code, name in Locale.parse(interface).languages.items():
            if len(code) == 2:
                codes.setdefault(name.lower(), _MAIN_LANGUAGE.get(code, code))
    return codes


def language_code(declared: str | None) -> str | None:
    """Return the language code in a declared language: "en-GB", "eng", "English"."""
    name = (declared or "").strip().lower()
    match = _CODE.match(name)
    return _short(match[0]) if match else named_language(name)


def _short(code: str) -> str:
    """Return the two letters of a code of three, "ger" or "deu" to "de", if it has them.

    The table is Unicode's (CLDR). It names some codes by their successor in four cases that the
    detector does not know ("tgl" is "fil"), so only successors of two letters count.
    """
    if len(code) == 3:
        from babel.core import get_global  # 25 ms

        short = str(get_global("language_aliases").get(code) or code)
        code = short if len(short) == 2 else code
    return _MAIN_LANGUAGE.get(code, code)
