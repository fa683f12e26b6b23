"""Saving one article: HTML, redirects, canonicals, links."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from learn.derive import excerpt
from learn.models import Article, Redirect, RelatedLink, Subject
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db


def test_the_answer_is_rendered_when_it_changes_and_only_then() -> None:
    article = make_article(answer="# One\n\n$x$ and `code`\n\n```python\nx\n```")
    assert "<math" in article.answer_html
    assert (article.has_math, article.has_code) == (True, True)
    Article.objects.update(answer_html="kept")
    article.refresh_from_db()
    article.keywords = "new"
    article.save()
    assert Article.objects.get().answer_html == "kept"
    article.answer = "Two"
    article.save()
    assert Article.objects.get().answer_html == "<p>Two</p>\n"


def test_update_fields_are_widened_by_what_follows_from_them() -> None:
    article = make_article()
    article.answer = "Two"
    article.save(update_fields=["answer"])
    saved = Article.objects.get()
    assert (saved.answer_html, saved.excerpt, saved.version) == ("<p>Two</p>\n", "Two", 2)


def test_only_what_a_reader_sees_dates_an_article() -> None:
    article = make_article()
    Article.objects.update(modified_at=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    article.refresh_from_db()
    article.no_index = True
    article.save()
    assert Article.objects.get().modified_at.year == 2025
    article.answer = "Another answer."
    article.save()
    assert Article.objects.get().modified_at.year > 2025


def test_blank_fields_are_filled_as_every_file_has_them() -> None:
    article = make_article(slug="why", question="Why?", subject=make_subject("fine-arts", title="Fine Arts"))
    assert (article.title, article.article_title, article.file_name) == ("Why?", "Why?", "why.md")
    assert (article.subject_label, article.seo_title) == ("Fine Arts", "QuickTakes | Fine Arts")
    assert article.source_id == article.pk


def test_a_move_leaves_a_redirect_in_one_hop_and_back_again_none() -> None:
    article = make_article(slug="one")
    for slug in ("two", "three"):
        article.slug = slug
        article.save()
    old = {f"/learn/physics/questions/{slug}" for slug in ("one", "two")}
    assert {redirect.old_path for redirect in Redirect.objects.all()} == old
    assert {redirect.target for redirect in Redirect.objects.all()} == {article}
    article.slug = "one"
    article.save()
    assert {redirect.old_path for redirect in Redirect.objects.all()} == {
        "/learn/physics/questions/two",
        "/learn/physics/questions/three",
    }


def test_a_deleted_article_is_gone_for_good() -> None:
    path = make_article().get_absolute_url()
    Article.objects.all().delete()
    redirect = Redirect.objects.get()
    assert (redirect.old_path, redirect.target, redirect.new_path) == (path, None, "")


def test_links_that_waited_for_a_url_are_connected_when_an_article_takes_it() -> None:
    source = make_article()
    make_link(source, None, url="/learn/physics/questions/awaited")
    target = make_article(slug="awaited")
    assert RelatedLink.objects.get().target == target


def test_duplicates_follow_every_change_of_one_of_them() -> None:
    first = make_article(subject="aaa", slug="why", question="Why?", answer="Because.")
    second = make_article(subject="bbb", slug="why", question=" why?", answer="Because.\n")
    assert second.canonical == first
    assert not second.is_indexable
    first.status = Article.Status.UNPUBLISHED
    first.save()
    second.refresh_from_db()
    assert (second.canonical, second.is_indexable) == (None, True)
    first.status = Article.Status.PUBLISHED
    first.save()
    second.refresh_from_db()
    second.is_preferred = True
    second.save()
    first.refresh_from_db()
    assert (first.canonical, second.canonical) == (second, None)
    second.answer = "Something else."
    second.save()
    first.refresh_from_db()
    assert (first.canonical, first.is_indexable) == (None, True)


def test_choosing_canonicals_again_changes_nothing() -> None:
    for subject in ("aaa", "bbb", "ccc"):
        make_article(subject=subject, slug="why", question="Why?", answer="Because.")
    rows = list(Article.objects.order_by("pk").values())
    Article.objects.choose_canonicals()
    assert list(Article.objects.order_by("pk").values()) == rows


def test_an_article_scheduled_for_later_is_no_canonical() -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    make_article(subject="aaa", slug="why", question="Why?", answer="Because.", publish_at=later)
    second = make_article(subject="bbb", slug="why", question="Why?", answer="Because.")
    assert second.canonical is None


@pytest.mark.parametrize("slug", ["search", "questions", "feed", "UPPER", "with space", "-", ""])
def test_a_subject_slug_that_would_hide_a_page_or_is_no_slug_is_refused(slug: str) -> None:
    with pytest.raises(ValidationError):
        Subject(title="A", slug=slug).full_clean()


def test_one_url_holds_one_article() -> None:
    make_article(slug="why")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_article(slug="why")
    make_article(slug="why", subject="optics")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Short.", "Short."),
        ("a\n\nb", "a b"),
        ("word " * 100, ("word " * 43).strip() + "…"),
        ("x" * 300, "x" * 219 + "…"),
    ],
)
def test_an_excerpt_ends_between_words(text: str, expected: str) -> None:
    assert excerpt(text) == expected
