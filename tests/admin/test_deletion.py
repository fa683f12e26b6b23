"""Deleting on the desk lasts: what the page says before, what the file does after, how an article comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from learn.importing import import_articles
from learn.models import Article, DeletedArticle, ImportConflict, ImportedFile, Redirect
from tests.factories import article_file, make_article, make_link

pytestmark = pytest.mark.django_db

WHY = "/learn/physics/questions/why"
CONFLICTS = reverse("admin:learn_importconflict_changelist")


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    path = article_file(tmp_path, WHY)
    import_articles([str(tmp_path)], jobs=1)
    return path


def delete(client: Client, article: Article, **values: str) -> int:
    url = reverse("admin:learn_article_delete", args=[article.pk])
    return client.post(url, {"post": "yes", **values}).status_code


def change(path: Path) -> None:
    path.write_text(path.read_text().replace("Because of why", "Because it is so"))


def test_the_page_tells_what_a_deletion_does(imported: Path, as_publisher: Client) -> None:
    article = Article.objects.get()
    Redirect.objects.create(old_path="/learn/physics/questions/former", target=article)
    make_link(make_article(), article)
    page = as_publisher.get(reverse("admin:learn_article_delete", args=[article.pk])).content.decode()
    for told in (
        "410 Gone",
        "1 older address",
        "/learn/physics/questions/former",
        "1 related link",
        "physics/why.md",
    ):
        assert told in page


def test_a_deletion_lasts_and_says_by_whom(imported: Path, as_publisher: Client, client: Client) -> None:
    delete(as_publisher, Article.objects.get())
    row = DeletedArticle.objects.get()
    assert (row.url, str(row.deleted_by)) == (WHY, "paul")
    assert import_articles([str(imported.parent.parent)], jobs=1).kept_deleted == 1
    assert client.get(WHY).status_code == 410
    listed = as_publisher.get(reverse("admin:learn_deletedarticle_changelist")).content.decode()
    assert "Why?" in listed
    assert reverse("admin:learn_article_history", args=[row.article_key]) in listed

    change(imported)
    report = import_articles([str(imported.parent.parent)], jobs=1)
    assert "deleted on the site by paul on " in report.problems[0].message


def test_visitors_may_be_led_to_another_article(imported: Path, as_publisher: Client, client: Client) -> None:
    article, other = Article.objects.get(), make_article()
    Redirect.objects.create(old_path="/learn/physics/questions/former", target=article)
    assert delete(as_publisher, article, lead_to="/learn/physics/questions/nowhere") == 403
    assert Article.objects.filter(pk=article.pk).exists()
    assert delete(as_publisher, article, lead_to=other.get_absolute_url()) == 302
    for path in (WHY, "/learn/physics/questions/former"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (301, other.get_absolute_url())


@pytest.mark.parametrize("button", ["_keep", "_revive"])
def test_the_changed_file_of_a_deleted_article_is_decided_on(
    imported: Path, as_publisher: Client, button: str, client: Client
) -> None:
    article = Article.objects.get()
    delete(as_publisher, article)
    change(imported)
    import_articles([str(imported.parent.parent)], jobs=1)
    conflict = ImportConflict.objects.get()
    assert "Why? (deleted)" in as_publisher.get(CONFLICTS).content.decode()
    url = reverse("admin:learn_importconflict_change", args=[conflict.pk])
    assert "Because it is so" in as_publisher.get(url).content.decode()
    assert as_publisher.post(url, {button: "1"}).status_code == 302
    report = import_articles([str(imported.parent.parent)], jobs=1)
    if button == "_keep":
        assert (report.kept_deleted, report.conflicts) == (1, 0)
        assert client.get(WHY).status_code == 410
    else:
        assert report.unchanged == 1
        assert "Because it is so" in client.get(WHY).content.decode()
        assert Article.objects.get().pk == article.pk
        assert as_publisher.get(url).status_code == 200


def test_a_restored_article_is_no_longer_deleted(imported: Path, as_publisher: Client) -> None:
    article = Article.objects.get()
    delete(as_publisher, article)
    history = article.history.order_by("-history_id").first()
    url = reverse("admin:learn_article_restore", args=[article.pk, history.history_id])
    as_publisher.post(url, {"version": ""})
    assert not DeletedArticle.objects.exists()
    assert import_articles([str(imported.parent.parent)], jobs=1).unchanged == 1
    assert Article.objects.get().status == "draft"


@pytest.mark.parametrize(
    ("action", "answers", "left"),
    [
        ("keep_mine", ["Mine.", "Mine."], 0),
        ("take_files", ["Theirs.", "Theirs."], 0),
        ("merge_clean", ["Mine.", "Mine."], 1),
    ],
)
def test_conflicts_are_decided_in_bulk(
    tmp_path: Path, as_publisher: Client, action: str, answers: list[str], left: int
) -> None:
    urls = [WHY, "/learn/physics/questions/how"]
    for url in urls:
        article_file(tmp_path, url, id=1)
    import_articles([str(tmp_path)], jobs=1)
    for article in Article.objects.all():
        article.answer = "Mine."
        article.save()
    for url in urls:
        article_file(tmp_path, url, id=1, answer="Theirs.")
    import_articles([str(tmp_path)], jobs=1)
    if action == "merge_clean":  # one that clashes no longer: its base is what the editor's text began with
        article_file(tmp_path, WHY, id=1, author="Ada")
        conflict = ImportConflict.objects.get(article__slug="why")
        conflict.document = (tmp_path / "physics" / "why.md").read_text()
        conflict.save()
    assert ImportConflict.objects.filter(resolved_at=None).count() == 2
    pks = list(ImportConflict.objects.values_list("pk", flat=True))
    as_publisher.post(CONFLICTS, {"action": action, "_selected_action": pks, "index": "0"})
    assert ImportConflict.objects.filter(resolved_at=None).count() == left
    assert sorted(Article.objects.values_list("answer", flat=True)) == answers
    if action == "merge_clean":
        assert Article.objects.get(slug="why").author == "Ada"
    assert ImportedFile.objects.count() == 2
