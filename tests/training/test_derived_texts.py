"""Derived training texts: labels still match the text after it was edited."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from training.corpora.documents import Document
from training.corpora.pronouns import annotated_persons, hide_gender, resolved_by_gender
from training.corpora.silver import named

TEXT = (
    "Mary Holm met John Vik in Osterby. She told him that the bridge was closed. "
    "Mr. Vik said his boat, too, was there. Holm thanked her sister."
)


def labelled(text: str, *names: tuple[str, str]) -> Document:
    spans = sorted(
        (m.start(), m.end(), label)
        for form, label in names
        for m in re.finditer(rf"\b{form}\b", text)
    )
    kept = [
        s for s in spans if not any(a <= s[0] and s[1] <= b and s != (a, b, t) for a, b, t in spans)
    ]
    cuts = [m.end() for m in re.finditer(r"\. ", text)]
    return Document("made", "worldwide", text, {"names": kept}, [*cuts, len(text)])


PEOPLE = labelled(
    TEXT, ("Mary Holm", "PERSON"), ("John Vik", "PERSON"), ("Vik", "PERSON"), ("Holm", "PERSON"),
    ("Osterby", "LOC"),
)  # fmt: skip


def word_at(document: Document, at: int) -> str:
    match = re.match(r"\w+", document.text[at:])
    return match[0] if match else ""


def test_a_pronoun_is_resolved_if_only_one_person_has_its_gender() -> None:
    resolved = resolved_by_gender(PEOPLE, annotated_persons(PEOPLE))
    assert resolved is not None
    links = {(word_at(resolved, at), at): right for at, right, _ in resolved.links["pronoun"]}
    who = {word: {resolved.text[r : r + 4] for r in right} for (word, _), right in links.items()}
    assert who["She"] == {"Mary", "Holm"}
    assert who["him"] == {"John", "Vik "}


def test_no_pronoun_is_resolved_if_two_share_a_gender_or_one_is_unknown() -> None:
    for text in ("Mary Holm met Anna Vik. She left John Berg.", "Mary Holm met Qwx Vik. She left."):
        forms = re.findall(r"[A-Z]\w+ [A-Z]\w+", text)
        document = labelled(text, *((form, "PERSON") for form in forms))
        assert resolved_by_gender(document, annotated_persons(document)) is None


@given(st.integers(0, 1000))
def test_hiding_genders_moves_spans_and_links_with_the_text(seed: int) -> None:
    resolved = resolved_by_gender(PEOPLE, annotated_persons(PEOPLE))
    assert resolved is not None
    edited = hide_gender(resolved, annotated_persons(resolved), seed)
    assert [edited.text[a:b] for a, b, t in edited.layers["names"] if t == "LOC"] == ["Osterby"]
    for (a, b, _), (c, d, _) in zip(resolved.layers["names"], edited.layers["names"], strict=True):
        assert resolved.text[a:b].split()[-1] == edited.text[c:d].split()[-1]
    pronouns = {word_at(edited, at).lower() for at, _, _ in edited.links["pronoun"]}
    assert pronouns <= {"he", "him", "his"} or pronouns <= {"she", "her", "hers"}
    assert len(edited.cuts) == len(resolved.cuts)
    assert all(edited.text[cut - 2 : cut] == ". " for cut in edited.cuts[:-1])
    assert edited.cuts[-1] == len(edited.text)


def test_silver_names_are_confident_ones_and_their_words_elsewhere() -> None:
    text = "Ann Berg won. There, Berg spoke of Zubrowka, and Mr. Berg left for Kells Tower."
    document = Document("one", "polnear", text, {"source": []}, [len(text)])
    found = {"one": [(0, 8, "PERSON", 0.9), (text.index("Zub"), text.index(", and"), "ORG", 0.5)]}
    (silver,) = named([document], found)
    names = [(silver.text[a:b], label) for a, b, label in silver.layers["names"]]
    assert names == [("Ann Berg", "PERSON"), ("Berg", "PERSON"), ("Berg", "PERSON")]
    unknown = {silver.text[a:b] for a, b in silver.skipped}
    assert unknown == {"Zubrowka", "Kells", "Tower"}
    assert silver.corpus == "worldwide"
