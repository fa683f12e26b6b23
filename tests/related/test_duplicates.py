from __future__ import annotations

import itertools

import pytest
from django.test import Client

from learn.editing import content_health, near_duplicates
from learn.models import Article, DuplicateGroup, DuplicateMember
from learn.related.shown import related_questions
from learn.related.similar import refresh_similar
from tests.factories import make_article

pytestmark = pytest.mark.django_db

_answers = itertools.count()
SAME = (
    "Explain the difference between igneous and sedimentary rocks.",
    "How do sedimentary rocks differ from igneous rock?",
)


def make(question: str, **values: object) -> Article:
    answer = f"Granite cools slowly, sandstone is laid down. {next(_answers)}"
    return make_article(question=question, **{"answer": answer, "description": "", "keywords": "", **values})


@pytest.fixture
def rocks() -> list[Article]:
    rocks = [make(SAME[0]), make(SAME[1], subject="geology")]
    make("What are the benefits of igneous and sedimentary rocks?")
    make("How do metamorphic rocks form?", subject="geology")
    refresh_similar()
    return rocks


def groups() -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for article, group in DuplicateMember.objects.order_by("article_id").values_list(
        "article_id", "group_id"
    ):
        found.setdefault(group, []).append(article)
    return sorted(found.values())


def test_what_asks_the_same_in_other_words_is_a_group(rocks: list[Article]) -> None:
    assert groups() == [[rock.pk for rock in rocks]]
    assert 0.7 < DuplicateGroup.objects.get().likelihood <= 1
    assert rocks[1] not in related_questions(rocks[0])


def test_a_group_goes_when_a_question_changes(rocks: list[Article]) -> None:
    rocks[1].question = "Which minerals does basalt hold?"
    rocks[1].answer = "Pyroxene and feldspar."
    rocks[1].save()
    refresh_similar()
    assert groups() == []


def test_marked_as_different_they_stay_so_and_lead_to_each_other(rocks: list[Article]) -> None:
    near_duplicates.mark_as_different(DuplicateGroup.objects.get())
    refresh_similar(everything=True)
    assert groups() == []
    assert rocks[1] in related_questions(rocks[0])


def test_the_health_report_counts_and_names_them(rocks: list[Article]) -> None:
    assert content_health.counts()["near-duplicates"] == 2
    (report,) = content_health.report(["near-duplicates"])
    assert [place.message for place in report.locations] == [
        rock.get_absolute_url()
        for rock in sorted(rocks, key=lambda rock: rock.get_absolute_url(), reverse=True)
    ]


def test_the_admin_lists_groups_and_marks_them(rocks: list[Article], admin_client: Client) -> None:
    page = admin_client.get("/admin/learn/duplicategroup/").content.decode()
    assert SAME[0] in page
    group = DuplicateGroup.objects.get()
    action = {"action": "mark_as_different", "_selected_action": [group.pk]}
    response = admin_client.post("/admin/learn/duplicategroup/", action, follow=True)
    assert "Marked 1 group as different" in response.content.decode()
    assert not DuplicateGroup.objects.exists()
