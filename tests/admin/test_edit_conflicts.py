"""Edit conflicts: of two sessions on one article the second save is refused, and nothing of either is lost."""

from __future__ import annotations

import pytest
from django.test import Client

from learn.editing import bulk
from learn.editing.merge import MINE
from learn.models import Article, Revision, RevisionDetails
from learn.models.revisions import ensure_first_revision, record
from tests.admin.forms import change_url, errors, fields, open_form
from tests.factories import make_article, make_link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_team")]

TEXT = "First.\n\nSecond.\n\nThird."


def send(client: Client, article: Article, form: dict[str, str], **changes: str):
    return client.post(change_url(article), {**form, **changes, "_continue": "1"})


def test_the_second_save_is_refused_with_both_texts(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    ednas, pauls = open_form(as_editor, article), open_form(as_publisher, article)
    assert send(as_publisher, article, pauls, answer="Paul's text.").status_code == 302
    response = send(as_editor, article, ednas, answer="Edna's text.")
    assert response.status_code == 409
    html = response.content.decode()
    assert "paul changed this article while you were editing it" in html
    assert "Paul&#x27;s text." in html
    assert "Edna&#x27;s text." in html
    article.refresh_from_db()
    assert (article.answer, article.version) == ("Paul's text.", 2)


def test_changes_in_different_places_are_put_together(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT, description="Old.", keywords="old")
    other = make_article()
    ednas, pauls = open_form(as_editor, article), open_form(as_publisher, article)
    send(
        as_publisher,
        article,
        pauls,
        answer=TEXT.replace("First", "PAUL"),
        keywords="pauls",
        related=other.get_absolute_url(),
    )
    refused = send(as_editor, article, ednas, answer=TEXT.replace("Third", "EDNA"), description="Edna's.")
    merged = fields(refused)
    assert merged["answer"] == "PAUL.\n\nSecond.\n\nEDNA."
    assert (merged["keywords"], merged["description"]) == ("pauls", "Edna's.")
    assert merged["related"] == other.get_absolute_url()
    conflict = refused.context["conflict"]
    assert conflict.only_theirs == ["Keywords", "Related questions"]
    assert [field.label for field in conflict.both] == ["Answer"]
    assert send(as_editor, article, merged).status_code == 302
    article.refresh_from_db()
    assert (article.answer, article.keywords) == ("PAUL.\n\nSecond.\n\nEDNA.", "pauls")
    versions = Revision.objects.filter(id=article.pk).order_by("history_id").values_list("answer", flat=True)
    assert list(versions) == [TEXT, TEXT.replace("First", "PAUL"), "PAUL.\n\nSecond.\n\nEDNA."]


def test_what_cannot_be_put_together_is_marked_and_not_saved_so(
    as_editor: Client, as_publisher: Client
) -> None:
    article = make_article(answer=TEXT)
    ednas, pauls = open_form(as_editor, article), open_form(as_publisher, article)
    send(as_publisher, article, pauls, answer=TEXT.replace("Second", "PAUL"))
    refused = send(as_editor, article, ednas, answer=TEXT.replace("Second", "EDNA"))
    merged = fields(refused)
    assert MINE in merged["answer"]
    again = send(as_editor, article, merged)
    assert again.status_code == 200
    assert "Two versions of the answer are still beside each other" in errors(again)["answer"][0]
    decided = fields(again)
    assert send(as_editor, article, decided, answer=TEXT.replace("Second", "BOTH")).status_code == 302
    article.refresh_from_db()
    assert "BOTH" in article.answer


def test_an_empty_form_field_that_they_filled_is_not_emptied(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(keywords="")
    ednas, pauls = open_form(as_editor, article), open_form(as_publisher, article)
    send(as_publisher, article, pauls, keywords="pauls", no_index="on")
    merged = fields(send(as_editor, article, ednas, answer="Edna's."))
    send(as_editor, article, merged)
    article.refresh_from_db()
    assert (article.keywords, article.answer, article.no_index) == ("pauls", "Edna's.", True)


def test_a_bulk_action_counts_as_a_change(as_editor: Client, publisher) -> None:
    article = make_article()
    form = open_form(as_editor, article)
    bulk.unpublish([article.pk], publisher)
    refused = send(as_editor, article, form, answer="Edna's.")
    assert refused.status_code == 409
    send(as_editor, article, fields(refused))
    article.refresh_from_db()
    assert (article.answer, article.status) == ("Edna's.", Article.Status.UNPUBLISHED)


def test_an_import_counts_as_a_change(as_editor: Client) -> None:
    article = make_article(answer=TEXT)
    form = open_form(as_editor, article)
    ensure_first_revision(Article, [article.pk])
    Article.objects.filter(pk=article.pk).update(answer="From a file.", version=article.version + 1)
    record([Article.objects.get(pk=article.pk)], source=RevisionDetails.Source.IMPORT)
    refused = send(as_editor, article, form, description="Edna's.")
    assert "(import)" in refused.content.decode()
    merged = fields(refused)
    assert (merged["answer"], merged["description"]) == ("From a file.", "Edna's.")


def test_a_form_without_its_version_is_refused(as_editor: Client) -> None:
    article = make_article()
    form = open_form(as_editor, article)
    del form["seen_version"]
    assert send(as_editor, article, form, answer="Blind.").status_code == 409
    article.refresh_from_db()
    assert article.answer != "Blind."


def test_a_moved_target_is_no_conflict_of_the_links(as_editor: Client, as_publisher: Client) -> None:
    article, target = make_article(), make_article(slug="before")
    make_link(article, target)
    ednas, pauls = open_form(as_editor, article), open_form(as_publisher, article)
    send(as_publisher, article, pauls, keywords="pauls")
    refused = send(as_editor, article, ednas, answer="Edna's.")
    assert refused.context["conflict"].both == []
    assert fields(refused)["related"] == target.get_absolute_url()
