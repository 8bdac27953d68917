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
_NAMES = {"english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
          "portuguese": "pt", "dutch": "nl", "russian": "ru", "chinese": "zh", "arabic": "ar",
          "japanese": "ja", "turkish": "tr", "polish": "pl", "swedish": "sv", "ukrainian": "uk",
          "korean": "ko",
          # As the interfaces of databases write them: in German, French, Spanish, Italian,
          # Portuguese, Dutch, Russian, Chinese and Japanese.
          "deutsch": "de", "englisch": "en", "französisch": "fr", "spanisch": "es",
          "italienisch": "it", "portugiesisch": "pt", "niederländisch": "nl", "russisch": "ru",
          "chinesisch": "zh", "arabisch": "ar", "japanisch": "ja", "türkisch": "tr",
          "polnisch": "pl", "schwedisch": "sv", "koreanisch": "ko", "ukrainisch": "uk",
          "français": "fr", "anglais": "en", "allemand": "de", "espagnol": "es", "italien": "it",
          "portugais": "pt", "néerlandais": "nl", "russe": "ru", "chinois": "zh", "arabe": "ar",
          "japonais": "ja", "turc": "tr", "polonais": "pl", "suédois": "sv", "coréen": "ko",
          "español": "es", "inglés": "en", "francés": "fr", "alemán": "de", "italiano": "it",
          "portugués": "pt", "ruso": "ru", "chino": "zh", "neerlandés": "nl",
          "inglese": "en", "francese": "fr", "tedesco": "de", "spagnolo": "es",
          "portoghese": "pt", "russo": "ru", "cinese": "zh", "olandese": "nl",
          "português": "pt", "inglês": "en", "francês": "fr", "alemão": "de", "espanhol": "es",
          "nederlands": "nl", "engels": "en", "duits": "de", "frans": "fr", "spaans": "es",
          "русский": "ru", "английский": "en", "немецкий": "de", "французский": "fr",
          "英文": "en", "德文": "de", "法文": "fr", "西班牙文": "es", "中文": "zh", "日文": "ja",
          "英語": "en", "ドイツ語": "de", "フランス語": "fr", "日本語": "ja", "中国語": "zh",
          "danish": "da", "norwegian": "no", "finnish": "fi", "greek": "el", "czech": "cs",
          "hungarian": "hu", "romanian": "ro", "bulgarian": "bg", "catalan": "ca", "hindi": "hi",
          "indonesian": "id", "malay": "ms", "thai": "th", "vietnamese": "vi",
          "slovak": "sk", "hebrew": "he", "persian": "fa", "urdu": "ur"}  # fmt: skip
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
    return _NAMES.get(name) or (_NAMES.get(_SCRIPT.sub("", name)) if len(name) < 40 else None)


def language_code(declared: str | None) -> str | None:
    """Return the language code in a declared language: "en-GB", "eng", "English"."""
    name = (declared or "").strip().lower()
    if named := named_language(name):
        return named
    match = _CODE.match(name)
    return _short(match[0]) if match else None


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
