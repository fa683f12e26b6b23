from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from learn.models import Article
from learn.seo import jsonld
from tests.factories import make_article, make_subject
from tests.seo.vocabulary import graph_of, of_type, problems, types_of

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
HOSTILE = "</script><script>alert(1)</script> & <b>bold</b> \u2028 \u2029 \" ' \\ {{ x }}"


@pytest.fixture
def article() -> Article:
    return make_article(
        slug="why",
        question="Why does it fall?",
        answer="Because of **gravity**.\n\n- mass\n- distance\n",
        description="What makes things fall.",
        keywords="gravity, mass, gravity ,, distance",
        date=date(2025, 2, 8),
    )


def test_every_kind_of_page_has_a_valid_connected_graph(article: Article, client: Client) -> None:
    for number in range(30):
        make_article(slug=f"other-{number}")
    for path in ("/learn", "/learn/physics", "/learn/physics?page=2", article.get_absolute_url()):
        assert list(problems(graph_of(client.get(path).text))) == [], path


def test_the_checker_finds_what_is_wrong(article: Article, client: Client) -> None:
    """A check that finds nothing proves nothing."""
    for spoil in (
        lambda nodes: of_type(nodes, "Article").pop("headline"),
        lambda nodes: of_type(nodes, "Article").update(headline=""),
        lambda nodes: of_type(nodes, "Article").update(colour="blue"),
        lambda nodes: of_type(nodes, "Article").update(datePublished="2025-02-08T00:00:00"),
        lambda nodes: of_type(nodes, "Article").update(author={"@id": "nobody"}),
        lambda nodes: of_type(nodes, "Article").update(mainEntity={"@type": "Person", "name": "Ada"}),
        lambda nodes: of_type(nodes, "Question").update(url="/relative"),
        lambda nodes: of_type(nodes, "WebPage").pop("mainEntity"),
    ):
        nodes = graph_of(client.get(article.get_absolute_url()).text)
        spoil(nodes)
        assert list(problems(nodes)) != []


def test_an_article_is_an_article_with_the_question_and_its_answer(article: Article, client: Client) -> None:
    nodes = graph_of(client.get(article.get_absolute_url()).text)
    url = f"{SITE}/learn/physics/questions/why"
    page, text = of_type(nodes, "WebPage"), of_type(nodes, "Article")
    assert "LearningResource" in types_of(text)
    assert page["mainEntity"] == {"@id": text["@id"]}
    assert text["headline"] == "Why does it fall?"
    assert text["description"] == "What makes things fall."
    assert text["keywords"] == ["gravity", "mass", "distance"]
    assert text["articleSection"] == "Physics"
    assert text["encoding"]["contentUrl"] == f"{url}.md"
    assert text["image"][0]["width"] == 1200
    question = of_type(nodes, "Question")
    assert text["mainEntity"] == {"@id": question["@id"]}
    assert question["answerCount"] == 1
    assert question["acceptedAnswer"]["text"] == "Because of gravity.\nmass\ndistance"


def test_dates_are_those_of_the_page_and_have_a_zone(article: Article, client: Client) -> None:
    Article.objects.update(modified_at=datetime(2025, 3, 4, 5, 6, 7, 800_000, tzinfo=UTC))
    page = client.get(article.get_absolute_url()).text
    text = of_type(graph_of(page), "Article")
    assert text["datePublished"] == "2025-02-08T00:00:00+00:00"
    assert text["dateModified"] == "2025-03-04T05:06:07+00:00"
    assert 'datetime="2025-02-08"' in page


def test_nothing_is_modified_before_it_is_published(article: Article) -> None:
    article.modified_at = datetime(2020, 1, 1, tzinfo=UTC)
    assert jsonld.dates(article)["dateModified"] == jsonld.dates(article)["datePublished"]


def test_the_breadcrumb_is_the_one_on_the_page(article: Article, client: Client) -> None:
    trail = of_type(graph_of(client.get(article.get_absolute_url()).text), "BreadcrumbList")[
        "itemListElement"
    ]
    assert [(item["position"], item["name"], item["item"]) for item in trail] == [
        (1, "Learn", f"{SITE}/learn"),
        (2, "Physics", f"{SITE}/learn/physics"),
        (3, "Why does it fall?", f"{SITE}/learn/physics/questions/why"),
    ]


def test_a_list_names_what_this_page_of_it_shows(article: Article, client: Client) -> None:
    for number in range(30):
        make_article(slug=f"other-{number:02}", date=date(2024, 1, 1))
    nodes = graph_of(client.get("/learn/physics?page=2").text)
    items = of_type(nodes, "CollectionPage")["mainEntity"]
    assert items["numberOfItems"] == 7
    assert [item["position"] for item in items["itemListElement"]] == [1, 2, 3, 4, 5, 6, 7]
    assert items["itemListElement"][0]["url"] == f"{SITE}/learn/physics/questions/other-23"
    assert of_type(nodes, "CollectionPage")["url"] == f"{SITE}/learn/physics?page=2"


def test_no_text_can_end_the_element(client: Client) -> None:
    subject = make_subject("hostile", title=HOSTILE[:200])
    article = make_article(
        subject=subject, slug="hostile", question=HOSTILE, description=HOSTILE, keywords=HOSTILE, author=HOSTILE,
        answer=f"`{HOSTILE}`",
    )  # fmt: skip
    html = client.get(article.get_absolute_url()).text
    assert "<script>alert" not in html
    nodes = graph_of(html)
    assert list(problems(nodes)) == []
    assert of_type(nodes, "Article")["headline"] == HOSTILE
    assert of_type(nodes, "Article")["author"] == {"@type": "Person", "name": HOSTILE}
    assert "</script>" in of_type(nodes, "Question")["acceptedAnswer"]["text"]
    element = str(jsonld.script([{"x": HOSTILE}]))
    text = element.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text)["@graph"] == [{"x": HOSTILE}]


def test_a_copy_names_the_original_as_what_it_is(article: Article, client: Client) -> None:
    copy = make_article(subject="science", slug="why", question=article.question, answer=article.answer)
    assert copy.canonical == article
    nodes = graph_of(client.get(copy.get_absolute_url()).text)
    assert list(problems(nodes)) == []
    assert of_type(nodes, "WebPage")["url"] == f"{SITE}/learn/physics/questions/why"
    assert of_type(nodes, "BreadcrumbList")["itemListElement"][1]["name"] == "Science"


def test_qapage_only_by_setting(article: Article, client: Client, settings: Settings) -> None:
    path = article.get_absolute_url()
    assert "QAPage" not in client.get(path).text
    settings.SEO_QA_PROFILE = "qapage"
    nodes = graph_of(client.get(path).text)
    assert list(problems(nodes)) == []
    page, question = of_type(nodes, "QAPage"), of_type(nodes, "Question")
    assert page["mainEntity"] == {"@id": question["@id"]}
    assert not any("Article" in types_of(node) for node in nodes)


def test_how_answers_are_made_and_their_licence_are_said_where_set(
    article: Article, client: Client, settings: Settings
) -> None:
    settings.DIGITAL_SOURCE_TYPE = "TrainedAlgorithmicMediaDigitalSource"
    settings.CONTENT_LICENSE_URL = "https://example.com/licence"
    settings.ORGANIZATION_SAME_AS = ["https://example.com/elsewhere"]
    nodes = graph_of(client.get(article.get_absolute_url()).text)
    assert list(problems(nodes)) == []
    source = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
    assert of_type(nodes, "Question")["digitalSourceType"] == source
    assert of_type(nodes, "Question")["acceptedAnswer"]["digitalSourceType"] == source
    assert of_type(nodes, "Article")["license"] == "https://example.com/licence"
    assert of_type(nodes, "Organization")["sameAs"] == ["https://example.com/elsewhere"]
