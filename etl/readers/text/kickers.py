"""Kickers: the short labels above or below a headline ("EXCLUSIVE", "Analysis | Politics").

Belongs here: which lines are labels only, and the labels of wires before a headline ("UPDATE 2-").
Does not belong here: where such a line may stand (`readers.text.top_lines`).

A kicker is a closed list of words, because an unknown short line may be a headline or a name.
"""

from __future__ import annotations

import re

_GENRES = """
exclusive|breaking|breaking news|news alert|just in|developing|developing story|live|live updates
|live blog|update|updates|updated|correction|corrections|corrected|correction appended
|clarification|editor['’]s note|editors['’] note|opinion|opinions|op-ed|op-ed columnist
|op-ed contributor|guest essay|guest opinion|analysis|news analysis|commentary|comment|column
|columnist|columns|editorial|editorials|leader|letters|letters to the editor|perspective|viewpoint
|explainer|explained|fact check|factbox|fact box|timeline|q&a|interview|profile|feature|features
|review|reviews|obituary|obituaries|investigation|investigations|special report|in depth|long read
|the long read|watch|video|videos|photos|gallery|in pictures|podcast|listen|audio|poll|quiz
|sponsored|sponsored content|paid post|premium
|subscribers only|subscriber only|for subscribers|latest
|latest news|top news|top story|top stories|headlines|news|news brief|news briefs|in brief|briefs
|home|front page|page one|transcript|rush transcript|full transcript|press release|newsletter
|for immediate release
"""
_SECTIONS = """
world|world news|international|national|nation|local|local news|metro|regional|politics|business
|economy|money|markets|finance|companies|technology|tech|science|health|environment|climate|energy
|education|law|crime|courts|justice|defence|defense|security|sport|sports|football|culture|arts
|books|film|music|television|entertainment|lifestyle|life|style|food|travel|fashion|weather
|transport|society|religion|media|elections?|u\\.?s\\.?|us news|uk|uk news|europe|asia|africa
|middle east|americas|latin america|asia pacific
"""


def _one_of(words: str) -> str:
    return "(?:" + "".join(words.split("\n")) + ")"


_LABEL = rf"(?:{_one_of(_GENRES)}|{_one_of(_SECTIONS)})"
_WIRE = r"(?:update|wrapup|rpt|refile|corrected|correction|recasts?|adds?)\s*\d{0,2}\s*[-–—]*"
_KICKER = re.compile(
    rf"\W*(?:{_WIRE}|{_LABEL}(?:\s*[|/>»›·•:,–—-]\s*{_LABEL}){{0,4}})\s*[:!.|–—-]*\W*",
    re.IGNORECASE,
)
_WIRE_LABEL = re.compile(
    r"(?:(?:UPDATE|WRAPUP|RPT|REFILE|CORRECTED|CORRECTION|INSTANT VIEW|FACTBOX|POLL|EXCLUSIVE)"
    r"\s?\d{0,2}(?:-|–|—)){1,3}(?=[^\W_])"
)
_BEFORE_BAR = re.compile(rf"{_one_of(_GENRES)}\s*\|\s*(?=\S+\s+\S)", re.IGNORECASE)
_BEFORE_COLON = re.compile(
    r"(?:opinion|op-ed(?: columnist| contributor)?|guest (?:essay|opinion)|editorial|commentary"
    r"|(?:news )?analysis|exclusive|breaking(?: news)?|just in)\s*:\s+(?=\S+\s+\S)",
    re.IGNORECASE,
)
"""Before a colon a word may belong to the headline ("Review: …", "Correction: …")."""
_MAX_CHARS = 60


def is_kicker(line: str) -> bool:
    """Whether the line is nothing but labels such as "BREAKING NEWS" or "Opinion | Politics"."""
    line = line.strip()
    return 0 < len(line) <= _MAX_CHARS and _KICKER.fullmatch(line) is not None


def without_label(headline: str) -> str:
    """Return the headline without "UPDATE 2-", "Opinion | " or "Op-Ed Columnist: " before it."""
    for pattern in (_WIRE_LABEL, _BEFORE_BAR, _BEFORE_COLON):
        if match := pattern.match(headline):
            return headline[match.end() :]
    return headline
