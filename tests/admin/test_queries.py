"""Query budgets of the admin: at most twelve for each page, for any number of articles."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learn.models import Article
from tests.admin.forms import change_url, save
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db
BUDGET = 12
LIST = reverse("admin:learn_article_changelist")


@pytest.fixture
def library() -> str:
    """The change form of an article among others, with links, a copy and a past."""
    for number in range(8):
        make_article(subject=f"subject-{number % 4}", question=f"What is the photon number {number}?")
    article = make_article(subject="physics", question="What is light?", answer="Light is light.")
    make_article(subject="optics", question="What is light?", answer="Light is light.")
    make_link(article, make_article())
    make_link(article, None)
    article.description = "Changed."
    article.save()
    return change_url(article)


def statements(client: Client, url: str) -> list[str]:
    ContentType.objects.get_for_model(Article)  # each process asks once, whichever test comes first
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in queries]


@pytest.mark.parametrize(
    "url",
    [
        LIST,
        f"{LIST}?q=photon+number",
        f"{LIST}?q=the+photon+number",
        f"{LIST}?q=photon&status=published",
        f"{LIST}?status=draft",
        f"{LIST}?health=thin",
        f"{LIST}?health=dead-links",
        f"{LIST}?import=edited",
        f"{LIST}?indexing=duplicate",
        f"{LIST}?votes=not-helpful",
        f"{LIST}?o=-6&p=1",
        reverse("admin:learn_article_find") + "?q=photon",
        reverse("admin:learn_article_add"),
        reverse("admin:learn_article_unpublished"),
        reverse("admin:learn_redirect_changelist"),
        reverse("admin:learn_missingpage_changelist"),
        reverse("admin:learn_importrun_changelist"),
        reverse("admin:learn_importconflict_changelist"),
        reverse("admin:content_health_kind", args=["dead-links"]),
    ],
)
@pytest.mark.slow
def test_a_page_costs_at_most_twelve_queries(as_editor: Client, library: str, url: str) -> None:
    queries = statements(as_editor, url)
    assert len(queries) <= BUDGET, "\n".join(queries)


def test_the_change_form_costs_at_most_twelve_queries(as_editor: Client, library: str) -> None:
    queries = statements(as_editor, library)
    assert len(queries) <= BUDGET, "\n".join(queries)


def test_drafts_cost_the_form_two_queries_and_the_list_none(as_editor: Client, library: str) -> None:
    before = {url: len(statements(as_editor, url)) for url in (LIST, library)}
    for article in Article.objects.all():
        save(as_editor, article, answer=f"{article.answer} More.")
    assert len(statements(as_editor, LIST)) == before[LIST]
    assert len(statements(as_editor, library)) <= before[library] + 2


@pytest.mark.parametrize("url", [LIST, f"{LIST}?q=photon", "/admin/"])
def test_more_articles_cost_no_more_queries(as_editor: Client, library: str, url: str) -> None:
    before = len(statements(as_editor, url))
    for _ in range(10):
        make_article(question="What is another photon?", subject="physics")
    assert len(statements(as_editor, url)) == before


def test_the_list_reads_no_answers(as_editor: Client, library: str) -> None:
    rows = [sql for sql in statements(as_editor, LIST) if '"learn_article"."question"' in sql]
    assert rows
    assert not any('"answer"' in sql or '"answer_html"' in sql for sql in rows)


@pytest.mark.parametrize("url", ["/admin/", reverse("admin:content_health")])
def test_what_counts_the_library_costs_more_only_after_a_change(
    as_editor: Client, library: str, url: str
) -> None:
    for number in range(10):
        make_subject(f"more-{number}")
    queries = statements(as_editor, url)
    assert len(queries) <= 31, "\n".join(queries)
    queries = statements(as_editor, url)
    assert len(queries) <= BUDGET + 3, "\n".join(queries)


def test_a_change_is_counted_at_once(as_editor: Client, library: str) -> None:
    def numbers() -> tuple[dict[str, int], str, int]:
        front = as_editor.get("/admin/").context
        overview = as_editor.get(reverse("admin:content_health")).context
        health = {kind.key: count for kind, count in overview["kinds"] if count}
        assert {key: count for key, _title, count in front["health"]} == health
        return health, front["draft_count"], front["total"]

    before, drafts, total = numbers()
    assert numbers() == (before, drafts, total)
    make_article(status="draft")
    Article.objects.update(flaws=0)
    assert "thin" in before
    after, drafts_after, total_after = numbers()
    assert "thin" not in after
    assert (drafts_after, total_after) == (str(int(drafts) + 1), total + 1)


def test_a_filtered_list_asks_its_filter_once(as_editor: Client, library: str) -> None:
    asked = [sql for sql in statements(as_editor, f"{LIST}?health=descriptions") if "SUBSTR" in sql]
    assert len(asked) == 1
