"""Merges of articles: every address that any of them ever had leads to the one that stays in one hop."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from learn.changesets import merging, reverting
from learn.changesets.registry import KINDS
from learn.editing import bulk
from learn.models import Article, ChangeSet, RelatedLink, Subject
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import confirm
from tests.changesets.conftest import look_at, run
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db
State = ChangeSet.State


def moved(user: User, article: Article, *slugs: str) -> list[str]:
    """Move an article through these subjects; the addresses that it has had."""
    had = [article.get_absolute_url()]
    for slug in slugs:
        bulk.move([article.pk], user, subject=make_subject(slug))
        article.refresh_from_db()
        article.subject = Subject.objects.get(slug=slug)
        had.append(article.get_absolute_url())
    return had


def test_every_address_that_any_of_them_ever_had_leads_to_the_one_that_stays(
    user: User, client: Client
) -> None:
    stays = make_article(slug="stays")
    first, second = make_article(slug="first"), make_article(slug="second", subject="biology")
    addresses = [
        *moved(user, stays, "optics")[:-1], *moved(user, first, "chemistry", "waves"), *moved(user, second, "heat"),
    ]  # fmt: skip
    elsewhere = make_article(slug="elsewhere")
    link = make_link(elsewhere, first)
    make_link(stays, second)
    make_link(stays, elsewhere)
    stays.refresh_from_db()
    done = run(merging.merge(stays, [first, second], user, values={"answer": "Both together."}), size=1)
    assert (done.state, done.changed) == (State.DONE, 3)
    for address in addresses:
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (301, "/learn/optics/questions/stays"), address
    assert "Both together." in client.get("/learn/optics/questions/stays").text
    link.refresh_from_db()
    assert link.target == stays
    assert [one.target for one in stays.related_links.all()] == [elsewhere]
    back = run(reverting.revert(KINDS, done, user))
    assert (back.state, back.changed) == (State.DONE, 3)
    link.refresh_from_db()
    assert link.target == first
    first.refresh_from_db()
    assert client.get(first.get_absolute_url()).status_code == 200
    assert client.get("/learn/physics/questions/first")["Location"] == "/learn/waves/questions/first"
    assert set(RelatedLink.objects.filter(article=stays).values_list("target", flat=True)) == {
        second.pk,
        elsewhere.pk,
    }


def test_the_one_that_stays_has_to_be_published_and_as_it_was_looked_at(user: User) -> None:
    draft, other = make_article(status="draft"), make_article()
    assert look_at(merging.merge(draft, [other], user, values={"answer": "x"})).refused == 2
    stays = make_article()
    change_set = look_at(merging.merge(stays, [other], user, values={"answer": "x"}))
    stays.answer = "Changed meanwhile."
    stays.save()
    run(change_set)
    assert (change_set.state, change_set.refused) == (State.PARTLY, 1)
    stays.refresh_from_db()
    assert stays.answer == "Changed meanwhile."


def test_the_desk_names_the_twin_and_merges_it() -> None:
    paul, edna = logged_in(make_user("paul", "Publisher")), logged_in(make_user("edna", "Editor"))
    one = make_article(slug="same", question="Same?", answer="One answer.")
    twin = make_article(slug="same", question="Same?", answer="Another answer.", subject="biology")
    health = paul.get(reverse("admin:content_health_kind", args=["namesakes"])).text
    assert "/learn/biology/questions/same" in health
    page = f"{reverse('admin:merge')}?article={one.pk}"
    assert page in health
    shown = paul.get(page).text
    assert "One answer." in shown
    assert "Another answer." in shown
    assert edna.get(page).status_code == 403
    assert edna.post(page, {"answer": "Both."}).status_code == 403
    confirm(paul, paul.post(f"{page}&stays={twin.pk}", {"answer": "Both."}))
    assert Article.objects.get(pk=twin.pk).answer == "Both."
    assert paul.get(one.get_absolute_url())["Location"] == twin.get_absolute_url()
    chosen = {"action": "merge", "_selected_action": [one.pk, twin.pk], "index": "0"}
    assert (
        f"article={one.pk}&article={twin.pk}"
        in paul.post(reverse("admin:learn_article_changelist"), chosen)["Location"]
    )


def test_every_field_can_be_taken_from_the_others() -> None:
    paul = logged_in(make_user("paul", "Publisher"))
    stays = make_article(question="What?", description="Short.", keywords="one")
    other = make_article(question="What is it?", description="A longer one.", keywords="one, two")
    third = make_article()
    make_link(other, third)
    page = f"{reverse('admin:merge')}?article={stays.pk}&article={other.pk}&stays={stays.pk}"
    assert paul.get(page).text.count("data-use=") == 4
    values = {
        "question": "What is it?", "answer": stays.answer, "description": "A longer one.", "keywords": "one, two",
        "related": f"{third.get_absolute_url()}\n{other.get_absolute_url()}",
    }  # fmt: skip
    confirm(paul, paul.post(page, values))
    stays.refresh_from_db()
    assert (stays.question, stays.description, stays.keywords) == ("What is it?", "A longer one.", "one, two")
    assert [link.target for link in stays.related_links.all()] == [third]  # no link to one that went
    back = run(reverting.revert(KINDS, ChangeSet.objects.get(), User.objects.get(username="paul")))
    assert back.changed == 2
    stays.refresh_from_db()
    assert (stays.question, stays.keywords) == ("What?", "one")
    assert not stays.related_links.exists()
