"""What is typed reaches the server, or the browser learns why not: refused forms, notes, drafts that are gone."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from learn.models import Article, Revision, WorkingCopy
from tests.admin.forms import ADD, KEY, change_url, fields, keep, open_form, save
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

TEXT = "First.\n\nSecond.\n\nThird."


def test_a_refused_form_says_what_the_server_has(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    keep(as_editor, article, keywords=(article.keywords, "kept"), no_index=("", "on"))
    response = save(as_editor, article, question="", answer="Edna's.", note="why")
    assert response.status_code == 200
    held = response.context["held"]
    assert (held["question"], held["answer"], held["keywords"]) == (article.question, TEXT, "kept")
    assert held["note"] == ""
    assert "no_index" not in held  # which is a publisher's
    assert f'"answer": "{TEXT.splitlines()[0]}' in response.text
    number = fields(response)["seen_copy"]
    changes = {name: (held[name], fields(response).get(name, "")) for name in ("question", "answer", "note")}
    assert keep(as_editor, article, number, **changes)["clashes"] == []
    kept = WorkingCopy.objects.get().values
    assert (kept["question"], kept["answer"], kept["note"]) == ("", "Edna's.", "why")
    assert "held" not in as_editor.get(change_url(article)).context


def test_a_conflict_says_what_the_server_has_by_now(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    ednas, pauls = open_form(as_editor, article), open_form(as_publisher, article)
    as_publisher.post(change_url(article), {**pauls, "answer": TEXT.replace("Third", "PAUL"), "_draft": "1"})
    ednas["answer"] = TEXT.replace("First", "EDNA")
    refused = as_editor.post(change_url(article), {**ednas, "_continue": "1"})
    assert refused.status_code == 409
    assert refused.context["held"]["answer"] == TEXT.replace("Third", "PAUL")


def test_a_refused_new_article_says_what_the_server_has(as_editor: Client) -> None:
    form = fields(as_editor.get(ADD))
    refused = as_editor.post(ADD, {**form, "question": "Why?", "_continue": "1"})  # without a subject
    assert refused.context["held"]["question"] == ""
    key = fields(refused)["draft_key"]
    number = keep(as_editor, None, key=key, question=("", "Why?"))["number"]
    form = fields(as_editor.get(ADD, {"draft": key}))
    assert form["seen_copy"] == number
    refused = as_editor.post(ADD, {**form, "question": "Why so?", "_continue": "1"})
    assert refused.context["held"]["question"] == "Why?"
    keep(as_editor, None, number, key=key, question=("Why?", "Whence?"))
    refused = as_editor.post(ADD, {**form, "question": "Why so?", "_continue": "1"})
    assert refused.context["held"]["question"] == ""  # whose beginning is not known shares nothing


def test_a_note_alone_is_kept(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    first = keep(as_editor, article, note=("", "Because."))
    assert open_form(as_publisher, article)["note"] == "Because."
    keep(as_editor, article, first["number"], answer=(TEXT, "Better."))
    assert WorkingCopy.objects.get().values["note"] == "Because."
    save(as_publisher, article)
    assert Revision.objects.filter(id=article.pk).first().history_change_reason == "Because."
    other = make_article()
    keep(as_editor, other, note=("", "Because."))
    keep(as_editor, other, note=("Because.", ""))
    assert not WorkingCopy.objects.exists()


def test_what_is_typed_into_a_new_article_that_was_saved_goes_into_its_draft(
    as_editor: Client, as_publisher: Client
) -> None:
    number = keep(as_editor, None, question=("", "One?"), answer=("", TEXT))["number"]
    form = fields(as_editor.get(ADD, {"draft": KEY}))
    as_editor.post(ADD, {**form, "subject": make_subject().pk, "_continue": "1"})
    article = Article.objects.get()
    typed = TEXT.replace("Third", "OTHER")
    for client in (as_editor, as_publisher):  # in another tab, or by somebody else
        answer = keep(client, None, number, answer=(TEXT, typed))
        assert answer["article"] == {"pk": article.pk, "url": change_url(article)}
        assert answer["values"]["question"] == "One?"
        assert open_form(as_editor, article)["answer"] == typed
    assert WorkingCopy.objects.get().article == article
    assert as_publisher.get(ADD, {"draft": KEY}).url == change_url(article)
    assert keep(as_editor, article, answer=(typed, typed))["article"] is None
    article.delete()
    WorkingCopy.objects.all().delete()
    assert keep(as_editor, None, question=("", "Two?"))["article"] is None


def test_a_discarded_draft_is_told_to_who_writes_in_it(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    as_editor.post(reverse("admin:learn_article_here"), {"article": article.pk, "typing": "1"})
    number = keep(as_editor, article, answer=(TEXT, "An hour of work."))["number"]
    url = reverse("admin:learn_article_discard", args=[WorkingCopy.objects.get().key])
    assert "edna is writing here" in as_publisher.get(url).text
    assert "is writing here" not in as_editor.get(url).text  # it is hers
    as_publisher.post(url, {"number": WorkingCopy.objects.get().number})
    for _ in range(2):
        told = keep(as_editor, article, number, answer=("An hour of work.", "An hour of work, and more."))
        assert told["discarded"]["by"] == "paul"
        assert (told["number"], told["values"]["answer"]) == ("", TEXT)
        assert not WorkingCopy.objects.exists()
    keep(as_editor, article, answer=(TEXT, "Once more."))  # who began anew
    assert WorkingCopy.objects.get().values["answer"] == "Once more."
    # A draft that was saved is gone, too, and was not discarded.
    number = keep(as_editor, article, answer=("Once more.", "Twice more."))["number"]
    save(as_publisher, article)
    assert keep(as_editor, article, number, answer=("Twice more.", "Twice more!"))["values"]["answer"]


def test_a_discarded_draft_of_a_new_article_is_told_too(as_editor: Client, as_publisher: Client) -> None:
    number = keep(as_editor, None, question=("", "One?"))["number"]
    copy = WorkingCopy.objects.get()
    as_publisher.post(reverse("admin:learn_article_discard", args=[copy.key]), {"number": copy.number})
    told = keep(as_editor, None, number, question=("One?", "One more?"))
    assert (told["discarded"]["by"], told["values"]["question"]) == ("paul", "")
    assert not WorkingCopy.objects.exists()
