"""An edit of a keyword purges the pages that it changes, and no page of another topic."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from learn import purging
from learn.models import Topic
from learn.publishing import pages
from learn.topics import LEAST
from learn.topics.placing import place_articles
from tests.factories import make_article
from tests.purging.test_purging import Recorder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture
def cache(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder()
    monkeypatch.setattr(purging, "configured", lambda: recorder)
    settings.PURGE_BACKEND = "http"
    yield recorder
    purging.wait()


def site(client: Client) -> dict[str, bytes]:
    """Every page of the site, by its address."""
    found = {}
    for path in {*pages.articles(), *pages.lists(), *pages.topics()}:
        response = client.get(path)
        found[path] = b"".join(response) if response.streaming else response.content
    return found


@pytest.mark.slow
def test_an_edit_of_a_keyword_purges_the_pages_that_it_changes(client: Client, cache: Recorder) -> None:
    for subject in ("geology", "weather"):
        for number in range(LEAST + 20):
            make_article(
                keywords="fog, dew" if number % 2 else "fog, amber",
                description=f"About fog, {'dew' if number % 2 else 'amber'}.",
                question=f"What is fog of the kind {number} in {subject}?",
                subject=subject,
            )
    edited = make_article(keywords="fog", description="About fog.", subject="geology")
    place_articles()
    cache.told()
    before = site(client)
    edited.keywords, edited.description = "amber", "About amber."
    edited.save()
    told = cache.told()
    after = site(client)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert changed
    assert changed <= told, changed - told
    assert {"/learn/geology/topics/fog", "/learn/topics/fog", "/learn/geology/topics/amber"} <= changed
    # Another topic, another subject's pages of a topic, articles far away in the order
    assert not {path for path in told if "/dew" in path}
    articles = {path for path in told if "/questions/" in path and not path.endswith(".md")}
    assert len(articles) < 12
    assert cache.everything == 0


def test_an_edit_of_an_answer_purges_what_its_topics_show_of_it(client: Client, cache: Recorder) -> None:
    articles = [
        make_article(keywords=word, description=f"About {word}.", subject=subject)
        for word in ("fog", "dew")
        for subject in ("geology", "weather")
        for _ in range(LEAST)
    ]
    cache.told()
    before = site(client)
    articles[0].answer, articles[0].question = "It is so.", "Why is it so with fog of all?"
    articles[0].save()
    told = cache.told()
    changed = {path for path, page in site(client).items() if before.get(path) != page}
    assert {f"/learn/geology/topics/fog{end}" for end in ("", ".json", ".csv", "/practise")} <= changed
    assert "/learn/topics/fog/practise" in changed
    assert changed <= told, changed - told
    assert not {path for path in told if "/dew" in path}


def test_a_topic_that_gets_its_page_purges_its_articles(client: Client, cache: Recorder) -> None:
    articles = [make_article(keywords="fog", description="About fog.") for _ in range(LEAST - 1)]
    cache.told()
    make_article(keywords="fog", description="About fog.")
    told = cache.told()
    assert Topic.objects.get().is_shown
    assert {article.get_absolute_url() for article in articles} <= told
    assert {"/learn/physics/topics", "/learn/physics/topics/fog", "/learn/physics"} <= told
