"""What an utterance reports: that its source said something, thinks it, or wants it.

Belongs here: telling the act from the cue and what follows it. Does not belong here: finding cues
and contents (`cues`, `indirect`, `quotes`, `attributions`).

A statement needs a word of saying: a reporting verb of the word lists (`lexicon/cues.csv`), or one
of `_STATEMENT`. Everything else takes a position without a word that is reported ("voted for",
"backed", "is seen as"), which counts as an opinion. The lists were made from the cues of PolNeAR's
training part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from etl.domain import Act, word_set
from etl.extract.lexicon import load_lexicon
from etl.extract.speech import Speech

_STATEMENT = word_set(
    "according accusation address advice advise allegation allude announcement answer appeal "
    "applaud argument assail assertion assessment attack attribute bill blame brush call "
    "celebrate charge cite claim comment complaint congratulate contention contradict contrast "
    "count credit criticism debate declaration defend delivered demand denial describe "
    "description detail determine disagreement discuss discussion dispute document downplay dub "
    "email encourage endorse endorsement estimate explain explanation fact-check file finding "
    "focus forecast greet highlight hint identify insistence interpret intimate introduce invite "
    "issue joke lament lash laud lecture letter liken list lobby memo mention message mock name "
    "nominate nothing offer outline pan persuade portray praise prediction present projection "
    "promise promote promotion proposal publish question quip quote rail reaction read rebuff "
    "rebuke rebut recall record refer reference reject release remark reminder repeat report "
    "request response ridicule rip ruling savage show sing slam sound speech spell statement "
    "story sue suggestion swipe talk tell testimony thank title touch tout trumpet tweet unveil "
    "urge utter vent voice vouch warn warning word write"
)
"""Words of saying that are no reporting verbs, or that are missing there."""
_OPINION = word_set(
    "believe think fear hope expect consider view see feel know doubt suspect assume presume "
    "imagine worry wonder regard perceive realize realise understand remember forget foresee "
    "anticipate envision ponder contemplate mull care mistrust trust distrust respect admire "
    "appreciate love hate like dislike resent loathe detest enjoy relish prefer favor favour "
    "support oppose disapprove regret dread watch hear learn notice sense judge deem reckon guess "
    "surmise seem appear "
    "belief opinion thought feeling concern suspicion impression conviction confidence attitude "
    "opposition skepticism scepticism optimism pessimism expectation perception sentiment "
    "assumption frustration anxiety unease"
)
_INTENTION = word_set(
    "want plan intend aim seek refuse decline decide choose opt wish desire strive aspire attempt "
    "try yearn vow pledge commit "
    "intention decision effort bid refusal willingness unwillingness determination reluctance "
    "commitment goal ambition eagerness interest"
)
_OPINION_STATES = word_set(
    "afraid aware unaware certain uncertain sure unsure confident convinced skeptical sceptical "
    "optimistic pessimistic hopeful fearful scared wary leery mindful nervous anxious glad happy "
    "unhappy proud grateful angry furious upset frustrated disappointed surprised shocked stunned "
    "alarmed amazed baffled puzzled mystified intrigued troubled pleased thrilled excited "
    "impressed dismayed dubious doubtful satisfied dissatisfied comfortable uncomfortable fond "
    "familiar cynical mind eyes backs backed backing"
)
_INTENTION_STATES = word_set(
    "willing unwilling ready eager reluctant keen intent determined prepared hesitant inclined "
    "poised interested uninterested unprepared adamant"
)
_COMMISSIVE = word_set(
    "promise vow pledge swear threaten offer agree commit guarantee undertake resolve volunteer "
    "consent elect prepare mean look"
)
"""Their infinitive is the source's own action: "promised to leave", but not "urged to leave"."""
_WISHES = word_set("like love prefer rather")
"""After "would"."""
_FORMS_OF = {
    "thought": "think", "felt": "feel", "knew": "know", "known": "know", "saw": "see",
    "seen": "see", "understood": "understand", "forgot": "forget", "foresaw": "foresee",
    "sought": "seek", "chose": "choose", "chosen": "choose", "heard": "hear", "swore": "swear",
    "sworn": "swear", "undertook": "undertake", "meant": "mean",
}  # fmt: skip
_AUXILIARIES = word_set(
    "be am is are was were been being have has had having do does did done will would can could "
    "may might must shall should ought need get gets got getting become becomes became remain "
    "remains remained make makes made making take takes took taken taking hold holds held holding "
    "share shares shared sharing go goes went going come comes came coming keep keeps kept keeping "
    "continue continues continued continuing begin begins began beginning start starts started "
    "starting use used stop stops stopped tend tends give gives gave "
    "'s 'm 're 've 'd 'll s m re ve d ll cannot"
)
_BE = word_set("is are was were be been being")
_PARTICIPLES = word_set(
    "accused asked believed called charged considered expected feared known named portrayed "
    "questioned quoted regarded remembered reported required rumored said seen supposed suspected "
    "thought told urged viewed warned"
)
"""Of verbs whose passive has the source as agent, or none."""
_SKIPPED = _AUXILIARIES | word_set(
    "not no never nor also still now then once always ever even just long already often first "
    "again only longer so too much more most less very far well quite instead yet perhaps "
    "both all the a an this that its his her their my your our some any many few other own "
    "it him them one in of to on for by with from at under as and or on up out there who which i "
    "he she we they new strong serious deep growing little great widespread general popular "
    "common clear"
)
_NO_INFINITIVE = word_set(
    "the a an this that these those his her its their my your our him them me us it all any some "
    "what which whom each both no"
)
_BETWEEN = word_set(
    "not never also again once on in monday tuesday wednesday thursday friday saturday sunday "
    "today yesterday himself herself themselves itself him her them it"
)
_CLAUSE_MODALS = word_set("that will would 'll he'd she'd they'd he'll she'll they'll won't can")
_REACH = 80
"""Characters after the cue, and of the content, that are looked at."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[^\w\s]")


def acts_of_utterances(text: str, quotes: Sequence[Speech]) -> dict[int, Act]:
    """Return the act of each utterance: that of its first piece with a cue.

    Without a cue, the words between source and content tell it.
    """
    acts: dict[int, Act] = {}
    by_cue = sorted(quotes, key=lambda quote: (quote.cue is None, quote.start))
    for quote in by_cue:
        if quote.utterance not in acts:
            cue = quote.cue or _between(text, quote)
            after = "" if quote.cue_end is None else text[quote.cue_end : quote.cue_end + _REACH]
            content = text[quote.start : min(quote.end, quote.start + _REACH)]
            acts[quote.utterance] = act_of(cue, after, content, is_direct=quote.kind != "indirect")
    return acts


def _between(text: str, quote: Speech) -> str | None:
    """Return the words between a quote and its source, or None without a source."""
    if quote.source is None:
        return None
    start, end = quote.source
    between = text[end : quote.start] if end <= quote.start else text[quote.end : start]
    return between[:_REACH]


def act_of(cue: str | None, after: str, content: str, *, is_direct: bool = False) -> Act:
    """Return what a cue reports, given the text after it and the beginning of its content.

    `is_direct`: the content is the source's own words, some of them in quotation marks.
    """
    words = _words(cue or "")
    for number, word in enumerate(words):
        if word in _SKIPPED or _is_adverb(word):
            continue
        following = [*words[number + 1 :], *_words(after)]
        act = _act_of_word(word, words[:number], following, _words(content), is_direct=is_direct)
        if act is not None:
            return act
    is_said = is_direct or "clear" in words  # "made it clear that"
    return "statement" if is_said else "opinion"


def is_passive(cue: str) -> bool:
    """Whether the subject of a cue is not its source: "is expected", but not "is concerned"."""
    words = _words(cue)
    for number, word in enumerate(words):
        if word in _PARTICIPLES:
            before = [w for w in words[:number] if w != "not" and not _is_adverb(w)]
            return bool(before) and before[-1] in _BE and "by" not in words
    return False


def _act_of_word(
    word: str, before: Sequence[str], following: Sequence[str], content: Sequence[str],
    *, is_direct: bool,
) -> Act | None:  # fmt: skip
    """Return what one word of a cue says about the act; None if nothing."""
    lemmas = set(_lemmas(word))
    if lemmas & _COMMISSIVE:
        if is_direct:
            return "statement"
        if _is_infinitive(following) or content[:1] == ["to"]:
            return "intention"
        if not lemmas & _INTENTION or _CLAUSE_MODALS.intersection([*following[:1], *content[:9]]):
            return "statement"
    if word == "determined" and not _AUXILIARIES.intersection(before):
        return "statement"  # "the court determined that"
    if lemmas & _WISHES and {"would", "'d", "d"}.intersection(before):
        return "intention"
    if lemmas & _INTENTION or word in _INTENTION_STATES:
        return "intention"
    if lemmas & _OPINION or word in _OPINION_STATES:
        return "opinion"
    return "statement" if lemmas & _STATEMENT or word in load_lexicon().cues else None


def _is_infinitive(words: Sequence[str]) -> bool:
    """Whether words go on with an infinitive: "to leave", "on Monday not to leave"."""
    for number, word in enumerate(words[:4]):
        if word == "to":
            following = words[number + 1 : number + 2]
            return bool(following) and following[0].isalpha() and following[0] not in _NO_INFINITIVE
        if word not in _BETWEEN and not _is_adverb(word):
            return False
    return False


def _is_adverb(word: str) -> bool:
    return word.endswith(("ly", "n't"))


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def _lemmas(word: str) -> Iterator[str]:
    """Yield what may be the base form of a word: "planning" is of "plann" or "plan"."""
    yield word
    if word in _FORMS_OF:
        yield _FORMS_OF[word]
    for suffix in ("s", "es", "d", "ed", "ing"):
        stem = word.removesuffix(suffix)
        if stem != word and len(stem) > 2:
            yield stem
            yield f"{stem}e"
            if stem[-1] == "i":
                yield f"{stem[:-1]}y"
            if stem[-1] == stem[-2]:
                yield stem[:-1]
