"""The admin escapes what editors, files and visitors wrote."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from learn.models import Article, ImportRun, MissingPage, Redirect, SearchSynonym, Upload
from tests.admin.forms import change_url, open_form
from tests.admin.test_permissions import pages
from tests.factories import make_article, make_link

pytestmark = pytest.mark.django_db
LIST = reverse("admin:learn_article_changelist")
HOSTILE = "\"'><img src=x onerror=ran()><script>ran()</script>{{ 7|add:7 }}"
MARKS = ("<img src=x", "<script>ran")
# Made by the renderer, whose output is HTML and has its own tests; and what no hand can write.
NOT_TEXT = {"answer_html", "slug", "status", "source", "state", "history_type", "content_key", "new_path"}


def poison() -> None:
    """Write HOSTILE into every column of text of every row, as if no form had ever checked any."""
    SearchSynonym.objects.exclude(pk=SearchSynonym.objects.earliest("pk").pk).delete()  # two may not be alike
    for model in apps.get_app_config("learn").get_models():
        texts = {
            field.name: HOSTILE
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not field.unique
            and not field.primary_key
            and not field.choices
            and (field.max_length or 1_000) >= len(HOSTILE)
            and field.name not in NOT_TEXT
        }
        if texts:
            model._base_manager.update(**texts)
    Redirect.objects.update(old_path=f"/{HOSTILE}", new_path=f"/to{HOSTILE}", target=None)
    MissingPage.objects.update(path=f"/{HOSTILE}")
    problem = {"path": HOSTILE, "line": 1, "column": 1, "severity": "error", "code": "x", "message": HOSTILE}
    ImportRun.objects.update(problems=[problem])
    for upload in Upload.objects.all():
        report = {**upload.report, "problems": [problem]} if upload.report else upload.report
        Upload.objects.filter(pk=upload.pk).update(report=report)
    User.objects.update(first_name=HOSTILE[:150], last_name=HOSTILE[:150])


def is_escaped(html: str) -> bool:
    return not any(mark in html for mark in MARKS)


def test_no_page_of_the_admin_takes_text_for_markup(as_root: Client) -> None:
    urls = pages()
    make_link(Article.objects.earliest("pk"), None)
    poison()
    User.objects.update(username=HOSTILE)
    shown = []
    for url in urls:
        response = as_root.get(url)
        assert response.status_code == 200, url
        html = b"".join(response).decode(errors="replace")
        if response["Content-Type"].startswith("text/html"):
            assert is_escaped(html), url
            if "&lt;img src=x" in html:
                shown.append(url)
    assert len(shown) >= 20, shown


@pytest.mark.parametrize("url", [LIST, reverse("admin:learn_redirect_changelist")])
def test_a_search_shows_what_was_typed_as_text(as_root: Client, url: str) -> None:
    html = as_root.get(url, {"q": HOSTILE, "p": HOSTILE}, follow=True).content.decode()
    assert is_escaped(html)


def test_a_refused_form_shows_what_was_typed_as_text(as_root: Client) -> None:
    article = make_article()
    typed = dict.fromkeys(
        ("question", "answer", "description", "keywords", "slug", "title", "author", "related", "publish_at"),
        HOSTILE,
    )
    refused = as_root.post(change_url(article), {**open_form(as_root, article), **typed, "_save": "1"})
    assert refused.status_code == 200
    assert is_escaped(refused.content.decode())
    meanwhile = {**open_form(as_root, article), **typed, "seen_version": "0", "_save": "1"}
    conflict = as_root.post(change_url(article), meanwhile)
    assert conflict.status_code == 409
    assert is_escaped(conflict.content.decode())
    redirect = as_root.post(
        reverse("admin:learn_redirect_add"), {"old_path": HOSTILE, "leads_to": HOSTILE, "_save": "1"}
    )
    assert redirect.status_code == 200
    assert is_escaped(redirect.content.decode())


def test_messages_show_titles_as_text(as_root: Client) -> None:
    article = make_article(status="draft", question=HOSTILE, description="")
    chosen = {ACTION_CHECKBOX_NAME: [str(article.pk)], "index": "0"}
    for action in ({"action": "publish"}, {"action": "move"}):
        html = as_root.post(LIST, {**chosen, **action}, follow=True).content.decode()
        assert "&lt;img src=x" in html
        assert is_escaped(html)
