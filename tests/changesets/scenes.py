"""A library of made-up articles, and a change set of each kind over it, for tests that run it in other processes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from django.contrib.auth.models import User

from learn.changesets import answer_links as answer_link_sets
from learn.changesets import dead_links as mending
from learn.changesets import deleting, making, merging, reverting, running, subjects
from learn.changesets import redirects as redirect_tables
from learn.changesets.registry import KINDS
from learn.editing import trash, wording, working_copies
from learn.models import Article, ChangeSet, DeletedArticle, Redirect, RelatedLink, Subject
from learn.redirects import table

SUBJECTS = ("physics", "chemistry", "biology")


def library(size: int) -> None:
    """`size` articles under three subjects, some of them copies of another, and somebody who may do everything."""
    User.objects.create(username="root", is_superuser=True, is_staff=True)
    subjects = [Subject.objects.create(slug=slug, title=slug.title()) for slug in SUBJECTS]
    for number in range(size):
        twin = number - number % 7 if number % 7 == 3 else number
        Article.objects.create(
            subject=subjects[number % 3], slug=f"question-{number % (size - 2)}", question=f"What about {twin}?",
            answer=f"In the provided context, {twin} is so.\n\n`the provided context` and $x_{{{twin}}}$.",
            description=f"About {twin}.", status="draft" if number % 5 == 4 else "published",
        )  # fmt: skip


def root() -> User:
    return User.objects.get(username="root")


def all_articles() -> list[dict[str, int]]:
    return making.of_articles(Article.objects.order_by("pk").values_list("pk", flat=True))  # type: ignore[return-value]


def move() -> ChangeSet:
    subject = Subject.objects.get(slug="chemistry")
    return making.create("move", "Move", root(), all_articles(), options={"subject": subject.pk})


def publish() -> ChangeSet:
    return making.create("publish", "Publish", root(), all_articles())


def unpublish() -> ChangeSet:
    return making.create("unpublish", "Unpublish", root(), all_articles())


def replace() -> ChangeSet:
    options = {
        "find": "the provided context", "replace": "this", "is_pattern": False, "whole_words": True,
        "match_case": False, "where": "outside", "fields": ["answer", "description"], "into": "live",
    }  # fmt: skip
    return making.create("replace", "Replace", root(), all_articles(), options=options)


def revert() -> ChangeSet:
    """Takes a move back, after some of the articles were changed."""
    done = move()
    while done.state == ChangeSet.State.CHECKING:
        running.check_some(done.pk)
        done.refresh_from_db()
    assert making.confirm(done, done.ready)
    while running.step(200):
        pass
    done.refresh_from_db()
    for article in Article.objects.order_by("pk")[:10]:
        article.answer = "Changed since."
        article.save()
    return reverting.revert(KINDS, done, root())


def subject_rename() -> ChangeSet:
    subject = Subject.objects.get(slug="physics")
    subject.title, subject.slug = "Natural philosophy", "natural-philosophy"
    return subjects.rename(subject, root())


def subject_merge() -> ChangeSet:
    return subjects.merge(Subject.objects.get(slug="physics"), Subject.objects.get(slug="biology"), root())


def merge() -> ChangeSet:
    """Nine articles into one, with older addresses and links to each of them."""
    articles = list(Article.objects.select_related("subject").filter(status="published").order_by("pk")[:20])
    for one, other in pairwise(articles):
        RelatedLink.objects.create(article=one, target=other, position=1, url=other.get_absolute_url())
        Redirect.objects.create(old_path=f"/learn/old/{one.pk}", target=one)
    return merging.merge(articles[0], articles[1:10], root(), values={"answer": "All of it."})


def dead_links() -> ChangeSet:
    articles = list(Article.objects.select_related("subject").filter(status="published").order_by("pk"))
    for one, other in pairwise(articles):
        RelatedLink.objects.create(article=one, position=1, url=f"/learn/gone/questions/{other.slug}")
    links = RelatedLink.objects.filter(target=None).order_by("pk").values_list("pk", flat=True)
    return mending.mend(root(), {pk: other.pk for pk, other in zip(links, articles[1:], strict=False)})


def redirects() -> ChangeSet:
    path = (
        Article.objects.select_related("subject").filter(status="published").earliest("pk").get_absolute_url()
    )
    rows = [table.Row(n, f"/old/{n}", path if n % 3 else "") for n in range(200)]
    return redirect_tables.load(rows, "table.csv", root())


def no_index() -> ChangeSet:
    return making.create("no-index", "Hide", root(), all_articles())


def index() -> ChangeSet:
    Article.objects.update(no_index=True)
    return making.create("index", "Show", root(), all_articles())


def render() -> ChangeSet:
    Article.objects.update(render_version=0)
    return making.create("render", "Render", root(), all_articles())


def publish_changes() -> ChangeSet:
    """What stands in drafts beside pages becomes live."""
    for article in Article.objects.select_related("subject").filter(status="published"):
        working_copies.keep(article, {**working_copies.live_values(article), "keywords": "changed"}, root())
    return making.create("publish-changes", "Publish changes", root(), all_articles())


def answer_links() -> ChangeSet:
    """Links in answers to pages that moved."""
    articles = list(Article.objects.select_related("subject").filter(status="published").order_by("pk"))
    for one, other in pairwise(articles):
        Redirect.objects.create(old_path=f"/learn/old/questions/{other.pk}", target=other)
        one.answer = f"See [this](/learn/old/questions/{other.pk})."
        one.save(source="import")
    wording.refresh()
    return answer_link_sets.mend(root())


def bring_back() -> ChangeSet:
    """What was deleted comes back, with the links of others to it."""
    articles = list(Article.objects.select_related("subject").filter(status="published").order_by("pk"))
    for one, other in pairwise(articles):
        RelatedLink.objects.create(article=one, target=other, position=1, url=other.get_absolute_url())
    for article in articles[:40]:
        trash.delete(article, root())
    return deleting.bring_all_back(list(DeletedArticle.objects.order_by("pk")), root())


def beside() -> ChangeSet:
    """Two at once: another one, which was confirmed before, takes turns with it."""
    keys = all_articles()
    other = making.create("no-index", "Hide", root(), keys[::2])
    while other.state == ChangeSet.State.CHECKING:
        running.check_some(other.pk)
        other.refresh_from_db()
    assert making.confirm(other, other.ready)
    return making.create("unpublish", "Unpublish", root(), keys[1::2])


SCENES: dict[str, Callable[[], ChangeSet]] = {
    scene.__name__: scene
    for scene in (
        move,
        publish,
        unpublish,
        replace,
        revert,
        subject_rename,
        subject_merge,
        merge,
        dead_links,
        redirects,
        no_index,
        index,
        render,
        publish_changes,
        answer_links,
        bring_back,
        beside,
    )
}
