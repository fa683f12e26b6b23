"""Every role, every address of the desk, every field, every action: what the table of rights closes stays closed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from pytest_django.fixtures import Settings

from learn import rights
from learn.editing import working_copies
from learn.models import (
    Article,
    ImportConflict,
    ImportRun,
    MissingPage,
    Redirect,
    Subject,
    Upload,
    WorkingCopy,
)
from learn.redirects.resolve import is_reserved
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import fields
from tests.attacks.conftest import TRIED
from tests.factories import make_article, make_change_set, make_subject

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Status = Article.Status
ROLES = ("stranger", "reader", "staff", "viewer", "editor", "publisher", "root")
STATES = {
    "draft": {"status": Status.DRAFT},
    "live": {},
    "scheduled": {"publish_at": dt.datetime(2099, 1, 1, tzinfo=dt.UTC)},
    "unpublished": {"status": Status.UNPUBLISHED},
}
TABLE_FILE = Path(__file__).parents[2] / "docs" / "rights.md"


def user_of(role: str) -> User | None:
    match role:
        case "stranger":
            return None
        case "reader":
            return User.objects.create_user("reader")
        case "staff":
            return make_user("staff")
        case "viewer":
            user = make_user("viewer")
            user.user_permissions.set(
                Permission.objects.filter(content_type__app_label="learn", codename__startswith="view_")
            )
            return user
        case "root":
            return make_user("root", is_superuser=True)
    return make_user(role, role.capitalize())


def client_of(role: str) -> Client:
    user = user_of(role)
    client = logged_in(user) if user else Client()
    client.raise_request_exception = False
    return client


def may(role: str, permission: str) -> bool:
    user = User.objects.filter(username=role).first()
    return user is not None and user.is_staff and user.has_perm(permission)


# --- The table ----------------------------------------------------------------------------------------------------


def new_values() -> dict[str, Any]:
    """For each field of an article another value, as a form posts it."""
    return {
        "question": "Another question?", "answer": "Another answer.", "description": "Another.", "keywords": "x",
        "author": "Somebody", "title": "Another", "article_title": "Another", "seo_title": "Another",
        "subject_label": "Another", "date_format": "YYYY", "post_on_text": "On", "body": "Another body",
        "related": make_article(subject="chemistry").get_absolute_url(), "slug": "another-slug",
        "subject": str(make_subject("geology").pk), "date": "1999-01-01", "publish_at": "2020-01-01T00:00:00",
        "expires": "2999-01-01T00:00:00", "expires_to": "/learn",
        "no_index": "on", "is_preferred": "on", "status": "_unpublish",
    }  # fmt: skip


def state_of(pk: int) -> dict[str, Any]:
    article = Article.objects.get(pk=pk)
    names = [name for name in rights.TABLE["article"] if name not in ("related", "subject")]
    links = [link.url for link in article.related_links.order_by("position")]
    return {
        **{name: getattr(article, name) for name in names},
        "subject": article.subject_id,
        "related": links,
    }


def base_form(article: Article) -> dict[str, str]:
    """The whole form, as root sees it, so that a role posts fields that its own form does not have."""
    page = Client()
    page.force_login(
        User.objects.get(username="template"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return fields(page.get(reverse("admin:learn_article_change", args=[article.pk])), "article_form")


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_each_field_of_an_article_changes_for_whom_the_table_says(role: str) -> None:
    make_user("template", is_superuser=True)
    client = client_of(role)
    values = new_values()
    tried = 0
    fresh: tuple[Article, dict[str, Any], dict[str, str]] | None = None
    for state, field in product(STATES, rights.TABLE["article"]):
        if fresh is None or field == next(iter(rights.TABLE["article"])):
            article = make_article(**STATES[state])
            fresh = article, state_of(article.pk), base_form(article)
        article, before, form = fresh
        forged = {values[field]: "1"} if field == "status" else {field: values[field], "_continue": "1"}
        client.post(reverse("admin:learn_article_change", args=[article.pk]), {**form, **forged})
        after = state_of(article.pk)
        changed = {name for name in after if after[name] != before[name]}
        user = User.objects.filter(username=role).first()
        allowed = may(role, "learn.change_article") and rights.may_change(
            user, "article", field, is_live=state != "draft"
        )
        if not allowed:
            assert changed == set(), (role, state, field, changed)
        elif role == "editor" and state in ("live", "scheduled"):
            assert changed == set(), (role, state, field, changed)  # it waits beside the page
            assert WorkingCopy.objects.filter(article=article).exists(), (role, state, field)
        elif (state, field) not in {("draft", "status"), ("unpublished", "status")}:
            assert field in changed, (role, state, field)
        if allowed or changed:
            article.delete()
            fresh = None
        tried += 1
    TRIED[f"{role}: fields of articles in each state"] += tried


def test_the_table_names_every_column_that_a_form_can_change(as_root_form: dict[str, str]) -> None:
    posted = {name for name in as_root_form if not name.startswith("_") and name != "csrfmiddlewaretoken"}
    posted -= {"seen_version", "seen_copy", "seen_values", "draft_key", "note", "goes_live_at"}
    checkboxes = {"no_index", "is_preferred"}
    assert posted | checkboxes | {"status"} == set(rights.TABLE["article"])


@pytest.fixture
def as_root_form() -> dict[str, str]:
    make_user("template", is_superuser=True)
    return base_form(make_article())


# --- The addresses ------------------------------------------------------------------------------------------------


def desk_addresses(patterns: Any = None, prefix: str = "/admin/") -> Iterator[str]:
    """Every address of the desk as a route."""
    for pattern in admin.site.get_urls() if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from desk_addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def filled(route: str, pk: int) -> str:
    path = route.replace("<path:object_id>", str(pk)).replace("<slug:key>", "thin")
    path = re.sub(r"<int:\w+>", str(pk), path)
    return re.sub(r"\(\?P<\w+>.*|<[^>]+>|[\\^$?]", "", path)


def snapshot() -> list[Any]:
    """Everything that visitors see or that decides on it."""
    return [
        list(Article.objects.order_by("pk").values()),
        list(Redirect.objects.order_by("pk").values()),
        list(Subject.objects.order_by("pk").values()),
        list(ImportConflict.objects.order_by("pk").values("article", "document")),
        list(Upload.objects.order_by("pk").values("state")),
        list(User.objects.order_by("pk").values("username", "is_staff", "is_superuser", "password")),
        list(Permission.objects.filter(user__isnull=False).order_by("pk").values("pk", "user")),
    ]


FORGED = (
    {},
    {"post": "yes", "sure": "1", "number": "1"},
    {"_publish": "1", "question": "Forged?", "answer": "Forged.", "slug": "forged", "description": "Forged."},
    {"old_path": "/learn/forged", "leads_to": "https://evil.example/", "is_automatic": "on", "_save": "1"},
    {"title": "Forged", "slug": "forged", "is_listed": "", "_save": "1"},
    {"username": "forged", "is_superuser": "on", "is_staff": "on", "_save": "1"},
    {"_file": "1", "version": "1"},
    {"action": "delete_selected", "post": "yes", "select_across": "1", "index": "0"},
    *(
        {"action": name, "select_across": "1", "index": "0", "subject": "1"}
        for name in ("publish", "unpublish", "no_index", "move", "publish_changes", "render", "take_files")
    ),
    {"_continue": "1", "question": "Forged?", "answer": "Forged.", "slug": "forged", "seen_version": "1"},
    {"_revive": "1", "_chosen": "1", "version": "1"},
)


@pytest.mark.slow
@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("publisher", "root")])
def test_no_address_of_the_desk_changes_what_a_role_may_not(role: str, settings: Settings) -> None:
    settings.REDIRECT_HOSTS = []
    client = client_of(role)
    article = make_article(slug="live")
    make_article(slug="draft", status=Status.DRAFT)
    Redirect.objects.create(pk=article.pk, old_path="/learn/old", target=article, is_automatic=True)
    MissingPage.objects.create(pk=article.pk, path="/learn/missing")
    kept = {**working_copies.live_values(article), "answer": "What waits."}
    WorkingCopy.objects.create(pk=article.pk, key="thin", article=article, values=kept)
    run = ImportRun.objects.create(pk=article.pk, source="x")
    Upload.objects.create(pk=article.pk, name="x.md", size=1, state=Upload.State.CHECKED)
    ImportConflict.objects.create(pk=article.pk, article=article, run=run, source_path="x.md", document="x")
    make_change_set(article)
    chosen = {ACTION_CHECKBOX_NAME: [str(article.pk)]}
    routes = sorted({filled(route, article.pk) for route in desk_addresses()})
    assert len(routes) > 60
    tried, before = 0, snapshot()
    page = article.get_absolute_url()
    shown = Client().get(page).content
    for route in routes:
        if "/logout/" in route or "/login/" in route or "/password_change/" in route:
            continue
        some = FORGED if role == "editor" else FORGED[:11]  # others are refused before anything is looked at
        answers = [client.get(route), *(client.post(route, {**forged, **chosen}) for forged in some)]
        tried += len(answers)
        assert all(answer.status_code < 500 for answer in answers), route
        after = snapshot()
        if role == "editor":
            assert after[1:] == before[1:], route
            assert [row for row in after[0] if row["status"] != "draft"] == [before[0][0]], route
            assert Client().get(page).content == shown, route
        else:
            assert after == before, (role, route)
    TRIED[f"{role}: requests to {len(routes)} addresses"] += tried


# --- What was found -----------------------------------------------------------------------------------------------


@pytest.fixture
def as_editor() -> Client:
    return client_of("editor")


@pytest.fixture
def as_publisher() -> Client:
    return client_of("publisher")


def redirect_form(client: Client, old: str, new: str) -> None:
    client.post(reverse("admin:learn_redirect_add"), {"old_path": old, "leads_to": new, "_save": "1"})


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/acme-challenge/x", "/static/x", "/static/", "/admin/x", "/healthz", "/readyz", "/robots.txt",
        "/sitemap-x.xml", "/sitemap.xml", "/favicon.ico", "/llms.txt", "/og/learn/x.png", "/learn/search/x", "/.env",
        "/learn/x/feed.atom", "/STATIC/x", "//static/x", "/x/../static/y", "/%73tatic/x", "/%2573tatic/x",
        "/static%2Fx", "/.well%2Dknown/x", "/site.webmanifest", "/security.txt", "/./static/x", "/\\static/x",
    ],
)  # fmt: skip
def test_addresses_of_the_site_itself_take_no_redirect(path: str) -> None:
    root = client_of("root")
    redirect_form(root, path, "/learn")
    assert not Redirect.objects.exists()


@pytest.mark.parametrize(
    "path", ["/old", "/learn/old/why", "/learn/physics/questions/old", "/about", "/statics", "/learnx"]
)
def test_other_addresses_take_one(path: str) -> None:
    assert not is_reserved(path)


def test_an_editor_cannot_bend_a_redirect_that_a_move_left(as_editor: Client, as_publisher: Client) -> None:
    article, other = make_article(slug="new"), make_article(slug="other")
    redirect = Redirect.objects.create(
        old_path="/learn/physics/questions/old", target=article, is_automatic=True
    )
    url = reverse("admin:learn_redirect_change", args=[redirect.pk])
    for target in ("https://evil.example/", "", other.get_absolute_url(), "/learn"):
        assert as_editor.post(url, {"old_path": redirect.old_path, "leads_to": target}).status_code == 403
    redirect.refresh_from_db()
    assert (redirect.target_id, redirect.new_path) == (article.pk, "")
    as_publisher.post(url, {"old_path": redirect.old_path, "leads_to": other.get_absolute_url()})
    redirect.refresh_from_db()
    assert redirect.target_id == other.pk


def test_an_editor_cannot_take_a_redirect_away_with_a_draft(as_editor: Client, client: Client) -> None:
    """A draft at an old address hides nothing, and moving it away leads nobody astray."""
    live = make_article(slug="new")
    old = "/learn/physics/questions/old"
    Redirect.objects.create(old_path=old, target=live, is_automatic=True)
    values = {
        "question": "Old?",
        "answer": "x",
        "subject": live.subject_id,
        "slug": "old",
        "date": "2025-01-01",
    }
    as_editor.post(
        reverse("admin:learn_article_add"), {**values, "author": "x", "date_format": "YYYY", "_continue": "1"}
    )
    draft = Article.objects.get(slug="old")
    assert draft.status == Status.DRAFT
    assert client.get(old)["Location"] == live.get_absolute_url()
    make_user("template", is_superuser=True)
    form = {**base_form(draft), "slug": "somewhere", "_continue": "1"}
    as_editor.post(reverse("admin:learn_article_change", args=[draft.pk]), form)
    draft.refresh_from_db()
    assert draft.slug == "somewhere"
    assert client.get(old)["Location"] == live.get_absolute_url()


def test_publishing_a_draft_at_an_old_address_shows_it(as_publisher: Client, client: Client) -> None:
    live, draft = make_article(slug="new"), make_article(slug="old", status=Status.DRAFT)
    Redirect.objects.create(old_path=draft.get_absolute_url(), target=live, is_automatic=True)
    make_user("template", is_superuser=True)
    form = {**base_form(draft), "_publish": "1"}
    as_publisher.post(reverse("admin:learn_article_change", args=[draft.pk]), form)
    assert client.get(draft.get_absolute_url()).status_code == 200
    assert not Redirect.objects.exists()


@pytest.mark.parametrize(
    "host",
    ["evil.example", "good.example.evil.example", "evil.example#good.example", "good.example@evil.example"],
)
def test_other_sites_take_a_right_and_a_place_in_the_list(host: str, settings: Settings) -> None:
    settings.REDIRECT_HOSTS = ["good.example"]
    publisher, root = client_of("publisher"), client_of("root")
    redirect_form(root, "/learn/one", f"https://{host}/x")
    redirect_form(publisher, "/learn/two", "https://good.example/x")
    assert not Redirect.objects.exists()
    redirect_form(root, "/learn/one", "https://good.example/x")
    User.objects.get(username="publisher").user_permissions.add(
        Permission.objects.get(codename="redirect_elsewhere")
    )
    redirect_form(publisher, "/learn/two", "https://good.example/x")
    assert Redirect.objects.count() == 2


LOOKUPS = (
    r"question__regex=^(\w+\s?)*#$", "question__iregex=x", "answer__contains=x", "question=x", "id__in=1,2",
    "related_links__target__question__regex=x", "history__history_user__password__startswith=p", "author__gt=a",
    "conflicts__resolved_by__password__startswith=pbkdf2", "subject__articles__answer__regex=x", "pk=1", "id__exact=1",
)  # fmt: skip


@pytest.mark.parametrize("lookup", LOOKUPS)
@pytest.mark.parametrize(
    "model", ["article", "redirect", "subject", "missingpage", "importrun", "importconflict"]
)
def test_a_list_answers_to_its_filters_alone(model: str, lookup: str) -> None:
    name, _, value = lookup.partition("=")
    answer = client_of("publisher").get(reverse(f"admin:learn_{model}_changelist"), {name: value})
    assert answer.status_code in (302, 400)
    if answer.status_code == 302:
        assert answer["Location"].endswith("?e=1")


def test_the_lists_of_other_packages_do_so_too() -> None:
    answer = client_of("root").get("/admin/auth/user/", {"password__startswith": "pbkdf2"})
    assert answer.status_code == 400
    assert client_of("viewer").get("/admin/learn/article/", {"subject__id__exact": "1"}).status_code == 200


def test_an_editor_cannot_change_publication_through_a_conflict_or_an_old_version(as_editor: Client) -> None:
    article = make_article(date=dt.date(2025, 1, 1))
    article.date = dt.date(2020, 1, 1)
    article.save()
    article.date = dt.date(2025, 1, 1)
    article.save()
    number = Article.history.filter(version=2).get().history_id
    url = reverse("admin:learn_article_restore", args=[article.pk, number])
    as_editor.post(url, {"version": article.version})
    article.refresh_from_db()
    assert (article.version, article.date, WorkingCopy.objects.count()) == (3, dt.date(2025, 1, 1), 0)


def test_the_table_in_the_documentation_is_the_one_that_holds() -> None:
    assert TABLE_FILE.read_text() == rights.as_markdown()
