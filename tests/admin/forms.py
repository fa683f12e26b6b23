"""Fills in the admin's forms as a browser does."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from learn.models import Article, ChangeSet
from tests.form_fields import FormFields

ADD = reverse("admin:learn_article_add")
KEEP = reverse("admin:learn_article_keep")
KEY = "0123456789abcdef"


def fields(response: HttpResponse, form_id: str = "article_form") -> dict[str, str]:
    parser = FormFields(form_id)
    parser.feed(response.content.decode())
    parser.values.pop("csrfmiddlewaretoken", None)
    return parser.values


def change_url(article: Article) -> str:
    return reverse("admin:learn_article_change", args=[article.pk])


def open_form(client: Client, article: Article) -> dict[str, str]:
    """What the form of an article holds when it is opened."""
    response = client.get(change_url(article))
    assert response.status_code == 200
    return fields(response)


def save(client: Client, article: Article, button: str = "_continue", **changes: Any) -> HttpResponse:
    """Open the form of an article, change some fields, press a button."""
    return client.post(change_url(article), {**open_form(client, article), **changes, button: "1"})


def errors(response: HttpResponse) -> dict[str, list[str]]:
    return {name: list(lines) for name, lines in response.context["adminform"].form.errors.items()}


def page_of_last_set(step: str = "change") -> str:
    """The address of a page of the change set that was made last."""
    return reverse(f"admin:learn_changeset_{step}", args=[ChangeSet.objects.latest("pk").pk])


def confirm(client: Client, answer: HttpResponse) -> None:
    """Confirm the change set that `answer` leads to; nothing, where it leads to none."""
    match = re.fullmatch(r".*/changeset/(\d+)/change/", answer.get("Location", ""))
    if match and (ready := ChangeSet.objects.get(pk=match[1]).ready):
        client.post(reverse("admin:learn_changeset_confirm", args=[match[1]]), {"number": ready, "sure": "1"})


def keep(
    client: Client, article: Article | None, number: str = "", key: str = KEY, **changes: tuple[str, str]
) -> Any:
    """Send changes of fields as a form does while somebody types; what is answered, or the status of a refusal."""
    data = {
        "article": article.pk if article else "",
        "key": key,
        "number": number,
        "changes": json.dumps(changes),
    }
    response = client.post(KEEP, data)
    return response.json() if response.status_code == 200 else response.status_code
