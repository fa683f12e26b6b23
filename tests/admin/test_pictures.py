from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from learn.media import library
from learn.models import Article, Picture, PictureName
from tests.factories import make_article
from tests.media.images import line_art, picture

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("admin:learn_picture_changelist"), reverse("admin:learn_picture_add")
UPLOAD, FIND = reverse("admin:learn_picture_upload"), reverse("admin:learn_picture_find")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(library, "prepare_soon", lambda: None)


def member(group: str) -> Client:
    user = User.objects.create_user(group.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def file(data: bytes, name: str = "cell.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def change_of(found: Picture) -> str:
    return reverse("admin:learn_picture_change", args=[found.pk])


def test_an_upload_of_the_form_answers_with_the_markdown() -> None:
    client = member("Editor")
    response = client.post(UPLOAD, {"file": file(picture()), "alt": "A [red] cell"})
    assert response.json() == {"name": "media/cell.png", "markdown": "![A \\[red\\] cell](media/cell.png)"}
    article = make_article(answer=response.json()["markdown"])
    assert 'alt="A [red] cell"' in article.answer_html
    preview = client.post(reverse("admin:learn_article_preview"), {"answer": response.json()["markdown"]})
    assert "<figure" in preview.json()["html"]
    assert not any("picture" in message for _line, message in preview.json()["findings"])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"alt": "A cell"}, "Choose a file."),
        ({"file": picture()}, "Say what the picture shows, or that it is decorative."),
        ({"file": b"%PDF-1.7", "alt": "A"}, "It is a PDF."),
        ({"file": b"", "alt": "A"}, "The file is empty."),
        ({"file": picture()[:60], "alt": "A"}, "damaged or not complete"),
        ({"file": picture(), "alt": "x" * 501}, "at most 500 characters"),
    ],
)
def test_what_cannot_be_taken_is_told_in_a_sentence(data: dict[str, Any], sentence: str) -> None:
    values = {key: file(value) if isinstance(value, bytes) else value for key, value in data.items()}
    response = member("Editor").post(UPLOAD, values)
    assert sentence in response.json()["error"]
    assert not Picture.objects.exists()


def test_a_picture_is_added_without_script_and_needs_words() -> None:
    client = member("Editor")
    response = client.post(ADD, {"file": file(picture())})
    assert "Say what the picture shows" in response.content.decode()
    client.post(ADD, {"file": file(picture()), "alt": "A cell", "licence": "CC0"}, follow=True)
    found = Picture.objects.get()
    assert (found.alt, found.licence, found.added_by.username) == ("A cell", "CC0", "editor")
    page = client.get(change_of(found)).content.decode()
    assert "![A cell](media/cell.png)" in page
    assert "Replace everywhere" not in page


def test_words_change_every_page_that_has_none_of_its_own() -> None:
    name = library.add(picture(), "cell.png")
    article = make_article(answer="![](media/cell.png)\n\nAnd some words.")
    client = member("Editor")
    client.post(change_of(name.picture), {"alt": "A cell", "caption": "Seen at night"})
    article.refresh_from_db()
    assert 'alt="A cell"' in article.answer_html
    assert "<figcaption>Seen at night</figcaption>" in article.answer_html


@pytest.mark.parametrize(("group", "is_replaced"), [("Editor", False), ("Publisher", True)])
def test_only_who_publishes_replaces_what_pages_show(group: str, is_replaced: bool) -> None:
    name = library.add(picture(), "cell.png")
    make_article(answer="![A cell](media/cell.png)")
    member(group).post(change_of(name.picture), {"alt": "A cell", "replacement": file(line_art())})
    name.refresh_from_db()
    assert (name.picture.is_transparent, name.picture.alt) == (is_replaced, "A cell")
    assert ("plate" in Article.objects.get().answer_html) is is_replaced


def test_a_picture_in_use_cannot_be_removed_an_unused_one_can() -> None:
    used, unused = library.add(picture(), "cell.png"), library.add(line_art(), "line.png")
    make_article(answer="![A cell](media/cell.png)")
    client = member("Publisher")
    delete = "admin:learn_picture_delete"
    assert client.get(reverse(delete, args=[used.picture_id])).status_code == 403
    client.post(reverse(delete, args=[unused.picture_id]), {"post": "yes"})
    assert [name.name for name in PictureName.objects.all()] == ["media/cell.png"]


def test_the_library_is_searched_and_filtered(django_assert_max_num_queries: Any) -> None:
    library.add(picture(), "cell.png")
    library.add(line_art(), "prism.png")
    make_article(answer="![A cell](media/cell.png)")
    Picture.objects.filter(names__name="media/prism.png").update(alt="A prism")
    client = member("Editor")
    for query, here, gone in (
        ("?q=prism", "media/prism.png", "media/cell.png"),
        ("?state=unused", "media/prism.png", "media/cell.png"),
        ("?state=without-alt", "media/cell.png", "media/prism.png"),
    ):
        page = client.get(LIST + query).content.decode()
        assert here in page
        assert gone not in page
    assert [found["name"] for found in client.get(FIND, {"q": "prism"}).json()["pictures"]] == [
        "media/prism.png"
    ]
    assert len(client.get(FIND).json()["pictures"]) == 2
    with django_assert_max_num_queries(12):
        client.get(LIST)


def test_who_may_not_is_refused(client: Client) -> None:
    user = User.objects.create_user("nobody", is_staff=True)
    client.force_login(user)
    assert client.post(UPLOAD, {"file": file(picture()), "alt": "A"}).status_code == 403
    assert client.get(FIND).status_code == 403
    assert client.get(LIST).status_code == 403
