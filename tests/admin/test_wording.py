"""What is kept of the words of answers and of their links: right after every kind of change, and mended as one set."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from learn.changesets import answer_links as mending
from learn.changesets import reverting
from learn.changesets.registry import KINDS
from learn.editing import answer_links, bulk, content_health, wording
from learn.models import AnswerLink, AnswerWords, Article, ChangeSet, Redirect, Topic, TopicCount, WorkingCopy
from learn.words import RULES, Word
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import change_url, confirm, save
from tests.changesets.conftest import run
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db
HERE = "[here](https://example.org)"


@pytest.fixture
def user() -> User:
    return User.objects.create(username="paula", is_superuser=True)


def places(key: str) -> list[tuple[str, int]]:
    (report,) = content_health.report([key])
    return [(place.title, place.line) for place in report.locations]


def test_what_changed_by_whatever_way_is_looked_at_by_the_next_run() -> None:
    article, other = make_article(answer=f"One.\n\n{HERE}"), make_article()
    assert wording.stale().count() == 2
    assert wording.refresh() == 2
    assert (wording.refresh(), places("vague-links")) == (0, [(article.question, 3)])
    Article.objects.filter(pk=other.pk).update(answer=HERE, content_key="another")  # as an import writes
    before = wording.stamp()
    assert (wording.refresh(limit=5), len(places("vague-links"))) == (1, 2)
    assert wording.stamp() != before
    article.answer = "Nothing."
    article.save()
    AnswerWords.objects.filter(article=other).update(rules=RULES - 1, bits=0)
    call_command("publish_due", verbosity=0)
    assert places("vague-links") == [(other.question, 1)]
    assert wording.counts()[Word.VAGUE_LINK] == content_health.counts()["vague-links"] == 1
    other.delete()
    assert not AnswerWords.objects.filter(bits__gt=0).exists()


def test_a_save_on_the_desk_is_counted_at_once(as_root: Client) -> None:
    article = make_article()
    save(as_root, article, answer=f"{HERE}\n\n[x](/learn/physics/questions/x)")
    assert content_health.counts()["vague-links"] == 1
    assert places("lost-links") == [(article.question, 3)]
    overview = as_root.get(reverse("admin:content_health"))
    assert {kind.key: count for kind, count in overview.context["kinds"]}["lost-links"] == 1
    assert "1 answer" not in overview.text
    url = reverse("admin:content_health_kind", args=["lost-links"])
    address = f"{change_url(article)}?_changelist_filters=health%3Dlost-links&amp;line=3"
    assert address in as_root.get(url).text


def test_where_links_lead_is_asked_of_the_articles_and_redirects() -> None:
    live, draft = make_article(slug="live"), make_article(slug="draft", status="draft")
    physics = live.subject
    moved, gone = "/learn/optics/questions/moved", "/learn/optics/questions/gone"
    Redirect.objects.create(old_path=moved, target=live)
    Redirect.objects.create(old_path=gone)
    Topic.objects.create(slug="light", title="Light", has_page=True)
    TopicCount.objects.create(
        subject=physics, topic=Topic.objects.get(), slug="light", is_shown=True, articles=1, indexable=1
    )
    paths = {
        live.get_absolute_url(): "live",
        draft.get_absolute_url(): "hidden",
        moved: "moved",
        f"{live.get_absolute_url()}/": "moved",
        gone: "gone",
        "/learn/physics/questions/nothing": "nowhere",
        "/learn": "live",
        "/learn/physics": "live",
        "/learn/optics": "nowhere",
        "/learn/topics/light": "live",
        "/learn/physics/topics/light": "live",
        "/learn/topics/dark": "nowhere",
        "/learn/search": "live",
        "/learn/" + "x" * 2_000: "nowhere",
    }
    assert {path: lead.state for path, lead in answer_links.leads(paths).items()} == paths
    assert answer_links.leads([moved])[moved].to == live.get_absolute_url()


def test_links_follow_a_move_a_new_slug_and_a_merged_address_by_one_set(user: User) -> None:
    targets = [make_article(slug=f"target-{number}") for number in range(3)]
    links = [f"[one]({target.get_absolute_url()}#top)" for target in targets]
    first = make_article(answer=" ".join(links) + f" `{links[0]}`")
    second = make_article(answer=f"[r][r]\n\n[r]: {targets[2].get_absolute_url()}")
    untouched = make_article(answer="[s](/learn/physics)")
    wording.refresh()
    assert answer_links.astray() == {}
    make_subject("optics")
    targets[0].slug = "another"
    targets[0].save()
    bulk.move([targets[1].pk], user, subject=make_subject("optics"))
    old = targets[2].get_absolute_url()
    targets[2].delete()
    Redirect.objects.update_or_create(old_path=old, defaults={"target": targets[0], "new_path": ""})
    assert {title for title, _line in places("moved-links")} == {first.question, second.question}
    assert content_health.counts()["moved-links"] == 2
    assert set(answer_links.linking_to(Article.objects.get(pk=targets[0].pk))) == {first, second}
    before = dict(Article.objects.values_list("pk", "answer"))
    done = run(mending.mend(user))
    assert (done.state, done.changed, done.refused) == (ChangeSet.State.DONE, 2, 0)
    first.refresh_from_db()
    one, two = "/learn/physics/questions/another", "/learn/optics/questions/target-1"
    assert first.answer == f"[one]({one}#top) [one]({two}#top) [one]({one}#top) `{links[0]}`"
    assert Article.objects.get(pk=second.pk).answer == f"[r][r]\n\n[r]: {one}"
    assert (answer_links.astray(), Article.objects.get(pk=untouched.pk).version) == ({}, untouched.version)
    assert run(reverting.revert(KINDS, done, user)).changed == 2
    assert dict(Article.objects.values_list("pk", "answer")) == before


def test_what_editors_mend_of_live_pages_waits_in_drafts() -> None:
    target = make_article(slug="target")
    article = make_article(answer=f"[t]({target.get_absolute_url()})")
    target.slug = "renamed"
    target.save()
    wording.refresh()
    edna = logged_in(make_user("edna", "Editor"))
    page = reverse("admin:content_health_kind", args=["moved-links"])
    assert reverse("admin:answer_links") in edna.get(page).text
    confirm(edna, edna.post(reverse("admin:answer_links")))
    assert (
        WorkingCopy.objects.get(article=article).values["answer"] == "[t](/learn/physics/questions/renamed)"
    )
    assert Article.objects.get(pk=article.pk).answer == article.answer
    assert edna.get(reverse("admin:answer_links")).status_code == 405


def test_a_set_without_anything_to_mend_is_none(as_root: Client) -> None:
    assert as_root.post(reverse("admin:answer_links")).url == reverse("admin:content_health")
    assert not ChangeSet.objects.exists()


def test_the_page_of_an_article_lists_what_links_to_it(as_editor: Client) -> None:
    target = make_article(slug="target")
    old = target.get_absolute_url()
    linking, related = make_article(answer=f"[t]({old}) [u](/learn/physics)"), make_article()
    make_link(related, target)
    target.slug = "renamed"
    target.save()
    wording.refresh()
    assert AnswerLink.objects.count() == 2
    page = as_editor.get(reverse("admin:learn_article_links", args=[target.pk]))
    assert [(one.pk, path) for one, path in page.context["links"]] == [(linking.pk, old)]
    assert list(page.context["related"]) == [(related.pk, related.question)]
    assert page.request["PATH_INFO"] in as_editor.get(change_url(target)).text
    assert as_editor.get(reverse("admin:learn_article_links", args=[target.pk + 100])).status_code == 404


def test_the_preview_offers_repairs_at_places_that_browsers_count(as_editor: Client) -> None:
    live = make_article(slug="live", description="Of light.", keywords="light")
    Redirect.objects.create(old_path="/learn/physics/questions/old", target=live)
    answer = (
        "😀 [](https://example.org)\r\n[old](/learn/physics/questions/old) [x](/learn/physics/questions/x)"
    )
    url = reverse("admin:learn_article_preview")
    found = as_editor.post(url, {"answer": answer, "description": "Of light.", "keywords": ""}).json()[
        "findings"
    ]
    repairs = [one for one in found if len(one) == 3]
    assert [one[0] for one in repairs] == [1, 2]
    assert repairs[0][2] == [3, 26, "<https://example.org>", "Show the address"]
    text = answer.replace("\r\n", "\n").encode("utf-16-le")
    start, end, new, _label = repairs[1][2]
    assert text[start * 2 : end * 2].decode("utf-16-le") == "/learn/physics/questions/old"
    assert new == live.get_absolute_url()
    told = [message for line, message, *_repair in found if not line]
    assert [live.question in message for message in told] == [False, True]
    assert any("/learn/physics/questions/x leads nowhere" in message for _line, message, *_repair in found)
    assert as_editor.post(url, {"answer": " ", "keywords": ""}).json()["findings"] == []
