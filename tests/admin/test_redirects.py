from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from learn.models import Article, MissingPage, Redirect
from learn.redirects import missing
from tests.admin.forms import errors, fields
from tests.factories import make_article

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_team")]
ADD = reverse("admin:learn_redirect_add")


def add(client: Client, old_path: str, leads_to: str = ""):
    return client.post(ADD, {"old_path": old_path, "leads_to": leads_to, "_save": "1"})


def test_leads_to_an_article_wherever_it_moves(as_editor: Client) -> None:
    article = make_article(slug="why")
    assert add(as_editor, "/learn/old/why", article.get_absolute_url()).status_code == 302
    article.slug = "why-indeed"
    article.save()
    response = as_editor.get("/learn/old/why")
    assert (response.status_code, response["Location"]) == (301, "/learn/physics/questions/why-indeed")
    assert Redirect.objects.get(old_path="/learn/old/why").is_automatic is False


def test_redirects_to_another_address_or_answers_410(
    as_editor: Client, as_publisher: Client, as_root: Client, settings: Settings
) -> None:
    settings.REDIRECT_HOSTS = ["example.org"]
    add(as_root, "/learn/elsewhere", "https://example.org/page?x=1")
    add(as_editor, "/learn/inside", "/learn?from=old")
    add(as_publisher, "/learn/gone")
    assert as_editor.get("/learn/elsewhere")["Location"] == "https://example.org/page?x=1"
    assert as_editor.get("/learn/inside")["Location"] == "/learn?from=old"
    assert as_editor.get("/learn/gone").status_code == 410


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        ("/learn/physics/questions/live", "/learn", "old_path", "A page stands at this address"),
        ("/learn", "/learn/physics", "old_path", "A page stands at this address"),
        ("learn/x", "/learn", "old_path", "begins with one slash"),
        ("//example.org/x", "/learn", "old_path", "begins with one slash"),
        ("/learn/x?page=1", "/learn", "old_path", "Leave out what follows"),
        ("/learn/x", "/learn/x", "leads_to", "leads back to itself"),
        ("/learn/x", "/learn/a", "leads_to", "Write where it ends: /learn/physics"),
        ("/learn/x", "/learn/b", "leads_to", "leads to no page"),
        ("/learn/a-target", "/learn/physics", "old_path", "The redirect from /learn/to-target leads to this address"),
        ("/learn/x", "/learn/physics/questions/unknown", "leads_to", "No page stands at this address"),
        ("/learn/x", "/learn/physics/questions/draft", "leads_to", "not published"),
        ("/learn/x", "javascript:alert(1)", "leads_to", "begins with one slash"),
    ],
)  # fmt: skip
def test_loops_chains_and_dead_ends_are_refused(
    as_editor: Client, old: str, new: str, field: str, said: str
) -> None:
    make_article(slug="live")
    make_article(slug="draft", status=Article.Status.DRAFT)
    Redirect.objects.create(old_path="/learn/a", new_path="/learn/physics")
    Redirect.objects.create(old_path="/learn/b")
    Redirect.objects.create(old_path="/learn/to-target", new_path="/learn/a-target")
    before = Redirect.objects.count()
    response = add(as_editor, old, new)
    assert response.status_code == 200, "it was saved"
    assert said in " ".join(errors(response)[field])
    assert Redirect.objects.count() == before


def test_a_redirect_can_be_changed(as_publisher: Client) -> None:
    article = make_article()
    redirect = Redirect.objects.create(old_path="/learn/old", new_path="/learn", is_automatic=True)
    url = reverse("admin:learn_redirect_change", args=[redirect.pk])
    form = fields(as_publisher.get(url), "redirect_form")
    assert form["leads_to"] == "/learn"
    as_publisher.post(url, {**form, "leads_to": article.get_absolute_url(), "_save": "1"})
    redirect.refresh_from_db()
    assert (redirect.target, redirect.new_path, redirect.is_automatic) == (article, "", False)
    assert fields(as_publisher.get(url), "redirect_form")["leads_to"] == article.get_absolute_url()


def test_a_missing_page_becomes_a_redirect_in_two_clicks(as_editor: Client) -> None:
    make_article(slug="what-is-the-speed-of-light-in-water", question="What is the speed of light in water?")
    broken = "/learn/physics/questions/what-is-the-speed-of-light-in-glass"
    missing.forget()
    as_editor.get(broken)
    listing = as_editor.get(reverse("admin:learn_missingpage_changelist"))
    link = f"{ADD}?old_path=%2Flearn%2Fphysics%2Fquestions%2Fwhat-is-the-speed-of-light-in-glass"
    assert f'href="{link}"' in listing.content.decode()
    form = fields(as_editor.get(link), "redirect_form")
    assert form == {
        "_time_zone": "UTC",
        "old_path": broken,
        "leads_to": "/learn/physics/questions/what-is-the-speed-of-light-in-water",
    }
    as_editor.post(ADD, {**form, "_save": "1"})
    assert as_editor.get(broken).status_code == 301
    assert not MissingPage.objects.exists()


def test_missing_pages_can_be_ignored(as_editor: Client) -> None:
    page = MissingPage.objects.create(path="/learn/x", hits=3)
    url = reverse("admin:learn_missingpage_changelist")
    as_editor.post(url, {"action": "ignore", "_selected_action": [page.pk], "index": "0"})
    assert "/learn/x" not in as_editor.get(url).content.decode()
    assert "/learn/x" in as_editor.get(url, {"ignored": "yes"}).content.decode()


def test_the_list_says_where_each_leads(as_editor: Client) -> None:
    article = make_article()
    Redirect.objects.create(old_path="/a", target=article)
    Redirect.objects.create(old_path="/b", new_path="/learn")
    Redirect.objects.create(old_path="/c")
    url = reverse("admin:learn_redirect_changelist")
    html = as_editor.get(url).content.decode()
    for place in (article.get_absolute_url(), ">/learn<", "Gone (410)"):
        assert place in html
    for kind, path in (("article", "/a"), ("address", "/b"), ("gone", "/c")):
        result = as_editor.get(url, {"kind": kind}).context["cl"].result_list
        assert [redirect.old_path for redirect in result] == [path]
