"""A page without metadata: the outlet behind its title, and the authors of its only byline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import read_file

TEXT = (
    "<p>The ferry to Skarn Island will stop at the end of May, its owners said on Monday.</p>"
    "<p>“We lost money on every crossing,” said Hedda Lorn, who runs the line with her brother.</p>"
    "<p>The islanders have asked the county to buy the boat, and the council meets on Thursday.</p>"
)


def article(title: str, address: str = "", above: str = "", below: str = "") -> Article:
    link = f'<link rel="canonical" href="{address}">' if address else ""
    page = (
        f"<!DOCTYPE html><html lang='en'><head><title>{title}</title>{link}</head><body>{above}"
        f"<article><h1>Ferry to Skarn Island stops</h1>{TEXT}</article>{below}</body></html>"
    )
    (item,) = read_file(page.encode(), "page.html")
    assert item.article is not None, item.rejection
    return item.article


@pytest.mark.parametrize(
    ("title", "address", "outlet", "method"),
    [
        ("Ferry to Skarn Island stops - Skarn Courier", "", "Skarn Courier", "title"),
        ("Ferry to Skarn | The Skarn Courier", "https://www.courier.example/a", "The Skarn Courier",
         "title"),
        ("Ferry to Skarn | Skarn Morning Log", "https://sml.example/a", "Skarn Morning Log",
         "title"),
        ("Ferry to Skarn | News | Skarn Courier", "https://skarncourier.example/a",
         "Skarn Courier", "title"),
        # A section, a slogan, and a name of somebody else.
        ("Ferry to Skarn Island stops - Transport", "", None, None),
        ("Ferry to Skarn Island stops | Politics", "https://courier.example/a", "courier.example",
         "address"),
        ("Ferry to Skarn Island stops - Merrow Times", "https://courier.example/a",
         "courier.example", "address"),
        ("Something else entirely - Skarn Courier", "", None, None),
        ("Skarn Courier", "", None, None),
    ],
)  # fmt: skip
def test_the_name_behind_the_headline_is_the_outlet_if_the_host_has_no_other(
    title: str, address: str, outlet: str | None, method: str | None
) -> None:
    found = article(title, address)
    assert (found.outlet, found.outlet_method) == (outlet, method)
    assert found.headline is not None
    assert "Courier" not in found.headline or outlet is None


@pytest.mark.parametrize(
    ("above", "below", "authors"),
    [
        ("<p>By Nils Aster. Updated: May 9, 2025 | Published: May 5, 2025</p>", "",
         ("Nils Aster",)),
        ("<div>By <a href='/n'>Nils Aster</a> and <a href='/p'>Petra Quint</a></div>", "",
         ("Nils Aster", "Petra Quint")),
        ("<p>By Nils Aster</p>", "<div class='related'><p>By Ove Brand</p></div>",
         ("Nils Aster",)),
        ("<p>By Nils Aster</p>", "<p>By Ove Brand</p>", ()),
        ("<p>By Friday it was over.</p>", "", ()),
        ("", "<footer><p>By Ove Brand</p></footer>", ()),
    ],
)  # fmt: skip
def test_the_only_byline_of_a_page_names_its_authors(
    above: str, below: str, authors: tuple[str, ...]
) -> None:
    assert article("Ferry to Skarn Island stops", "", above, below).authors == authors


@given(st.text("ByNils -|–©.<>/pa \n", max_size=80), st.text("Skarn -|Courier", max_size=60))
def test_no_title_or_line_is_too_odd(above: str, title: str) -> None:
    article(f"Ferry {title}", "https://courier.example/a", above)
