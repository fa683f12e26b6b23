"""A copy of an article, and a part of one as an article of its own: drafts that lead to each other."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from learn.editing import splitting, working_copies
from learn.models import Article, Revision, WorkingCopy
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import fields
from tests.factories import make_article, make_link

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ANSWER = "First.\n\n```\na\n\nb\n```\n\n$$\nx\n\ny\n$$\n\nLast.\n\n- one\n- two"


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (ANSWER, 5),
        ("", 0),
        ("\n\nOne.\n\n\nTwo.\n", 2),
        ("````\n```\n\n````\n\nx", 2),
        ("~~~\n\nnever closed", 1),
    ],
)
def test_the_parts_are_the_answer(answer: str, count: int) -> None:
    parts = splitting.parts_of(answer)
    assert "".join(parts) == answer
    assert len([part for part in parts if part.strip()]) == count


def url_of(article: Article) -> str:
    return reverse("admin:learn_article_split", args=[article.pk])


def test_a_part_becomes_an_article_and_goes_from_the_draft_of_the_page(
    as_editor: Client, client: Client
) -> None:
    article = make_article(slug="whole", answer=ANSWER)
    other = make_article()
    make_link(article, other)
    before = client.get(article.get_absolute_url()).content
    page = as_editor.get(url_of(article))
    form = {**fields(page, "split_form"), "question": "What about the last?", "part": ["1", "3"]}
    made = as_editor.post(url_of(article), form)
    new = Article.objects.latest("pk")
    assert made["Location"] == reverse("admin:learn_article_change", args=[new.pk])
    assert (new.status, new.question, new.slug) == ("draft", "What about the last?", "what-about-the-last")
    assert new.answer == "```\na\n\nb\n```\n\nLast."
    assert [link.target for link in new.related_links.all()] == [article]
    assert client.get(article.get_absolute_url()).content == before  # nobody published anything
    kept = WorkingCopy.objects.get(article=article)
    assert kept.values["answer"] == "First.\n\n$$\nx\n\ny\n$$\n\n- one\n- two"
    assert kept.values["related"].split("\n") == [other.get_absolute_url(), new.get_absolute_url()]
    assert "split off from" in Revision.objects.get(id=new.pk).history_change_reason
    again = as_editor.post(url_of(article), form).text
    assert "changed meanwhile" in again  # the numbers are of another answer now
    assert Article.objects.count() == 3


@pytest.mark.parametrize("chosen", [[], ["0", "1", "2", "3", "4"], ["17"]])
def test_some_parts_go_and_some_stay(chosen: list[str], as_editor: Client) -> None:
    article = make_article(answer=ANSWER)
    form = {**fields(as_editor.get(url_of(article)), "split_form"), "question": "Why?", "part": chosen}
    assert as_editor.post(url_of(article), form).status_code == 200
    assert Article.objects.count() == 1
    assert not WorkingCopy.objects.exists()


def test_a_copy_says_what_the_draft_says_under_an_address_of_its_own(as_editor: Client) -> None:
    article = make_article(slug="why", answer="Live.")
    user = make_user("paul", "Publisher")
    working_copies.keep_changes(article, {"answer": ("Live.", "In the draft.")}, user)
    for slug in ("why-copy", "why-copy-2"):
        as_editor.post(url_of(article), {"_copy": "1"})
        new = Article.objects.latest("pk")
        assert (new.slug, new.status, new.answer) == (slug, "draft", "In the draft.")
        assert new.related_links.earliest("position").target == article
    assert new.get_absolute_url() in WorkingCopy.objects.get(article=article).values["related"]
    article.refresh_from_db()
    assert article.answer == "Live."


def test_who_may_only_look_makes_nothing() -> None:
    article = make_article()
    client = logged_in(make_user("guest"))
    assert client.post(url_of(article), {"_copy": "1"}).status_code == 403
    assert Article.objects.count() == 1


def test_saving_goes_to_the_next_of_the_list_and_the_filter_stays(as_publisher: Client) -> None:
    sound = "A sentence that is whole. " * 30
    broken = [make_article(answer=rf"Broken {number}. {sound}\(x.") for number in range(3)]
    make_article(answer=sound)
    listed = as_publisher.get(reverse("admin:content_health_kind", args=["math"])).text
    first = reverse("admin:learn_article_change", args=[broken[-1].pk])
    url = f"{first}?_changelist_filters=health%3Dmath"
    assert f"{url}&amp;line=1" in listed
    seen = []
    for number in range(3):
        page = as_publisher.get(url)
        assert "next in this list" in page.text
        form = {
            **fields(page),
            "answer": f"Mended {number}. {sound}",
            "_next": "1",
        }
        url = as_publisher.post(url, form)["Location"]
        seen.append(url)
    there = [
        f"{reverse('admin:learn_article_change', args=[one.pk])}?_changelist_filters=health%3Dmath"
        for one in broken
    ]
    assert seen == [there[1], there[0], f"{reverse('admin:learn_article_changelist')}?health=math"]
    assert "next in this list" not in as_publisher.get(first).text
    assert not Article.objects.filter(answer__startswith="Broken").exists()
