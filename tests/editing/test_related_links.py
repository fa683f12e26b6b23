from __future__ import annotations

import pytest

from learn.editing import related_links
from learn.models import Article, Redirect, RevisionDetails
from learn.models.articles import latest_revision
from learn.models.revisions import record
from tests.factories import make_article, make_link

pytestmark = pytest.mark.django_db


def links_of(article: Article) -> list[tuple[int, str, int | None]]:
    return list(article.related_links.order_by("position").values_list("position", "url", "target"))


def test_parse_takes_paths_and_our_own_addresses_once() -> None:
    text = "/learn/a/questions/b\n\n http://testserver/learn/a/questions/b/ \nhttps://elsewhere.example/x\n/learn/a/questions/c?x=1"
    assert related_links.parse(text) == [
        "/learn/a/questions/b",
        "https://elsewhere.example/x",
        "/learn/a/questions/c",
    ]


def test_an_address_is_found_also_through_a_redirect_or_its_file() -> None:
    here, moved, renamed = (
        make_article(),
        make_article(),
        make_article(source_url="/learn/old/questions/file"),
    )
    Redirect.objects.create(old_path="/learn/old/questions/redirect", target=moved)
    urls = [
        here.get_absolute_url(),
        "/learn/old/questions/redirect",
        "/learn/old/questions/file",
        "/learn/no/questions/x",
    ]
    assert [target.article for target in related_links.look_up(urls)] == [here, moved, renamed, None]


def test_looking_up_many_costs_four_queries_at_most(django_assert_max_num_queries) -> None:
    urls = [make_article().get_absolute_url() for _ in range(10)] + ["/learn/no/questions/x"]
    with django_assert_max_num_queries(4):
        related_links.look_up(urls)


def test_a_new_link_says_what_its_target_is_called() -> None:
    article, other = make_article(), make_article(question="Why?", source_id=12, subject="chemistry")
    related_links.replace(article, [other.get_absolute_url()])
    link = article.related_links.get()
    assert (link.title, link.subject, link.source_id, link.target) == ("Why?", "Chemistry", 12, other)


def test_reordering_keeps_the_words_of_the_file() -> None:
    article, first, second = make_article(), make_article(), make_article()
    make_link(article, first, title="As the file says", source_id=5)
    make_link(article, second)
    make_link(article, None, url="/nowhere", title="Dead")
    related_links.replace(article, ["/nowhere", second.get_absolute_url(), first.get_absolute_url()])
    assert links_of(article) == [
        (1, "/nowhere", None),
        (2, second.get_absolute_url(), second.pk),
        (3, first.get_absolute_url(), first.pk),
    ]
    assert article.related_links.get(position=3).title == "As the file says"
    assert article.related_links.get(position=1).title == "Dead"


def test_a_link_whose_target_moved_is_listed_where_it_leads_now() -> None:
    article, other = make_article(), make_article(slug="before")
    make_link(article, other)
    other.slug = "after"
    other.save()
    assert related_links.addresses(article) == ["/learn/physics/questions/after"]
    related_links.replace(article, related_links.addresses(article))
    assert article.related_links.get().url == "/learn/physics/questions/before"  # as the file says


def test_a_revision_gives_the_links_back_as_they_were() -> None:
    article, other = make_article(), make_article()
    make_link(article, other, title="Kept", source_id=9)
    record([article], source=RevisionDetails.Source.ADMIN)
    related_links.replace(article, [])
    related_links.restore(article, latest_revision(article.pk).related)
    link = article.related_links.get()
    assert (link.title, link.source_id, link.target) == ("Kept", 9, other)
