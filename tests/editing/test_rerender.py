from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from learn import derive, rendering
from learn.editing.rerender import render_articles
from learn.models import Article
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def test_only_what_an_older_version_made_is_rendered_again() -> None:
    old, new = make_article(), make_article()
    Article.objects.filter(pk=old.pk).update(render_version=0, answer_html="old")
    Article.objects.filter(pk=new.pk).update(answer_html="kept")
    assert render_articles() == (1, [])
    assert "old" not in Article.objects.get(pk=old.pk).answer_html
    assert Article.objects.get(pk=new.pk).answer_html == "kept"
    assert render_articles() == (0, [])
    assert render_articles(everything=True) == (2, [])
    assert Article.objects.get(pk=new.pk).answer_html != "kept"


def test_nothing_that_dates_an_article_moves() -> None:
    article = make_article()
    Article.objects.update(render_version=0)
    before = Article.objects.get(pk=article.pk)
    render_articles()
    after = Article.objects.get(pk=article.pk)
    assert (after.modified_at, after.version, after.updated_at) == (
        before.modified_at,
        before.version,
        before.updated_at,
    )
    assert after.render_version == rendering.RENDER_VERSION


def test_a_run_that_was_stopped_is_completed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        make_article()
    Article.objects.update(render_version=0)
    monkeypatch.setattr("learn.jobs.workers.BATCH", 2)

    def stop(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_articles(progress=stop)
    assert Article.objects.filter(render_version=0).count() == 3
    assert render_articles() == (3, [])


def test_an_article_saved_meanwhile_keeps_what_its_editor_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    article = make_article()
    Article.objects.update(render_version=0)
    real = derive.derived_fields

    def save_meanwhile(question: str, answer: str, *rest: object) -> dict[str, object]:
        derived = real(question, answer, *rest)
        monkeypatch.setattr(derive, "derived_fields", real)
        edited = Article.objects.get(pk=article.pk)
        edited.answer = "Newer."
        edited.save()
        return derived

    monkeypatch.setattr(derive, "derived_fields", save_meanwhile)
    render_articles()
    assert "Newer." in Article.objects.get(pk=article.pk).answer_html


def test_the_command() -> None:
    make_article()
    Article.objects.update(render_version=0)
    out = StringIO()
    call_command("render_articles", stdout=out, stderr=StringIO())
    assert out.getvalue() == "1 articles rendered.\n"
