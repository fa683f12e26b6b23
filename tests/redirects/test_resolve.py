from __future__ import annotations

import pytest

from learn.models import Article, Redirect
from learn.redirects.resolve import GoneError, destination, normalised
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

PLACE = "/learn/physics/questions/what-is-heat"


@pytest.fixture
def article() -> Article:
    return make_article(slug="what-is-heat", question="What is heat?", answer="Motion of small things.")


@pytest.mark.parametrize(
    "path",
    [
        f"{PLACE}/",
        f"{PLACE}///",
        "//learn//physics/questions///what-is-heat",
        "/Learn/PHYSICS/Questions/What-Is-Heat",
        f"/learn/chemistry/questions/undefined{PLACE}",
        f"/learn/chemistry/questions/undefined{PLACE.upper()}/",
        f"/learn/a/questions/undefined/learn/b/questions/undefined{PLACE}",
    ],
)
def test_an_address_that_is_nearly_right_leads_to_its_page(article: Article, path: str) -> None:
    assert destination(path) == PLACE


@pytest.mark.parametrize(
    "path",
    [
        "/learn/physics/questions/what-is-cold/",
        "/learn/physics/questions/undefined",
        "/learn/physics/questions/undefined/learn/physics/questions/what-is-cold",
        "/nowhere/",
        "/NOWHERE",
        "//evil.example/learn",
        "/learn/phys\0ics/",
        "/" + "learn/" * 200,
        "/",
    ],
)
def test_an_address_that_leads_to_no_page_leads_nowhere(article: Article, path: str) -> None:
    assert destination(path) is None


def test_other_pages_of_the_library_are_found_too() -> None:
    make_subject("physics")
    assert destination("/Learn/") == "/learn"
    assert destination("/learn/Physics/") == "/learn/physics"
    assert destination("/learn/physics/questions/") == "/learn/physics"
    assert destination("/learn/alchemy/") is None


def test_the_admin_is_not_looked_into() -> None:
    assert destination("/ADMIN/LOGIN/") is None


def test_a_redirect_leads_to_where_its_article_stands_now(article: Article) -> None:
    Redirect.objects.create(old_path="/learn/old", target=article)
    assert destination("/learn/old") == PLACE
    assert destination("/Learn/Old/") == PLACE
    article.slug = "what-heat-is"
    article.save()
    assert destination("/learn/old") == "/learn/physics/questions/what-heat-is"
    assert destination(PLACE) == "/learn/physics/questions/what-heat-is"


def test_a_chain_of_redirects_is_one_hop(article: Article) -> None:
    Redirect.objects.create(old_path="/one", new_path="/two")
    Redirect.objects.create(old_path="/two", new_path="/learn/Three/")
    Redirect.objects.create(old_path="/learn/three", new_path=f"{PLACE}/")
    assert destination("/one") == PLACE


def test_redirects_in_a_circle_lead_nowhere() -> None:
    Redirect.objects.create(old_path="/one", new_path="/two")
    Redirect.objects.create(old_path="/two", new_path="/one")
    assert destination("/one") is None


def test_a_redirect_to_a_page_that_is_not_there_leads_nowhere() -> None:
    Redirect.objects.create(old_path="/one", new_path="/learn/physics/questions/what-is-cold")
    assert destination("/one") is None


@pytest.mark.parametrize("place", ["/blog/heat", "https://example.com/heat?x=1#y", "//example.com/heat"])
def test_a_redirect_out_of_the_library_is_believed(place: str) -> None:
    Redirect.objects.create(old_path="/one", new_path=place)
    assert destination("/one") == place


def test_the_query_and_fragment_of_a_redirect_stay(article: Article) -> None:
    Redirect.objects.create(old_path="/one", new_path=f"{PLACE}?view=steps#why")
    assert destination("/one") == f"{PLACE}?view=steps#why"


def test_a_redirect_to_nowhere_or_to_a_removed_article_is_gone(article: Article) -> None:
    Redirect.objects.create(old_path="/one")
    Redirect.objects.create(old_path="/two", target=article)
    Article.objects.update(status=Article.Status.UNPUBLISHED)
    for path in ("/one", "/two"):
        with pytest.raises(GoneError):
            destination(path)


def test_a_removed_article_leads_to_its_published_copy(article: Article) -> None:
    copy = make_article(subject="science", slug="heat", question=article.question, answer=article.answer)
    article.status = Article.Status.UNPUBLISHED
    article.save()
    assert destination(PLACE) == copy.get_absolute_url()
    Redirect.objects.create(old_path="/one", target=article)
    assert destination("/one") == copy.get_absolute_url()


def test_an_editors_redirect_goes_before_the_copy(article: Article) -> None:
    make_article(subject="science", slug="heat", question=article.question, answer=article.answer)
    other = make_article()
    article.status = Article.Status.UNPUBLISHED
    article.save()
    Redirect.objects.create(old_path=PLACE, target=other)
    assert destination(PLACE) == other.get_absolute_url()


def test_a_live_page_is_never_hidden_by_a_redirect(article: Article) -> None:
    other = make_article()
    Redirect.objects.create(old_path=PLACE, target=other)
    assert destination(f"{PLACE}/") == PLACE


def test_the_normal_form_is_its_own_normal_form() -> None:
    for path in ("/", "//", "/Learn//A/questions/", f"/learn/x/undefined{PLACE}/", "/learn/questions"):
        assert normalised(normalised(path)) == normalised(path)
