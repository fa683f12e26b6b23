"""No article is an orphan: links lead to each that search engines may know, within four clicks of /learn."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from learn.db import rows
from learn.models import Article
from learn.related.similar import refresh_similar
from learn.views.library import PAGE_SIZE
from tests.factories import make_article, make_link, make_subject
from tests.pages import Page

CLICKS = 4
PAGES = 186  # of the largest real subject


def within_reach(client: Client) -> set[str]:
    """The addresses to which CLICKS clicks lead from /learn. Articles at the last click are not opened."""
    seen = {"/learn"}
    edge = ["/learn"]
    for _ in range(CLICKS):
        found: list[str] = []
        for address in edge:
            path = address.partition("?")[0]
            for link in Page(client.get(address).text).links("main a"):
                target = path + link if link.startswith("?") else link.partition("#")[0]
                if target.startswith("/learn") and target not in seen:
                    seen.add(target)
                    found.append(target)
        # Lists lead to everything within the clicks; what articles add is tested below.
        edge = [
            address for address in found if not re.search(r"/questions/|/search|/practise|\.\w+$", address)
        ]
    return seen


@pytest.mark.django_db
@pytest.mark.slow
def test_lists_lead_to_every_article_of_a_subject_as_large_as_the_largest(client: Client) -> None:
    subject = make_subject("education-studies")
    Article.objects.bulk_create(
        Article(
            subject=subject, slug=f"question-{number}", question=f"Question {number}?", answer="It is.",
            is_indexable=True, content_key=str(number),
        )
        for number in range(PAGES * PAGE_SIZE)
    )  # fmt: skip
    make_article(subject="physics")
    rows.analyze(Article)  # as an import does
    reached = within_reach(client)
    orphans = [
        article.get_absolute_url()
        for article in Article.objects.indexable().select_related("subject").only("slug", "subject__slug")
        if article.get_absolute_url() not in reached
    ]
    assert orphans == []


@pytest.mark.django_db
def test_every_article_has_related_questions(client: Client) -> None:
    """A page with three neighbours links three of them or more, in whatever subject and state of the links."""
    for number in range(5):
        make_article(question=f"What is energy {number}?", subject="physics")
        make_article(question=f"Subject {chr(97 + number) * 8}?", subject="mythology")
    linked = Article.objects.filter(subject__slug="physics").first()
    assert linked is not None
    make_link(linked, None)
    make_link(linked, linked)
    refresh_similar()
    for article in Article.objects.select_related("subject"):
        page = Page(client.get(article.get_absolute_url()).text)
        links = page.links(".related .questions a")
        assert len(links) >= 3, article
        assert len(set(links)) == len(links)
        assert article.get_absolute_url() not in links
