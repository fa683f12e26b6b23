"""What others write, or take back, while somebody looks at a draft: nobody publishes it unseen."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from learn.editing.scheduled import publish_due
from learn.models import Article, Comment, Review, WorkingCopy
from tests.admin.forms import change_url, confirm, fields, open_form, save
from tests.admin.test_reviews import LIST, do, url
from tests.admin.test_schedules import in_an_hour
from tests.admin.test_working_copies import KEEP, TEXT, keep
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def publish(client: Client, article: Article, form: dict[str, str], **changes: str):
    return client.post(change_url(article), {**form, **changes, "_continue": "1"})


def live(article: Article) -> Article:
    return Article.objects.get(pk=article.pk)


def test_what_was_taken_back_meanwhile_is_not_published(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT, description="Right.")
    first = keep(as_editor, article, answer=(TEXT, f"{TEXT}\n\nGood."), description=("Right.", "Wrong."))
    form = open_form(as_publisher, article)
    keep(as_editor, article, first["number"], description=("Wrong.", "Right."))
    told = publish(as_publisher, article, form)
    assert told.status_code == 409
    assert "unpublished changes" in told.text
    assert (live(article).answer, live(article).description) == (TEXT, "Right.")
    again = fields(told)
    assert (again["answer"], again["description"]) == (f"{TEXT}\n\nGood.", "Right.")
    assert publish(as_publisher, article, again).status_code == 302
    assert (live(article).answer, live(article).description) == (f"{TEXT}\n\nGood.", "Right.")


@pytest.mark.parametrize("how", ["taken back", "discarded"])
def test_what_is_no_draft_any_more_is_not_published(
    how: str, as_editor: Client, as_publisher: Client
) -> None:
    article = make_article(answer=TEXT, keywords="before")
    first = keep(as_editor, article, answer=(TEXT, "Not this."))
    form = open_form(as_publisher, article)
    if how == "discarded":
        WorkingCopy.objects.all().delete()
    else:
        keep(as_editor, article, first["number"], answer=("Not this.", TEXT))
    told = publish(as_publisher, article, form, keywords="own")
    assert told.status_code == 409
    assert (live(article).answer, live(article).keywords) == (TEXT, "before")
    assert (fields(told)["answer"], fields(told)["keywords"]) == (TEXT, "own")
    assert publish(as_publisher, article, fields(told)).status_code == 302
    assert (live(article).answer, live(article).keywords) == (TEXT, "own")


def test_who_changed_nothing_of_a_field_keeps_what_others_wrote_there(
    as_editor: Client, as_publisher: Client
) -> None:
    article = make_article(answer=TEXT)
    first = keep(as_editor, article, answer=(TEXT, TEXT.replace("Second", "Half a")))
    form = open_form(as_publisher, article)
    whole = TEXT.replace("Second", "Half a sentence, and the rest")
    keep(as_editor, article, first["number"], answer=(form["answer"], whole))
    saved = as_publisher.post(change_url(article), {**form, "keywords": "own", "_draft": "1"})
    assert saved.status_code == 302
    values = WorkingCopy.objects.get().values
    assert (values["answer"], values["keywords"]) == (whole, "own")
    told = publish(as_publisher, article, form, keywords="other")
    assert told.status_code == 409
    assert live(article).answer == TEXT
    assert fields(told)["answer"] == whole


def test_a_new_article_is_not_published_with_what_came_meanwhile(
    as_editor: Client, as_publisher: Client
) -> None:
    article = make_article(answer=TEXT, status=Article.Status.DRAFT)
    form = open_form(as_publisher, article)
    keep(as_editor, article, answer=(TEXT, f"{TEXT}\n\nUnseen."))
    told = as_publisher.post(change_url(article), {**form, "_publish": "1"})
    assert told.status_code == 409
    assert live(article).status == Article.Status.DRAFT
    assert as_publisher.post(change_url(article), {**fields(told), "_publish": "1"}).status_code == 302
    assert (live(article).status, live(article).answer) == (Article.Status.PUBLISHED, f"{TEXT}\n\nUnseen.")


@pytest.mark.parametrize("nonsense", ["", "[", "[1]", "7", '{"answer": ["x"]}', "[" * 100_000])
def test_what_a_form_says_that_it_showed_may_be_nonsense(
    nonsense: str, as_editor: Client, as_publisher: Client
) -> None:
    article = make_article(answer=TEXT)
    keep(as_editor, article, answer=(TEXT, "Other."))
    form = {**open_form(as_publisher, article), "seen_values": nonsense, "seen_copy": "x"}
    assert publish(as_publisher, article, form).status_code in (302, 409)
    assert as_editor.post(KEEP, {"article": article.pk, "changes": nonsense}).status_code == 400


# --- Reviews --------------------------------------------------------------------------------------------------


def test_a_change_ends_the_approval_before_it(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    save(as_editor, article, answer="Reviewed.")
    do(as_editor, article, "_request")
    do(as_publisher, article, "_approve")
    assert "approved by paul" in " ".join(as_publisher.get("/admin/").text.split())
    keep(as_editor, article, WorkingCopy.objects.get().stamp, answer=("Reviewed.", "After it."))
    assert Review.objects.get().decision == ""
    assert "approved by paul" not in " ".join(as_publisher.get("/admin/").text.split())
    assert "It was changed since." in as_publisher.get(url(article)).text


def test_a_new_article_that_was_saved_again_is_approved_again(
    as_editor: Client, as_publisher: Client
) -> None:
    article = make_article(answer=TEXT, status=Article.Status.DRAFT)
    do(as_editor, article, "_request")
    do(as_publisher, article, "_approve")
    assert Review.objects.get().decision == "approved"
    save(as_editor, article, answer="Other.")
    assert Review.objects.get().decision == ""


def test_a_new_article_is_published_with_what_was_kept_beside_it(
    as_editor: Client, as_publisher: Client, client: Client
) -> None:
    article = make_article(answer=TEXT, status=Article.Status.DRAFT)
    keep(as_editor, article, answer=(TEXT, f"{TEXT}\n\nOne more line."))
    do(as_editor, article, "_request")
    assert "Published. Visitors see it" in do(as_publisher, article, "_publish")
    assert "One more line." in client.get(article.get_absolute_url()).text
    assert not Review.objects.filter(is_open=True).exists()
    assert not WorkingCopy.objects.exists()


def test_a_new_article_whose_moment_is_ahead_is_not_said_to_be_published(
    as_editor: Client, as_publisher: Client, client: Client
) -> None:
    ahead = timezone.now() + dt.timedelta(days=1)
    article = make_article(answer=TEXT, status=Article.Status.DRAFT, publish_at=ahead)
    do(as_editor, article, "_request")
    assert "Approve and schedule" in as_publisher.get(url(article)).text
    assert "It appears on" in do(as_publisher, article, "_publish")
    assert client.get(article.get_absolute_url()).status_code == 404


def test_a_comment_stays_with_the_line_that_its_writer_saw(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    shown = fields(as_publisher.get(url(article), {"line": "3"}), "comment-form")
    save(as_editor, article, answer=f"New.\n\nNewer.\n\n{TEXT}")
    as_publisher.post(url(article), {**shown, "text": "Why?", "_comment": "1"})
    assert Comment.objects.get().quote == "Second."
    (thread,) = next(
        found for number, _text, found in as_editor.get(url(article)).context["lines"] if number == 7
    )
    assert thread.comment.text == "Why?"
    do(as_publisher, article, "_comment", field="answer", line="999", text="Where?")
    assert Comment.objects.latest("pk").line is None


# --- Bulk, schedules, unpublishing ------------------------------------------------------------------------------


def test_a_set_publishes_what_its_page_showed(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    keep(as_editor, article, answer=(TEXT, "Shown."))
    act = as_publisher.post(LIST, {"action": "publish_changes", "_selected_action": [article.pk]})
    keep(as_editor, article, WorkingCopy.objects.get().stamp, answer=("Shown.", "Slipped in."))
    confirm(as_publisher, act)
    assert live(article).answer == TEXT
    assert WorkingCopy.objects.get().values["answer"] == "Slipped in."


def test_a_set_publishes_no_article_that_was_saved_again(as_editor: Client, as_publisher: Client) -> None:
    article, other = (make_article(answer=TEXT, status=Article.Status.DRAFT) for _article in range(2))
    act = as_publisher.post(LIST, {"action": "publish", "_selected_action": [article.pk, other.pk]})
    save(as_editor, article, answer="Slipped in.")
    confirm(as_publisher, act)
    assert live(article).status == Article.Status.DRAFT
    assert live(other).status == Article.Status.PUBLISHED


def test_a_set_is_run_in_another_time_zone_than_its_page_was_shown_in(as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    in_a_year = timezone.now() + dt.timedelta(days=365)
    save(as_publisher, article, "_draft", expires=f"{in_a_year:%Y-%m-%dT%H:%M:%S}")
    as_publisher.cookies["desk_time_zone"] = "Asia/Kathmandu"
    act = as_publisher.post(LIST, {"action": "publish_changes", "_selected_action": [article.pk]})
    del as_publisher.cookies["desk_time_zone"]
    confirm(as_publisher, act)
    assert live(article).expires == in_a_year.replace(microsecond=0)


def test_what_nobody_saved_does_not_go_live_with_a_schedule(as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    save(as_publisher, article, "_schedule", answer="Scheduled.", goes_live_at=in_an_hour())
    keep(as_publisher, article, WorkingCopy.objects.get().stamp, answer=("Scheduled.", "Half a sen"))
    assert "paul changed it after it was scheduled" in as_publisher.get(change_url(article)).text
    WorkingCopy.objects.update(goes_live_at=timezone.now())
    publish_due()
    assert live(article).answer == TEXT
    WorkingCopy.objects.update(goes_live_at=timezone.now() + dt.timedelta(hours=1))
    save(as_publisher, article, "_draft")
    assert WorkingCopy.objects.get().trouble == ""
    WorkingCopy.objects.update(goes_live_at=timezone.now())
    publish_due()
    assert live(article).answer == "Half a sen"


@pytest.mark.parametrize("moment", ["goes_live_at", "publish_at"])
def test_nothing_unseen_is_scheduled(moment: str, as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT, description="Right.")
    form = open_form(as_publisher, article)
    keep(as_editor, article, description=("Right.", "Unseen."))
    button = "_schedule" if moment == "goes_live_at" else "_continue"
    told = as_publisher.post(
        change_url(article), {**form, "answer": "Mine.", moment: in_an_hour(), button: "1"}
    )
    assert told.status_code == 409
    assert WorkingCopy.objects.get().goes_live_at is None
    assert fields(told)["description"] == "Unseen."


def test_a_stale_form_schedules_nothing_again(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT, description="Right.")
    save(as_publisher, article, "_schedule", answer="Mine.", goes_live_at=in_an_hour())
    form = open_form(as_publisher, article)
    keep(as_editor, article, WorkingCopy.objects.get().stamp, description=("Right.", "Unseen."))
    told = as_publisher.post(change_url(article), {**form, "_draft": "1"})
    assert told.status_code == 409
    assert "after it was scheduled" in WorkingCopy.objects.get().trouble
    assert as_publisher.post(change_url(article), {**fields(told), "_draft": "1"}).status_code == 302
    assert WorkingCopy.objects.get().trouble == ""


def test_who_discards_is_told_of_the_schedule(as_editor: Client, as_publisher: Client) -> None:
    article = make_article(answer=TEXT)
    save(as_publisher, article, "_schedule", answer="Scheduled.", goes_live_at=in_an_hour())
    page = as_editor.get(f"/admin/learn/article/draft/{WorkingCopy.objects.get().key}/discard/").text
    assert "as paul decided" in " ".join(page.split())


def test_unpublishing_publishes_no_draft(as_editor: Client, as_publisher: Client, publisher: User) -> None:
    article = make_article(answer=TEXT)
    keep(as_editor, article, answer=(TEXT, "Nobody looked at it."))
    told = as_publisher.get(save(as_publisher, article, "_unpublish", keywords="own").url).text
    assert "Saved as unpublished" in told
    assert (live(article).status, live(article).answer) == (Article.Status.UNPUBLISHED, TEXT)
    values = WorkingCopy.objects.get().values
    assert (values["answer"], values["keywords"]) == ("Nobody looked at it.", "own")
