"""What visitors look for, and what editors tell the search: the page, pinned results, synonyms, near-duplicates."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.models import (
    Article,
    CanonicalChoice,
    DifferentQuestions,
    DuplicateGroup,
    DuplicateMember,
    SearchLogEntry,
    SearchPin,
    SearchSynonym,
)
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import fields
from tests.factories import make_article
from tests.pages import Page

pytestmark = pytest.mark.django_db
SEARCHES = reverse("admin:searches")
PINS = reverse("admin:learn_searchpin_changelist")
GROUPS = reverse("admin:learn_duplicategroup_changelist")


def logged(text: str, *, times: int = 1, hits: int = 5, opened: int = 0, days: int = 0) -> None:
    day = timezone.now().date() - dt.timedelta(days=days)
    SearchLogEntry.objects.create(text=text, day=day, times=times, hits=hits, opened=opened)


def texts(client: Client, **query: object) -> list[str]:
    response = client.get(SEARCHES, query)
    assert response.status_code == 200
    return Page(response.text).texts(".admin-table tbody th")


# --- The page -----------------------------------------------------------------------------------------------------


def test_it_lists_top_searches_those_in_vain_and_those_without_click(as_editor: Client) -> None:
    logged("tides", times=4, opened=3)
    logged("tides", times=3, opened=1, days=2)
    logged("flux", times=5, hits=0, days=3)
    logged("flux", times=1, hits=9)  # something was written meanwhile
    logged("quasar", times=4, hits=0)
    logged("momentum", times=3, hits=7)
    logged("twice", times=2, hits=7)
    logged("long ago", times=99, days=40)
    assert texts(as_editor) == ["tides", "flux", "quasar", "momentum", "twice"]
    assert texts(as_editor, kind="in-vain") == ["quasar"]
    assert texts(as_editor, kind="unopened") == ["flux", "momentum"]
    assert texts(as_editor, days=90)[0] == "long ago"
    assert texts(as_editor, kind="nonsense", days="x") == texts(as_editor)
    row = Page(as_editor.get(SEARCHES).text).texts(".admin-table tbody td")
    assert row[:3] == ["7 times", "5 articles", "57 % opened"]


def test_each_leads_to_what_can_be_done(as_editor: Client) -> None:
    logged("c++ & rust", times=3, hits=0)
    links = Page(as_editor.get(SEARCHES, {"kind": "in-vain"}).text).links(".admin-table .button")
    assert links == [
        "/admin/learn/searchsynonym/add/?term=c%2B%2B+%26+rust",
        "/admin/learn/searchpin/add/?query=c%2B%2B+%26+rust",
        "/admin/learn/article/add/?question=C%2B%2B+%26+rust",
    ]
    for link, field in zip(links, ("term", "query", "question"), strict=True):
        page = Page(as_editor.get(link).text)
        said = page.attribute(f"#id_{field}", "value") or page.text(f"#id_{field}")
        assert said.strip().lower() == "c++ & rust", link


def test_who_may_only_look_sees_no_buttons_and_a_stranger_nothing() -> None:
    logged("tides")
    user = make_user("vera")
    client = logged_in(user)
    assert client.get(SEARCHES).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_searchlogentry"))
    page = Page(client.get(SEARCHES).text)
    assert page.texts(".admin-table tbody th") == ["tides"]
    assert page.links(".admin-table .button") == []


def test_it_says_when_nothing_is_counted(as_editor: Client, settings: Settings) -> None:
    settings.SEARCH_LOG = True
    assert "SEARCH_LOG" not in as_editor.get(SEARCHES).text
    settings.SEARCH_LOG = False
    assert "SEARCH_LOG is off" in as_editor.get(SEARCHES).text


# --- Pinned results -----------------------------------------------------------------------------------------------


def add_pin(client: Client, query: str, leads_to: str, until: str = "2099-01-01T12:00") -> Page:
    values = {"query": query, "leads_to": leads_to, "until": until, "_save": "1"}
    response = client.post(f"{PINS}add/", values, follow=True)
    assert response.status_code == 200
    return Page(response.text)


def test_an_editor_pins_an_article_by_its_address(as_editor: Client) -> None:
    article = make_article()
    add_pin(as_editor, " What are TIDES? ", f"http://testserver{article.get_absolute_url()}/")
    pin = SearchPin.objects.get()
    assert (pin.query, pin.article_id) == ("what are tides", article.pk)
    assert article.question in as_editor.get(PINS).text
    form = fields(as_editor.get(f"{PINS}{pin.pk}/change/"), "searchpin_form")
    assert form["leads_to"] == article.get_absolute_url()
    as_editor.post(f"{PINS}{pin.pk}/change/", {**form, "query": "ebb", "_save": "1"})
    assert SearchPin.objects.get().query == "ebb"
    as_editor.post(f"{PINS}{pin.pk}/delete/", {"post": "yes"})
    assert not SearchPin.objects.exists()


def test_it_begins_with_a_month(as_editor: Client) -> None:
    form = fields(as_editor.get(f"{PINS}add/?query=tides"), "searchpin_form")
    day = dt.datetime.fromisoformat(form["until"]).date()
    assert day - timezone.now().date() == dt.timedelta(days=30)


def test_a_pin_to_a_copy_is_one_to_its_original(as_editor: Client) -> None:
    original = make_article(question="Same?", answer="Same.", date=dt.date(2001, 1, 1))
    copy = make_article(question="Same?", answer="Same.", subject="geology")
    add_pin(as_editor, "same", copy.get_absolute_url())
    assert SearchPin.objects.get().article_id == original.pk


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"leads_to": "/learn/physics/questions/nowhere"}, "No article stands at this address."),
        ({"leads_to": "https://["}, "No article stands at this address."),
        ({"query": "?!"}, "This holds no word"),
        ({"until": "2001-01-01T12:00"}, "This time has passed"),
    ],
)
def test_what_cannot_be_pinned_is_explained(as_editor: Client, values: dict[str, str], message: str) -> None:
    good = {"query": "tides", "leads_to": make_article().get_absolute_url()}
    page = add_pin(as_editor, **{**good, **values})
    assert message in page.text(".errorlist")
    assert not SearchPin.objects.exists()


@pytest.mark.parametrize("hidden", [{"status": Article.Status.DRAFT}, {"no_index": True}])
def test_what_visitors_do_not_see_cannot_be_pinned(as_publisher: Client, hidden: dict[str, object]) -> None:
    page = add_pin(as_publisher, "tides", make_article(**hidden).get_absolute_url())
    assert "The search does not show this article" in page.text(".errorlist")


def test_one_article_is_pinned_to_a_search_once(as_editor: Client) -> None:
    article = make_article()
    add_pin(as_editor, "tides", article.get_absolute_url())
    page = add_pin(as_editor, "Tides!", article.get_absolute_url())
    assert "pinned to this search already" in page.text(".errorlist")


def test_a_pin_that_was_over_lasts_again(as_editor: Client) -> None:
    past = timezone.now() - dt.timedelta(days=1)
    pin = SearchPin.objects.create(query="tides", article=make_article(), until=past, is_over=True)
    assert "(over)" in as_editor.get(f"{PINS}?time=over").text
    form = fields(as_editor.get(f"{PINS}{pin.pk}/change/"), "searchpin_form")
    as_editor.post(f"{PINS}{pin.pk}/change/", {**form, "until": "2099-01-01T12:00", "_save": "1"})
    pin.refresh_from_db()
    assert not pin.is_over


# --- Synonyms -----------------------------------------------------------------------------------------------------


def test_an_editor_adds_a_synonym_and_a_publisher_deletes_it(as_editor: Client, as_publisher: Client) -> None:
    url = reverse("admin:learn_searchsynonym_changelist")
    as_editor.post(f"{url}add/", {"term": "Mitosis", "means": "cell division", "is_active": "on"})
    synonym = SearchSynonym.objects.get(term="mitosis")
    assert synonym.source == SearchSynonym.Source.EDITOR
    assert as_editor.post(f"{url}{synonym.pk}/delete/", {"post": "yes"}).status_code == 403
    as_publisher.post(f"{url}{synonym.pk}/delete/", {"post": "yes"})
    assert not SearchSynonym.objects.filter(term="mitosis").exists()


# --- Near-duplicates ----------------------------------------------------------------------------------------------


@pytest.fixture
def group() -> DuplicateGroup:
    group = DuplicateGroup.objects.create(likelihood=0.9)
    for number in range(3):
        article = make_article(question=f"Why tides, in words {number}?")
        DuplicateMember.objects.create(article=article, group=group)
    return group


def members(group: DuplicateGroup) -> list[Article]:
    return list(Article.objects.filter(duplicate_member__group=group).order_by("pk"))


def decide(client: Client, group: DuplicateGroup, decision: object) -> int:
    return client.post(f"{GROUPS}{group.pk}/change/", {"decision": str(decision), "_save": "1"}).status_code


def test_a_publisher_chooses_the_canonical_one(as_publisher: Client, group: DuplicateGroup) -> None:
    first, second, third = members(group)
    assert decide(as_publisher, group, second.pk) == 302
    canonicals = dict(Article.objects.values_list("pk", "canonical_id"))
    assert canonicals == {first.pk: second.pk, second.pk: None, third.pk: second.pk}
    assert not DuplicateGroup.objects.exists()
    page = as_publisher.get(reverse("admin:learn_canonicalchoice_changelist")).text
    assert first.question in page
    action = {"action": "withdraw", "_selected_action": [first.pk]}
    as_publisher.post(reverse("admin:learn_canonicalchoice_changelist"), action)
    first.refresh_from_db()
    assert first.canonical_id is None
    assert first.is_indexable


def test_an_editor_only_marks_them_as_different(as_editor: Client, group: DuplicateGroup) -> None:
    articles = members(group)
    page = as_editor.get(f"{GROUPS}{group.pk}/change/").text
    assert "Send search engines" not in page
    assert decide(as_editor, group, articles[0].pk) == 200
    assert not CanonicalChoice.objects.exists()
    assert decide(as_editor, group, "different") == 302
    assert DifferentQuestions.objects.count() == 3
    assert not DuplicateGroup.objects.exists()


def test_a_draft_is_not_offered_as_the_canonical_one(as_publisher: Client, group: DuplicateGroup) -> None:
    first, *_others = members(group)
    first.status = Article.Status.DRAFT
    first.save()
    assert decide(as_publisher, group, first.pk) == 200
    assert DuplicateGroup.objects.exists()


def test_an_editor_cannot_take_a_choice_back(
    as_editor: Client, as_publisher: Client, group: DuplicateGroup
) -> None:
    first, second, _third = members(group)
    decide(as_publisher, group, second.pk)
    url = reverse("admin:learn_canonicalchoice_changelist")
    as_editor.post(url, {"action": "withdraw", "_selected_action": [first.pk]})
    as_editor.post(f"{url}{first.pk}/delete/", {"post": "yes"})
    assert CanonicalChoice.objects.count() == 2
