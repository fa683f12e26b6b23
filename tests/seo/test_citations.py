"""Citations: the styles' own examples, and parsers of the files."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import bibtexparser
import pytest
import rispy
from django.test import Client
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from learn.seo import citations
from learn.seo.citations import Name, Work, apa, authors, bibtex, chicago, mla, ris
from tests.factories import make_article

DAY, READ = dt.date(2025, 2, 8), dt.date(2026, 11, 28)
URL = "https://learn.example.org/learn/physics/questions/why"
SKY = Work("Why is the sky blue?", "QuickTakes Learn", "QuickTakes", [Name("QuickTakes")], DAY, URL, "")


# --- The styles' own examples, of pages of websites ---


def test_apa_group_author_and_retrieval_date() -> None:
    """Webpage on a website with a retrieval date, from APA's reference examples."""
    census = Work(
        "U.S. and world population clock", "U.S. Department of Commerce", "", [Name("U.S. Census Bureau")],
        dt.date(2019, 7, 3), "https://www.census.gov/popclock/", "",
    )  # fmt: skip
    assert apa(census, dt.date(2020, 1, 9)) == (
        "U.S. Census Bureau. (2019, July 3). <em>U.S. and world population clock</em>. U.S. Department of Commerce. "
        "Retrieved January 9, 2020, from https://www.census.gov/popclock/"
    )


def test_apa_individual_author_and_site() -> None:
    """Webpage on a website with an individual author, from APA's reference examples."""
    kidney = Work(
        "Top 10 things to know about kidneys", "News Site", "", [Name("Martin Lillie", "Charlotte M.")],
        dt.date(2016, 12, 29), "https://example.org/k", "",
    )  # fmt: skip
    assert apa(kidney, DAY).startswith("Martin Lillie, C. M. (2016, December 29). <em>Top 10 things")


def test_apa_leaves_out_a_site_that_is_the_author() -> None:
    who = Work(
        "Heart",
        "World Health Organization",
        "",
        [Name("World Health Organization")],
        DAY,
        "https://who.example",
        "",
    )
    assert "<em>Heart</em>. Retrieved" in apa(who, READ)


def test_mla_is_as_its_example_of_a_page() -> None:
    """Author. “Title.” *Site*, day month year, address — as in the MLA's guide to works on the web."""
    lundman = Work(
        "How to Make Vegetarian Chili", "eHow", "eHow", [Name("Lundman", "Susan")], dt.date(2016, 9, 5),
        "https://www.ehow.com/how_10727_make-vegetarian-chili.html", "",
    )  # fmt: skip
    assert mla(lundman, READ) == (
        "Lundman, Susan. “How to Make Vegetarian Chili.” <em>eHow</em>, 5 Sept. 2016, "
        "www.ehow.com/how_10727_make-vegetarian-chili.html. Accessed 28 Nov. 2026."
    )


def test_chicago_is_as_its_example_of_a_page() -> None:
    """The bibliography form of 14.207, with the day on which it was read."""
    bouman = Work(
        "How to Take a Picture of a Black Hole", "TED", "TED", [Name("Bouman", "Katie")], dt.date(2016, 11, 1),
        "https://www.ted.com/talks/katie_bouman", "",
    )  # fmt: skip
    assert chicago(bouman, READ) == (
        "Bouman, Katie. “How to Take a Picture of a Black Hole.” TED. November 1, 2016. Accessed November 28, 2026. "
        "https://www.ted.com/talks/katie_bouman."
    )


# --- Ours -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (
            apa,
            f"<em>{SKY.title}</em> (2025, February 8). QuickTakes Learn. Retrieved November 28, 2026, from {URL}",
        ),
        (
            mla,
            f"“Why is the sky blue?” <em>QuickTakes Learn</em>, 8 Feb. 2025, {URL[8:]}. Accessed 28 Nov. 2026.",
        ),
        (
            chicago,
            f"“Why is the sky blue?” QuickTakes Learn. February 8, 2025. Accessed November 28, 2026. {URL}.",
        ),
    ],
)
def test_without_author_the_title_stands_first(style: object, expected: str) -> None:
    assert style(replace(SKY, authors=[]), READ) == expected  # type: ignore[operator]


def test_how_the_answer_was_made_is_said(settings: Settings) -> None:
    made = replace(SKY, made="Answer made with generative AI (https://example.com/how)")
    assert apa(made, READ).startswith(
        "QuickTakes. (2025, February 8). <em>Why is the sky blue?</em> [Answer made with generative AI "
        "(https://example.com/how)]. QuickTakes Learn."
    )
    for style in (mla, chicago):
        assert style(made, READ).endswith("Answer made with generative AI (https://example.com/how).")
    assert "generative AI" in bibtexparser.loads(bibtex(made, READ)).entries[0]["note"]
    assert rispy.loads(ris(made, READ))[0]["notes"] == [made.made]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("QuickTakes", ["QuickTakes"]),
        ("Ada Lovelace", ["Lovelace, Ada"]),
        ("Lovelace, Ada", ["Lovelace, Ada"]),
        ("Ada Lovelace and Alan M. Turing", ["Lovelace, Ada", "Turing, Alan M."]),
        ("A. Noether, B. Riemann, and C. F. Gauss", ["Noether, A.", "Riemann, B.", "Gauss, C. F."]),
        ("Ludwig van der Berg", ["van der Berg, Ludwig"]),
        ("Martin Luther King Jr.", ["King, Martin Luther, Jr."]),
        ("The Physics Team", ["The Physics Team"]),
        ("Plato", ["Plato"]),
        ("Smith, John; Doe, Jane", ["Smith, John", "Doe, Jane"]),
        ("Lovelace, Ada and Turing, Alan", ["Lovelace, Ada", "Turing, Alan"]),
        (
            "Ada Lovelace, Charles Babbage and Alan Turing",
            ["Lovelace, Ada", "Babbage, Charles", "Turing, Alan"],
        ),
        ("García Márquez, Gabriel", ["García Márquez, Gabriel"]),
        ("van der Waals, Johannes Diderik", ["van der Waals, Johannes Diderik"]),
        ("Martin Luther King, Jr. and Rosa Parks", ["King, Martin Luther, Jr.", "Parks, Rosa"]),
        ("William H. Press", ["Press, William H."]),
        ("Department of Physics and Astronomy", ["Department of Physics and Astronomy"]),
        ("Ada Lovelace et al.", ["Lovelace, Ada"]),
    ],
)
def test_names(text: str, expected: list[str]) -> None:
    assert [name.inverted for name in authors(text)] == expected


def test_initials_and_many_authors() -> None:
    assert Name("Picard", "Jean-Luc M.").initials == "J.-L. M."
    many = [Name(f"Name{n}", "A.") for n in range(25)]
    two, three = replace(SKY, authors=many[:2]), replace(SKY, authors=many[:3])
    assert apa(two, READ).startswith("Name0, A., &amp; Name1, A. (2025")
    assert apa(replace(SKY, authors=many), READ).count("Name") == 20
    assert ". . . Name24, A. (2025" in apa(replace(SKY, authors=many), READ)
    assert mla(two, READ).startswith("Name0, A., and A. Name1. “")
    assert mla(three, READ).startswith("Name0, A., et al. “")
    assert chicago(three, READ).startswith("Name0, A., A. Name1, and A. Name2. “")


def test_quotation_marks_in_a_title_become_single_ones() -> None:
    said = replace(SKY, title='What does "to be" mean in “Hamlet”')
    assert "“What does ‘to be’ mean in ‘Hamlet’.”" in mla(said, READ)


TEXT = (
    st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=60)
    .map(str.strip)
    .filter(bool)
)


@given(title=TEXT, family=TEXT)
def test_parsers_read_what_was_written(title: str, family: str) -> None:
    odd = replace(SKY, title=" ".join(title.split()), authors=[Name(" ".join(family.split()))])
    (record,) = rispy.loads(ris(odd, READ))
    assert record["title"] == odd.title
    assert record["urls"] == [odd.url]
    (entry,) = bibtexparser.loads(bibtex(odd, READ)).entries
    assert plain(entry["title"]) == odd.title
    assert entry["urldate"] == "2026-11-28"


def plain(text: str) -> str:
    """The text that TeX would set."""
    words = {
        r"\textbraceleft{}": "{",
        r"\textbraceright{}": "}",
        r"\textquotedbl{}": '"',
        r"\textbackslash{}": "\\",
        r"\textasciitilde{}": "~",
        r"\textasciicircum{}": "^",
    }
    pattern = r"\\text[a-z]+\{\}|\\[&%$#_]"
    text = text.removeprefix("{").removesuffix("}")
    return re.sub(pattern, lambda match: words.get(match[0], match[0][1:]), text)


# --- Pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_and_the_files(client: Client, settings: Settings) -> None:
    settings.DIGITAL_SOURCE_TYPE = "TrainedAlgorithmicMediaDigitalSource"
    article = make_article(question="Is 5 < 6 & why?", author="Ada Lovelace")
    path = article.get_absolute_url()
    response = client.get(f"{path}/cite")
    today = citations.spelled(dt.datetime.now(dt.UTC).date())
    assert (
        "Lovelace, A. (2025, February 8). <em>Is 5 &lt; 6 &amp; why?</em> [Answer made with generative AI]. "
        in response.text
    )
    assert today in strip_tags(response.text)
    assert not response.cookies
    record = client.get(f"{path}.ris")
    assert rispy.loads(record.text)[0]["authors"] == ["Lovelace, Ada"]
    assert 'filename="' in record.headers["Content-Disposition"]
    assert bibtexparser.loads(client.get(f"{path}.bib").text).entries[0]["author"] == "Lovelace, Ada"
    assert f'href="{path}/cite"' in client.get(path).text


@pytest.mark.django_db
def test_what_readers_do_not_see_is_not_cited(client: Client) -> None:
    path = make_article(status="draft").get_absolute_url()
    for address in (f"{path}/cite", f"{path}.bib", f"{path}.ris"):
        assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_a_copy_is_cited_as_its_original(client: Client) -> None:
    first = make_article(subject="astronomy", slug="why", question="Why?", answer="Because.")
    copy = make_article(subject="zoology", slug="why", question="Why?", answer="Because.")
    assert first.get_absolute_url() in client.get(f"{copy.get_absolute_url()}.ris").text
