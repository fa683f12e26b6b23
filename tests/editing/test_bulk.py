from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from learn.editing import bulk
from learn.models import Article, Redirect, Revision
from learn.models.articles import latest_revision
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db
Status = Article.Status


@pytest.fixture
def user() -> User:
    return User.objects.create(username="paul")


def pks(*articles: Article) -> list[int]:
    return [article.pk for article in articles]


def test_publish_leaves_alone_what_lacks_something(user: User) -> None:
    ready = make_article(status=Status.DRAFT)
    bare = make_article(status=Status.DRAFT, description="", answer=" ")
    live = make_article()
    outcome = bulk.publish(pks(ready, bare, live), user)
    assert (outcome.changed, outcome.unchanged) == (1, 1)
    assert outcome.refused == [(bare, "Write the answer. Write the description that search results show.")]
    ready.refresh_from_db()
    bare.refresh_from_db()
    assert (ready.status, ready.version, ready.is_indexable) == (Status.PUBLISHED, 2, True)
    assert (bare.status, bare.version) == (Status.DRAFT, 1)


def test_every_change_is_in_the_history_with_who_and_what(user: User) -> None:
    article = make_article()
    bulk.unpublish(pks(article), user)
    last = latest_revision(article.pk)
    assert (last.source, last.history_user, last.history_change_reason) == (
        "action",
        user,
        "unpublished",
    )
    assert (last.status, last.version) == (Status.UNPUBLISHED, 2)


def test_unpublish_leaves_drafts_drafts(user: User) -> None:
    draft = make_article(status=Status.DRAFT)
    assert bulk.unpublish(pks(draft), user).unchanged == 1
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


def test_unpublishing_the_canonical_copy_makes_another_one_canonical(user: User) -> None:
    first = make_article(subject="chemistry", question="Same?", answer="Same.", date=dt.date(2024, 1, 1))
    second = make_article(subject="physics", question="Same?", answer="Same.")
    second.refresh_from_db()
    assert second.canonical == first
    bulk.unpublish(pks(first), user)
    second.refresh_from_db()
    assert (second.canonical, second.is_indexable) == (None, True)


def test_no_index_takes_articles_from_search_engines_and_back(user: User) -> None:
    article = make_article()
    bulk.set_no_index(pks(article), user, value=True)
    article.refresh_from_db()
    assert (article.no_index, article.is_indexable) == (True, False)
    assert bulk.set_no_index(pks(article), user, value=True).unchanged == 1
    bulk.set_no_index(pks(article), user, value=False)
    article.refresh_from_db()
    assert (article.no_index, article.is_indexable, article.version) == (False, True, 3)


def test_no_index_is_an_edit_of_what_the_file_says(user: User) -> None:
    from learn.documents import import_key_of  # noqa: PLC0415

    article = make_article()
    Article.objects.filter(pk=article.pk).update(imported_key=import_key_of(article))
    bulk.set_no_index(pks(article), user, value=True)
    article.refresh_from_db()
    assert article.edited_at is not None
    bulk.set_no_index(pks(article), user, value=False)
    article.refresh_from_db()
    assert article.edited_at is None


def test_move_leaves_a_redirect_and_follows_the_subject(user: User) -> None:
    article = make_article(subject="physics", slug="why")
    target = make_subject("chemistry")
    outcome = bulk.move(pks(article), user, subject=target)
    article.refresh_from_db()
    assert (outcome.changed, article.get_absolute_url()) == (1, "/learn/chemistry/questions/why")
    assert (article.subject_label, article.seo_title) == ("Chemistry", "QuickTakes | Chemistry")
    assert Redirect.objects.get(old_path="/learn/physics/questions/why").target == article


def test_move_refuses_a_taken_address_also_among_those_that_move(user: User) -> None:
    target = make_subject("chemistry")
    make_article(subject=target, slug="taken")
    taken = make_article(subject="physics", slug="taken")
    first, second = make_article(subject="physics", slug="twin"), make_article(subject="biology", slug="twin")
    outcome = bulk.move(pks(taken, first, second), user, subject=target)
    assert outcome.changed == 1
    assert [article for article, _reason in outcome.refused] == [taken, second]
    assert Article.objects.get(pk=first.pk).subject == target


def test_a_move_back_removes_the_redirect_that_would_hide_the_page(user: User) -> None:
    article = make_article(subject="physics", slug="why")
    chemistry, physics = make_subject("chemistry"), article.subject
    bulk.move(pks(article), user, subject=chemistry)
    bulk.move(pks(article), user, subject=physics)
    assert list(Redirect.objects.values_list("old_path", flat=True)) == ["/learn/chemistry/questions/why"]


def test_render_renders_again_and_changes_nothing_else() -> None:
    article = make_article(answer="**bold**")
    Article.objects.filter(pk=article.pk).update(answer_html="stale", render_version=0)
    assert bulk.render(pks(article)).changed == 1
    before = article.version, article.modified_at
    article.refresh_from_db()
    assert "<strong>bold</strong>" in article.answer_html
    assert (article.version, article.modified_at) == before
    assert Revision.objects.filter(id=article.pk).count() == 1


def test_a_batch_of_any_size_is_changed_by_one_statement(user: User, django_assert_max_num_queries) -> None:
    articles = [make_article(status=Status.DRAFT) for _ in range(30)]
    make_link(articles[0], articles[1])
    with django_assert_max_num_queries(22) as captured:
        bulk.publish(pks(*articles), user)
    updates = [
        q for q in captured.captured_queries if q["sql"].startswith('UPDATE "learn_article" SET "status"')
    ]
    assert len(updates) == 1
    assert Article.objects.published().count() == 30


def test_what_is_scheduled_is_published_later(user: User) -> None:
    article = make_article(status=Status.DRAFT, publish_at=timezone.now() + dt.timedelta(days=1))
    bulk.publish(pks(article), user)
    article.refresh_from_db()
    assert article.is_scheduled
    assert not article.is_published
