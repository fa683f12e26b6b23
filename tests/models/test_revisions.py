from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from learn.models import Article, Revision, RevisionDetails
from learn.models.articles import latest_revision
from learn.models.revisions import change_alike, ensure_first_revision, record
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


def test_to_change_many_alike_leaves_what_changing_each_leaves() -> None:
    other = make_article()
    values = {"status": Article.Status.UNPUBLISHED, "missing_since": timezone.now()}
    source, reason = RevisionDetails.Source.IMPORT, "gone" * 50
    pair = [make_article(imported_key=key, extra={"a": ["é"]}, expires=timezone.now()) for key in ("", "k")]
    for article in pair:
        make_link(article, other)
    Revision.objects.filter(id=pair[1].pk).delete()  # as after an import, which writes none
    with transaction.atomic():
        assert (
            change_alike(Article, [article.pk for article in pair], values, source=source, reason=reason) == 2
        )
        alike = _said(pair)
        transaction.set_rollback(True)
    for article in pair:
        ensure_first_revision(Article, [article.pk])
        changed = Article.objects.filter(pk=article.pk)
        changed.update(**values, version=F("version") + 1, updated_at=timezone.now())
        record(list(changed), source=source, reason=reason)
    assert alike == _said(pair)
    assert len(alike[1]) == 4
    assert change_alike(Article, [], values, source=source, reason=reason) == 0


def _said(articles: list[Article]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of these articles and of their revisions, but for keys and for when they were written."""
    pks = [article.pk for article in articles]
    revisions = list(Revision.objects.filter(id__in=pks).order_by("id", "history_id").values())
    rows: list[dict[str, Any]] = [
        dict(row) for row in Article.objects.filter(pk__in=pks).order_by("pk").values()
    ]
    for row in (*rows, *(revision for revision in revisions if revision["history_type"] == "~")):
        for name in ("updated_at", "history_date"):
            row.pop(name, None)
    for row in revisions:
        del row["history_id"]
    return rows, revisions
