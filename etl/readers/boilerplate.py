"""Boilerplate lines that are not part of the article: adverts, share bars, credits, copyright.

Belongs here: patterns for whole lines, removed anywhere or only at the end. Does not belong here:
headline, byline, dateline, anything inside a paragraph.

A line is removed only if all of it matches. Prose that merely begins like a credit ("Reporting by
the Times showed …") stays.
"""

from __future__ import annotations

import re

from etl.domain import word_set

_MAX_LENGTH = 400

_SHARE_WORD = (
    r"(?:share(?:\s+(?:this(?:\s+(?:article|story|post|page))?|on|via))?|tweet|print|email|e-mail"
    r"|save|comments?(?:\s*\(\d+\))?|copy link|link|facebook|twitter|x|whatsapp|linkedin|reddit"
    r"|telegram|pinterest|messenger|flipboard|pocket|like|pin)"
)
# Whole lines that are removed anywhere.
_ANYWHERE = re.compile(
    r"(?:\W*(?:advertisement|advertising|sponsored content|sponsored|promoted content|adchoices)"
    r"(?:\s*[-–—:]\s*(?:continue|scroll|article|story)\b.{0,60})?\W*"
    r"|(?:story|article) continues (?:below|after)(?: (?:this )?(?:advertisement|ad))?\W*"
    rf"|{_SHARE_WORD}(?:[\s|,/·•]+{_SHARE_WORD})+\W*"
    r"|share this(?: (?:article|story|post|page))?(?: on .{0,60})?\W*"
    r"|\W{0,3}(?:read more|read also|also read|see also|see more|more on this(?: story)?|related"
    r"(?: (?:articles?|stor(?:y|ies)|content|topics|coverage))?|recommended|you may also like"
    r"|most read|don[’']t miss)(?:\s*:\s*.{0,200}|\W*)"
    r"|(?:please )?(?:sign up|subscribe|register)(?: now| here| today)? "
    r"(?:for|to) (?:our|the|my)\b.{0,150}"
    r"|(?:get|receive)\b.{0,80}\b(?:in your inbox|delivered to your inbox|newsletter)\b.{0,60}"
    r"|(?:click|tap) here (?:to|for)\b.{0,120}"
    r"|(?:follow|like|find|join) us on\b.{0,150}"
    r"|(?:download|get) (?:our|the) (?:free )?app\b.{0,100}"
    r"|image (?:source|credit),?:?\s.{1,80}"
    r"|\(?(?:file )?photo(?: by|:| credit:).{1,80}\)?"
    r")",
    re.IGNORECASE,
)
# Whole lines that are removed only at the end, from the last line up.
_AT_END = re.compile(
    r"(?:(?:©|\(c\)|copyright\b)\s*.{0,300}"
    r"|(?:.{0,120}\W)?all rights reserved\b.{0,200}"
    r"|this (?:material|content|story|article) may not be (?:published|reproduced)\b.{0,200}"
    r"|our standards: the thomson reuters trust principles\W*"
    r"|follow .{2,60} on (?:twitter|facebook|instagram|x|threads|bluesky|social media)\b.{0,100}"
    r"|\W*(?:h/t|hat tip)\b.{0,80}"
    r"|.{0,250}\bcontributed (?:reporting )?(?:to|for) this (?:report|story|article|post)\b.{0,80}"
    r"|(?:tags|topics|filed under|categories|keywords|posted in)\s*:.{0,300}"
    r"|(?:source|via)\s*:\s*\S.{0,80}"
    r"|(?:contact|email) (?:the (?:author|reporter|writer)|us|him|her)\b.{0,120}"
    r"|(?:the post|this (?:article|story|post)) .{0,200}(?:(?:first |originally )?appeared"
    r"(?: first)? (?:on|in|at)|was (?:first |originally )?published (?:on|by|in|at))\b.{0,120}"
    r"|[-–—*#\s]*(?:30|ends?|#+|\*+)[-–—*#\s]*"
    r")",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\W*(?:additional |further |with additional |with )?"
    r"(?:reporting|writing|editing|compil(?:ed|ing)|translat(?:ed|ing|ion)|graphics?|photography"
    r"|contributing|contributions?|assistance|research)"
    r"(?:,? (?:and |additional )?(?:writing|reporting|editing|research))?"
    r"(?:\s+(?:by|from)|\s*:)\s+",
    re.IGNORECASE,
)
_CREDIT_WORDS = word_set(
    "and by in with for from at of the additional reporting writing editing compiled translated "
    "graphics graphic research contributing newsroom bureau bureaux staff desk de la van von der "
    "den bin al el da di du y e team"
)


def is_boilerplate(line: str, *, at_end: bool = False) -> bool:
    """Whether the whole line is boilerplate; `at_end`: only such lines follow it."""
    line = line.strip()
    if not line or len(line) > _MAX_LENGTH:
        return False
    if _ANYWHERE.fullmatch(line):
        return True
    return at_end and (_AT_END.fullmatch(line) is not None or _is_credit(line))


def _is_credit(line: str) -> bool:
    """Whether it is like "Reporting by A. Writer in Oslo; Editing by B. Other": names, no verb."""
    match = _CREDIT.match(line)
    if match is None:
        return False
    words = [word.strip("().,;:’'\"") for word in line[match.end() :].split()]
    return len(words) <= 50 and all(
        not word or not word[0].islower() or word.lower() in _CREDIT_WORDS for word in words
    )
