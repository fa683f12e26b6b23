"""What an editor typed or was refused is neither lost nor hidden."""

from __future__ import annotations

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from learn.admin.kept_texts import COOKIE
from learn.models import Article, ChangeSet
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import fields
from tests.factories import make_article, make_subject

LIST = reverse("admin:learn_article_changelist")


@pytest.fixture
def as_publisher(db: None) -> Client:
    return logged_in(make_user("paul", "Publisher"))


@pytest.mark.django_db
def test_the_server_confirms_what_it_saved_and_nothing_else(as_publisher: Client) -> None:
    article = make_article()
    url = reverse("admin:learn_article_change", args=[article.pk])
    form = fields(as_publisher.get(url), "article_form")
    key = form["draft_key"]
    assert fields(as_publisher.get(url), "article_form")["draft_key"] != key
    refused = as_publisher.post(url, {**form, "question": "", "_continue": "1"})
    assert COOKIE not in refused.cookies
    assert fields(refused, "article_form")["draft_key"] == key
    saved = as_publisher.post(url, {**form, "answer": "Changed.", "_save": "1"})
    assert saved.cookies[COOKIE].value == key
    second = fields(as_publisher.get(url), "article_form")
    assert (
        as_publisher.post(url, {**second, "_save": "1"}).cookies[COOKIE].value
        == f"{key}.{second['draft_key']}"
    )
    odd = as_publisher.post(
        url, {**fields(as_publisher.get(url), "article_form"), "draft_key": "x; y", "_save": "1"}
    )
    assert COOKIE not in odd.cookies


@pytest.mark.django_db
def test_refusals_of_a_bulk_action_are_shown_as_such_and_lead_to_the_articles(as_publisher: Client) -> None:
    article = make_article(status=Article.Status.DRAFT, description="")
    data = {"action": "publish", ACTION_CHECKBOX_NAME: [str(article.pk)], "index": "0"}
    page = as_publisher.post(LIST, data, follow=True)
    url = reverse("admin:learn_article_change", args=[article.pk])
    assert f'<a href="{url}">' in page.text
    assert "Refused and left as they were (1)" in page.text
    assert "Write the description" in page.text
    assert as_publisher.get(url).status_code == 200
    assert 'name="sure"' not in page.text  # there is nothing to confirm


@pytest.mark.django_db
def test_a_search_on_the_desk_counts_what_is_there(as_publisher: Client) -> None:
    subject = make_subject()
    Article.objects.bulk_create(
        Article(
            subject=subject,
            slug=f"photon-{n}",
            question=f"What is photon {n}?",
            answer="Light.",
            content_key=str(n),
        )
        for n in range(430)
    )
    changelist = as_publisher.get(LIST, {"q": "photon"}).context["cl"]
    assert changelist.result_count == 430
    assert not changelist.is_capped
    seen = set()
    for page in range(1, 10):
        seen |= {
            article.pk
            for article in as_publisher.get(LIST, {"q": "photon", "p": page}).context["cl"].result_list
        }
    assert len(seen) == 430


@pytest.mark.django_db
def test_a_search_finds_all_there_are_however_many(
    as_publisher: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learn.admin.article_list.LISTED_MAX", 3)
    articles = [make_article(question="What is a photon?", status="draft") for _ in range(5)]
    make_article(question="What is a quark?", status="draft")
    page = as_publisher.get(LIST, {"q": "photon"})
    assert (page.context["cl"].result_count, page.context["cl"].is_capped) == (5, False)
    chosen = {
        "action": "unpublish",
        ACTION_CHECKBOX_NAME: [articles[0].pk],
        "index": "0",
        "select_across": "1",
    }
    as_publisher.post(f"{LIST}?q=photon&status=draft", chosen)
    assert ChangeSet.objects.get().total == 5
