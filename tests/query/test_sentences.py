"""Utterances in the sentences around them."""

import pytest

from etl.query.sentences import in_sentences


def shown(text: str, *pieces: str) -> str:
    spans = [(text.index(piece), text.index(piece) + len(piece)) for piece in pieces]
    return "".join(f"[{part}]" if said else part for part, said in in_sentences(text, spans))


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        (
            "It rained. She said that the Union had “pretty precise plans” for it. He left.",
            ("that the Union had", "pretty precise plans"),
            "She said [that the Union had “pretty precise plans”] for it.",
        ),
        (
            'It was "a disaster" and would stay so, she said.',
            ("a disaster", "and would stay so"),
            'It was ["a disaster" and would stay so], she said.',
        ),
        (
            "It rained. “If we must,” she said, “we wait.” He left.",
            ("If we must,", "we wait."),
            "“[If we must,]” she said, “[we wait.]”",
        ),
        (
            "“We wait,” he said. It rained. Nobody came. “Then we leave.” He left.",
            ("We wait,", "Then we leave."),
            "“[We wait,]” he said. … “[Then we leave.]”",
        ),
        (
            "She said: “The bridge is old.\n\n“It will close.” He left.",
            ("The bridge is old.", "It will close."),
            "She said: “[The bridge is old.\n\n“It will close.”]",
        ),
        ("Nobody knew", ("Nobody knew",), "[Nobody knew]"),
    ],
)
def test_an_utterance_is_shown_in_its_sentences(
    text: str, pieces: tuple[str, ...], expected: str
) -> None:
    assert shown(text, *pieces) == expected


def test_a_sentence_without_an_end_is_cut() -> None:
    text = "word " * 1_000_000
    stretches = in_sentences(text, [(2_500_000, 2_500_004)])
    assert sum(len(part) for part, _ in stretches) < 2_100
    assert ("word", True) in stretches
