"""Permissions: an editor cannot publish by any way, and a stranger sees no page."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.importing import ImportReport
from learn.models import (
    Article,
    ChangeSet,
    ImportConflict,
    ImportRun,
    MissingPage,
    Redirect,
    Revision,
    Subject,
    Upload,
    WorkingCopy,
)
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import change_url, confirm, open_form, page_of_last_set, save
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db
Status = Article.Status
LIST = reverse("admin:learn_article_changelist")


def act(client: Client, action: str, *articles: Article, **more: str) -> int:
    """Run a bulk action on articles, and confirm it; the status of the answer."""
    chosen = [str(article.pk) for article in articles]
    answer = client.post(LIST, {"action": action, ACTION_CHECKBOX_NAME: chosen, "index": "0", **more})
    confirm(client, answer)
    return answer.status_code


def states() -> list[tuple[str, bool, int]]:
    return list(Article.objects.order_by("pk").values_list("status", "no_index", "subject"))


# --- An editor writes, and does not publish ------------------------------------------------------------------


@pytest.mark.parametrize("button", ["_publish", "_unpublish"])
def test_an_editor_is_refused_to_publish_and_unpublish(as_editor: Client, button: str) -> None:
    draft, live = make_article(status=Status.DRAFT), make_article()
    for article in (draft, live):
        assert save(as_editor, article, button, answer="Changed.").status_code == 403
    assert [status for status, _no_index, _subject in states()] == [Status.DRAFT, Status.PUBLISHED]
    assert not Article.objects.filter(answer="Changed.").exists()


def test_an_editor_is_refused_to_publish_a_new_question(as_editor: Client) -> None:
    values = {"question": "Why?", "subject": make_subject().pk, "_publish": "1"}
    assert as_editor.post("/admin/learn/article/add/", values).status_code == 403
    assert not Article.objects.exists()


def test_an_editor_sees_no_button_that_publishes(as_editor: Client, as_publisher: Client) -> None:
    draft = make_article(status=Status.DRAFT)
    assert 'name="_publish"' not in as_editor.get(change_url(draft)).content.decode()
    assert 'name="_publish"' in as_publisher.get(change_url(draft)).content.decode()


def test_what_decides_on_publication_cannot_be_posted_by_an_editor(as_editor: Client) -> None:
    article = make_article()
    form = open_form(as_editor, article)
    assert form.keys().isdisjoint({"publish_at", "no_index", "status"})
    tomorrow = timezone.now() + dt.timedelta(days=1)
    forged = {
        "publish_at": tomorrow.isoformat(),
        "no_index": "on",
        "status": "unpublished",
        "answer": "Mine.",
    }
    assert as_editor.post(change_url(article), {**form, **forged, "_continue": "1"}).status_code == 302
    before = article.publish_at
    article.refresh_from_db()
    assert (article.answer != "Mine.", article.status, article.no_index) == (True, Status.PUBLISHED, False)
    assert article.publish_at == before
    kept = article.working_copy.values
    assert (kept["answer"], kept["no_index"]) == ("Mine.", "")
    assert kept["publish_at"] == f"{before:%Y-%m-%dT%H:%M:%S}"


def test_what_is_a_publishers_is_not_kept_of_an_editor_either(as_editor: Client) -> None:
    article = make_article()
    changes = {"answer": [article.answer, "Mine."], "no_index": ["", "on"], "slug": [article.slug, "forged"]}
    data = {"article": article.pk, "changes": json.dumps(changes), "goes_live_at": "2000-01-01T00:00"}
    assert as_editor.post(reverse("admin:learn_article_keep"), data).status_code == 200
    copy = article.working_copy
    assert (copy.values["answer"], copy.values["no_index"], copy.values["slug"]) == (
        "Mine.",
        "",
        article.slug,
    )
    assert copy.goes_live_at is None


def test_an_editor_cannot_hide_a_live_page_in_an_unlisted_subject(
    as_editor: Client, as_publisher: Client
) -> None:
    article, hidden = make_article(), make_subject("occult", is_listed=False)
    save(as_editor, article, subject=hidden.pk)
    article.refresh_from_db()
    assert article.subject != hidden
    assert save(as_publisher, article, subject=hidden.pk).status_code == 302


@pytest.mark.parametrize("action", ["publish", "unpublish", "no_index", "index", "move", "delete_selected"])
def test_bulk_actions_that_publish_are_refused_to_an_editor(as_editor: Client, action: str) -> None:
    articles = make_article(status=Status.DRAFT), make_article(), make_article(no_index=True)
    before = states()
    act(as_editor, action, *articles, subject=str(make_subject("chemistry").pk))
    act(as_editor, action, *articles, select_across="1", subject=str(make_subject("chemistry").pk))
    assert states() == before


def test_an_editor_cannot_delete(as_editor: Client) -> None:
    article = make_article()
    url = reverse("admin:learn_article_delete", args=[article.pk])
    assert as_editor.post(url, {"post": "yes"}).status_code == 403
    assert Article.objects.exists()


def test_an_editor_changes_nothing_of_a_subject(as_editor: Client) -> None:
    subject = make_subject("physics")
    url = reverse("admin:learn_subject_change", args=[subject.pk])
    as_editor.post(url, {"title": "Natural philosophy", "description": "", "_save": "1"})
    subject.refresh_from_db()
    assert (subject.title, subject.is_listed) == ("Physics", True)


def test_an_editor_cannot_import(as_editor: Client, as_publisher: Client) -> None:
    upload = Upload.objects.create(name="x.zip", size=1, state=Upload.State.CHECKED)
    pages = [
        reverse("admin:learn_upload_add"),
        reverse("admin:learn_upload_change", args=[upload.pk]),
        reverse("admin:learn_upload_progress", args=[upload.pk]),
    ]
    for page in pages:
        assert as_editor.get(page).status_code == 403, page
        assert as_publisher.get(page).status_code == 200, page
    for step in ("confirm", "retry", "discard"):
        url = reverse(f"admin:learn_upload_{step}", args=[upload.pk])
        assert as_editor.post(url).status_code == 403
        assert as_publisher.get(url).status_code == 403  # only a POST does anything
    upload.refresh_from_db()
    assert upload.state == Upload.State.CHECKED


# --- A publisher does all of it ------------------------------------------------------------------------------


def test_a_publisher_changes_many_at_once(as_publisher: Client) -> None:
    first, second = make_article(status=Status.DRAFT), make_article(status=Status.DRAFT, description="")
    act(as_publisher, "publish", first, second)
    page = as_publisher.get(f"{page_of_last_set()}?show=refused").text
    assert f'<a href="{change_url(second)}">{second.question}</a>' in page
    assert "Write the description" in page
    act(as_publisher, "no_index", first)
    chemistry = make_subject("chemistry")
    assert act(as_publisher, "move", first) == 200  # asks where to
    act(as_publisher, "move", first, subject=str(chemistry.pk))
    assert act(as_publisher, "render", first, second) == 302
    act(as_publisher, "unpublish", first)
    assert states()[0] == (Status.UNPUBLISHED, True, chemistry.pk)


def test_an_action_changes_nothing_before_it_is_confirmed(as_publisher: Client, as_editor: Client) -> None:
    articles = [make_article() for _ in range(3)]
    chosen = {
        "action": "unpublish",
        ACTION_CHECKBOX_NAME: [articles[0].pk],
        "index": "0",
        "select_across": "1",
    }
    page = as_publisher.post(LIST, chosen, follow=True)
    assert "Unpublish 3 articles" in page.text
    assert ChangeSet.objects.get().state == ChangeSet.State.PREVIEW
    for refused in ({"number": "3"}, {"number": "2", "sure": "1"}, {"number": "x", "sure": "1"}):
        as_publisher.post(f"{page_of_last_set('confirm')}", refused)
    assert as_editor.post(page_of_last_set("confirm"), {"number": "3", "sure": "1"}).status_code == 403
    assert {status for status, _no_index, _subject in states()} == {Status.PUBLISHED}
    as_publisher.post(page_of_last_set("confirm"), {"number": "3", "sure": "1"})
    assert {status for status, _no_index, _subject in states()} == {Status.UNPUBLISHED}


def test_a_deleted_article_is_gone_and_its_text_stays_in_the_history(as_publisher: Client) -> None:
    article = make_article()
    path, pk = article.get_absolute_url(), article.pk
    as_publisher.post(reverse("admin:learn_article_delete", args=[pk]), {"post": "yes"})
    assert as_publisher.get(path).status_code == 410
    history = as_publisher.get(reverse("admin:learn_article_history", args=[pk]))
    assert "was deleted" in history.content.decode()
    entry = history.context["entries"][0]
    assert (entry.kind, entry.who, entry.source) == ("Deleted", "paul", "Admin")


# --- Strangers -----------------------------------------------------------------------------------------------


def pages() -> list[str]:
    """The front page first, then one of each kind."""
    article = make_article()
    run = ImportRun.objects.create(source="files")
    conflict = ImportConflict.objects.create(
        article=article, run=run, source_path="a.md", document="---\n---\n"
    )
    redirect = Redirect.objects.create(old_path="/old", target=article)
    missing = MissingPage.objects.create(path="/learn/nowhere")
    upload = Upload.objects.create(name="x.zip", size=1, report=ImportReport().as_json())
    article.answer = "Changed."
    article.save()
    revision = article.history.latest()
    card = reverse("admin:learn_article_card") + "?question=Why"
    return [
        *(
            reverse(f"admin:{name}", args=args)
            for name, args in (
                ("index", []),
                ("content_health", []),
                ("content_health_kind", ["thin"]),
                ("learn_article_changelist", []),
                ("learn_article_add", []),
                ("learn_article_change", [article.pk]),
                ("learn_article_delete", [article.pk]),
                ("learn_article_history", [article.pk]),
                ("learn_article_revision", [article.pk, revision.history_id]),
                ("learn_article_find", []),
                ("learn_article_suggestions", []),
                ("learn_article_export", []),
                ("learn_importrun_changelist", []),
                ("learn_importrun_change", [run.pk]),
                ("learn_importconflict_changelist", []),
                ("learn_importconflict_change", [conflict.pk]),
                ("learn_upload_add", []),
                ("learn_upload_change", [upload.pk]),
                ("learn_upload_progress", [upload.pk]),
                ("learn_subject_changelist", []),
                ("learn_subject_change", [article.subject_id]),
                ("learn_redirect_changelist", []),
                ("learn_redirect_add", []),
                ("learn_redirect_change", [redirect.pk]),
                ("learn_missingpage_changelist", []),
                ("learn_missingpage_change", [missing.pk]),
                ("site_history", []),
                ("site_history_table", []),
                ("learn_deletedarticle_changelist", []),
                ("invite", []),
                ("auth_user_changelist", []),
                ("auth_group_changelist", []),
                ("accounts_accountevent_changelist", []),
            )
        ),
        card,
    ]


def test_a_stranger_is_sent_to_the_login_from_every_page(client: Client) -> None:
    for page in pages():
        response = client.get(page)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/admin/login/"), page


def test_staff_without_a_group_sees_nothing_of_the_library() -> None:
    client = logged_in(make_user("nobody"))
    for page in pages()[1:]:
        assert client.get(page).status_code == 403, page
    index = client.get("/admin/").content.decode()
    assert "Drafts" not in index
    assert "admin-nav" not in index or "Articles" not in index


def test_no_page_of_the_admin_may_be_cached(as_root: Client) -> None:
    for page in pages():
        response = as_root.get(page)
        assert response.status_code == 200, page
        assert "no-store" in response["Cache-Control"], page


def test_what_changes_something_takes_no_get(as_root: Client) -> None:
    article = make_article()
    article.answer = "Changed."
    article.save()
    restore = reverse("admin:learn_article_restore", args=[article.pk, article.history.earliest().history_id])
    assert as_root.get(restore).status_code == 200  # asks
    assert not WorkingCopy.objects.exists()
    assert as_root.get(reverse("admin:learn_article_preview")).status_code == 405


def test_a_form_without_its_token_is_refused(publisher: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(publisher, backend="django.contrib.auth.backends.ModelBackend")
    article = make_article()
    assert client.post(change_url(article), {"_unpublish": "1"}).status_code == 403
    assert client.post(reverse("admin:learn_article_preview"), {"answer": "x"}).status_code == 403


# --- Requests that somebody made up ---------------------------------------------------------------------------


def posts() -> dict[str, dict[str, object]]:
    """Every address of the admin that writes or shows something on a POST, with what it takes."""
    article = make_article()
    article.answer = "Changed."
    article.save()
    number = article.history.earliest().history_id
    run = ImportRun.objects.create(source="files")
    conflict = ImportConflict.objects.create(
        article=article, run=run, source_path="a.md", document="---\n---\n"
    )
    redirect = Redirect.objects.create(old_path="/old", target=article)
    missing = MissingPage.objects.create(path="/learn/nowhere")
    upload = Upload.objects.create(name="x.zip", size=1, state=Upload.State.CHECKED)
    pk, subject = article.pk, article.subject_id
    text = {
        "question": "Why?",
        "answer": "So.",
        "subject": subject,
        "slug": "why",
        "seen_version": article.version,
    }

    def url(name: str, *args: object) -> str:
        return reverse(f"admin:learn_{name}", args=args)

    return {
        url("article_add"): {**text, "_publish": "1"},
        url("article_change", pk): {**text, "_unpublish": "1"},
        url("article_delete", pk): {"post": "yes"},
        url("article_restore", pk, number): {"version": article.version},
        url("article_preview"): {"answer": "*a*"},
        url("importconflict_change", conflict.pk): {"decision": "mine", "version": article.version},
        url("upload_add"): {},
        url("upload_confirm", upload.pk): {},
        url("upload_discard", upload.pk): {},
        url("upload_retry", upload.pk): {},
        url("subject_add"): {"title": "Alchemy", "slug": "alchemy", "_save": "1"},
        url("subject_change", subject): {"title": "Alchemy", "_save": "1"},
        url("redirect_add"): {"old_path": "/from", "leads_to": "/to", "_save": "1"},
        url("redirect_change", redirect.pk): {"old_path": "/from", "leads_to": "/to", "_save": "1"},
        url("redirect_delete", redirect.pk): {"post": "yes"},
        url("missingpage_changelist"): {"action": "ignore", ACTION_CHECKBOX_NAME: missing.pk, "index": "0"},
        url("missingpage_delete", missing.pk): {"post": "yes"},
        **{
            f"{LIST}?action={action}": {
                "action": action,
                ACTION_CHECKBOX_NAME: pk,
                "index": "0",
                "subject": subject,
            }
            for action in ("publish", "unpublish", "no_index", "index", "move", "render", "export")
        },
    }


def rows() -> list[list[dict[str, object]]]:
    watched = (Article, Subject, Redirect, MissingPage, ImportConflict, Upload, Revision)
    return [list(model._base_manager.order_by("pk").values()) for model in watched]


def test_without_permission_nothing_can_be_changed(client: Client) -> None:
    staff = logged_in(make_user("nobody"))
    requests = posts()
    before = rows()
    for url, values in requests.items():
        response = client.post(url, values)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/admin/login/"), url
        assert staff.post(url, values).status_code == 403, url
    assert rows() == before


def test_an_editor_changes_nothing_that_is_a_publishers(as_editor: Client) -> None:
    requests = {
        url: values
        for url, values in posts().items()
        if "_publish" in values
        or "_unpublish" in values
        or "delete" in url
        or "upload" in url
        or "subject/add" in url
        if "redirect" not in url and "missingpage" not in url
    }
    before = rows()
    assert len(requests) >= 7
    for url, values in requests.items():
        assert as_editor.post(url, values).status_code == 403, url
    assert rows() == before
