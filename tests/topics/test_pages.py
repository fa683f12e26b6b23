"""The pages of topics: what they show, their addresses, their head, what they cost."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from learn.models import Article, Topic, TopicSlug
from learn.topics import LEAST
from learn.topics.placing import place_articles
from tests.factories import make_article, make_subject
from tests.pages import Page

pytestmark = pytest.mark.django_db

MaxQueries = Callable[[int], AbstractContextManager[object]]


def make(*words: str, question: str = "", **values: object) -> Article:
    named = f"About {' and '.join(words)}."
    return make_article(
        keywords=", ".join(words), description=named, **({"question": question} if question else {}), **values
    )


def many(amount: int, *words: str, **values: object) -> list[Article]:
    return [make(*words, **values) for _ in range(amount)]


def read(client: Client, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200, path
    return Page(response.text)


def leads_to(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 301, path
    return str(response.headers["Location"])


def graph(page: Page) -> dict[str, dict[str, object]]:
    (script,) = page.texts("script[type=application/ld+json]")
    return {node["@type"]: node for node in json.loads(script)["@graph"]}


def test_a_topic_begins_with_its_most_central_questions(
    client: Client, django_assert_max_num_queries: MaxQueries
) -> None:
    many(LEAST + 25, "tides", "fog")
    central = make("tides", question="What are tides?")
    place_articles()
    with django_assert_max_num_queries(5):
        page = read(client, "/learn/physics/topics/tide")
    assert page.links(".questions a")[0] == central.get_absolute_url()
    assert page.texts("h1") == ["Tides in Physics"]
    assert page.texts(".lead") == ["About tides."]
    assert len(page.links(".questions a")) == 24
    second = read(client, "/learn/physics/topics/tide?page=2")
    assert len(second.links(".questions a")) == LEAST + 26 - 24
    assert page.links(".topics a") == ["/learn/physics/topics/fog"]
    assert leads_to(client, "/learn/physics/topics/tide?page=1") == "/learn/physics/topics/tide"
    assert client.get("/learn/physics/topics/tide?page=3").status_code == 404
    kinds = graph(page)
    assert kinds["DefinedTerm"]["name"] == "Tides"
    assert kinds["CollectionPage"]["about"] == {"@id": kinds["DefinedTerm"]["@id"]}
    assert len(kinds["BreadcrumbList"]["itemListElement"]) == 4  # type: ignore[arg-type]


def test_the_lead_of_a_topic_speaks_of_the_topic(client: Client) -> None:
    many(LEAST, "tides")
    text = "This content explains what tides are."
    make_article(
        question="What are tides?", keywords="tides", description=text, answer="Tides follow the moon."
    )
    place_articles()
    assert read(client, "/learn/physics/topics/tide").texts(".lead") == ["Tides follow the moon."]


def test_each_page_of_a_topic_is_its_own_canonical(client: Client) -> None:
    for subject in ("geology", "weather"):
        many(LEAST + 20, "fog", subject=subject)
    place_articles()
    heads = set()
    for path in (
        "/learn/geology/topics/fog", "/learn/geology/topics/fog?page=2", "/learn/weather/topics/fog",
        "/learn/topics/fog", "/learn/topics", "/learn/geology/topics",
    ):  # fmt: skip
        page = read(client, path)
        assert page.attribute("link[rel=canonical]", "href") == f"http://testserver{path}"
        assert "noindex" not in page.attribute("meta[name=robots]", "content")
        heads |= {page.texts("title")[0], page.attribute("meta[name=description]", "content")}
    assert len(heads) == 12
    assert read(client, "/learn/geology/topics/fog").links("section p a") == ["/learn/topics/fog"]


def test_a_topic_of_one_subject_has_one_address(client: Client) -> None:
    many(LEAST, "fog", subject="weather")
    straggler = make("fog", subject="geology")
    place_articles()
    assert leads_to(client, "/learn/topics/fog") == "/learn/weather/topics/fog"
    assert leads_to(client, "/learn/geology/topics/fog") == "/learn/weather/topics/fog"
    page = read(client, "/learn/weather/topics/fog")
    assert straggler.get_absolute_url() in page.links(".questions a")
    assert read(client, straggler.get_absolute_url()).links(".topics a") == ["/learn/weather/topics/fog"]


def test_the_way_to_an_article_leads_through_its_main_topic(client: Client) -> None:
    article = many(LEAST, "fog")[0]
    lonely = make("amber")
    place_articles()
    page = read(client, article.get_absolute_url())
    assert page.links(".breadcrumb a") == ["/learn", "/learn/physics", "/learn/physics/topics/fog"]
    (script,) = page.texts("script[type=application/ld+json]")
    (steps,) = [
        node["itemListElement"] for node in json.loads(script)["@graph"] if node["@type"] == "BreadcrumbList"
    ]
    assert [step["name"] for step in steps] == ["Learn", "Physics", "Fog", article.question_text]
    assert steps[2]["item"] == "http://testserver/learn/physics/topics/fog"
    assert read(client, lonely.get_absolute_url()).links(".breadcrumb a") == ["/learn", "/learn/physics"]


def test_a_topic_of_another_subject_is_no_step_of_the_way(client: Client) -> None:
    many(LEAST, "fog", subject="weather")
    article = make("fog", subject="geology")
    place_articles()
    assert read(client, article.get_absolute_url()).links(".breadcrumb a") == ["/learn", "/learn/geology"]


def test_the_sitemap_says_when_the_list_of_a_topic_changed(client: Client) -> None:
    def changed(path: str) -> str:
        text = client.get("/sitemap.topics.xml").getvalue().decode()
        (line,) = [line for line in text.splitlines() if f"<loc>http://testserver{path}</loc>" in line]
        return line.partition("<lastmod>")[2].partition("</lastmod>")[0]

    articles = [
        article for subject in ("geology", "weather") for article in many(LEAST, "fog", subject=subject)
    ]
    times = [dt.datetime(2024, 1, day, tzinfo=dt.UTC) for day in range(1, len(articles) + 1)]
    for article, time in zip(articles, times, strict=True):
        Article.objects.filter(pk=article.pk).update(modified_at=time)
    place_articles()
    assert changed("/learn/geology/topics/fog") == "2024-01-05T00:00:00+00:00"
    assert changed("/learn/weather/topics/fog") == changed("/learn/topics/fog") == "2024-01-10T00:00:00+00:00"
    articles[0].answer = "It is about fog."
    articles[0].save()
    place_articles()
    expected = f"{articles[0].modified_at:%Y-%m-%dT%H:%M:%S}+00:00"
    assert changed("/learn/geology/topics/fog") == changed("/learn/topics/fog") == expected
    assert changed("/learn/weather/topics/fog") == "2024-01-10T00:00:00+00:00"
    make("fog", subject="weather")
    Topic.objects.get().counts.update(changed_at=times[0])
    place_articles()
    gone = make("fog", subject="weather")
    place_articles()
    gone.delete()
    Topic.objects.get().counts.update(changed_at=times[0])
    place_articles()
    assert changed("/learn/weather/topics/fog") > "2024-02"  # the list lost one now


def test_a_thin_topic_has_no_page_and_an_unlisted_subject_is_not_indexed(client: Client) -> None:
    many(LEAST - 1, "amber")
    many(LEAST, "fog", subject=make_subject("attic", is_listed=False))
    place_articles()
    assert client.get("/learn/physics/topics/amber").status_code == 404
    assert client.get("/learn/topics/amber").status_code == 404
    page = read(client, "/learn/attic/topics/fog")
    assert page.attribute("meta[name=robots]", "content") == "noindex, follow"
    assert "fog" not in client.get("/sitemap.topics.xml").getvalue().decode()


def test_former_addresses_lead_to_the_topic(client: Client) -> None:
    many(LEAST, "fog")
    place_articles()
    TopicSlug.objects.create(slug="mist", topic=Topic.objects.get())
    for path in ("/learn/topics/mist", "/learn/physics/topics/mist"):
        assert leads_to(client, path) == "/learn/physics/topics/fog"
    assert client.get("/learn/nowhere/topics/fog").status_code == 404


def test_what_is_hidden_or_gone_is_on_no_page(client: Client) -> None:
    first, *_others = many(LEAST + 1, "fog")
    place_articles()
    Article.objects.filter(pk=first.pk).update(status=Article.Status.UNPUBLISHED)
    assert first.get_absolute_url() not in read(client, "/learn/physics/topics/fog").links(".questions a")


def test_a_topic_is_practised_the_most_central_questions_first(
    client: Client, django_assert_max_num_queries: MaxQueries
) -> None:
    articles = many(LEAST + 10, "tides", answer="It is **so**.")
    central = make("tides", question="What are tides?")
    place_articles()
    assert "/learn/physics/topics/tide/practise" in read(client, "/learn/physics/topics/tide").links(
        ".tools a"
    )
    with django_assert_max_num_queries(3):
        page = read(client, "/learn/physics/topics/tide/practise")
    assert page.text("h1") == "Practise Tides in Physics"
    assert page.select(".sheet li")[0].get("data-path") == central.get_absolute_url()
    assert page.attribute("[data-session]", "data-list") == "/learn/physics/topics/tide.json"
    assert page.attribute("meta[name=robots]", "content") == "noindex, follow"
    second = read(client, "/learn/physics/topics/tide/practise?page=2")
    assert len(second.select(".sheet li")) == len(articles) + 1 - 12
    assert "/learn/physics/topics/tide/practise" in second.links(".sheet .tools a")
    former = Topic.objects.get()
    TopicSlug.objects.create(slug="ebb", topic=former)
    assert leads_to(client, "/learn/physics/topics/ebb/practise") == "/learn/physics/topics/tide"
    assert client.get("/learn/physics/topics/amber/practise").status_code == 404


def test_the_topics_of_a_subject_by_size_and_letter(
    client: Client, django_assert_max_num_queries: MaxQueries
) -> None:
    many(LEAST, "amber")
    many(LEAST + 1, "fog")
    place_articles()
    with django_assert_max_num_queries(5):
        page = read(client, "/learn/physics/topics")
    assert page.texts(".topics a") == ["Fog 6 questions", "Amber 5 questions"]
    letter = read(client, "/learn/physics/topics?letter=a")
    assert letter.links(".topics a") == ["/learn/physics/topics/amber"]
    assert letter.attribute("meta[name=robots]", "content") == "noindex, follow"
    assert client.get("/learn/physics/topics?letter=aa").status_code == 404
    assert client.get("/learn/physics/topics?page=2").status_code == 404
    assert read(client, "/learn/geology/topics" if make_subject("geology") else "").links(".topics a") == []


def test_other_forms_of_a_topic(client: Client) -> None:
    articles = many(12, "fog")
    place_articles()
    text = client.get("/learn/physics/topics/fog.md")
    body = text.getvalue().decode()
    assert text.headers["Link"] == '<http://testserver/learn/physics/topics/fog>; rel="canonical"'
    assert all(f"{article.get_absolute_url()}.md" in body for article in articles)
    assert "topics/fog.md" in client.get("/learn/physics/topics.md").content.decode()
    feed = client.get("/learn/physics/topics/fog/feed.atom").content.decode()
    assert feed.count("<entry>") == 12
    page = read(client, "/learn/physics/topics/fog")
    card = page.attribute("meta[property=og:image]", "content")
    assert client.get(card.removeprefix("http://testserver")).headers["Content-Type"] == "image/png"
    assert "/learn/physics/topics/fog</loc>" in client.get("/sitemap.topics.xml").getvalue().decode()
    assert "/sitemap.topics.xml</loc>" in client.get("/sitemap.xml").getvalue().decode()
    assert "/learn/physics/topics</loc>" in client.get("/sitemap.library.xml").getvalue().decode()


def test_a_topic_with_little_news_has_no_feed(client: Client) -> None:
    many(LEAST, "fog")
    place_articles()
    assert client.get("/learn/physics/topics/fog/feed.atom").status_code == 404


def test_an_article_leads_to_its_topics_and_on_in_the_first(
    client: Client, django_assert_max_num_queries: MaxQueries
) -> None:
    first = make("tides", question="What are tides?")
    middle = make("tides", "amber", question="Why do the tides come?")
    many(LEAST, "tides", "amber")
    place_articles()
    with django_assert_max_num_queries(5):
        page = read(client, middle.get_absolute_url())
    assert page.links(".on-topics a") == ["/learn/physics/topics/tide", "/learn/physics/topics/amber"]
    before, after = page.links(".neighbours a")
    assert before == first.get_absolute_url()
    walked = [first.get_absolute_url()]
    while links := read(client, walked[-1]).links(".neighbours a[rel=next]"):
        walked += links
    assert len(walked) == len(set(walked)) == Topic.objects.get(name="tide").articles
    assert after == walked[2]


def test_the_slug_of_the_list_is_no_subject() -> None:
    with pytest.raises(Exception, match="address of a page"):
        make_subject("topics").full_clean()


def test_the_library_leads_to_topics_and_names_those_of_each_subject(client: Client) -> None:
    many(LEAST + 2, "memory", "recall", subject="psychology")
    many(LEAST + 1, "memory", "cache", subject="computing")
    place_articles()
    page = read(client, "/learn")
    assert page.texts(".subjects p") == ["Cache, Memory", "Memory, Recall"]
    assert page.links(".topics a") == ["/learn/topics/memory"]


def test_topics_come_first_among_the_suggestions(client: Client) -> None:
    many(LEAST + 2, "memory", subject="psychology")
    many(LEAST + 1, "memory", subject="computing")
    many(LEAST + 3, "memory loss", subject="psychology")
    place_articles()
    for typed in ("mem", "Memor", "MEMORY"):
        suggestions = client.get("/learn/search/suggest", {"q": typed}).json()["suggestions"]
        assert [(one["url"], one["subject"]) for one in suggestions[:2]] == [
            ("/learn/topics/memory", f"Topic with {2 * LEAST + 3} questions"),
            ("/learn/psychology/topics/memory-loss", f"Topic with {LEAST + 3} questions"),
        ]
    assert client.get("/learn/search/suggest?q=m").json() == {"suggestions": []}
