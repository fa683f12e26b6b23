"""The trash: what was deleted comes back with everything, or is deleted for good, by who may or by time."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.editing import trash
from learn.models import Article, DeletedArticle, Redirect, Revision
from tests.admin.conftest import logged_in, make_user
from tests.factories import make_article, make_link

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
TRASH = "/admin/learn/deletedarticle/"
FORMER = "/learn/physics/questions/former"


def deleted(client: Client, article: Article, **values: str) -> DeletedArticle:
    client.post(reverse("admin:learn_article_delete", args=[article.pk]), {"post": "yes", **values})
    return DeletedArticle.objects.get(article_key=article.pk)


def bring_back(client: Client, key: int, **values: str) -> int:
    last = Revision.objects.filter(id=key).latest("history_id").history_id
    url = reverse("admin:learn_article_restore", args=[key, last])
    return client.post(url, {"version": "", **values}).status_code


@pytest.fixture
def as_paul() -> Client:
    return logged_in(make_user("paul", "Publisher"))


@pytest.mark.parametrize("is_led_on", [False, True])
def test_an_article_comes_back_with_everything(as_paul: Client, client: Client, is_led_on: bool) -> None:
    article, other, third = make_article(slug="why"), make_article(), make_article()
    Redirect.objects.create(old_path=FORMER, target=article, is_automatic=True)
    make_link(article, other)
    make_link(third, article)
    article.answer = "Second."
    article.save()
    page = client.get(article.get_absolute_url()).text
    row = deleted(as_paul, article, **({"lead_to": other.get_absolute_url()} if is_led_on else {}))
    assert row.redirects == [FORMER]
    assert client.get(FORMER).status_code == (301 if is_led_on else 410)
    assert third.related_links.get().target is None

    listed = as_paul.get(f"{TRASH}?q={article.question}").text
    question = as_paul.get(
        reverse("admin:learn_article_restore", args=[article.pk, Revision.objects.latest("pk").pk])
    )
    assert question.request["PATH_INFO"] in listed
    assert "1 older address" in question.text
    assert not Article.objects.filter(pk=article.pk).exists()
    assert bring_back(as_paul, article.pk, _as_it_was="1") == 302

    again = Article.objects.get(pk=article.pk)
    assert (again.status, again.answer, again.version) == ("published", "Second.", article.version + 1)
    assert [link.target for link in again.related_links.all()] == [other]
    assert third.related_links.get().target == again
    answer = client.get(FORMER)
    assert (answer.status_code, answer["Location"]) == (301, article.get_absolute_url())
    assert client.get(article.get_absolute_url()).text.count("Second.") == page.count("Second.") > 0
    assert Revision.objects.filter(id=article.pk).count() == 4
    assert not DeletedArticle.objects.exists()


def test_an_older_address_that_somebody_gave_away_meanwhile_stays_given(as_paul: Client) -> None:
    article, other = make_article(), make_article()
    Redirect.objects.create(old_path=FORMER, target=article)
    deleted(as_paul, article)
    Redirect.objects.filter(old_path=FORMER).update(target=other)
    bring_back(as_paul, article.pk)
    assert Redirect.objects.get(old_path=FORMER).target == other


def test_an_editor_brings_back_a_draft_and_nothing_that_is_seen(as_paul: Client, client: Client) -> None:
    article = make_article()
    deleted(as_paul, article)
    edna = logged_in(make_user("edna", "Editor"))
    assert bring_back(edna, article.pk, _as_it_was="1") == 403
    assert bring_back(edna, article.pk) == 302
    assert Article.objects.get().status == "draft"
    assert client.get(article.get_absolute_url()).status_code == 410


def test_an_address_that_is_taken_is_told_before(as_paul: Client) -> None:
    article = make_article(slug="why")
    deleted(as_paul, article)
    make_article(slug="why")
    last = Revision.objects.filter(id=article.pk).latest("history_id").history_id
    page = as_paul.get(reverse("admin:learn_article_restore", args=[article.pk, last])).text
    assert "Another article stands at this address" in page
    assert "Bring it back" not in page
    bring_back(as_paul, article.pk, _as_it_was="1")
    assert DeletedArticle.objects.exists()


def test_deleting_for_good_takes_a_right_and_a_yes(as_paul: Client, client: Client) -> None:
    article = make_article()
    deleted(as_paul, article)
    url = reverse("admin:trash_for_good", args=[article.pk])
    edna = logged_in(make_user("edna", "Editor"))
    assert url not in edna.get(TRASH).text
    assert [edna.get(url).status_code, edna.post(url).status_code] == [403, 403]
    assert as_paul.get(url).status_code == 200
    assert Revision.objects.filter(id=article.pk).exists()
    assert "is deleted for good" in as_paul.post(url, follow=True).text
    assert not Revision.objects.filter(id=article.pk).exists()
    assert DeletedArticle.objects.get().purged_at
    assert client.get(article.get_absolute_url()).status_code == 410
    assert article.question not in as_paul.get(TRASH).text
    assert article.question in as_paul.get(f"{TRASH}?left=nothing").text
    assert [as_paul.get(url).status_code, as_paul.post(url).status_code] == [404, 404]


def test_the_trash_is_emptied_when_its_time_is_over(as_paul: Client, settings: Settings) -> None:
    settings.TRASH_DAYS = 30
    old, new, back = make_article(), make_article(), make_article()
    for article in (old, new, back):
        deleted(as_paul, article)
    month = timezone.now() - dt.timedelta(days=30, minutes=1)
    DeletedArticle.objects.exclude(article_key=new.pk).update(deleted_at=month)
    bring_back(as_paul, back.pk)
    call_command("publish_due", verbosity=0)
    assert set(Revision.objects.values_list("id", flat=True)) == {new.pk, back.pk}
    assert DeletedArticle.objects.filter(purged_at=None).get().article_key == new.pk
    assert not trash.purge(back.pk)


def test_a_restore_says_what_differs_before_it_does(as_paul: Client) -> None:
    article = make_article(answer="First.\n\nThe same.")
    article.answer = "Second.\n\nThe same."
    article.save()
    first = article.history.earliest().history_id
    url = reverse("admin:learn_article_restore", args=[article.pk, first])
    page = as_paul.get(url)
    assert [change.label for change in page.context["changes"]] == ["Answer"]
    assert [line.kind for line in page.context["changes"][0].lines][:2] == ["removed", "added"]
    assert "Put it into the draft" in page.text
    assert not hasattr(Article.objects.get(), "working_copy")
    as_paul.post(url, {"version": article.version})
    assert Article.objects.get().working_copy.values["answer"].startswith("First.")
    assert "Publish or discard these first" in as_paul.get(url).text
    edna = logged_in(make_user("edna", "Editor"))
    Article.objects.get().working_copy.delete()
    assert "What is a publisher's stays as it is" in edna.get(url).text.replace("&#x27;", "'")
    assert logged_in(make_user("staff")).get(url).status_code == 403
