"""Working copies: what an editor writes beside a live page, and how it becomes live."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from learn.db import state
from learn.editing import bulk, working_copies
from learn.editing.merge import MINE
from learn.models import Article, Redirect, Revision, RevisionDetails, WorkingCopy
from learn.models.revisions import ensure_first_revision, record
from tests.admin.forms import ADD, KEEP, KEY, change_url, errors, fields, keep, open_form, save
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

TEXT = "First.\n\nSecond.\n\nThird."


def row(article: Article) -> dict[str, object]:
    return Article.objects.values().get(pk=article.pk)


def arrives(article: Article, **values: object) -> None:
    """An import changes the live row."""
    ensure_first_revision(Article, [article.pk])
    Article.objects.filter(pk=article.pk).update(
        **values, version=Article.objects.get(pk=article.pk).version + 1
    )
    record([Article.objects.get(pk=article.pk)], source=RevisionDetails.Source.IMPORT)


# --- A draft beside a live page -----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["editor", "publisher"])
def test_saving_a_draft_touches_nothing_that_visitors_see(
    who: str, as_editor: Client, as_publisher: Client, client: Client
) -> None:
    article, other = make_article(answer=TEXT), make_article()
    before, page, generation = row(article), client.get(article.get_absolute_url()).content, state.read()
    writer, button = (as_editor, "_continue") if who == "editor" else (as_publisher, "_draft")
    response = save(writer, article, button, answer="Better.", related=other.get_absolute_url())
    assert (response.status_code, response.url) == (302, change_url(article))
    assert row(article) == before
    assert client.get(article.get_absolute_url()).content == page
    assert state.read() == generation
    assert Revision.objects.filter(id=article.pk).count() == 1
    assert not article.related_links.exists()
    form = open_form(as_editor, article)
    assert (form["answer"], form["related"]) == ("Better.", other.get_absolute_url())
    assert open_form(as_publisher, article)["answer"] == "Better."


def test_the_form_says_which_is_looked_at_and_shows_what_differs(as_editor: Client) -> None:
    article = make_article(answer=TEXT)
    assert "draft beside it" in as_editor.get(change_url(article)).text
    save(as_editor, article, answer=TEXT.replace("Second", "Other"))
    draft = as_editor.get(change_url(article)).text
    assert "You are looking at the draft" in draft
    assert "<del>Second</del>" in draft
    assert "<ins>Other</ins>" in draft
    live = as_editor.get(change_url(article), {"show": "live"}).text
    assert "You are looking at the live page" in live
    assert 'name="_continue"' not in live
    assert "Second." in live
    listing = " ".join(
        as_editor.get(reverse("admin:learn_article_changelist"), {"status": "changes"}).text.split()
    )
    assert "Unpublished changes" in listing
    assert "by edna" in listing
    assert article.question in as_editor.get("/admin/").text


def test_publishing_goes_the_way_of_every_save(
    as_editor: Client, as_publisher: Client, client: Client
) -> None:
    article, other = make_article(slug="before", answer=TEXT), make_article()
    save(as_editor, article, answer="Better.", related=other.get_absolute_url(), note="Said better")
    save(as_publisher, article, slug="after")
    assert client.get("/learn/physics/questions/before")["Location"] == "/learn/physics/questions/after"
    assert "Better." in client.get("/learn/physics/questions/after").text
    article.refresh_from_db()
    assert (article.version, article.related_links.get().target) == (2, other)
    assert Redirect.objects.count() == 1
    last = Revision.objects.filter(id=article.pk).first()
    assert (last.history_user.username, last.history_change_reason) == ("paul", "Said better")
    assert Revision.objects.filter(id=article.pk).count() == 2
    assert not WorkingCopy.objects.exists()


def test_a_draft_may_be_incomplete_and_publishing_it_may_not(as_editor: Client, as_publisher: Client) -> None:
    article = make_article()
    assert save(as_editor, article, answer="").status_code == 302
    assert "answer" in errors(save(as_publisher, article))
    article.refresh_from_db()
    assert article.answer


def test_discarding_asks_first(as_editor: Client, as_publisher: Client) -> None:
    article = make_article()
    save(as_editor, article, answer="Better.")
    copy = WorkingCopy.objects.get()
    url = reverse("admin:learn_article_discard", args=[copy.key])
    page = as_publisher.get(url)
    assert "<ins>" in page.text
    assert WorkingCopy.objects.exists()
    keep(as_editor, article, str(copy.number), answer=("Better.", "Best."))
    as_publisher.post(url, {"number": copy.number})
    assert WorkingCopy.objects.exists()  # somebody wrote on meanwhile
    as_publisher.post(url, {"number": copy.number + 1})
    assert not WorkingCopy.objects.exists()
    assert as_publisher.get(url).status_code == 404


def test_a_draft_that_says_what_is_live_is_none(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    # A browser leaves out seconds that are none.
    Article.objects.update(publish_at=dt.datetime(2025, 5, 27, tzinfo=dt.UTC))
    moment = {"publish_at": "2025-05-27T00:00"}
    assert "Nothing was changed" in as_editor.get(save(as_editor, article).url).text
    assert "Nothing was changed" in as_publisher.get(save(as_publisher, article, "_draft", **moment).url).text
    save(as_editor, article, answer="Better.")
    save(as_editor, article, answer=TEXT)
    assert not WorkingCopy.objects.exists()


def test_a_publishers_fields_stay_when_an_editor_goes_on(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(status=Article.Status.DRAFT)
    form = open_form(as_publisher, article)
    keep(as_publisher, article, answer=("", ""), no_index=("", "on"), keywords=(form["keywords"], "kept"))
    save(as_editor, article, answer="Edna's.")
    article.refresh_from_db()
    assert (article.answer, article.keywords, article.no_index) == ("Edna's.", "kept", False)
    assert WorkingCopy.objects.get().values["no_index"] == "on"
    save(as_publisher, article)
    article.refresh_from_db()
    assert article.no_index
    assert not WorkingCopy.objects.exists()


def test_a_deleted_article_leaves_its_draft(as_editor: Client) -> None:
    article = make_article()
    save(as_editor, article, answer="An hour of work.")
    article.delete()
    copy = WorkingCopy.objects.get()
    assert fields(as_editor.get(ADD, {"draft": copy.key}))["answer"] == "An hour of work."


# --- The live page changes below it -------------------------------------------------------------------------


def test_a_draft_is_put_on_top_of_what_became_live_meanwhile(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT, keywords="old")
    save(as_editor, article, answer=TEXT.replace("Third", "EDNA"))
    arrives(article, answer=TEXT.replace("First", "FILE"), keywords="new")
    page = as_editor.get(change_url(article))
    form = fields(page)
    assert (form["answer"], form["keywords"]) == ("FILE.\n\nSecond.\n\nEDNA.", "new")
    assert "the draft holds both changes" in page.text
    save(as_publisher, article)
    article.refresh_from_db()
    assert (article.answer, article.keywords) == ("FILE.\n\nSecond.\n\nEDNA.", "new")


def test_what_clashes_waits_with_a_notice(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    save(as_editor, article, answer=TEXT.replace("Second", "EDNA"))
    arrives(article, answer=TEXT.replace("Second", "FILE"))
    listing = as_editor.get(reverse("admin:learn_article_changelist")).text
    assert "The live page changed since" in listing
    assert "the live page changed since" in as_editor.get("/admin/").text
    page = as_publisher.get(change_url(article))
    assert MINE in fields(page)["answer"]
    assert "Two people changed this article" in page.text
    assert "still beside each other" in str(errors(save(as_publisher, article))["answer"])
    copy = WorkingCopy.objects.get()
    assert "in the same places" in working_copies.publish(copy, None)[0]
    keep(as_editor, article, str(copy.number), keywords=(copy.values["keywords"], "more"))
    assert WorkingCopy.objects.get().values["answer"] == TEXT.replace("Second", "EDNA")
    save(as_editor, article, answer=TEXT.replace("Second", "BOTH"))
    assert fields(as_publisher.get(change_url(article)))["answer"] == TEXT.replace("Second", "BOTH")
    assert working_copies.publish(WorkingCopy.objects.get(), None) == []
    article.refresh_from_db()
    assert (article.answer, article.keywords) == (TEXT.replace("Second", "BOTH"), "more")


def test_a_draft_outlives_unpublishing(as_editor: Client, as_publisher: Client, publisher: User) -> None:
    article = make_article(answer=TEXT)
    save(as_editor, article, answer="Better.")
    bulk.unpublish([article.pk], publisher)
    assert open_form(as_editor, article)["answer"] == "Better."
    save(as_publisher, article, "_publish")
    article.refresh_from_db()
    assert (article.answer, article.status) == ("Better.", "published")


# --- Two people, one draft ----------------------------------------------------------------------------------


def test_two_who_save_one_draft_lose_nothing(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT, keywords="")
    ednas, pauls = open_form(as_editor, article), open_form(as_publisher, article)
    url = change_url(article)
    as_editor.post(
        url, {**ednas, "answer": TEXT.replace("Second", "EDNA"), "keywords": "ednas", "_continue": "1"}
    )
    # Another field: put together, unasked.
    as_publisher.post(url, {**pauls, "description": "Paul's.", "_draft": "1"})
    kept = WorkingCopy.objects.get().values
    assert (kept["answer"], kept["keywords"], kept["description"]) == (
        TEXT.replace("Second", "EDNA"), "ednas", "Paul's.",
    )  # fmt: skip
    refused: HttpResponse = as_publisher.post(
        url, {**pauls, "answer": TEXT.replace("Second", "PAUL"), "_continue": "1"}
    )
    assert refused.status_code == 409
    assert "EDNA" in fields(refused)["answer"]
    assert "PAUL" in fields(refused)["answer"]
    article.refresh_from_db()
    assert article.answer == TEXT


def test_a_form_is_not_taken_for_one_of_a_later_draft(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    save(as_editor, article, answer=f"{TEXT}\n\nEdna.")
    old = open_form(as_editor, article)
    save(as_publisher, article)
    save(as_publisher, article, "_draft", answer=f"Paul.\n\n{TEXT}\n\nEdna.")
    refused = as_editor.post(change_url(article), {**old, "keywords": "x", "_continue": "1"})
    assert "Paul." in fields(refused)["answer"]
    assert "Paul." in WorkingCopy.objects.get().values["answer"]


# --- Kept while somebody writes -----------------------------------------------------------------------------


def test_what_is_typed_is_kept_without_a_revision(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    before = row(article)
    kept = keep(as_editor, article, answer=(TEXT, "Half a sen"))
    assert (kept["clashes"], kept["values"]) == ([], None)
    kept = keep(as_editor, article, kept["number"], answer=("Half a sen", "Half a sentence."))
    assert open_form(as_publisher, article)["answer"] == "Half a sentence."
    assert row(article) == before
    assert Revision.objects.count() == 1
    assert open_form(as_publisher, article)["seen_copy"] == str(kept["number"])


def test_a_colleagues_words_come_back_with_the_answer(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    first = keep(as_editor, article, answer=(TEXT, TEXT.replace("First", "EDNA")))
    second = keep(as_publisher, article, answer=(TEXT, TEXT.replace("Third", "PAUL")))
    both = "EDNA.\n\nSecond.\n\nPAUL."
    assert second["values"]["answer"] == both
    assert keep(as_editor, article, first["number"], keywords=("", "x"))["values"]["answer"] == both
    clash = keep(as_publisher, article, second["number"], answer=(TEXT, TEXT.replace("First", "CLASH")))
    assert clash["clashes"] == ["answer"]
    assert WorkingCopy.objects.get().values["answer"] == both


def test_each_new_article_is_kept_for_itself(as_editor: Client, as_publisher: Client) -> None:
    other = "fedcba9876543210"
    keep(as_editor, None, question=("", "One?"))
    keep(as_editor, None, key=other, question=("", "Two?"))
    page = as_editor.get(ADD).text
    assert "One?" in page
    assert "Two?" in page
    assert "One?" in as_publisher.get("/admin/").text
    form = fields(as_editor.get(ADD, {"draft": KEY}))
    assert (form["question"], form["draft_key"]) == ("One?", KEY)
    as_editor.post(ADD, {**form, "subject": make_subject().pk, "_continue": "1"})
    assert Article.objects.get().question == "One?"
    assert [copy.values["question"] for copy in WorkingCopy.objects.all()] == ["Two?"]


def test_what_cannot_be_kept_is_refused(as_editor: Client) -> None:
    article = make_article()
    assert keep(as_editor, article, answer=("", "x" * (working_copies.VALUE_MAX_LENGTH + 1))) == 413
    assert keep(as_editor, None, key="../etc") == 403
    assert as_editor.post(KEEP, {"article": article.pk, "changes": "[1"}).status_code == 400
    assert as_editor.post(KEEP, {"article": "999", "changes": "{}"}).status_code == 404
    odd = keep(as_editor, article, answer=("", "nul\0 \ud800"), seen_version=("1", "9"), nothing=("", "x"))
    assert odd["clashes"] == ["answer"]
    assert keep(as_editor, article, keywords=(article.keywords, "nul\0 \ud800"))["number"]
    assert WorkingCopy.objects.get().values["keywords"].startswith("nul ")
