"""Dead related links: candidates by search, mended one by one or all that are likely, in one set."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from learn.changesets import dead_links, reverting
from learn.changesets.registry import KINDS
from learn.models import Article, ChangeSet, RelatedLink, WorkingCopy
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import confirm
from tests.changesets.conftest import run
from tests.factories import make_article, make_link

pytestmark = pytest.mark.django_db


def library(dead: int = 12) -> list[Article]:
    """Articles on planets, each with a link that misspells the address of another one, and one that means nothing."""
    words = ("mercury", "venus", "earth", "mars", "jupiter", "saturn")
    articles = [
        make_article(question=f"How does {word} number {n} turn?", slug=f"how-does-{word}-number-{n}-turn")
        for n, word in enumerate(words)
    ]
    for n in range(dead):
        meant = articles[n % len(words)]
        article = make_article(question=f"Quite another thing {n}?")
        make_link(article, articles[(n + 1) % len(words)])
        make_link(article, None, title=meant.question, url=f"/learn/old-physics/questions/{meant.slug}-x{n}")
    make_link(articles[0], None, title="Unheard of altogether zzz", url="/learn/physics/questions/zzz")
    return articles


def test_all_that_are_likely_are_mended_in_one_set_and_come_back(user: User) -> None:
    library()
    assert dead_links.dead().count() == 13
    links = RelatedLink.objects.order_by("article", "position").values_list(
        "article", "title", "url", "target"
    )
    before = list(links)
    done = run(dead_links.mend(user))
    assert (done.state, done.changed, done.unchanged) == (ChangeSet.State.DONE, 12, 1)
    assert [link.url for link in dead_links.dead()] == ["/learn/physics/questions/zzz"]
    back = run(reverting.revert(KINDS, done, user))
    assert (back.changed, back.refused) == (12, 0)
    assert list(links.all()) == before


def test_one_by_one_on_the_desk_in_drafts_for_who_may_not_publish() -> None:
    articles = library(2)
    edna, paul = logged_in(make_user("edna", "Editor")), logged_in(make_user("paul", "Publisher"))
    page = reverse("admin:dead_links")
    assert page in paul.get(reverse("admin:content_health_kind", args=["dead-links"])).text
    shown = paul.get(page)
    link, candidates = shown.context["links"][1]
    assert candidates[0].article == articles[0] or candidates[0].likelihood > 50
    confirm(edna, edna.post(page, {f"link-{link.pk}": articles[3].pk}))
    assert (
        WorkingCopy.objects.get(article=link.article)
        .values["related"]
        .endswith(articles[3].get_absolute_url())
    )
    assert dead_links.dead().count() == 3
    confirm(paul, paul.post(page, {f"link-{link.pk}": articles[3].pk}))
    assert dead_links.dead().count() == 2
    confirm(paul, paul.post(page, {"all": "1", "least": "90"}))
    assert dead_links.dead().count() == 1
    for nothing in ({}, {"all": "1", "least": "900"}, {"link-x": "1"}, {"link-1": "x"}):
        assert paul.post(page, nothing).status_code == 302
