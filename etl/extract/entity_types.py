"""Entity types: whether a candidate is a person, an organisation, a place or a people.

Belongs here: weighing the evidence from all occurrences of a form in one article. Does not belong
here: where names begin and end (`candidates`), and coreference (`mention_clusters`).

A form has one type throughout an article, since one sentence may decide what another leaves open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from etl.domain import EntityType, word_set
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.name_words import generation
from etl.extract.names import Name

_PLACE_PREPOSITIONS = word_set("in near across throughout outside around")
_PLACE_NOUNS = word_set(
    "city town village capital province state region island republic port county district suburb "
    "settlement municipality hamlet borough"
)
_GOVERNING_NOUNS = word_set(
    "mayor governor president king queen bishop government parliament people capital"
)
_DIRECTIONS = word_set(
    "north south east west new san santa los las port fort saint st. upper lower"
)
_PLACE_ENDINGS = ("burg", "ville", "grad", "stan", "shire", "polis", "abad")
_SURNAME_ENDINGS = (
    "sky",
    "skyy",
    "ski",
    "enko",
    "ovich",
    "evich",
    "oglu",
    "shvili",
    "opoulos",
    "sson",
    "escu",
    "wicz",
    "ković",
    "ović",
)
_PEOPLE_ENDINGS = ("ian", "ean", "an", "n", "ese", "ish", "i")
_ACRONYM_VOTE = 3.0
_MIN_VOTE = 0.3
_POSSESSED_BY_PLACES = word_set(
    "government president prime parliament capital army navy coast foreign finance economy people "
    "ambassador largest biggest oldest second ministry minister king queen border leader leaders "
    "opposition supreme military"
)
_PEOPLE_NOUNS = word_set(
    "people peoples tribe tribes community communities language culture ethnic nationals militants "
    "rebels fighters heritage"
)
_Votes = dict[EntityType, float]


def assign_types(doc: Document, names: Sequence[Name], lexicon: Lexicon) -> list[Name]:
    """Return the candidates that are names, in order, with their types set."""
    _lower_all_caps(names)
    votes: dict[str, _Votes] = defaultdict(lambda: defaultdict(float))
    best_evidence: dict[str, Name] = {}
    for name in names:
        if not name.form:
            continue
        tally = votes[name.form]
        if name.type:
            tally[name.type] += 5 * name.confidence
            best = best_evidence.get(name.form)
            if best is None or best.confidence < name.confidence:
                best_evidence[name.form] = name
        _vote_by_context(doc, name, tally, lexicon)
    for form, tally in votes.items():
        _vote_by_form(form, tally, lexicon)
    for name in names:
        if name.type == "ORG" and name.size > 1:
            namesake = votes.get(name.form.split(" ")[0])
            if namesake:  # "Keldane" after "Keldane Bank", unless "Keldane" is a place itself
                namesake["ORG"] += 0.4
            seat = name.form.rpartition(" of ")[2]
            if seat in votes and seat != name.form:  # the Bank of Velmark
                votes[seat]["GPE"] += 1
    _pair_places_and_peoples(votes)
    types = {form: _best_type(tally) for form, tally in votes.items()}
    _share_surnames(types, votes)
    typed = []
    for name in names:
        if not name.form:
            continue
        entity_type, weight = types[name.form]
        if name.method == "title":
            entity_type, weight = "PERSON", 9.0
        if entity_type is None or _is_accidental(doc, name, weight, lexicon):
            continue
        if name.type != entity_type:
            evidence = best_evidence.get(name.form)
            name.method = (
                evidence.method if evidence and evidence.type == entity_type else "context"
            )
            name.confidence = min(0.9, 0.4 + 0.1 * weight)
            name.type = entity_type
        typed.append(name)
    return typed


def _lower_all_caps(names: Sequence[Name]) -> None:
    """Read ALDHAVEN as Aldhaven if the article has that form too: a dateline, not an acronym."""
    forms = {name.form for name in names}
    for name in names:
        if name.form.isupper() and len(name.form) > 3 and name.form.title() in forms:
            name.form = name.form.title()


def _vote_by_context(doc: Document, name: Name, tally: _Votes, lexicon: Lexicon) -> None:
    tokens = doc.tokens
    sentence = doc.sentence_of(name.first)
    before = tokens[name.first - 1].lower if name.first > sentence.first else ""
    after = [t.lower for t in tokens[name.last : min(name.last + 3, sentence.last)]] + [""] * 3
    if before in _PLACE_PREPOSITIONS:
        tally["GPE"] += 1.3
    elif before in ("from", "to", "at"):
        tally["GPE"] += 0.4
    elif before == "the":
        tally["PERSON"] -= 1.5
        # "the Lalibela church" is no evidence for Lalibela; "the Lalibela said" is.
        if not after[0].isalpha() or after[0] in lexicon.function_words or after[0] in lexicon.cues:
            tally["ORG"] += 0.7
    elif before == "of":
        noun = tokens[max(name.first - 2, sentence.first)].lower
        if noun in _PLACE_NOUNS:
            tally["GPE"] += 3
        else:
            tally["GPE"] += 0.8 if noun in _GOVERNING_NOUNS else 0
    cue = lexicon.cues.get(after[0])
    if cue and cue.inflection == "finite" and cue.frame != "direct":
        tally["PERSON"] += 0.5
    if after[0] in _PEOPLE_NOUNS:
        tally["NORP"] += 1.5
    if name.size == 1 and (not after[0].isalpha() or after[0] in lexicon.function_words):
        # A lone unknown word that recurs on its own is more often a place than not.
        tally["GPE"] += 0.11
    if after[0] in ("'s", "’s") and after[1] in _POSSESSED_BY_PLACES:
        tally["GPE"] += 1
    if after[0] == "-" and after[1] in ("based", "born", "area"):
        tally["GPE"] += 2
    if after[0] == "who" or (after[0] == "," and after[1] in ("who", "whose")):
        tally["PERSON"] += 2
    if after[0] == "," and after[1].isdigit() and len(after[1]) == 2 and after[2] == ",":
        tally["PERSON"] += 3
    if after[0] == "," and name.last + 1 < sentence.last:
        place = lexicon.places.get(tokens[name.last + 1].text)
        if place and place[0] == "GPE" and name.size == 1:
            tally["GPE"] += 1.5


def _vote_by_form(form: str, tally: _Votes, lexicon: Lexicon) -> None:
    words = form.split(" ")
    entity_type = lexicon.type_of(form)
    if entity_type:
        tally[entity_type] += 4
    if "&" in words:
        tally["ORG"] += 3
    if len(words) == 1:
        if form.isupper() and form.isalpha() and 2 <= len(form) <= 6:
            tally["ORG"] += _ACRONYM_VOTE
        elif any(c.isupper() for c in form[1:]) and form.isalpha() and form[:2] not in ("Mc", "Ma"):
            tally["ORG"] += 1.5
        if form.lower().endswith(_PLACE_ENDINGS):
            tally["GPE"] += 1
        if form.lower() in lexicon.first_names and form.lower() not in lexicon.common_words:
            tally["PERSON"] += 1.2
        if form.endswith(("ese", "ian", "ians")) and form.lower() not in lexicon.first_names:
            tally["NORP"] += 0.8
        if form.endswith(_SURNAME_ENDINGS):
            tally["PERSON"] += 0.8
        if form.lower() in lexicon.last_heads:
            tally["ORG"] += 0.6
        return
    if words[0].lower() in _DIRECTIONS and len(words) == 2:
        tally["GPE"] += 1.5
    if len(words) > 5 or any(c.isdigit() for c in form):
        return
    common = sum(w.lower() in lexicon.common_words for w in words)
    listed = sum(lexicon.type_of(w) is not None for w in words)
    if not common and not listed:
        tally["PERSON"] += 1.5
    elif common == len(words) or listed:
        tally["OTHER"] += 1
    elif words[-1].lower() not in lexicon.common_words:
        tally["PERSON"] += 0.6
    else:
        tally["OTHER"] += 0.5


def _pair_places_and_peoples(votes: dict[str, _Votes]) -> None:
    """Treat Velmark and Velmarkian, both unknown, as evidence for a place and its people."""
    words_of_places = {
        word
        for form, tally in votes.items()
        if " " in form and _is_place(tally)
        for word in form.split(" ")
    }
    for form in [f for f in votes if " " not in f and len(f) > 4]:
        stem = form.removesuffix("s")
        for ending in _PEOPLE_ENDINGS:
            root = stem.removesuffix(ending)
            if root == stem:
                continue
            for place in (root, root + "a", root + "e", root + "y", root + "o"):
                if len(place) < 4 or place == form:
                    continue
                if place in votes and (not votes[place] or _is_place(votes[place])):
                    votes[place]["GPE"] += 2
                    votes[form]["NORP"] += 4
                elif place in words_of_places:
                    votes[form]["NORP"] += 4


def _is_place(tally: _Votes) -> bool:
    """Whether a form is or may be a place: its best type is a place, OTHER or unknown."""
    return _best_type(tally)[0] in ("GPE", "LOC", "OTHER", None)


def _best_type(tally: _Votes) -> tuple[EntityType | None, float]:
    entity_type = max(tally, key=lambda label: tally[label], default=None)
    if entity_type is None or tally[entity_type] < _MIN_VOTE:
        return None, 0.0
    return entity_type, tally[entity_type]


def _share_surnames(
    types: dict[str, tuple[EntityType | None, float]], votes: dict[str, _Votes]
) -> None:
    """Make surnames and first names of the full names in the article persons."""
    parts: set[str] = set()
    surnames: set[str] = set()
    for form, (entity_type, _) in types.items():
        words = form.split(" ")
        if entity_type == "PERSON" and len(words) > 1:
            if generation(words[-1]):
                words = words[:-1]
            parts.update((words[0], words[-1]))
            surnames.add(words[-1])
            parts.update(" ".join(words[i:]) for i in range(1, len(words)))
    for form in types:
        # "Mark Cuban … Cuban said": a surname may also be a nationality.
        is_surname = types[form][0] == "NORP" and form in surnames
        if form in parts and (max(votes[form].values(), default=0) < 3.5 or is_surname):
            types[form] = ("PERSON", 4.0)


def _is_accidental(doc: Document, name: Name, weight: float, lexicon: Lexicon) -> bool:
    """Whether a candidate is probably ordinary words that happen to be capitalised."""
    words = name.form.lower().split(" ")
    if name.method in ("lexicon", "title"):
        return False
    if all(w in lexicon.common_words or w in lexicon.titles for w in words):
        return weight < (2.5 if len(words) == 1 else 1.0)
    if len(words) == 1 and words[0] in lexicon.not_names:
        return True
    return not any(c.isalpha() for c in name.form) or (len(name.form) == 1)
