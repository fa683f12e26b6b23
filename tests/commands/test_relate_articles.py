from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from learn import search
from learn.management.commands import relate_articles
from learn.models import Article, ArticleTopic, SearchWord, SimilarQuestions
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("relate_articles", *arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.fixture
def articles() -> list[Article]:
    return [make_article(question=f"What is energy {number}?") for number in range(4)]


def test_says_what_it_did(articles: list[Article]) -> None:
    waiting = "0 groups of near-duplicates wait on the health page. 0 topics changed.\n"
    changed = "compared with all others; the similar questions of"
    assert run() == f"4 articles {changed} 4 articles changed. {waiting}"
    assert run() == f"0 articles {changed} 0 articles changed. {waiting}"
    SimilarQuestions.objects.all().delete()
    assert run("--all") == f"0 articles {changed} 4 articles changed. {waiting}"
    assert run("--all", verbosity=0) == ""
    assert SimilarQuestions.objects.count() == 4


def test_brings_the_vocabulary_up_to_date(articles: list[Article]) -> None:
    run()
    assert SearchWord.objects.get(word="energy").articles == 4
    make_article(question="What is entropy?")
    run()
    assert SearchWord.objects.filter(word="entropy").exists()


def test_gives_all_articles_their_topics_anew_when_asked() -> None:
    for number in range(6):
        make_article(question=f"What are tides {number}?", keywords="tides", description="About tides.")
    run()
    placed = ArticleTopic.objects.count()
    assert placed > 0
    ArticleTopic.objects.all().delete()  # as if another rule had placed them
    run()
    assert ArticleTopic.objects.count() == 0
    run("--all")
    assert ArticleTopic.objects.count() == placed


def test_rebuilds_the_search_index_when_asked(
    articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuilt: list[str] = []
    monkeypatch.setattr(search, "rebuild", lambda: rebuilt.append("index"))
    run()
    assert rebuilt == []
    run("--reindex")
    assert rebuilt == ["index"]


def test_an_interrupted_run_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(**_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(relate_articles, "refresh_similar", interrupt)
    error = StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command("relate_articles", stderr=error)
    assert exit_.value.code == 130
    assert "Run relate_articles again" in error.getvalue()
