"""Which texts are one lineage, and that likely pairs are found."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.stories.lineage import containment
from etl.stories.sketch import BANDS, bands
from etl.stories.text import fingerprint

FIRST = "ba de fi go hu ka le mi no pu ra se"
LAST = "lon mer tis vak rin dol"
WORDS = [a + b for a in FIRST.split() for b in LAST.split()]


def made(seed: int, sentences: int = 14) -> list[str]:
    """Sentences of a text like no other seed's."""
    rng = random.Random(seed)

    def word() -> str:
        drawn = rng.choice(WORDS)
        return rng.choice([drawn, drawn, drawn, drawn.title(), f"the {drawn}"])

    return [
        " ".join(
            [*(word() for _ in range(rng.randrange(8, 14))), str(rng.randrange(10_000)), word()]
        )
        + "."
        for _ in range(sentences)
    ]


def share(
    one: str,
    other: str,
    title: str = "Town News",
    other_title: str = "Other",
    days: int = 0,
    is_same_outlet: bool = False,
) -> float:
    prints = fingerprint(title, one), fingerprint(other_title, other)
    return containment(*prints, days, is_same_outlet) or 0.0


TEXT = made(1)
FOREIGN = made(2)


@pytest.mark.parametrize(
    "edited",
    [
        pytest.param(TEXT[:7], id="tail cut"),
        pytest.param([*FOREIGN[:2], *TEXT[2:]], id="new lead"),
        pytest.param(TEXT[::-1], id="reordered"),
        pytest.param([FOREIGN[i] if i % 3 == 0 else s for i, s in enumerate(TEXT)], id="third new"),
        pytest.param([*TEXT, *FOREIGN[:9]], id="longer"),
    ],
)
def test_cuts_and_edits_are_one_story_and_found(edited: list[str]) -> None:
    one, other = " ".join(TEXT), "\n\n".join(edited)
    assert share(one, other) > 0.5
    mine, theirs = (bands(fingerprint(None, text).phrases) for text in (one, other))
    assert set(mine.tolist()) & set(theirs.tolist())


def test_a_text_with_every_third_word_replaced_is_one_story_for_some_days() -> None:
    words, rng = " ".join(made(3, 20)).split(), random.Random(3)
    edited = [rng.choice(WORDS) if i % 3 == 0 else word for i, word in enumerate(words)]
    one, other, title = " ".join(words), " ".join(edited), "Town Council Meets"
    assert 0.27 < share(one, other, title, title, days=3) < 0.6
    assert share(one, other, title, title, days=4) == 0


NOTICE = (
    "{name} Corp is raising {much} mln dlrs through an offering of debentures due {year} with a "
    "{coupon} pct coupon and par pricing, said lead manager {bank} Brothers Inc. The debentures "
    "are convertible into common stock at {price} dlrs per share, a premium of {premium} pct over "
    "the stock price when terms on the debt were set. Non-callable for {years} years, the issue "
    "is rated {rating} by Moody's and B-plus by Standard and Poor's. {name} said proceeds will "
    "be used to repay bank debt due in {month}."
)


SLOTS = "name much year coupon bank price premium years rating month"


def test_notices_from_one_template_are_stories_of_their_own() -> None:
    first, other = (
        NOTICE.format(**dict(zip(SLOTS.split(), values.split(), strict=True)))
        for values in (
            "Witco 140 2012 5-1/2 Salomon 54.55 25.76 2 Baa-1 May",
            "Anitec 75 2013 5-7/8 Lehman 32 26.73 3 B-2 June",
        )
    )
    assert share(first, other) == 0
    assert share(first, first) == 1
    assert share(first, first + " The offer began today.") == 1


def test_a_brief_that_comes_again_days_later_with_other_words_is_news() -> None:
    brief, later = " ".join(TEXT[:6]), " ".join([*TEXT[:5], FOREIGN[0]])
    assert share(brief, later, days=1) > 0.8
    assert share(brief, later, days=2) == 0
    assert share(brief, brief, days=14) == 1


def test_short_notices_need_the_headline() -> None:
    body = "Qtly div 25 cts vs 25 cts in prior qtr. Pay April 15 to holders of record March 31."
    assert share(body, body, "Aldhaven Gas sets payout", "Skerrow Light quarterly dividend") == 0
    assert share(body, body, "Aldhaven Gas sets payout", "Aldhaven Gas Sets Quarterly Payout") == 1


def test_a_body_that_an_outlet_has_twice_on_one_day_is_one_story_under_any_headline() -> None:
    body = (
        "Warden Greta Moll rejected the plan for the mill pond on Monday. She told farmers of "
        "Aldhaven that the dam would stay shut until the valley council had voted."
    )
    titles = "Rebuilding better, part 1", "Warden rejects plan"
    assert share(body, body, *titles, days=0, is_same_outlet=True) == 1
    assert share(body, body, *titles, days=0, is_same_outlet=False) == 0
    assert share(body, body, *titles, days=1, is_same_outlet=True) == 0
    other = body.replace("Monday", "Sunday")
    assert share(body, other, *titles, days=0, is_same_outlet=True) == 0
    notice = "Qtly div 25 cts vs 25 cts in prior qtr. Pay April 15 to holders of record March 31."
    assert share(notice, notice, "Aldhaven Gas", "Skerrow Light", is_same_outlet=True) == 0


REPORT = (
    "{town} lost its granary to lightning on {day} night and with it {tons} tons of barley. "
    "The warden, {warden}, said the roof had been mended only last spring. Neighbours carried "
    "water from the mill pond until dawn, and nobody was hurt. The insurers will send someone to "
    "count the sacks. Farmers nearby offered seed for the next sowing and a barn to keep it dry."
)
FIRST = REPORT.format(town="Aldhaven", day="Monday", tons=40, warden="Greta Moll")


@pytest.mark.parametrize(
    "before", ["EXCLUSIVE — ", "(MW) — ", "(XYZ) ", "FIRST ON SBN: ", "Listen to this article. "]
)
def test_a_word_before_a_copy_under_another_headline_makes_no_other_story(before: str) -> None:
    assert share(before + FIRST, FIRST, "Barley burns", "Granary lost to lightning") == 1
    assert share(before + FIRST, "UPDATED: " + FIRST, "Barley burns", "Granary lost") == 1


@pytest.mark.parametrize(
    "other",
    [
        {"town": "Merrow", "day": "Friday", "tons": 25, "warden": "Otto Weiss"},
        {"town": "Merrow", "day": "Monday", "tons": 40, "warden": "Greta Moll"},
    ],
)
def test_a_template_filled_with_another_name_is_no_copy(other: dict[str, object]) -> None:
    second = REPORT.format(**other)
    assert share("EXCLUSIVE — " + second, FIRST, "Barley burns", "Granary lost") == 0
    assert share(second, FIRST, "Barley burns", "Granary lost") == 0


def test_a_follow_up_that_repeats_the_background_is_a_story_of_its_own() -> None:
    follow_up = [*made(4, 10), *TEXT[10:]]
    assert share(" ".join(TEXT), " ".join(follow_up)) == 0


def test_a_longer_report_with_the_same_lead_is_told_from_a_follow_up_under_the_same_headline() -> (
    None
):
    title, body, news = "Town Council Meets", made(5, 20), made(6, 20)
    follow_up = [*news[:4], *body[4:8], *news[8:12], *body[12:16], *news[16:]]
    taken_up = [*body[:4], *news[4:8], *body[8:12], *news[12:20]]
    assert share(" ".join(body), " ".join(follow_up), title, title) == 0
    assert share(" ".join(body), " ".join(taken_up), title, title) > 0.25


def test_a_missing_headline_is_no_headline_in_common() -> None:
    words, rng = " ".join(made(3, 20)).split(), random.Random(3)
    edited = [rng.choice(WORDS) if i % 3 == 0 else word for i, word in enumerate(words)]
    assert share(" ".join(words), " ".join(edited), "", "", days=1) == 0


LIST = "Aluminum unch. Copper unch. Zinc unch. Tin quoted nominal. Lead no trade. Nickel unch. "


@pytest.mark.parametrize(
    ("title", "other_title"),
    [
        ("TOWN METALS 10:31", "TOWN METALS 11:01"),
        ("Town Metals, 7 April", "Town Metals, 8 April"),
        ("Town Metals 1330 - Apr 7", "Town Metals Closing - Apr 7"),
    ],
)
@pytest.mark.parametrize("is_in_the_text", [False, True])
def test_headlines_that_differ_in_number_or_hour_are_two_issues_of_a_notice(
    title: str, other_title: str, is_in_the_text: bool
) -> None:
    def told(headline: str, same_as: str) -> float:
        one, other = (
            f"{h}\n{LIST * 2}" if is_in_the_text else LIST * 2 for h in (headline, same_as)
        )
        titles = ("", "") if is_in_the_text else (headline, same_as)
        return share(one, other, *titles)

    assert told(title, other_title) == 0
    assert told(title, title) == 1


def test_a_number_in_the_headline_of_a_long_report_goes_on_counting() -> None:
    body = made(7, 20)
    one, other = " ".join(body), " ".join([*body, *made(8, 2)])
    assert share(one, other, "Quake Kills 12", "Quake Kills 15") == 1


def test_within_an_outlet_a_text_comes_again_or_goes_on_and_a_form_filled_anew_does_not() -> None:
    filled = "The {town} Fire Department of {county} will get {sum} dollars, said {chief}."
    frame = made(9, 16)
    one, other = (
        " ".join(
            [filled.format(**dict(zip(("town", "county", "sum", "chief"), f, strict=True))), *frame]
        )
        for f in (
            ("Aldhaven", "Brannock", "23,750", "Orrin"),
            ("Skerrow", "Tidewell", "66,462", "Vail"),
        )
    )
    for titles in (
        ("", ""),
        ("Grant for Aldhaven Fire Fighters", "Grant for Skerrow Fire Fighters"),
    ):
        assert share(one, other, *titles) > 0.9
        assert share(one, other, *titles, is_same_outlet=True) == 0
        assert share(one, one.replace("23,750", "23,570"), *titles, is_same_outlet=True) > 0.9
        assert share(one, " ".join([one, *made(10, 5)]), *titles, is_same_outlet=True) == 1
    title = "Grants for Fire Fighters"
    assert share(one, other, title, title, is_same_outlet=True) > 0.9


@pytest.mark.parametrize("text", ["", " \n", "One", "the of and", "Élan", "🌊 🌊"])
def test_next_to_nothing_is_like_nothing(text: str) -> None:
    assert share(text, text) == 0
    assert len(bands(fingerprint(None, text).phrases)) in (0, BANDS)


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(5, 9), st.integers(5, 9), st.integers(1, 20), st.integers(0, 20))
def test_it_does_not_matter_which_text_comes_first(a: int, b: int, size: int, mixed: int) -> None:
    one = " ".join([*made(a, size), *made(b, mixed)])
    other = " ".join(made(b, max(mixed, 1)))
    assert share(one, other) == share(other, one)
