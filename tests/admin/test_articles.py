"""The form of an article: what it saves, refuses, and causes."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.documents import import_key_of
from learn.editing.scheduled import publish_due
from learn.models import Article, Redirect, Revision
from learn.models.articles import latest_revision
from tests.admin.forms import change_url, errors, fields, open_form, save
from tests.factories import make_article, make_link, make_subject

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_team")]
Status = Article.Status
ADD = "/admin/learn/article/add/"


def as_imported(article: Article) -> Article:
    """`article` as if its file said what it says now."""
    Article.objects.filter(pk=article.pk).update(imported_key=import_key_of(article), source_path="a/b.md")
    article.refresh_from_db()
    return article


# --- Saving -------------------------------------------------------------------------------------------------


def test_a_new_question_is_a_draft_with_all_that_a_file_has(as_editor: Client) -> None:
    subject = make_subject("physics")
    blank = fields(as_editor.get(ADD))
    response = as_editor.post(
        ADD, {**blank, "question": "Why is the sky blue?", "subject": subject.pk, "_continue": "1"}
    )
    article = Article.objects.get()
    assert response.url == change_url(article)
    assert (article.status, article.slug, article.version) == (Status.DRAFT, "why-is-the-sky-blue", 1)
    assert (article.title, article.subject_label) == ("Why is the sky blue?", "Physics")
    assert as_editor.get(article.get_absolute_url()).status_code == 404


def test_spelling_is_checked_in_sentences_and_not_in_addresses(as_editor: Client) -> None:
    page = as_editor.get(change_url(make_article())).content.decode()
    checked = {}
    for tag in re.findall(r"<(?:textarea|input)\b[^>]*>", page):
        named = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if "spellcheck" in named:
            checked[named["name"]] = (named.get("lang"), named["spellcheck"])
    assert {name for name, said in checked.items() if said == ("en", "true")} == {
        "question", "answer", "description", "keywords", "title", "article_title", "seo_title", "body", "note",
    }  # fmt: skip
    assert {name for name, said in checked.items() if said == (None, "false")} == {
        "slug", "author", "subject_label", "date_format", "post_on_text", "related", "expires_to",
    }  # fmt: skip


def test_opening_and_saving_changes_nothing(as_editor: Client) -> None:
    article = as_imported(
        make_article(
            answer="Trailing space \n\nLines.\n",
            description="Two\nlines ",
            title="Another  title",
            keywords=" a, b ",
        )
    )
    make_link(article, make_article())
    make_link(article, None)
    as_imported(article)
    before = Article.objects.values().get(pk=article.pk)
    response = save(as_editor, article)
    assert response.status_code == 302
    assert Article.objects.values().get(pk=article.pk) == before
    assert Revision.objects.filter(id=article.pk).count() == 1
    assert "Nothing was changed" in as_editor.get(response.url).content.decode()


def test_only_what_was_changed_differs_from_the_file(as_editor: Client) -> None:
    article = as_imported(make_article(answer="Old answer. ", description="Two\nlines "))
    save(as_editor, article, answer="New answer.\r\n\r\nSecond paragraph.")
    changed = Article.objects.get(pk=article.pk)
    assert changed.answer == "New answer.\n\nSecond paragraph."
    assert (changed.description, changed.keywords) == (article.description, article.keywords)
    assert changed.edited_at is not None
    assert changed.version == article.version + 1


def test_what_the_browser_cannot_show_is_left_out(as_editor: Client) -> None:
    article = make_article()
    save(as_editor, article, answer="Bell\x07 and\tnull\x00.")
    article.refresh_from_db()
    assert article.answer == "Bell and\tnull."


def test_titles_follow_the_question_where_they_said_the_same(as_editor: Client) -> None:
    article = make_article(question="Old?", title="Old?", article_title="Its own title")
    save(as_editor, article, question="New?")
    article.refresh_from_db()
    assert (article.question, article.title, article.article_title) == ("New?", "New?", "Its own title")


def test_the_page_shows_the_new_answer_at_once(as_editor: Client) -> None:
    article = make_article()
    save(as_editor, article, answer="A **fresh** answer.")
    assert "<strong>fresh</strong>" in as_editor.get(article.get_absolute_url()).content.decode()


def test_a_save_is_in_the_history_with_who_and_from_where(as_editor: Client) -> None:
    article = make_article()
    save(as_editor, article, answer="New.")
    last = latest_revision(article.pk)
    assert (last.history_user.username, last.source, last.version) == ("edna", "admin", 2)
    assert Revision.objects.filter(id=article.pk).count() == 2


# --- The address --------------------------------------------------------------------------------------------


def test_a_new_slug_moves_the_page_and_leaves_a_301(as_publisher: Client) -> None:
    article = make_article(slug="before")
    save(as_publisher, article, slug="after")
    response = as_publisher.get("/learn/physics/questions/before")
    assert (response.status_code, response["Location"]) == (301, "/learn/physics/questions/after")
    assert Redirect.objects.get().target_id == article.pk


def test_a_new_subject_moves_the_page_and_what_the_file_calls_it(as_publisher: Client) -> None:
    article = make_article(slug="why")
    save(as_publisher, article, subject=make_subject("chemistry").pk)
    article.refresh_from_db()
    assert article.get_absolute_url() == "/learn/chemistry/questions/why"
    assert (article.subject_label, article.seo_title) == ("Chemistry", "QuickTakes | Chemistry")
    assert as_publisher.get("/learn/physics/questions/why")["Location"] == "/learn/chemistry/questions/why"


def test_a_taken_address_is_refused_with_the_name_of_who_has_it(as_publisher: Client) -> None:
    make_article(slug="taken", question="Who was first?")
    article = make_article(slug="free")
    response = save(as_publisher, article, slug="taken")
    assert errors(response)["slug"] == [
        "“Who was first?” already stands at this address. Choose another slug."
    ]


def test_a_slug_is_held_to_the_form_of_addresses(as_publisher: Client) -> None:
    assert "slug" in errors(save(as_publisher, make_article(), slug="Nicht so!"))


# --- Related questions --------------------------------------------------------------------------------------


def test_related_questions_are_kept_in_order_and_in_the_history(as_editor: Client) -> None:
    article, first, second = make_article(), make_article(), make_article()
    addresses = [second.get_absolute_url(), first.get_absolute_url()]
    save(as_editor, article, related="\r\n".join(addresses))
    assert list(article.related_links.order_by("position").values_list("url", flat=True)) == addresses
    assert [link[-1] for link in latest_revision(article.pk).related] == addresses
    article.refresh_from_db()
    assert (article.version, article.link_flaws) == (2, 0)


def test_a_dead_link_may_stay_but_not_come(as_editor: Client) -> None:
    article = make_article()
    make_link(article, None, url="/learn/physics/questions/old-dead")
    response = save(
        as_editor, article, related="/learn/physics/questions/old-dead\n/learn/physics/questions/new-dead"
    )
    assert errors(response)["related"] == [
        "No article stands at /learn/physics/questions/new-dead. Choose one from the suggestions."
    ]
    assert save(as_editor, article, answer="Else.").status_code == 302
    assert article.related_links.get().url == "/learn/physics/questions/old-dead"


def test_a_repeated_link_is_kept_once_when_the_list_is_touched(as_editor: Client) -> None:
    article, other = make_article(), make_article()
    make_link(article, other)
    make_link(article, other)
    save(as_editor, article, related=f"{other.get_absolute_url()}\n{other.get_absolute_url()}\n")
    assert article.related_links.count() == 1


# --- Publishing ---------------------------------------------------------------------------------------------


def test_a_draft_may_be_incomplete_but_a_page_may_not(as_publisher: Client) -> None:
    article = make_article(status=Status.DRAFT)
    assert save(as_publisher, article, answer="", description="").status_code == 302
    response = save(as_publisher, article, "_publish")
    assert errors(response) == {
        "answer": ["Write the answer."],
        "description": ["Write the description that search results show."],
    }
    article.refresh_from_db()
    assert article.status == Status.DRAFT
    save(as_publisher, article, "_publish", answer="Now.", description="Now, too.")
    article.refresh_from_db()
    assert article.is_published
    assert latest_revision(article.pk).history_change_reason == "publish"


def test_a_live_page_may_not_lose_its_answer(as_publisher: Client) -> None:
    article = make_article(description="")
    assert "answer" in errors(save(as_publisher, article, answer=" "))
    # An old page without a description can still be mended elsewhere.
    assert save(as_publisher, article, answer="Better.").status_code == 302


def test_unpublishing_answers_410(as_publisher: Client) -> None:
    article = make_article()
    save(as_publisher, article, "_unpublish")
    assert as_publisher.get(article.get_absolute_url()).status_code == 410
    save(as_publisher, article, "_publish")
    assert as_publisher.get(article.get_absolute_url()).status_code == 200


def test_a_later_moment_schedules_the_page(as_publisher: Client) -> None:
    article = make_article(status=Status.DRAFT)
    tomorrow = timezone.now() + dt.timedelta(days=1)
    response = save(as_publisher, article, "_publish", publish_at=f"{tomorrow:%Y-%m-%dT%H:%M:%S}")
    article.refresh_from_db()
    assert article.is_scheduled
    assert "It appears on" in as_publisher.get(response.url).content.decode()
    assert as_publisher.get(article.get_absolute_url()).status_code == 404


def test_a_page_expires_at_the_moment_that_a_publisher_chose(as_publisher: Client) -> None:
    article = make_article()
    later, before = timezone.now() + dt.timedelta(days=1), timezone.now() - dt.timedelta(minutes=1)
    save(as_publisher, article, "_continue", expires=f"{later:%Y-%m-%dT%H:%M:%S}")
    article.refresh_from_db()
    assert (article.is_published, article.expires) == (True, later.replace(microsecond=0))
    save(as_publisher, article, "_continue", expires=f"{before:%Y-%m-%dT%H:%M:%S}")
    assert as_publisher.get(article.get_absolute_url()).status_code == 410
    assert "Expired" in as_publisher.get(change_url(article)).content.decode()
    publish_due()
    article.refresh_from_db()
    assert article.status == Status.UNPUBLISHED
    response = save(as_publisher, article, "_publish")
    assert "this one has passed" in response.content.decode()
    save(as_publisher, article, "_publish", expires="")
    assert as_publisher.get(article.get_absolute_url()).status_code == 200


def test_a_change_note_stands_in_the_history_and_alone_changes_nothing(as_publisher: Client) -> None:
    article = make_article()
    save(as_publisher, article, note="Nothing else")
    assert Article.objects.get().version == 1
    save(as_publisher, article, author="Ada", note="Name  who wrote it")
    assert Revision.objects.first().history_change_reason == "Name who wrote it"
    history = as_publisher.get(reverse("admin:learn_article_history", args=[article.pk])).content.decode()
    assert "Name who wrote it" in history
    assert 'name="note" value' not in as_publisher.get(change_url(article)).content.decode()


def test_the_preferred_copy_becomes_the_canonical_one(as_publisher: Client) -> None:
    first = make_article(subject="biology", question="Same?", answer="Same.", is_preferred=True)
    second = make_article(subject="zoology", question="Same?", answer="Same.")
    html = as_publisher.get(change_url(second)).content.decode()
    assert first.get_absolute_url() in html
    save(as_publisher, second, is_preferred="on")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.canonical, first.canonical, first.is_preferred) == (None, second, False)


# --- The list -----------------------------------------------------------------------------------------------

LIST = reverse("admin:learn_article_changelist")


def listed(client: Client, **query: str) -> set[Article]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return set(response.context["cl"].result_list)


def test_filters_narrow_the_list(as_editor: Client) -> None:
    tomorrow = timezone.now() + dt.timedelta(days=1)
    sound = make_article(description="Sound.")
    draft, gone = make_article(status=Status.DRAFT), make_article(status=Status.UNPUBLISHED)
    later, hidden = make_article(publish_at=tomorrow), make_article(no_index=True)
    elsewhere = make_article(subject=make_subject("occult", is_listed=False))
    bare = make_article(description="")
    edited = as_imported(make_article(source_url="/learn/physics/questions/file"))
    edited.answer = "Edited."
    edited.save()
    missing = make_article(missing_since=timezone.now())
    everything = {sound, draft, gone, later, hidden, elsewhere, bare, edited, missing}
    assert listed(as_editor) == everything
    assert listed(as_editor, status="draft") == {draft}
    assert listed(as_editor, status="unpublished") == {gone}
    assert listed(as_editor, status="scheduled") == {later}
    assert listed(as_editor, indexing="no-index") == {hidden}
    assert listed(as_editor, indexing="unlisted") == {elsewhere}
    assert listed(as_editor, health="no-description") == {bare}
    assert listed(as_editor, **{"import": "edited"}) == {edited}
    assert listed(as_editor, **{"import": "missing"}) == {missing}
    assert listed(as_editor, **{"import": "own"}) == everything - {edited}
    assert listed(as_editor, subject__id__exact=str(elsewhere.subject_id)) == {elsewhere}


def test_search_finds_words_also_in_drafts_and_within_a_filter(as_editor: Client) -> None:
    draft = make_article(question="What is photosynthesis?", status=Status.DRAFT)
    live = make_article(question="Does photosynthesis need light?")
    make_article(question="What is gravity?")
    assert listed(as_editor, q="photosynthesis") == {draft, live}
    assert listed(as_editor, q="photosynthesis", status="draft") == {draft}
    assert listed(as_editor, q="xyzzy") == set()
    assert listed(as_editor, q='"; --') == set()


def test_search_takes_an_address(as_editor: Client) -> None:
    article = make_article()
    make_article()
    assert listed(as_editor, q=f"http://testserver{article.get_absolute_url()}") == {article}


def test_the_list_shows_what_is_wrong(as_editor: Client) -> None:
    make_article(answer="Too short, with a `tick")
    html = as_editor.get(LIST).content.decode()
    assert "code, cut off, thin, no related" in html


def test_a_filtered_count_goes_no_further_than_it_must(
    as_editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learn.admin.lists.COUNT_LIMIT", 2)
    for _ in range(3):
        make_article(no_index=True)
    html = as_editor.get(LIST, {"indexing": "no-index"}).content.decode()
    assert "more than 2 articles" in " ".join(html.split())
    assert "3 articles" in " ".join(as_editor.get(LIST).content.decode().split())


def test_the_form_opens_at_the_line_that_the_report_names(as_editor: Client) -> None:
    article = make_article()
    assert as_editor.get(f"{change_url(article)}?line=3").status_code == 200
    assert open_form(as_editor, article)["seen_version"] == str(article.version)
