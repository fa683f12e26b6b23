from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from learn.models import Article, Subject
from learn.topics.placing import place_articles
from tests.factories import make_article, make_link, make_subject
from tests.pages import Page

pytestmark = pytest.mark.django_db

MaxQueries = Callable[[int], AbstractContextManager[object]]


def read(client: Client, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200, path
    return Page(response.text)


def test_the_root_leads_to_the_library(client: Client) -> None:
    response = client.get("/")
    assert (response.status_code, response.headers["Location"]) == (301, "/learn")


# --- The library ---


def test_the_library_lists_subjects_with_what_their_lists_hold(
    client: Client, django_assert_max_num_queries: MaxQueries
) -> None:
    for _ in range(3):
        make_article(subject="physics")
    make_article(subject="physics", no_index=True)
    make_article(subject="physics", status=Article.Status.DRAFT)
    make_article(subject=make_subject("secret-lore", is_listed=False))
    make_subject("alchemy")
    with django_assert_max_num_queries(8):  # the state, and the seven of the view
        page = read(client, "/learn")
    assert page.texts(".subjects li") == ["Alchemy 0 questions", "Physics 3 questions"]
    assert page.links(".subjects a") == ["/learn/alchemy", "/learn/physics"]
    assert "3 questions" in page.text(".lead")


def test_the_newest_questions_are_of_many_subjects(client: Client) -> None:
    for number, subject in enumerate(["physics", "physics", "physics", "physics", "biology", "art", "art"]):
        make_article(
            subject=subject, slug=f"q-{number}", question=f"Q {number}?", date=dt.date(2025, 3, 20 - number)
        )
    assert read(client, "/learn").texts(".questions a") == ["Q 0?", "Q 1?", "Q 4?", "Q 5?", "Q 6?"]


def test_the_newest_questions_are_those_that_search_engines_may_know(client: Client) -> None:
    old = make_article(date=dt.date(2024, 1, 1))
    new = make_article(date=dt.date(2025, 1, 1))
    make_article(date=dt.date(2025, 2, 1), no_index=True)
    make_article(date=dt.date(2025, 2, 1), subject=make_subject("secret-lore", is_listed=False))
    page = read(client, "/learn")
    assert page.links(".questions a") == [new.get_absolute_url(), old.get_absolute_url()]


def test_an_empty_library_is_a_page_too(client: Client) -> None:
    assert read(client, "/learn").texts("h1") == ["What would you like to understand?"]


# --- A subject ---


@pytest.fixture
def physics() -> Subject:
    for day in range(50):
        make_article(slug=f"day-{day}", date=dt.date(2025, 1, 1) + dt.timedelta(days=day))
    return Subject.objects.get(slug="physics")


def test_a_subject_lists_24_questions_a_page(
    client: Client, physics: Subject, django_assert_max_num_queries: MaxQueries
) -> None:
    seen: list[str] = []
    for path, size in (("/learn/physics", 24), ("/learn/physics?page=2", 24), ("/learn/physics?page=3", 2)):
        with django_assert_max_num_queries(5):
            page = read(client, path)
        links = page.links(".questions a")
        assert len(links) == size
        seen += links
    assert seen == [f"/learn/physics/questions/day-{day}" for day in range(49, -1, -1)]


def test_pages_are_linked_in_a_row_and_back_to_the_first(client: Client, physics: Subject) -> None:
    assert read(client, "/learn/physics").links("[rel=next]") == ["?page=2"]
    second = read(client, "/learn/physics?page=2")
    assert second.links("[rel=prev]") == ["/learn/physics"]
    assert second.links("[rel=next]") == ["?page=3"]
    assert "/learn/physics" in second.links(".pagination a")
    assert second.texts("[aria-current=page]") == ["Page 2"]
    last = read(client, "/learn/physics?page=3")
    assert last.links("[rel=prev]") == ["?page=2"]
    assert last.links("[rel=next]") == []


def test_the_first_page_has_one_address(client: Client, physics: Subject) -> None:
    response = client.get("/learn/physics?page=1")
    assert (response.status_code, response.headers["Location"]) == (301, "/learn/physics")
    response = client.get("/learn/physics?utm_source=mail&page=1")
    assert response.headers["Location"] == "/learn/physics?utm_source=mail"


def test_a_page_that_does_not_exist_is_404(client: Client, physics: Subject) -> None:
    odd = ["4", "0", "-1", "01", "02", "x", "", "2.0", "%C2%B2", "%00", "99999999999999999999", "1e1", "+2"]
    answers = {number: client.get(f"/learn/physics?page={number}").status_code for number in odd}
    assert answers == dict.fromkeys(odd, 404)


def test_a_subject_without_questions_has_one_page(client: Client) -> None:
    make_subject("alchemy")
    page = read(client, "/learn/alchemy")
    assert page.texts(".pagination") == []
    assert client.get("/learn/alchemy?page=2").status_code == 404


def test_an_unlisted_subject_can_be_reached_and_is_not_indexed(client: Client) -> None:
    make_subject("secret-lore", is_listed=False)
    article = make_article(subject="secret-lore")
    for path in ("/learn/secret-lore", article.get_absolute_url()):
        assert "noindex" in read(client, path).attribute("meta[name=robots]", "content")


def test_an_unknown_subject_is_404(client: Client) -> None:
    assert client.get("/learn/alchemy").status_code == 404


# --- An article ---


def test_an_article_shows_its_question_date_and_answer(client: Client) -> None:
    article = make_article(
        question="What is heat?", answer="It is **motion**.", date=dt.date(2025, 2, 8), author="Ada"
    )
    page = read(client, article.get_absolute_url())
    assert page.texts("h1") == ["What is heat?"]
    assert "Posted on Feb 08, 2025" in page.text(".meta")
    assert page.attribute(".meta time", "datetime") == "2025-02-08"
    assert "By Ada" in page.text(".meta")
    assert page.texts(".answer strong") == ["motion"]
    assert page.links(".breadcrumb a") == ["/learn", "/learn/physics"]
    assert page.attribute("link[rel=canonical]", "href") == f"http://testserver{article.get_absolute_url()}"
    assert page.texts("title")[0].startswith("What is heat?")


def test_the_date_is_written_as_the_file_asks(client: Client) -> None:
    article = make_article(
        post_on_text="Answered", date_format="dddd, MMMM Do YYYY", date=dt.date(2025, 2, 8)
    )
    assert "Answered Saturday, February 8th 2025" in read(client, article.get_absolute_url()).text(".meta")


def test_an_article_costs_at_most_four_queries(
    client: Client, django_assert_max_num_queries: MaxQueries
) -> None:
    articles = [make_article(keywords="premises") for _ in range(8)]
    place_articles()
    make_article(subject="science", question=articles[3].question, answer=articles[3].answer)
    for target in [*articles[:3], *articles[4:], None]:
        make_link(articles[3], target)
    with django_assert_max_num_queries(
        4
    ):  # with the state, its related questions, its topics, those beside it
        page = read(client, articles[3].get_absolute_url())
    assert len(page.links(".related .questions a")) == 7
    assert len(page.links(".neighbours a")) == 2


def test_headings_make_a_list_of_contents(client: Client) -> None:
    few = make_article(answer="### One\n\nText.\n\n### Two\n\nText.")
    many = make_article(answer="### One\n\nText.\n\n#### Part\n\nText.\n\n### Two\n\nText.")
    assert read(client, few.get_absolute_url()).links(".contents a") == []
    page = read(client, many.get_absolute_url())
    targets = page.links(".beside a")
    assert page.texts(".beside li") == ["One", "Part", "Two"]
    assert all(len(page.select(target)) == 1 for target in targets)


def test_the_math_font_is_fetched_only_for_formulas(client: Client) -> None:
    plain = make_article(answer="No formula, though it costs $5 or $6.")
    math = make_article(answer="Einstein: $E = mc^2$.")
    font = "link[rel=preload][as=font]"
    assert read(client, plain.get_absolute_url()).select(font) == []
    page = read(client, math.get_absolute_url())
    assert page.attribute(font, "href") == "/static/fonts/math.woff2"
    assert len(page.select("math")) == 1
    hint = "</static/fonts/math.woff2>; rel=preload; as=font; type=font/woff2; crossorigin"
    assert hint in client.get(math.get_absolute_url())["Link"].split(", ")
    assert "font" not in client.get(plain.get_absolute_url())["Link"]


def test_the_invitation_names_subject_and_question(client: Client, settings: Settings) -> None:
    article = make_article(question="What is heat & cold?")
    assert read(client, article.get_absolute_url()).texts(".invitation") == []
    settings.SIGNUP_URL = "https://example.com/join?from=learn"
    settings.ABOUT_ANSWERS_URL = "https://example.com/how"
    page = read(client, article.get_absolute_url())
    assert page.links(".invitation a") == [
        "https://example.com/join?from=learn&subject=physics&question=What+is+heat+%26+cold%3F"
    ]
    assert page.links(".colophon a") == ["https://example.com/how"]
    assert page.texts(".answer") != []


def test_a_copy_answers_200_and_points_to_the_other(client: Client) -> None:
    first = make_article(
        subject="physics", question="What is heat?", answer="Motion.", date=dt.date(2024, 1, 1)
    )
    copy = make_article(
        subject="science", question="What is heat?", answer="Motion.", date=dt.date(2025, 1, 1)
    )
    page = read(client, copy.get_absolute_url())
    assert page.attribute("link[rel=canonical]", "href") == f"http://testserver{first.get_absolute_url()}"
    assert page.links(".breadcrumb a") == ["/learn", "/learn/science"]


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"status": Article.Status.DRAFT}, 404),
        ({"publish_at": dt.datetime(2099, 1, 1, tzinfo=dt.UTC)}, 404),
        ({"status": Article.Status.UNPUBLISHED}, 410),
        ({"no_index": True}, 200),
    ],
)
def test_who_may_see_an_article(client: Client, values: dict[str, object], status: int) -> None:
    assert client.get(make_article(**values).get_absolute_url()).status_code == status


def test_a_page_can_only_be_read(client: Client) -> None:
    article = make_article()
    for path in ("/", "/learn", "/learn/physics", article.get_absolute_url()):
        assert client.post(path).status_code == 405
        assert client.head(path).status_code in (200, 301)


def test_what_an_author_writes_is_escaped(client: Client) -> None:
    article = make_article(
        question="<script>alert(1)</script> & more", author="<b>", post_on_text="<i>", date_format="[<u>]"
    )
    page = read(client, article.get_absolute_url())
    assert page.texts("h1") == ["<script>alert(1)</script> & more"]
    assert page.select(".meta b, .meta i, .meta u") == []
