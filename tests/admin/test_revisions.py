from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from learn.exporting import export_articles
from learn.importing import import_articles
from learn.models import Article, Revision, WorkingCopy
from learn.models.articles import latest_revision
from tests.admin.forms import change_url, errors, save
from tests.factories import article_file, make_article, make_link, make_subject, related

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_team")]
WHY, OTHER = "/learn/physics/questions/why", "/learn/physics/questions/other"


def numbers(article: Article) -> list[int]:
    return list(
        Revision.objects.filter(id=article.pk).order_by("history_id").values_list("history_id", flat=True)
    )


def page(client: Client, article: Article, number: int, **query: str) -> str:
    url = reverse("admin:learn_article_revision", args=[article.pk, number])
    return client.get(url, query).content.decode()


def restore(client: Client, pk: int, number: int, version: int | str | None = None) -> str:
    """Restore a revision as the page of the article's present version (or of `version`) does; what the admin says."""
    if version is None:
        article = Article.objects.filter(pk=pk).first()
        version = article.version if article else ""
    url = reverse("admin:learn_article_restore", args=[pk, number])
    response = client.post(url, {"version": version}, follow=True)
    assert response.status_code == 200
    return " ".join(map(str, response.context["messages"]))


def test_the_history_names_who_when_from_where_and_what(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer="One.")
    save(as_editor, article, answer="Two.", keywords="new")
    save(as_publisher, article)
    save(as_publisher, article, "_unpublish")
    html = as_editor.get(reverse("admin:learn_article_history", args=[article.pk])).content.decode()
    text = " ".join(html.split())
    assert "Changed: Answer, Keywords" in text
    assert "Changed: Status" in text
    assert "(unpublished)" in text
    assert text.index("Changed: Status") < text.index("Changed: Answer")  # the newest first
    assert "<td>Admin</td>" in text


def test_an_article_that_never_changed_says_since_when(as_editor: Client) -> None:
    article = make_article(imported_key="k")
    Revision.objects.all().delete()
    html = as_editor.get(reverse("admin:learn_article_history", args=[article.pk])).content.decode()
    assert "Nothing was changed since it was imported" in html


def test_a_revision_shows_what_it_changed_word_by_word(as_editor: Client) -> None:
    article, other = make_article(answer="The quick fox.\n\nThe end."), make_article(question="Read on?")
    save(as_editor, article, answer="The slow fox.\n\nThe end.", related=other.get_absolute_url())
    html = page(as_editor, article, numbers(article)[-1])
    assert "The <del>quick</del> fox." in html
    assert "The <ins>slow</ins> fox." in html
    assert "Read on?" in html


def test_a_revision_can_be_compared_with_the_present(as_editor: Client) -> None:
    article = make_article(answer="First words")
    save(as_editor, article, answer="Second thoughts")
    save(as_editor, article, answer="Third attempt")
    html = page(as_editor, article, numbers(article)[0], against="now")
    assert "First words" in html
    assert "Third attempt" in html
    assert "Second thoughts" not in html


def test_any_two_versions_can_be_compared(as_editor: Client) -> None:
    article = make_article(answer="First words")
    for answer in ("Second thoughts", "Third attempt", "Fourth time"):
        save(as_editor, article, answer=answer)
    first, _second, third, _fourth = numbers(article)
    for one, other in ((first, third), (third, first)):
        html = page(as_editor, article, one, against=str(other))
        assert "What differs between version" in html
        assert "<del>First</del>" in html or "<del>First words</del>" in html
        assert "Second thoughts" not in html
    assert "What it said" in page(as_editor, article, first, against=str(numbers(make_article())[0]))


def test_a_diff_escapes_what_it_shows(as_editor: Client) -> None:
    article = make_article(answer="<script>alert(1)</script>")
    save(as_editor, article, answer="<script>alert(2)</script>")
    html = page(as_editor, article, numbers(article)[-1])
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_a_restore_puts_everything_into_the_working_copy_and_saving_it_brings_it_back(
    as_publisher: Client,
) -> None:
    """Subject, address, search engines, links: what the version had; the old addresses lead to the page."""
    article, first, second = make_article(answer="One.", slug="before"), make_article(), make_article()
    make_link(article, first)
    Revision.objects.all().delete()  # as after an import
    save(
        as_publisher, article, answer="Two.", slug="after", subject=make_subject("chemistry").pk, no_index="on",
        related=second.get_absolute_url(),
    )  # fmt: skip
    live = Article.objects.values().get(pk=article.pk)
    assert "Version 1 is in the draft" in restore(as_publisher, article.pk, numbers(article)[0])
    assert Article.objects.values().get(pk=article.pk) == live
    assert len(numbers(article)) == 2
    html = " ".join(as_publisher.get(change_url(article)).text.split())
    assert "What the draft changes: Question" not in html
    for label in ("Answer", "Subject", "Slug", "No index", "Related questions"):
        assert f"<h3>{label}</h3>" in html
    save(as_publisher, article)
    article = Article.objects.get(pk=article.pk)
    assert (article.answer, article.get_absolute_url(), article.no_index, article.version) == (
        "One.", "/learn/physics/questions/before", False, 3,
    )  # fmt: skip
    assert article.related_links.get().target == first
    assert as_publisher.get("/learn/chemistry/questions/after")["Location"] == article.get_absolute_url()
    last = latest_revision(article.pk)
    assert (last.history_user.username, last.version) == ("paul", 3)
    assert last.history_change_reason.startswith("restored version 1 of ")
    assert not WorkingCopy.objects.exists()


def test_a_restore_by_an_editor_leaves_what_is_a_publishers(
    as_editor: Client, as_publisher: Client, settings: Settings
) -> None:
    settings.EDITORS_MAY_PUBLISH = False
    article = make_article(answer="One.", no_index=True, slug="one")
    save(as_publisher, article, answer="Two.", no_index="", slug="two")
    live = Article.objects.values().get(pk=article.pk)
    restore(as_editor, article.pk, numbers(article)[0])
    save(as_editor, article)
    assert Article.objects.values().get(pk=article.pk) == live
    kept = WorkingCopy.objects.get().values
    assert (kept["answer"], kept["no_index"], kept["slug"]) == ("One.", "", "two")


def test_a_restore_does_not_write_over_a_colleagues_draft(as_publisher: Client) -> None:
    article = make_article(answer="One.")
    save(as_publisher, article, answer="Two.")
    save(as_publisher, article, "_draft", answer="Three, in a draft.")
    assert "paul has unpublished changes" in restore(as_publisher, article.pk, numbers(article)[0])
    assert WorkingCopy.objects.get().values["answer"] == "Three, in a draft."


def test_a_restore_over_what_somebody_saved_meanwhile_is_refused(
    as_editor: Client, as_publisher: Client
) -> None:
    article = make_article(answer="One.")
    save(as_editor, article, answer="Two.")
    seen = Article.objects.get(pk=article.pk).version
    save(as_publisher, article, answer="Three.")
    for version in (seen, "", "x"):
        assert "while you were looking" in restore(as_editor, article.pk, numbers(article)[0], version)
    article.refresh_from_db()
    assert article.answer == "Three."
    pk, number = article.pk, numbers(article)[0]
    article.delete()
    assert "while you were looking" in restore(as_publisher, pk, number, seen)
    assert not Article.objects.exists()


def test_a_restore_never_empties_a_live_page(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer="", status=Article.Status.DRAFT)
    save(as_publisher, article, "_publish", answer="One.")
    restore(as_editor, article.pk, numbers(article)[0])
    assert "answer" in errors(save(as_publisher, article))
    article.refresh_from_db()
    assert article.answer == "One."


def test_each_earlier_version_is_one_click_away(as_editor: Client) -> None:
    article = make_article(answer="One.")
    save(as_editor, article, answer="Two.")
    url = reverse("admin:learn_article_history", args=[article.pk])
    html = as_editor.get(url).content.decode()
    first, last = numbers(article)
    assert reverse("admin:learn_article_restore", args=[article.pk, first]) in html
    assert reverse("admin:learn_article_restore", args=[article.pk, last]) not in html


def test_a_deleted_article_comes_back_as_a_draft(as_publisher: Client) -> None:
    article, other = make_article(answer="One.", slug="why"), make_article()
    make_link(article, other)
    Revision.objects.all().delete()
    pk = article.pk
    article.delete()
    assert as_publisher.get("/learn/physics/questions/why").status_code == 410
    number = Revision.objects.filter(id=pk).latest("history_id").history_id
    assert "is restored" in restore(as_publisher, pk, number)
    back = Article.objects.get(pk=pk)
    assert (back.answer, back.status, back.slug) == ("One.", Article.Status.DRAFT, "why")
    assert back.related_links.get().target == other
    assert back.version > article.version
    save(as_publisher, back, "_publish")
    assert as_publisher.get("/learn/physics/questions/why").status_code == 200


def test_restoring_an_article_whose_address_is_taken_is_refused(as_publisher: Client) -> None:
    article = make_article(slug="why")
    pk = article.pk
    article.delete()
    make_article(slug="why")
    number = Revision.objects.filter(id=pk).latest("history_id").history_id
    assert "Another article stands at this address now" in restore(as_publisher, pk, number)
    assert not Article.objects.filter(pk=pk).exists()


def test_there_is_no_history_of_what_never_was(as_editor: Client) -> None:
    assert as_editor.get("/admin/learn/article/999/history/").status_code == 404
    assert as_editor.get("/admin/learn/article/x/history/").status_code == 404
    article = make_article()
    assert as_editor.get(f"/admin/learn/article/{article.pk}/history/999/").status_code == 404


@pytest.mark.parametrize("is_deleted", [False, True])
def test_what_is_restored_exports_byte_for_byte_as_it_was(
    is_deleted: bool, as_publisher: Client, tmp_path: Path
) -> None:
    source, first, last = (tmp_path / name for name in ("source", "first", "last"))
    links = {"related_article1": related(OTHER)}
    article_file(source, OTHER)
    article_file(source, WHY, answer=r"One.\n\n$\neq$ \"two\": 'three'", unknown={"kept": [1, "no"]}, **links)
    import_articles([str(source)], jobs=1)
    export_articles(first)
    article = Article.objects.select_related("subject").get(slug="why")
    changes = {"answer": "Other.", "question": "Other?", "keywords": "x", "related": "", "no_index": "on"}
    save(as_publisher, article, **changes)
    export_articles(tmp_path / "between")
    name = next(path.relative_to(first) for path in first.rglob("why.md"))
    assert (tmp_path / "between" / name).read_bytes() != (first / name).read_bytes()
    restore(as_publisher, article.pk, numbers(article)[0])
    save(as_publisher, article)
    if is_deleted:
        as_publisher.post(reverse("admin:learn_article_delete", args=[article.pk]), {"post": "yes"})
        url = reverse("admin:learn_article_restore", args=[article.pk, numbers(article)[-1]])
        as_publisher.post(url, {"version": "", "_as_it_was": "1"})
    export_articles(last)
    assert (last / name).read_bytes() == (first / name).read_bytes()
