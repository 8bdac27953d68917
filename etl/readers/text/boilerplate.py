"""Boilerplate lines that are not part of the article: adverts, share bars, notes of the wires.

Belongs here: patterns for whole lines, removed anywhere or only at the end. Does not belong here:
how captions and credits look (`readers.text.captions`, `readers.text.credits`), headline, byline,
dateline, anything inside a paragraph.

A line is removed only if all of it matches. Prose that merely begins like a credit ("Reporting by
the Times showed …") stays.
"""

from __future__ import annotations

import re

from etl.readers.text.captions import is_caption
from etl.readers.text.credits import is_credit, is_shared_credit

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
    r"|(?:acquire|purchase) licensing rights\b.{0,40}"
    r"|register (?:now )?for free unlimited access to\b.{0,60}"
    r"|sign up (?:here|now)\W*"
    r"|slideshow \(\d+ images?\)"
    r"|listen to (?:this|the) (?:article|story)\b\W*(?:\d+ min(?:ute)?s?)?\W*"
    r"|scroll to continue\W*"
    # What an agency tells its customers: "(Adds quotes, details)".
    r"|\((?:adds|updates|recasts|corrects|repeats|refiles|rewrites|removes|fixes"
    r"|clarifies|releads|writes through|new throughout)\b[^()]{0,300}\)\W*"
    r"|\(this (?:[\w.]+ ){0,3}(?:story|article|version|report|item) (?:has been|was|is being)\s"
    r"[^()]{0,300}\)\W*"
    r"|this (?:story|article|report|item) has been (?:refiled|re-filed|updated)\b[^.]{0,150}\.?"
    r"|\W*this is a rush transcript\b.{0,300}"
    r"|\(?(?:file )?photo(?: by|:| credit:).{1,80}\)?"
    # What a newsletter says to its readers.
    r"|(?:(?:click (?:here )?)?to )?unsubscribe(?: (?:here|now|at any time|from (?:our|this|these"
    r"|the) (?:newsletters?|e-?mails?|(?:mailing )?list|messages?|alerts?)))?\W*"
    r"(?:https?://\S{1,300})?\W*"
    r"|(?:manage|update|change) (?:your )?(?:email )?(?:preferences|subscriptions?)\b.{0,120}"
    r"|you (?:are receiving|received|get) this (?:e-?mail|message|newsletter)\b.{0,200}"
    r"|(?:view|read) (?:this |it )?(?:e-?mail |newsletter )?(?:online|in (?:your|a) browser)\b"
    r".{0,120}"
    r")",
    re.IGNORECASE,
)
# The same, of lines that hold the word before the pattern: searching all lines took twice as long.
_WITH_WORD = (
    (
        "newsletter",
        re.compile(r".{0,250}\bnewsletter\b.{0,150}\ssign up (?:here|now)\W*", re.IGNORECASE),
    ),
    (
        "final form",
        re.compile(r".{0,80}\bmay not be in its final form\b.{0,200}", re.IGNORECASE),
    ),
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
    r"|\W*with (?:(?:agency|additional|further) )?(?:inputs?|files|reports?|reporting)"
    r"(?: from [^,.]{1,60})?\W*"
    r"|\W*(?:except for the headline, )?this (?:story|report|article|copy) (?:has|is) .{0,120}"
    r"\b(?:auto-?generated|syndicated|agency feed|news agency)\b.{0,120}"
    r"|[-–—]\s*(?:reuters|afp|ap|pti|ani|ians|dpa|upi|tass|xinhua|bloomberg|pa media|efe)\W*"
    r"|(?:tags|topics|filed under|categories|keywords|posted in)\s*:.{0,300}"
    r"|(?:source|via)\s*:\s*\S.{0,80}"
    r"|(?:contact|email) (?:the (?:author|reporter|writer)|us|him|her)\b.{0,120}"
    # Corrections are no part of the text as corrected.
    r"|(?:corrections?|clarifications?|editor[’']s note|editors[’'] note)\b(?: appended)?"
    r"(?:\s*\([^()]{1,60}\))?\s*(?::.{0,380}|\W*)"
    r"|an earlier (?:version|edition) of this (?:article|story|report|column|post|headline"
    r"|caption)\b.{0,350}"
    r"|(?:the post|this (?:article|story|post|report|piece)) .{0,200}"
    r"(?:(?:first |originally )?appeared(?: first)? (?:on|in|at)"
    r"|was (?:first |originally )?published (?:on|by|in|at))\b.{0,120}"
    r"|[-–—*#\s]*(?:30|ends?|#+|\*+)[-–—*#\s]*"
    r")",
    re.IGNORECASE,
)


def is_boilerplate(line: str, *, at_end: bool = False) -> bool:
    """Whether the whole line is boilerplate; `at_end`: only such lines follow it."""
    line = line.strip()
    if not line:
        return False
    if is_caption(line) or is_shared_credit(line):
        return True
    if len(line) > _MAX_LENGTH:
        return at_end and is_credit(line)
    if _ANYWHERE.fullmatch(line):
        return True
    for word, pattern in _WITH_WORD:
        if word in line and pattern.fullmatch(line):
            return True
    return at_end and (_AT_END.fullmatch(line) is not None or is_credit(line))
