from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from learn.models import Article, Revision, RevisionDetails
from learn.models.articles import latest_revision
from learn.models.revisions import ensure_first_revision, record
from tests.factories import make_article, make_link

pytestmark = pytest.mark.django_db


def test_an_article_that_never_changed_has_one_revision_from_its_making() -> None:
    article = make_article()
    assert [(r.history_type, r.version) for r in Revision.objects.filter(id=article.pk)] == [("+", 1)]


def test_a_save_keeps_what_stood_there_before() -> None:
    article = make_article(answer="Old.")
    Revision.objects.all().delete()  # as after an import, which writes none
    article.answer = "New."
    article.save()
    revisions = Revision.objects.filter(id=article.pk).order_by("history_id")
    assert [(r.history_type, r.version, r.answer) for r in revisions] == [("+", 1, "Old."), ("~", 2, "New.")]
    assert revisions[0].history_date == article.created_at


def test_the_first_revision_says_where_the_article_came_from() -> None:
    imported, written = make_article(imported_key="k"), make_article()
    Revision.objects.all().delete()
    ensure_first_revision(Article, [imported.pk, written.pk])
    sources = dict(Revision.objects.values_list("id", "source"))
    assert sources == {imported.pk: "import", written.pk: "code"}


def test_the_first_revision_is_written_once() -> None:
    article = make_article()
    ensure_first_revision(Article, [article.pk])
    ensure_first_revision(Article, [article.pk, article.pk])
    assert Revision.objects.filter(id=article.pk).count() == 1


def test_a_revision_holds_the_related_links_in_their_order() -> None:
    article, other = make_article(), make_article()
    make_link(article, other, title="Read on", subject="Physics", source_id=7)
    make_link(article, None, url="/nowhere", title="")
    record([article], source=RevisionDetails.Source.ADMIN)
    assert latest_revision(article.pk).related == [
        [1, 7, "Read on", "Physics", other.get_absolute_url()],
        [2, None, "", "", "/nowhere"],
    ]


def test_a_revision_says_who_and_why() -> None:
    user = User.objects.create(username="edna")
    article = make_article()
    record([article], source=RevisionDetails.Source.IMPORT, user=user, reason="x" * 200)
    last = latest_revision(article.pk)
    assert (last.history_user, last.source, last.history_change_reason) == (user, "import", "x" * 100)


def test_recording_many_costs_two_queries(django_assert_num_queries) -> None:
    articles = [make_article() for _ in range(5)]
    with django_assert_num_queries(2):  # the related links, the revisions
        record(articles, source=RevisionDetails.Source.ACTION)


def test_a_deleted_article_leaves_a_last_revision() -> None:
    article = make_article(answer="Gone soon.")
    make_link(article, make_article())
    Revision.objects.all().delete()
    pk = article.pk
    article.delete()
    first, last = Revision.objects.filter(id=pk).order_by("history_id")
    assert (first.history_type, first.answer, len(first.related)) == ("+", "Gone soon.", 1)
    assert (last.history_type, last.answer, len(last.related)) == ("-", "Gone soon.", 1)


def test_what_is_derived_is_not_kept() -> None:
    kept = {field.name for field in Revision.tracked_fields}
    assert kept.isdisjoint({"answer_html", "answer_text", "is_indexable", "source_hash", "updated_at"})
    assert {"answer", "status", "slug", "version"} <= kept
    assert kept <= {field.name for field in Article._meta.fields}
